import GateIO
import GateJSON
import GateUV
import Glibc
import Logging

extension GatehouseServer {
    /// How long calls may go on after SIGINT.
    static let interruptSeconds = 1.0

    /// What is kept back from the time to stop, so that the process ends by itself.
    static let marginSeconds = 0.2

    /// Starts, serves until a signal ends it, and stops: what a command's `main` calls.
    ///
    /// SIGTERM lets running calls finish for the configured drain time, SIGINT for one second; a second one of either ends
    /// the process at once. SIGQUIT writes all counters as one JSON line to standard error, SIGHUP reads the protocol
    /// folders again (as a change in them does); both go on.
    /// - Throws: ``StartFault``, with nothing left running.
    public func run() async throws(StartFault) {
        // A loop of their own, so that signals are heard also while a handler blocks the others.
        let group: UVEventLoopGroup
        let signals: SignalBox
        do {
            group = try UVEventLoopGroup(loopCount: 1)
            signals = try SignalBox(
                group,
                SignalBox.Actions(
                    report: { [self] in writeCounters() }, reload: { [self] in reloadProtocols() },
                    look: { [self] in reloadChangedProtocols() }))
        } catch {
            throw .loops(code: (error as? SystemError)?.code ?? 0)
        }
        defer { group.shutDown() }
        try await start()
        do throws(StartFault) {
            try writePortsFile()
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
        await stop(within: seconds - Self.marginSeconds)
        logger.notice("stopped")
    }

    private func writeCounters() {
        var line = JSONValue.object(counters).encoded()
        line.append(UInt8(ascii: "\n"))
        // Sound: the pointer is used during the call only.
        _ = unsafe line.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
    }

    private func writePortsFile() throws(StartFault) {
        guard let path = configuration.portsFile else { return }
        let document: JSONValue = ["listeners": .array(listeners.map(\.json))]
        do throws(FileFault) {
            try FileWriting.replace(path, with: document.encoded(pretty: true) + [UInt8(ascii: "\n")])
        } catch {
            throw .portsFile(path, error)
        }
    }
}
