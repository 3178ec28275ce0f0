import GateBytes
import GateJSON

/// The value of one setting.
enum SettingValue: Sendable {
    case integer(Int)
    case time(TimeSpan)
    case text(String)
    case list([String])
}

/// What a setting may be.
enum SettingKind: Sendable {
    case integer(ClosedRange<Int>)
    case bytes(ClosedRange<Int>)
    case time(ClosedRange<TimeSpan>)
    case choice([String])
    /// A name that a topic can hold: 1...64 bytes without blanks, `/` and `@`.
    case name
    /// Any text but an empty one.
    case text
    /// Several texts; one text holds them separated by any of these.
    case list(separators: [Character])

    /// What is allowed, in words.
    var expectation: String {
        switch self {
        case .integer(let range): "a whole number in \(range)"
        case .bytes(let range): "a size such as 65536 or \"64KiB\" in \(range) bytes"
        case .time(let range):
            "a time such as 10, \"5s\" or \"100ms\" in \(Self.shown(range.lowerBound))...\(Self.shown(range.upperBound))"
                + " seconds"
        case .choice(let words):
            words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
        case .name: "a name of at most 64 bytes without blanks, '/' and '@'"
        case .text: "a text that is not empty"
        case .list: "an array of texts that are not empty"
        }
    }

    private static func shown(_ time: TimeSpan) -> String {
        let whole = time.nanoseconds / 1_000_000_000
        return whole * 1_000_000_000 == time.nanoseconds ? String(whole) : String(time.seconds)
    }

    /// The value of a text from a flag or the environment; `nil` when it is not allowed.
    func value(of text: String) -> SettingValue? {
        switch self {
        case .integer(let range):
            guard let number = SettingText.integer(text), range.contains(number) else { return nil }
            return .integer(number)
        case .bytes(let range):
            guard let number = SettingText.bytes(text), range.contains(number) else { return nil }
            return .integer(number)
        case .time(let range):
            guard let time = SettingText.time(text), range.contains(time) else { return nil }
            return .time(time)
        case .choice(let words): return words.contains(text) ? .text(text) : nil
        case .name: return Self.isName(text) ? .text(text) : nil
        case .text: return text.isEmpty ? nil : .text(text)
        case .list(let separators):
            let parts = text.split { separators.contains($0) }.map(String.init)
            return parts.isEmpty ? nil : .list(parts)
        }
    }

    /// The value of a node of a file; `nil` when it is not allowed.
    func value(of node: JSONNode) -> SettingValue? {
        switch (self, node.value) {
        case (.integer(let range), .number(let number)), (.bytes(let range), .number(let number)):
            guard let whole = number.int, range.contains(whole) else { return nil }
            return .integer(whole)
        case (.time(let range), .number(let number)):
            guard let time = number.double.flatMap(SettingText.time(seconds:)), range.contains(time) else { return nil }
            return .time(time)
        case (.bytes, .string(let text)), (.time, .string(let text)), (.choice, .string(let text)),
            (.name, .string(let text)), (.text, .string(let text)):
            return value(of: text)
        case (.list, .array(let elements)):
            let texts = elements.compactMap(\.string).filter { !$0.isEmpty }
            return texts.count == elements.count ? .list(texts) : nil
        default: return nil
        }
    }

    private static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy { scalar in
                scalar.value > 0x20 && scalar.value != 0x7F && scalar != "/" && scalar != "@"
                    && !scalar.properties.isWhitespace
            }
    }
}

/// One setting with all its names. The table ``all`` is the only place that knows them.
struct Setting: Sendable {
    /// Section and key in a file: `limits.inFlightMax`.
    let path: String
    /// Its name elsewhere: `in-flight-max` is the flag `--in-flight-max` and the variable `GATEHOUSE_IN_FLIGHT_MAX`.
    let name: String
    let kind: SettingKind
    let write: @Sendable (inout ServerConfiguration, SettingValue) -> Void
    let read: @Sendable (ServerConfiguration) -> JSONValue

    /// The section's key in a file.
    var section: Substring { path.prefix { $0 != "." } }
    /// The key within the section.
    var key: Substring { path.drop { $0 != "." }.dropFirst() }
    /// The flag of the command line, whether or not a command has it.
    var flag: String { "--" + name }
    /// The environment variable.
    var variable: String { Self.variable(name) }

    /// The environment variable of a name.
    static func variable(_ name: String) -> String {
        "GATEHOUSE_" + String(name.map { $0 == "-" ? "_" : Character($0.uppercased()) })
    }
}

typealias SettingPath<Value> = any WritableKeyPath<ServerConfiguration, Value> & Sendable

extension Setting {
    static func integer(
        _ path: String, _ name: String, _ range: ClosedRange<Int>, _ place: SettingPath<Int>
    ) -> Setting {
        Setting(path: path, name: name, kind: .integer(range)) { configuration, value in
            if case .integer(let number) = value { configuration[keyPath: place] = number }
        } read: {
            .number($0[keyPath: place])
        }
    }

    static func integer(
        _ path: String, _ name: String, _ range: ClosedRange<Int>, _ place: SettingPath<Int?>
    ) -> Setting {
        Setting(path: path, name: name, kind: .integer(range)) { configuration, value in
            if case .integer(let number) = value { configuration[keyPath: place] = number }
        } read: {
            $0[keyPath: place].map { .number($0) } ?? .null
        }
    }

    static func bytes(
        _ path: String, _ name: String, _ range: ClosedRange<Int>, _ place: SettingPath<Int>
    ) -> Setting {
        Setting(path: path, name: name, kind: .bytes(range)) { configuration, value in
            if case .integer(let number) = value { configuration[keyPath: place] = number }
        } read: {
            .number($0[keyPath: place])
        }
    }

    static func time(
        _ path: String, _ name: String, _ range: ClosedRange<TimeSpan>, _ place: SettingPath<TimeSpan>
    ) -> Setting {
        Setting(path: path, name: name, kind: .time(range)) { configuration, value in
            if case .time(let time) = value { configuration[keyPath: place] = time }
        } read: {
            let time = $0[keyPath: place]
            let whole = time.nanoseconds / 1_000_000_000
            return whole * 1_000_000_000 == time.nanoseconds ? .number(whole) : .number(time.seconds)
        }
    }

    static func choice<Choice: RawRepresentable & CaseIterable & Sendable>(
        _ path: String, _ name: String, _ place: SettingPath<Choice>
    ) -> Setting where Choice.RawValue == String {
        Setting(path: path, name: name, kind: .choice(Choice.allCases.map(\.rawValue))) { configuration, value in
            if case .text(let text) = value, let choice = Choice(rawValue: text) {
                configuration[keyPath: place] = choice
            }
        } read: {
            .string($0[keyPath: place].rawValue)
        }
    }

    static func name(_ path: String, _ name: String, _ place: SettingPath<String>) -> Setting {
        Setting(path: path, name: name, kind: .name) { configuration, value in
            if case .text(let text) = value { configuration[keyPath: place] = text }
        } read: {
            .string($0[keyPath: place])
        }
    }

    static func text(_ path: String, _ name: String, _ place: SettingPath<String>) -> Setting {
        Setting(path: path, name: name, kind: .text) { configuration, value in
            if case .text(let text) = value { configuration[keyPath: place] = text }
        } read: {
            .string($0[keyPath: place])
        }
    }

    static func text(_ path: String, _ name: String, _ place: SettingPath<String?>) -> Setting {
        Setting(path: path, name: name, kind: .text) { configuration, value in
            if case .text(let text) = value { configuration[keyPath: place] = text }
        } read: {
            $0[keyPath: place].map { .string($0) } ?? .null
        }
    }

    /// A URL; its passwords are not shown.
    static func url(_ path: String, _ name: String, _ place: SettingPath<String?>) -> Setting {
        Setting(path: path, name: name, kind: .text) { configuration, value in
            if case .text(let text) = value { configuration[keyPath: place] = text }
        } read: {
            $0[keyPath: place].map { .string(ClusterURL.shown($0)) } ?? .null
        }
    }

    static func list(
        _ path: String, _ name: String, separators: [Character], _ place: SettingPath<[String]>
    ) -> Setting {
        Setting(path: path, name: name, kind: .list(separators: separators)) { configuration, value in
            if case .list(let texts) = value { configuration[keyPath: place] = texts }
        } read: {
            .array($0[keyPath: place].map { .string($0) })
        }
    }
}
