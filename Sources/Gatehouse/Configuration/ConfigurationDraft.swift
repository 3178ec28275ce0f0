import GateJSON

/// A configuration in the making: what is known so far, where it came from, and what was found wrong on the way.
struct ConfigurationDraft {
    var configuration = ServerConfiguration()
    /// Where the settings that somebody named come from, by path.
    var origins: [String: ConfigurationPlace] = [:]
    var faults: [ConfigurationFault] = []
    var notices: [ConfigurationNotice] = []
    /// Texts with references as they were written, by the path of their setting.
    var shown: [String: String] = [:]
    /// Variables that texts of the file name.
    var referencedVariables: Set<String> = []

    mutating func fault(_ reason: ConfigurationFault.Reason, at place: ConfigurationPlace) {
        faults.append(ConfigurationFault(place: place, reason: reason))
    }

    mutating func notice(_ reason: ConfigurationNotice.Reason, at place: ConfigurationPlace) {
        notices.append(ConfigurationNotice(place: place, reason: reason))
    }

    /// Takes a value over what was there.
    mutating func set(_ setting: Setting, to value: SettingValue, at place: ConfigurationPlace) {
        setting.write(&configuration, value)
        origins[setting.path] = place
        shown[setting.path] = nil
    }

    /// Takes a value written as text.
    mutating func set(_ setting: Setting, to text: String, at place: ConfigurationPlace, isSecret: Bool = false) {
        guard let value = setting.kind.value(of: text) else {
            let found = isSecret ? "something else" : "'\(Quoted.plain(text))'"
            let expected = setting.kind.expectation
            return fault(.invalidValue(name: setting.path, found: found, expected: expected), at: place)
        }
        set(setting, to: value, at: place)
    }

    /// Reads a listener's URL.
    mutating func listener(url: String, at place: ConfigurationPlace) -> ListenerConfiguration? {
        do {
            var listener = try ListenerConfiguration(url: url)
            listener.place = place
            return listener
        } catch {
            fault(.listener(error), at: place)
            return nil
        }
    }

    private mutating func check(_ urls: [String], at path: String, arePeers: Bool = false) {
        for url in urls {
            do throws(ClusterURLFault) {
                let parsed = try ClusterURL(url)
                if case .udp = parsed { continue }
                if arePeers { throw .otherScheme(url) }
            } catch {
                fault(.cluster(error), at: origins[path] ?? .default)
            }
        }
    }

    /// Checks what concerns several settings at once.
    mutating func checkTogether() {
        check(configuration.clusterURL.map { [$0] } ?? [], at: "rpc.url")
        check(configuration.clusterPeers, at: "rpc.peers", arePeers: true)
        if configuration.clusterURL == nil, !configuration.clusterPeers.isEmpty {
            notice(.peersWithoutLink, at: origins["rpc.peers"] ?? .default)
        }
        for label in configuration.labels where ServerConfiguration.label(label) == nil {
            fault(.label(label), at: origins["rpc.labels"] ?? .default)
        }
        if configuration.nodeLifeTime < configuration.announceTime + configuration.announceTime {
            fault(.shortNodeLife, at: origins["rpc.nodeLifeSeconds"] ?? origins["rpc.announceSeconds"] ?? .default)
        }
        let limits = configuration.limits
        guard limits.highWaterBytes > limits.queuedBytesMax else { return }
        guard let place = origins["limits.highWaterBytes"] else {
            configuration.limits.highWaterBytes = max(1, limits.queuedBytesMax / 4)
            return
        }
        fault(
            .highWaterAboveQueue(highWaterBytes: limits.highWaterBytes, queuedBytesMax: limits.queuedBytesMax),
            at: place)
    }
}
