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
    /// What was counted in this turn and is not in ``metrics`` yet.
    var tally = TurnTally()
    /// Hooks that have not returned.
    private(set) var pendingHooks = 0

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
    var sessionCount = 0 {
        didSet { metrics.set(.sessions, to: sessionCount) }
    }
    /// Stands for "no module" where a route handler answers by itself.
    let noTarget = RouteTarget(remote: Route(module: "", function: "", wantsReply: true))

    /// The newest version of each listener's protocol, and older ones that are still spoken.
    private var listeners: [LoopListener] = []
    private var connections: [Connection] = []
    private var reply = ReplyWriter()
    private var envelope: [UInt8] = []
    private var isDraining = false

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
        tally.publish(to: metrics)
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
        tally.publish(to: metrics)
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
            me.value.pendingHooks -= 1
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
            return .failure(NoRoute(error))
        }
        let found = resolve(route)
        if case .success(let target) = found, isKept(target) {
            routes.insert(name.extracting(0..<keyEnd), target)
        }
        return found
    }

    /// Whether a target may be entered: names that a client makes up are not. Other nodes announce a bounded number of
    /// handlers, and what they announce anew is told.
    private func isKept(_ target: RouteTarget) -> Bool {
        if target.runtime != nil { return true }
        let route = target.route
        return route.node == nil && router.kind(module: route.module, node: nil, function: route.function) != nil
    }

    /// The target of a route.
    func resolve(_ route: Route) -> Result<RouteTarget, NoRoute> {
        guard let endpoint = router.endpoint(type: route.module, node: route.node) else {
            guard router.serves(module: route.module, node: route.node) else {
                return .failure(NoRoute(.noSuchModule(route.module)))
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
        for connection in connections { connection.pause(.draining) }
    }

    /// Whether no message runs or waits any more.
    var isIdle: Bool { pendingWork == 0 }

    /// Whether all connections are gone and all hooks have returned.
    var isOver: Bool { connections.isEmpty && pendingHooks == 0 }

    /// Ends every connection.
    func closeAll(_ reason: CloseReason) {
        for connection in connections { connection.close(reason) }
    }
}

@available(*, unavailable)
extension LoopGateway: Sendable {}
