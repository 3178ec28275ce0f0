import GateBytes
import GateIO
import GateJSON
import GateModules
import GateProtocol
import GateRPC
import GateSessions

/// The gateway's part on one loop: its connections, and what they share because only one of them runs at a time.
final class LoopGateway: TurnObserver {
    let loop: any EventLoop
    unowned let gateway: Gateway
    let settings: GatewaySettings
    let limits: GatewayLimits
    let sessionHooks: SessionHooks
    let sessionManager: SessionManager
    let sessions: SessionTable
    let directory: ClientDirectory
    let router: RPCRouter
    let grammar: TopicGrammar
    let metrics: LoopMetrics
    let routeHandler: RouteHandler?
    /// What was counted in this turn and is not in ``metrics`` yet. Sound: numbers that only their loop adds to, one line
    /// each, so no two accesses overlap; to check that would cost more than to count.
    @exclusivity(unchecked)
    var tally = TurnTally()
    /// Hooks that have not returned.
    private(set) var pendingHooks = 0

    /// What changed of the bytes that are kept for clients, until the end of the turn.
    var queuedDelta = 0
    private let ledger: QueueLedger
    /// The payload that was shared last in this turn.
    private var lastShared: SharedPayload?

    var effects = ProtocolEffects()
    /// What the last call into a protocol asked for; see ``ProtocolEffects/bytesNeeded``.
    var bytesNeeded = 0
    var pool = ByteBufferPool()
    var traces = TraceSource()
    let routes = RouteCache()
    /// Connections with bytes for their streams.
    var dirty: [Connection] = []
    /// Connections that end with this turn, with the notice for the client.
    var closing: [(Connection, String?)] = []
    /// Messages that wait or run, of connections present and past.
    var pendingWork = 0
    /// Those of them that ran past their deadline, were cancelled, and have not returned.
    var overdueWork = 0
    /// The work of connections that are gone, as long as there is some.
    var orphans: [ObjectIdentifier: Work] = [:]
    var sessionCount = 0 {
        didSet { metrics.set(.sessions, to: sessionCount) }
    }
    /// Stands for "no module" where a route handler answers by itself.
    let noTarget = RouteTarget(remote: Route(module: "", function: "", wantsReply: true))

    /// The newest version of each listener's protocol, and older ones that are still spoken.
    private var listeners: [LoopListener] = []
    private(set) var connections: [Connection] = []
    /// On the first loop, once it was asked for.
    var summary: GatewaySummary?
    private var reply = ReplyWriter()
    private var envelope: [UInt8] = []
    var isDraining = false
    /// Clients that are to leave, in their order.
    var departures: [Departure] = []

    init(loop: any EventLoop, gateway: Gateway, metrics: LoopMetrics) {
        self.loop = loop
        self.gateway = gateway
        self.metrics = metrics
        settings = gateway.settings
        routeHandler = gateway.settings.routeHandler
        limits = gateway.settings.limits
        sessionHooks = gateway.settings.hooks
        sessionManager = gateway.sessionManager
        sessions = gateway.sessionManager.table(of: loop)
        directory = gateway.directory
        router = gateway.router
        ledger = gateway.ledger
        grammar = TopicGrammar(rule: gateway.settings.topicRule, guards: gateway.settings.guards)
        loop.observeTurns(self)
    }

    /// The time of the current turn.
    var now: MonotonicTime { loop.now }

    // MARK: Connections

    func accept(_ stream: any ByteStream, _ listener: ListenerSettings) {
        if let refusal = gateway.admission.enter(stream.remoteAddress, at: loop.now) {
            metrics.add(.connectionsRejected)
            metrics.addClose(refusal)
            stream.close()
            return
        }
        let connection = Connection(gate: self, listener: onLoop(listener), stream: stream)
        connection.position = Int32(connections.count)
        connections.append(connection)
        connection.listener.countOpened()
        metrics.add(.connectionsOpened)
        metrics.set(.connections, to: connections.count)
        connection.start()
        if isDraining { connection.close(.serverStopping) }
    }

    private func onLoop(_ settings: ListenerSettings) -> LoopListener {
        if let known = listeners.first(where: { $0.settings === settings && settings.isNewest($0) }) { return known }
        listeners.removeAll { !$0.settings.isNewest($0) && !$0.isUsed }
        let made = settings.newest()
        listeners.append(made)
        return made
    }

    func remove(_ connection: Connection, reason: CloseReason) {
        gateway.admission.leave(connection.remoteAddress)
        let last = connections.removeLast()
        if last !== connection {
            connections[Int(connection.position)] = last
            last.position = connection.position
        }
        metrics.set(.connections, to: connections.count)
        metrics.addClose(reason)
        connection.listener.countClosed()
        gateway.log(connection, ended: reason)
    }

    func takeOver(_ id: SessionID) {
        gateway.close(id, .takenOver)
    }

    func sessionEnded(_ session: Session, reason: CloseReason) {
        for runtime in gateway.modules { runtime.module.sessionEnded(session, reason: reason) }
        sessionManager.tellEnded(session.body.snapshot, reason: reason)
    }

    // MARK: The turn

    func turnEnded(at now: MonotonicTime) {
        // Before the flush, so that a client that has its answer finds itself counted.
        unsafe tally.publish(to: metrics)
        settle()
        if lastShared != nil { lastShared = nil }
        publishQueued()
        if ledger.isOver {
            shed()
            settle()
            publishQueued()
        }
        unsafe tally.publish(to: metrics)
    }

    private func settle() {
        // Closing may make others dirty, and flushing may close, so both go on until nothing is left.
        while !dirty.isEmpty || !closing.isEmpty {
            var ending: [(Connection, String?)] = []
            swap(&ending, &closing)
            for (connection, notice) in ending { connection.performClose(notice: notice) }
            var waiting: [Connection] = []
            swap(&waiting, &dirty)
            for connection in waiting {
                connection.isDirty = false
                connection.flush()
            }
            if dirty.isEmpty {
                waiting.removeAll(keepingCapacity: true)
                swap(&waiting, &dirty)
            }
        }
    }

    // MARK: Bytes that wait

    /// A payload that waits for clients of this loop; the same one for all that get it in this turn.
    func shared(_ payload: [UInt8]) -> SharedPayload {
        if let lastShared, lastShared.holds(payload) { return lastShared }
        let shared = SharedPayload(payload, ledger: ledger, loop: loop.index)
        lastShared = shared
        return shared
    }

    private func publishQueued() {
        if queuedDelta == 0 { return }
        ledger.add(queuedDelta, loop: loop.index)
        queuedDelta = 0
    }

    /// Whoever keeps less than 16 KiB is not closed for what others keep.
    static let heldBytesMin = 16_384

    /// More is kept for clients than may be: whoever has most goes first, on the loop that has most.
    private func shed() {
        let worst = ledger.worstLoop
        if worst != loop.index { return gateway.makeRoom(onLoop: worst) }
        for work in orphans.values { work.discard() }
        // Some more than needed, so that this does not come again with the next message.
        var excess = ledger.total - (ledger.limit - ledger.limit / 8)
        let all = connections.map { ($0, $0.heldBytes) }.filter { $0.1 >= Self.heldBytesMin }
            .sorted { $0.1 > $1.1 }
        for (connection, bytes) in all {
            if excess <= 0 { break }
            excess -= bytes
            connection.close(.queuedBytesTotal)
            connection.work?.discard()
        }
    }

    /// Another loop found too much kept, most of it here.
    func makeRoom() {
        ledger.answered()
        if ledger.isOver && ledger.worstLoop == loop.index { shed() }
    }

    func loopStoodStill(for span: TimeSpan) {
        metrics.add(.standstills)
        for connection in connections { connection.moveClocks(by: span) }
        for work in orphans.values { work.moveDeadlines(by: span) }
    }

    // MARK: Shared memory

    /// The reply writer, for the length of one handler's run; a second one is made when it is lent out already.
    func takeReply() -> ReplyWriter {
        var taken = ReplyWriter()
        swap(&taken, &reply)
        return taken
    }

    func giveReply(_ used: inout ReplyWriter) {
        used.reset()
        swap(&used, &reply)
    }

    func takeEnvelope() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &envelope)
        return taken
    }

    func giveEnvelope(_ used: inout [UInt8]) {
        used.removeAll(keepingCapacity: used.capacity <= 65_536)
        swap(&used, &envelope)
    }

    /// `{"reason":text}`.
    func writeReason(_ reason: String, into output: inout [UInt8]) {
        JSONValue.object(["reason": .string(reason)]).write(into: &output)
    }

    @discardableResult
    func startTask(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        GateModules.startTask(on: loop, body)
    }

    /// Starts a hook; the end of the server waits for it.
    @discardableResult
    func startHook(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        pendingHooks += 1
        let me = LoopConfined(self, to: loop)
        return startTask {
            await body()
            me.unlessEnded?.pendingHooks -= 1
        }
    }

    /// The trace that a client names in its JSON body, else a new one.
    func trace(of payload: Span<UInt8>) -> TraceContext {
        TraceContext.found(in: payload) ?? TraceContext(traces.next())
    }

    // MARK: Routes

    /// The target of a name that the cache does not know; one that exists is entered.
    func resolve(_ name: Span<UInt8>, keyEnd: Int) -> Result<RouteTarget, NoRoute> {
        let route: Route
        do throws(RouteFault) {
            route = try grammar.route(name, keyEnd: keyEnd, wantsReply: true)
        } catch {
            var end = NoRoute(error)
            end.looksLikeCall = looksLikeCall(name, keyEnd: keyEnd)
            return .failure(end)
        }
        let found = resolve(route)
        if case .failure(var end) = found {
            end.looksLikeCall = looksLikeCall(name, keyEnd: keyEnd)
            return .failure(end)
        }
        if case .success(let target) = found, isKept(target) {
            routes.insert(name.extracting(0..<keyEnd), target)
        }
        return found
    }

    /// Whether a name that leads nowhere was meant as a call: its handler has a prefix that clients may call, or its first
    /// part is a module, here or elsewhere, or `Gate`, which is what mqant's clients call the gateway. URIs always are: what
    /// they ask for, they say.
    func looksLikeCall(_ name: Span<UInt8>, keyEnd: Int) -> Bool {
        if grammar.rule == .uri { return true }
        let (type, isOpen) = grammar.firstPart(name.extracting(0..<keyEnd))
        return isOpen || type.map { $0 == "Gate" || router.serves(module: $0, node: nil) } == true
    }

    /// Whether a target may be entered: names that a client makes up are not. Other nodes announce a bounded number of
    /// handlers, and what they announce anew is told.
    private func isKept(_ target: RouteTarget) -> Bool {
        let route = target.route
        if let runtime = target.runtime { return runtime.isRegistered(route.function) }
        return route.node == nil && router.kind(module: route.module, node: nil, function: route.function) != nil
    }

    /// The target of a route.
    func resolve(_ route: Route) -> Result<RouteTarget, NoRoute> {
        guard let endpoint = router.endpoint(type: route.module, node: route.node) else {
            guard router.serves(module: route.module, node: route.node) else {
                return .failure(NoRoute(router.absence(of: route.module)))
            }
            let kind = router.kind(module: route.module, node: route.node, function: route.function)
            return .success(RouteTarget(remote: route, kind ?? .ordered))
        }
        guard let runtime = endpoint as? ModuleRuntime, let (handler, context) = runtime.handler(route.function) else {
            return .failure(NoRoute(.noSuchHandler(route.function)))
        }
        return .success(RouteTarget(route: route, runtime: runtime, handler: handler, context: context))
    }

    /// Modules came or went: what was found before may lead elsewhere now.
    func forgetRoutes() {
        routes.removeAll()
        for listener in listeners { listener.target = nil }
    }

    // MARK: The end

    /// Takes nothing new from clients; what runs goes on.
    func drain() {
        isDraining = true
        departures = []
        for connection in connections { connection.pause(.draining) }
        for work in orphans.values { work.shortenDeadlines() }
    }

    /// Whether no message runs or waits any more, but for handlers that were told to end and do not.
    var isIdle: Bool { pendingWork == overdueWork }

    /// Whether all connections are gone and all hooks have returned.
    var isOver: Bool { connections.isEmpty && pendingHooks == 0 }

    /// The last line of the summary.
    func endSummary() {
        summary?.end()
        summary = nil
    }

    /// Ends every connection.
    func closeAll(_ reason: CloseReason) {
        for connection in connections {
            connection.work?.cancelAll()
            connection.close(reason)
        }
        for work in orphans.values { work.cancelAll() }
    }
}

@available(*, unavailable)
extension LoopGateway: Sendable {}
