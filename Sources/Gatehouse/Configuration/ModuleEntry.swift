public import GateJSON

/// A module that is configured to run in this process.
public struct ModuleEntry: Sendable {
    /// The module's type, the first part of a topic.
    public var type: String
    /// The configured id, a second name for the node: `type@id` means this module here. `nil` for none. The entry of the
    /// type `Gate` names the gateway itself.
    public var id: String?
    /// The process group that runs it; `nil` for every group.
    public var processGroup: String?
    /// Free settings that the module reads.
    public var settings: JSONObject
    /// The settings as reports show them: with the names of secrets instead of the secrets.
    var shownSettings: JSONObject
    /// Where it is configured.
    public var place: ConfigurationPlace
    /// Whether a file of mqant's has it as a gate: it is called so, or its settings have an address. Whatever type a program
    /// gave its gate, it is this gateway.
    var isGate = false

    /// An entry; everything but the type may be left out.
    public init(
        type: String, id: String? = nil, processGroup: String? = nil, settings: JSONObject = JSONObject(),
        place: ConfigurationPlace = .default
    ) {
        self.type = type
        self.id = id
        self.processGroup = processGroup
        self.settings = settings
        shownSettings = settings
        self.place = place
    }
}

extension ServerConfiguration {
    /// The module type that stands for the gateway itself and is in every program.
    public static let gateType = "Gate"

    /// Whether one of these modules runs in this process.
    package func runs(anyOf types: [String]) -> Bool {
        guard let modules else { return !types.isEmpty }
        return modules.contains { types.contains($0.type) }
    }

    /// One notice for each configured type that is not among the program's own, and for each listener whose route leads
    /// to a module that does not run.
    public func absentModules(known: some Sequence<String>) -> [ConfigurationNotice] {
        var seen = Set(known)
        let running = seen.intersection(modules?.map(\.type) ?? Array(seen))
        seen.insert(Self.gateType)
        let modules = (modules ?? []).compactMap { entry -> ConfigurationNotice? in
            guard !entry.isGate, seen.insert(entry.type).inserted else { return nil }
            return ConfigurationNotice(place: entry.place, reason: .absentModule(entry.type))
        }
        let routes = listeners.compactMap { listener -> ConfigurationNotice? in
            guard let route = listener.route else { return nil }
            let type = String(route.prefix { $0 != "/" && $0 != "@" && $0 != ":" })
            guard !running.contains(type) else { return nil }
            return ConfigurationNotice(place: listener.place, reason: .routeToAbsentModule(route, type: type))
        }
        return modules + routes
    }
}
