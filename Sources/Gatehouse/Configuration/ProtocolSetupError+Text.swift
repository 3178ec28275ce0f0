import GateProtocol

extension ProtocolSetupError {
    /// What an operator reads.
    package var text: String {
        switch self {
        case .unknownProtocol(let name, let known):
            "no protocol is called '\(Quoted.plain(name))', " + Self.choice(name, of: known)
        case .duplicateProtocol(let name): "two protocols are called '\(Quoted.plain(name))'"
        case .unknownParameter("max_frame", _):
            "the protocol has no parameter 'max_frame'; the limit of a listener is 'frameBytesMax'"
        case .unknownParameter(let name, let known):
            "the protocol has no parameter '\(Quoted.plain(name))', "
                + (known.isEmpty ? "it takes none" : Self.choice(name, of: known))
        case .invalidParameter(let name, let value, let allowed):
            "\(Quoted.plain(name)): expected \(allowed), found '\(Quoted.plain(value))'"
        }
    }

    private static func choice(_ name: String, of known: [String]) -> String {
        if let near = Spelling.suggestion(for: name, among: known) { return "did you mean '\(near)'?" }
        return "there are " + known.map { "'\($0)'" }.joined(separator: ", ")
    }
}
