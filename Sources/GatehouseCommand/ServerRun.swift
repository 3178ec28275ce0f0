import ArgumentParser
import Gatehouse
import Logging

/// What `serve`, `gateway` and `modules` do once they know what to run.
enum ServerRun {
    /// Runs a server until a signal ends it.
    /// - Throws: The exit code when it does not start, which is then said on standard error.
    static func run(_ configuration: ServerConfiguration, modules: [any Module]) async throws {
        try checkAddresses(configuration)
        let descriptor = try LogFile.descriptor(of: configuration)
        let logger = Logger(label: "gatehouse") { _ in
            LineLogHandler(level: configuration.logLevel, descriptor: descriptor)
        }
        let server = GatehouseServer(configuration, modules: modules, logger: logger)
        do throws(StartFault) {
            try await server.run()
        } catch {
            StandardStreams.complain("error: \(error)")
            throw status(of: error)
        }
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
