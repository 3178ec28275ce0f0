import ArgumentParser
import Gatehouse
import GatehouseDemo

/// `gatehouse serve`: runs the gateway and the demo modules until a signal ends it.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the gateway with the demo modules.",
        discussion: """
            Without a configuration it serves MQTT on 127.0.0.1:1883 and :3563, and length32-json on 127.0.0.1:3564.

            SIGTERM lets running calls finish and exits with 0; SIGINT waits for one second only; a second signal ends \
            at once. SIGQUIT writes all counters to standard error. SIGHUP reads the protocol folders again and opens the \
            log file anew, SIGUSR1 only does the latter; SIGUSR2 has no effect yet.
            """)

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        StandardStreams.waitsForReaders(false)
        let loaded = try options.load(moduleTypes: ProgramModules.types)
        try await ServerRun.run(loaded, modules: Demo.modules)
    }
}
