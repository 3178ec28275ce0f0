public import GateJSON

extension LoadedConfiguration {
    /// The whole configuration with the origin of each value, for people: `{"limits":{"inFlightMax":{"value":20,
    /// "from":"default"}…}…}`.
    public func report() -> JSONValue {
        var report = JSONObject()
        for section in ["node", "log", "protocols", "routing", "sessions", "rpc", "limits"] {
            var members = JSONObject()
            for setting in Setting.section(section) {
                let value = shown[setting.path].map { .string($0) } ?? setting.read(configuration)
                members[String(setting.key)] = entry(value, from: origins[setting.path] ?? .default)
            }
            report[section] = .object(members)
        }
        report["listeners"] = .array(configuration.listeners.map { entry(.string($0.shown), from: $0.place) })
        report["modules"] = configuration.modules.map { .array($0.map(Self.module)) } ?? entry("all", from: .default)
        if !configuration.shownSettings.isEmpty {
            report["settings"] = entry(
                .object(configuration.shownSettings), from: origins["settings"] ?? .default)
        }
        return .object(report)
    }

    private func entry(_ value: JSONValue, from place: ConfigurationPlace) -> JSONValue {
        ["value": value, "from": .string(place.description)]
    }

    private static func module(_ entry: ModuleEntry) -> JSONValue {
        [
            "value": [
                "type": .string(entry.type), "id": entry.id.map { .string($0) } ?? .null,
                "processGroup": entry.processGroup.map { .string($0) } ?? .null,
                "settings": .object(entry.shownSettings),
            ],
            "from": .string(entry.place.description),
        ]
    }
}
