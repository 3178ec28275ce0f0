import Gatehouse
import Testing

/// What came of a configuration, as texts.
struct ConfigurationOutcome {
    let loaded: LoadedConfiguration?
    let faults: [String]
    let notices: [String]

    /// The configuration; a failed test when there is none.
    func configuration() throws -> ServerConfiguration {
        #expect(faults == [])
        return try #require(loaded).configuration
    }
}

/// Resolves with the node name `here`; the file is called `server.json`.
func resolve(
    _ file: String? = nil, environment: [String: String] = [:], flags: [ConfigurationFlag] = []
) -> ConfigurationOutcome {
    let text = file.map { ConfigurationText(name: "server.json", bytes: Array($0.utf8)) }
    do {
        let loaded = try ConfigurationLoader(nodeName: "here").resolve(
            file: text, environment: environment, flags: flags)
        return ConfigurationOutcome(loaded: loaded, faults: [], notices: loaded.notices.map(\.description))
    } catch {
        return ConfigurationOutcome(
            loaded: nil, faults: error.faults.map(\.description), notices: error.notices.map(\.description))
    }
}
