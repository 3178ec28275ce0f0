import GateJSON
import Glibc

/// A value from the command line: the flag as it was written, and its value.
public struct ConfigurationFlag: Sendable, Hashable {
    /// The flag with its dashes, for reports: `--process-group`, `-pid`.
    public var spelling: String
    /// What it sets, as in ``ConfigurationLoader/flagNames``.
    public var name: String
    /// The value as it was written.
    public var value: String

    /// A flag; its spelling is `--name` when none is given.
    public init(_ name: String, _ value: String, spelling: String? = nil) {
        self.spelling = spelling ?? "--" + name
        self.name = name
        self.value = value
    }
}

/// The bytes of a configuration file, and the name it is called by in reports.
public struct ConfigurationText: Sendable {
    /// The name in reports.
    public var name: String
    /// JSON5.
    public var bytes: [UInt8]

    /// A text.
    public init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }
}

/// A configuration with what was noticed on the way, and where each value comes from.
public struct LoadedConfiguration: Sendable {
    /// What to start.
    public var configuration: ServerConfiguration
    /// What has no effect, or another one than its writer may expect; in the order of the places.
    public var notices: [ConfigurationNotice]
    /// Where the values that somebody named come from, by path, as in `limits.inFlightMax`.
    public var origins: [String: ConfigurationPlace]
    /// Texts with references as they were written, by path: reports show them instead of what they stand for.
    var shown: [String: String] = [:]
}

/// Puts a configuration together: flags go before the environment, the environment before the file, the file before the
/// defaults.
///
/// The file is JSON5, in our own form or in mqant's; both may stand in one file. Lists are taken whole from the strongest
/// place that names them. `${env:NAME}` and `${file:PATH}` in texts of the file stand for a variable and a file's content.
public struct ConfigurationLoader: Sendable {
    /// Reads a file that a value is taken from.
    package typealias ValueFile = @Sendable (String) throws(FileFault) -> [UInt8]

    /// The name of the node when nobody names one.
    public var nodeName: String
    /// Reads what `${file:PATH}` names.
    package var valueFile: ValueFile = { path throws(FileFault) in
        try FileReading.bytes(of: path, limit: ConfigurationFile.valueBytesMax)
    }

    /// A loader; the node is called by the first label of the host name unless told otherwise.
    public init(nodeName: String = ConfigurationLoader.hostLabel()) {
        self.nodeName = nodeName
    }

    /// The variable that names the file; see ``path(flag:environment:)``.
    static let fileVariable = Setting.variable("config")
    private static let prefix = Setting.variable("")
    /// The flag and variable of the listeners.
    private static let listen = "listen"
    private static let listenVariable = Setting.variable(listen)

    /// What ``ConfigurationFlag/name`` may be.
    public static let flagNames = Setting.all.map(\.name) + [listen]

    /// The file to read: what the flag says, then what `GATEHOUSE_CONFIG` says; `nil` for none.
    public static func path(flag: String?, environment: [String: String]) -> String? {
        if let flag { return flag }
        guard let path = environment[fileVariable], !path.isEmpty else { return nil }
        return path
    }

    /// Reads the file at `path`, when there is one, and resolves.
    public func load(
        path: String?, environment: [String: String] = [:], flags: [ConfigurationFlag] = []
    ) throws(ConfigurationFaults) -> LoadedConfiguration {
        guard let path else { return try resolve(file: nil, environment: environment, flags: flags) }
        let bytes: [UInt8]
        do {
            bytes = try FileReading.bytes(of: path)
        } catch {
            let fault = ConfigurationFault(place: .file(path, nil), reason: .unreadable(error))
            throw ConfigurationFaults(faults: [fault], notices: [])
        }
        return try resolve(
            file: ConfigurationText(name: path, bytes: bytes), environment: environment, flags: flags)
    }

    /// Puts together what is given; the same in, the same out, but for files that the text names.
    /// - Throws: All faults at once.
    public func resolve(
        file: ConfigurationText?, environment: [String: String] = [:], flags: [ConfigurationFlag] = []
    ) throws(ConfigurationFaults) -> LoadedConfiguration {
        var draft = ConfigurationDraft()
        draft.configuration.node = nodeName
        let tree = file.flatMap { parse($0, environment, into: &draft) }
        tree?.readSettings(into: &draft)
        readEnvironment(environment, into: &draft)
        readFlags(flags, into: &draft)
        let listeners = replacingListeners(environment, flags, into: &draft)
        tree?.readLists(into: &draft, replacesListeners: listeners != nil)
        if let listeners {
            draft.configuration.listeners = listeners
            draft.origins["listeners"] = listeners.first?.place
        }
        tree?.readLinks(into: &draft)
        noticeUnknown(environment, into: &draft)
        draft.checkTogether()
        if draft.configuration.listeners.isEmpty, draft.faults.isEmpty {
            draft.notice(.noListeners, at: draft.origins["listeners"] ?? .default)
        }
        let notices = sorted(draft.notices, by: \.place)
        guard draft.faults.isEmpty else {
            throw ConfigurationFaults(faults: sorted(draft.faults, by: \.place), notices: notices)
        }
        return LoadedConfiguration(
            configuration: draft.configuration, notices: notices, origins: draft.origins,
            shown: draft.shown)
    }

    private func parse(
        _ file: ConfigurationText, _ environment: [String: String], into draft: inout ConfigurationDraft
    ) -> ConfigurationFile? {
        do {
            let root = try JSONDocument(parsing: file.bytes).root
            return ConfigurationFile(name: file.name, root: root, environment: environment, valueFile: valueFile)
        } catch {
            draft.fault(.syntax(error.reason), at: .file(file.name, error.position))
            return nil
        }
    }

    /// An empty variable counts as one that is not there.
    private func readEnvironment(_ environment: [String: String], into draft: inout ConfigurationDraft) {
        for (variable, value) in environment.sorted(by: { $0.key < $1.key }) where variable.hasPrefix(Self.prefix) {
            guard let setting = Setting.byVariable[variable], !value.isEmpty else { continue }
            draft.set(setting, to: value, at: .environment(variable))
        }
    }

    /// Names the variables in our name that nobody reads, not even the file.
    private func noticeUnknown(_ environment: [String: String], into draft: inout ConfigurationDraft) {
        let known = [Self.fileVariable, Self.listenVariable] + Setting.byVariable.keys
        for variable in environment.keys.sorted() where variable.hasPrefix(Self.prefix) {
            if known.contains(variable) || draft.referencedVariables.contains(variable) { continue }
            let near = Spelling.suggestion(for: variable, among: known)
            draft.notice(.unknownVariable(suggestion: near), at: .environment(variable))
        }
    }

    /// The last value of a flag counts; a list gets all of them, each one whole.
    private func readFlags(_ flags: [ConfigurationFlag], into draft: inout ConfigurationDraft) {
        var lists: [String: [String]] = [:]
        for flag in flags where flag.name != Self.listen {
            guard let setting = Setting.named(flag.name) else {
                preconditionFailure("no setting has the flag --\(flag.name)")
            }
            if case .list = setting.kind, !flag.value.isEmpty {
                lists[flag.name, default: []].append(flag.value)
                draft.set(setting, to: .list(lists[flag.name, default: []]), at: .flag(flag.spelling))
            } else {
                draft.set(setting, to: flag.value, at: .flag(flag.spelling))
            }
        }
    }

    /// The listeners that a flag or the environment puts in the place of all others; `nil` when neither does.
    private func replacingListeners(
        _ environment: [String: String], _ flags: [ConfigurationFlag], into draft: inout ConfigurationDraft
    ) -> [ListenerConfiguration]? {
        let variable = Self.listenVariable
        var urls = flags.filter { $0.name == Self.listen }.map { ($0.value, ConfigurationPlace.flag($0.spelling)) }
        if urls.isEmpty {
            let parts = environment[variable, default: ""].split { $0 == "," || $0 == " " }
            urls = parts.map { (String($0), .environment(variable)) }
        }
        if urls.isEmpty { return nil }
        return urls.compactMap { draft.listener(url: $0.0, at: $0.1) }
    }

    /// Sorts by place and keeps the order of what is at the same place.
    private func sorted<Entry>(_ entries: [Entry], by place: (Entry) -> ConfigurationPlace) -> [Entry] {
        entries.enumerated().sorted { left, right in
            let (leftPlace, rightPlace) = (place(left.element), place(right.element))
            if leftPlace < rightPlace { return true }
            return rightPlace < leftPlace ? false : left.offset < right.offset
        }.map(\.element)
    }

    /// The first label of the host name when a node can be called so, else `gatehouse`.
    public static func hostLabel() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        // Sound: the C library gets the buffer's own address and length for the call.
        let result = unsafe gethostname(&buffer, buffer.count)
        let bytes = buffer.map { UInt8(bitPattern: $0) }
        let label = String(decoding: bytes.prefix { $0 != 0 && $0 != UInt8(ascii: ".") }, as: UTF8.self)
        guard result == 0, case .text(let name) = SettingKind.name.value(of: label) else { return "gatehouse" }
        return name
    }
}
