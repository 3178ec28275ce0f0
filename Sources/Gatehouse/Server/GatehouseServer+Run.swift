import GateIO
import GateJSON
import GateUV
import Glibc
import Logging
import Synchronization

extension GatehouseServer {
    /// How long calls may go on after SIGINT.
    static let interruptSeconds = 1.0

    /// What is kept back from the time to stop, so that the process ends by itself.
    static let marginSeconds = 0.2

    /// How long the last lines of the log may take at the end, in seconds.
    package static let logSeconds = 1.0

    /// Starts, serves until a signal ends it, and stops: what a command's `main` calls.
    ///
    /// SIGTERM lets running calls finish for the configured drain time, SIGINT for one second; a second one of either ends
    /// the process at once. SIGQUIT writes all counters as one JSON line to standard error; SIGHUP reads the protocol
    /// folders again (as a change in them does) and opens log files anew, SIGUSR1 does only the latter; SIGUSR2 is logged.
    /// Once a minute a line says why clients were refused, cut off or answered with a fault, where there were such.
    /// - Throws: ``StartFault``, with nothing left running.
    public func run() async throws(StartFault) {
        giveMemoryBack()
        // A loop of their own, so that signals are heard also while a handler blocks the others.
        let group: UVEventLoopGroup
        let signals: SignalBox
        do {
            group = try UVEventLoopGroup(loopCount: 1)
            signals = try SignalBox(
                group,
                SignalBox.Actions(
                    report: { [self] in writeCounters() },
                    reload: { [self] in
                        LogWriter.reopenAll()
                        reloadProtocols()
                    },
                    reopenLogs: { LogWriter.reopenAll() },
                    ignore: { [self] in logger.notice("signal ignored", metadata: ["signal": "SIGUSR2"]) },
                    look: { [self] in
                        LogWriter.remindAll()
                        reloadChangedProtocols()
                        summarize()
                    }))
        } catch {
            throw .loops(code: (error as? SystemError)?.code ?? 0)
        }
        defer { group.shutDown() }
        try await start()
        var ports: [UInt8] = []
        do throws(StartFault) {
            ports = try writePortsFile()
        } catch {
            await stop(within: 0)
            throw error
        }
        logger.notice(
            "serving",
            metadata: [
                "node": "\(configuration.node)",
                "listeners": "\(listeners.map(\.description).joined(separator: " "))",
            ])
        let seconds = await signals.ending() == SIGINT ? Self.interruptSeconds : configuration.drainTime.seconds
        logger.notice("stopping", metadata: ["seconds": "\(seconds)"])
        signals.exit(after: seconds)
        // Before the end, which a second signal may bring at any time: nothing listens there any more.
        if let path = configuration.portsFile { FileWriting.remove(path, ifItHolds: ports) }
        await stop(within: seconds - Self.marginSeconds)
        logger.notice("stopped")
        LogWriter.flushAll(within: Self.logSeconds)
    }

    private func summarize() {
        let found = summary.withLock { $0.faults(in: counters, at: SystemClock.monotonic()) }
        guard let found else { return }
        logger.info("clients refused, cut off or answered with a fault in the last minute", metadata: found)
    }

    private func writeCounters() {
        var line = JSONValue.object(counters).encoded()
        line.append(UInt8(ascii: "\n"))
        LogWriter.standardError.write(line)
    }

    /// The file's bytes, empty where none was asked for.
    private func writePortsFile() throws(StartFault) -> [UInt8] {
        guard let path = configuration.portsFile else { return [] }
        let document: JSONValue = ["listeners": .array(listeners.map(\.json))]
        let bytes = document.encoded(pretty: true) + [UInt8(ascii: "\n")]
        do throws(FileFault) {
            try FileWriting.replace(path, with: bytes)
            return bytes
        } catch {
            throw .portsFile(path, error)
        }
    }
}
