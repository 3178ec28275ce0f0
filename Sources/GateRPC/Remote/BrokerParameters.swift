import Glibc

/// What stands behind the `?` of a broker's URL: `NAME=VALUE&NAME=VALUE`, each name at most once, what is special in a value
/// written as in `%26`. All of them name files.
package struct BrokerParameters: Hashable, Sendable {
    private var values: [String: String] = [:]

    /// No parameters.
    package init() {}

    /// Reads the text behind the `?`; others than `names` are refused.
    package init(_ text: Substring, names: [String]) throws(BrokerParametersFault) {
        for part in text.split(separator: "&", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(pair[0])
            guard names.contains(name), values[name] == nil else { throw .parameter(name) }
            guard pair.count == 2, let value = BrokerAuthority.decoded(pair[1]), !value.isEmpty else {
                throw .value(name)
            }
            values[name] = value
        }
    }

    /// The value of a name, where it was given.
    package subscript(_ name: String) -> String? { values[name] }

    /// The names that were given, in order.
    package var names: [String] { values.keys.sorted() }

    /// The first named file that cannot be read, by name.
    package var unreadable: String? {
        names.compactMap { values[$0] }.first { path in
            // Sound: access reads the NUL-terminated copy that Swift makes for the call.
            unsafe access(path, R_OK) != 0
        }
    }
}

/// Why a text is no list of parameters.
package enum BrokerParametersFault: Error, Hashable, Sendable {
    /// One that is not known, or comes twice.
    case parameter(String)
    /// One without a value.
    case value(String)
}
