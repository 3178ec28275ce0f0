package import GateBytes
package import GateIO
package import GateJSON
package import GateModules
package import GateProtocol
package import GateRPC
package import GateSessions
package import Logging
import Synchronization

/// A gateway over the loops of a process: it takes streams from listeners, and knows no socket, no protocol and no broker.
package final class Gateway: Sendable {
    package let settings: GatewaySettings
    package let sessionManager: SessionManager
    package let router: RPCRouter
    let directory: ClientDirectory
    let admission: Admission
    let ledger: QueueLedger
    private let loops: [any EventLoop]
    private let logger: Logger
    private let metrics: [LoopMetrics]
    // Sound: both are written once, in `init` and `install`, before the first stream is accepted.
    private nonisolated(unsafe) var gates: [LoopConfined<LoopGateway>] = []
    private nonisolated(unsafe) var runtimes: [ModuleRuntime] = []

    /// A gateway over `loops`. Not called on a loop.
    package init(settings: GatewaySettings, loops: [any EventLoop], router: RPCRouter, logger: Logger) async {
        self.settings = settings
        self.loops = loops
        self.router = router
        self.logger = logger
        metrics = loops.map { _ in LoopMetrics() }
        admission = Admission(limits: settings.limits)
        ledger = QueueLedger(limit: settings.limits.queuedBytesTotalMax, loops: loops.count)
        let limits = settings.limits
        directory = ClientDirectory(
            stored: StoredSessions.Limits(
                sessionsMax: limits.storedSessionsMax, bytesMax: limits.storedBytesMax,
                bytesPerOwnerMax: limits.storedBytesPerOwnerMax, time: limits.storedSessionTime))
        sessionManager = SessionManager(
            node: settings.node, startNumber: settings.startNumber, loops: loops, hooks: settings.hooks,
            policy: settings.secondLogin, clock: settings.clock,
            storageFailed: { id, error in
                logger.error("settings of a user not loaded", metadata: ["session": "\(id)", "error": "\(error)"])
            })
        for loop in loops {
            let gate = await on(loop) { [self] in
                LoopConfined(LoopGateway(loop: loop, gateway: self, metrics: metrics[loop.index]), to: loop)
            }
            guard let gate else { preconditionFailure("a gateway is made on loops that run") }
            unsafe gates.append(gate)
        }
        router.observeChanges { [weak self] in self?.forgetRoutes() }
    }

    /// The modules of this process. Before the first stream.
    package func install(_ modules: [ModuleRuntime]) {
        unsafe runtimes = modules
    }

    var modules: [ModuleRuntime] { unsafe runtimes }

    /// The part of the gateway on a loop. On that loop.
    func gate(on loop: any EventLoop) -> LoopGateway { unsafe gates[loop.index].value }

    private func forgetRoutes() {
        for loop in loops {
            let job: @Sendable () -> Void = { [self] in gate(on: loop).forgetRoutes() }
            if loop.isCurrent { job() } else { loop.postReserved(job) }
        }
    }

    /// Warns from now on, once a minute at most, where bounds of the whole process cost clients their connections.
    package func startSummary() async {
        _ = await on(loops[0]) { [self] in
            let gate = gate(on: loops[0])
            if gate.summary != nil { return }
            let summary = GatewaySummary(self, loop: loops[0], logger: logger)
            summary.arm()
            gate.summary = summary
        }
    }

    /// How many clients bounds of the whole process have cost their connections, by bound.
    var clientsLost: [String: Int] {
        [
            "unaccepted": metrics.reduce(0) { $0 + $1.value(.connectionsUnaccepted) },
            CloseReason.queuedBytesTotal.rawValue: metrics.reduce(0) { $0 + $1.closes(.queuedBytesTotal) },
        ]
    }

    /// What modules stand on.
    package var services: ModuleServices {
        ModuleServices(
            node: settings.node, caller: router, gateway: sessionManager.facade, loops: loops,
            callTime: settings.limits.callTime, clock: settings.clock, tracing: settings.tracing, logger: logger)
    }

    /// Takes a new stream. On its loop.
    package func accept(_ stream: any ByteStream, on loop: any EventLoop, _ listener: ListenerSettings) {
        unsafe gates[loop.index].value.accept(stream, listener)
    }

    /// Lets the clients leave, at most ``GatewayLimits/drainRateMax`` in a second unless `calls` is too soon for that, each when
    /// it is quiet; those who are there at `calls` leave then. Where a protocol can tell its client why, it does; what waits for
    /// a client is passed on. Waits for the hooks until `end`.
    package func stop(callsUntil calls: MonotonicTime, end: MonotonicTime) async {
        await letClientsLeave(until: calls)
        for loop in loops { await on(loop) { [self] in unsafe gates[loop.index].value.drain() } }
        await wait(until: calls) { $0.isIdle }
        for loop in loops {
            await on(loop) { [self] in unsafe gates[loop.index].value.closeAll(.serverStopping) }
        }
        await wait(until: end) { $0.isOver }
        _ = await on(loops[0]) { [self] in gate(on: loops[0]).endSummary() }
        await sessionManager.drainStorage(until: end)
    }

    /// How often clients that leave are looked at.
    private static let departureTime = TimeSpan.milliseconds(10)
    /// The part of the time for calls in which all clients are to have been asked to leave.
    private static let departureShare = 0.8

    private func letClientsLeave(until calls: MonotonicTime) async {
        for loop in loops { await on(loop) { [self] in unsafe gates[loop.index].value.beginDepartures() } }
        let began = settings.clock()
        let time = (calls - began).seconds * Self.departureShare
        guard time > 0 else { return }
        let total = max(1, Double(connectionCount))
        let perSecond = max(Double(settings.limits.drainRateMax), total / time)
        var planned = TimeSpan.zero
        while settings.clock() < calls {
            // Whatever the pauses come to, as many have been asked as the rate allows.
            planned = max(planned + Self.departureTime, settings.clock() - began)
            let share = min(1, perSecond * planned.seconds / total)
            var isOver = true
            for loop in loops {
                let hasLeft =
                    await on(loop) { [self] in
                        let gate = unsafe gates[loop.index].value
                        return gate.depart(share) && gate.isIdle
                    } ?? true
                isOver = isOver && hasLeft
            }
            if isOver { return }
            try? await Task.sleep(for: .nanoseconds(Self.departureTime.nanoseconds))
        }
    }

    /// Tells the modules of this process that a session of another gateway has ended.
    package func tellModules(_ session: Session, reason: CloseReason) {
        for runtime in modules { runtime.module.sessionEnded(session, reason: reason) }
    }

    /// All counters as one JSON object.
    package var counters: JSONObject {
        var object = metrics.json
        object["loops"] = .number(loops.count)
        object["queued_bytes"] = .number(ledger.total)
        object["stored_sessions"] = .number(directory.storedCount)
        object["stored_bytes"] = .number(directory.storedBytes)
        object["stored_sessions_evicted"] = .number(directory.evictedCount)
        object["stale_session_ids"] = .number(sessionManager.staleIDs.load(ordering: .relaxed))
        return object
    }

    /// Connections that are open.
    package var connectionCount: Int { admission.count }

    /// A client was closed unheard because the process may open no more files. On the loop that did it.
    package func countUnaccepted(on loop: any EventLoop) {
        metrics[loop.index].add(.connectionsUnaccepted)
    }

    /// Asks another loop to close whoever keeps most.
    func makeRoom(onLoop index: Int) {
        guard ledger.ask() else { return }
        let loop = loops[index]
        if !loop.post({ [self] in gate(on: loop).makeRoom() }) { ledger.answered() }
    }

    func close(_ id: SessionID, _ reason: CloseReason) {
        let loop = loops[Int(id.loop)]
        let job: @Sendable () -> Void = { [self] in
            sessionManager.table(of: loop).session(id)?.connection?.close(reason, notice: nil)
        }
        if loop.isCurrent { job() } else { loop.postReserved(job) }
    }

    func log(_ connection: Connection, ended reason: CloseReason) {
        logger.debug(
            "connection ended",
            metadata: [
                "close.reason": "\(reason.rawValue)", "remote": "\(connection.remoteAddress)",
                "protocol": "\(connection.protocolName)",
            ])
    }

    private func wait(until deadline: MonotonicTime, _ condition: @escaping @Sendable (LoopGateway) -> Bool) async {
        while settings.clock() < deadline {
            var isMet = true
            for loop in loops where isMet {
                isMet = await on(loop) { [self] in condition(unsafe gates[loop.index].value) } ?? true
            }
            if isMet { return }
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Runs `body` on a loop and waits for its result; `nil` when the loop has ended.
    private func on<Value: Sendable>(
        _ loop: any EventLoop, _ body: @escaping @Sendable () -> Value
    ) async -> Value? {
        if loop.isCurrent { return body() }
        return await withCheckedContinuation { continuation in
            let isLeft = loop.postReserved { continuation.resume(returning: body()) }
            if !isLeft { continuation.resume(returning: nil) }
        }
    }
}
