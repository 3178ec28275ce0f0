import ArgumentParser
import Gatehouse
import Logging

/// What `serve`, `gateway` and `modules` do once they know what to run.
enum ServerRun {
    /// Runs a server until a signal ends it.
    /// - Throws: The exit code when it does not start, which is then said on standard error.
    static func run(_ loaded: LoadedConfiguration, modules: [any Module]) async throws {
        let configuration = loaded.configuration
        try checkAddresses(configuration)
        let writer = try LogFile.writer(of: loaded)
        let logger = Logger(label: "gatehouse") { _ in
            LineLogHandler(level: configuration.logLevel, writer: writer)
        }
        let server = GatehouseServer(configuration, modules: modules, logger: logger)
        do throws(StartFault) {
            try await server.run()
        } catch {
            LogWriter.flushAll(within: GatehouseServer.logSeconds)
            if case .portsFile = error { throw refuse("\(error)", at: loaded.origins["node.portsFile"]) }
            StandardStreams.complain("error: \(error)")
            throw status(of: error)
        }
    }

    /// Says what is wrong with a setting; the exit code of usage where a flag said it, else of the configuration.
    static func refuse(_ text: String, at place: ConfigurationPlace?) -> ExitCode {
        guard case .flag(let flag)? = place else {
            StandardStreams.complain((place.map { "\($0): " } ?? "") + "error: \(text)")
            return ExitStatus.configuration
        }
        StandardStreams.complain("\(flag): error: \(text)")
        return ExitStatus.usage
    }

    /// Looks for the addresses of the listeners; `check-config` does so too.
    /// - Throws: The exit code when one is not there, which is then said on standard error.
    static func checkAddresses(_ configuration: ServerConfiguration) throws {
        do throws(StartFault) {
            try configuration.checkAddresses()
        } catch {
            StandardStreams.complain("error: \(error)")
            throw status(of: error)
        }
    }

    /// The exit code of a server or a client that does not start.
    static func status(of fault: StartFault) -> ExitCode {
        switch fault {
        case .address: ExitStatus.unavailable
        case .loops: ExitStatus.software
        default: fault.isConfiguration ? ExitStatus.configuration : ExitStatus.software
        }
    }
}
