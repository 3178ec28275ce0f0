import GateBytes
import GateIO
public import GateJSON
public import GateModules
public import GateProtocol
import GateRPC
public import GateServer
public import GateSessions
import GateUV
public import Logging
import Synchronization

/// A whole server: event loops, gateway, modules in this process.
///
/// ```swift
/// let server = GatehouseServer(modules: [Chat()])
/// try await server.start()
/// …
/// await server.stop(within: 25)
/// ```
public final class GatehouseServer: Sendable {
    /// What an application adds to the configuration.
    public struct Application: Sendable {
        /// Looks into the life of sessions.
        public var hooks = SessionHooks()
        /// Decides about messages before the usual rule does.
        public var routeHandler: RouteHandler?
        /// Takes the place of mqant's envelope, on the listeners that use that.
        public var envelope: (any ReplyEnvelope)?
        /// Look at every call of every module.
        public var interceptors: [Interceptor] = []
        /// Protocols written in Swift.
        public var protocols: [ProtocolDefinition] = []
        /// Records the traces of calls; `DistributedTracing` of the library `GatehouseTracing` is one.
        public var tracing: (any CallTracing)?
        /// What bounds each module.
        public var moduleLimits = ModuleLimits()

        /// Nothing added.
        public init() {}
    }

    struct Running {
        var group: UVEventLoopGroup
        var gateway: Gateway
        var runtimes: [ModuleRuntime]
        var settings: [(ListenerConfiguration, ListenerSettings)]
        var transport: RemoteTransport?
        var listeners: [any Listener]
        var bound: [BoundListener]
    }

    /// What it was made with.
    public let configuration: ServerConfiguration
    /// The protocols that listeners may name.
    public let protocols = ProtocolRegistry()
    let application: Application
    private let modules: [any Module]
    let logger: Logger
    let running = Mutex<Running?>(nil)
    let protocolFiles = Mutex(ProtocolFolderState())
    let summary = Mutex(FaultSummary())

    /// A server of `modules`; those that the configuration gives to another process group are left out.
    public init(
        _ configuration: ServerConfiguration = ServerConfiguration(), modules: [any Module],
        application: Application = Application(), logger: Logger = Logger(label: "gatehouse")
    ) {
        self.configuration = configuration
        self.application = application
        self.logger = logger
        self.modules =
            configuration.modules.map { entries in
                modules.filter { module in entries.contains { $0.type == module.type } }
            } ?? modules
    }

    /// Addresses that are open, in the order of the configuration.
    public var listeners: [BoundListener] { running.withLock { $0?.bound ?? [] } }

    /// All counters as one JSON object; empty before the start.
    public var counters: JSONObject {
        guard let (gateway, transport) = running.withLock({ $0.map { ($0.gateway, $0.transport) } }) else {
            return JSONObject()
        }
        var object = gateway.counters
        object["log_lines_lost"] = .number(LogWriter.linesLost)
        object["protocols"] = .array(protocolUsages)
        if let transport {
            object["rpc_nodes"] = .number(transport.nodes.count)
            object["rpc_pending_calls"] = .number(transport.pendingCount)
            object["rpc_serving_calls"] = .number(transport.servingCount)
            object["rpc_link_up"] = .number(transport.isUp ? 1 : 0)
            for (name, value) in transport.counters.all { object["rpc_" + name] = .number(value) }
        }
        return object
    }

    // MARK: Start

    /// Starts loops, modules, listeners, in this order. Where it throws, nothing is left running.
    public func start() async throws(StartFault) {
        try registerProtocols()
        let settings = try listenerSettings()
        let files = raiseFileLimit()
        let group: UVEventLoopGroup
        do throws(LoopError) {
            group = try UVEventLoopGroup(loopCount: configuration.loops ?? Self.cores)
        } catch {
            throw StartFault(error)
        }
        let ours = gatewaySettings(fileLimit: files)
        let transport: RemoteTransport?
        do throws(StartFault) {
            transport = try makeTransport(group, startNumber: ours.startNumber)
        } catch {
            group.shutDown()
            throw error
        }
        let router = RPCRouter(node: configuration.node, labels: configuration.labelTable, transport: transport)
        let gateway = await Gateway(settings: ours, loops: group.loops, router: router, logger: logger)
        let sessions = transport.map { joinSessions(gateway, $0) }
        var runtimes: [ModuleRuntime] = []
        do throws(StartFault) {
            runtimes = try await startModules(gateway, router)
            gateway.install(runtimes)
            await gateway.startSummary()
            if let transport, let sessions { announce(transport, router, runtimes, sessions) }
            let (listeners, bound) = try open(settings, group, gateway)
            let settings = zip(settings, bound).map { one, bound in (told(bound.port, one.0, one.1), one.1) }
            running.withLock {
                $0 = Running(
                    group: group, gateway: gateway, runtimes: runtimes, settings: settings, transport: transport,
                    listeners: listeners, bound: bound)
            }
        } catch {
            gateway.sessionManager.join(nil)
            await transport?.stop(by: SystemClock.monotonic())
            for runtime in runtimes.reversed() { await runtime.module.stop() }
            group.shutDown()
            throw error
        }
    }

    func gatewaySettings(fileLimit: Int) -> GatewaySettings {
        var limits = configuration.limits
        limits.connectionsMax = limits.connectionsMax ?? max(1, fileLimit - Self.filesReserved)
        var settings = GatewaySettings(
            node: configuration.node, startNumber: .random(in: 1 ... .max), wallClock: SystemClock.wallMilliseconds,
            clock: SystemClock.monotonic)
        settings.limits = limits
        settings.hooks = application.hooks
        settings.secondLogin = configuration.secondLogin
        settings.topicRule = configuration.routeRule
        settings.guards = configuration.guardPrefixes
        settings.routeHandler = application.routeHandler
        settings.tracing = application.tracing
        return settings
    }

    /// Files that connections leave to everything else.
    static let filesReserved = 64

    /// Cores that this process may run on.
    private static var cores: Int { max(1, SystemClock.coreCount) }

    private func startModules(_ gateway: Gateway, _ router: RPCRouter) async throws(StartFault) -> [ModuleRuntime] {
        let services = gateway.services
        for module in modules {
            let entry = configuration.modules?.first { $0.type == module.type }
            try await step(module) {
                try await module.configure(
                    ModuleConfiguration(
                        id: entry?.id, settings: entry?.settings ?? JSONObject(),
                        globalSettings: configuration.settings))
            }
        }
        for module in modules {
            try await step(module) {
                try await module.initialize(ModuleContext(services: services, module: module.type))
            }
        }
        var moduleLimits = application.moduleLimits
        moduleLimits.addressSharePercent =
            moduleLimits.addressSharePercent ?? configuration.limits.moduleSharePercent
        var runtimes: [ModuleRuntime] = []
        var types: Set<String> = []
        for module in modules {
            guard types.insert(module.type).inserted else { throw .duplicateModule(module.type) }
            let runtime = ModuleRuntime(
                module: module, services: services, interceptors: application.interceptors,
                limits: moduleLimits)
            let ids = (configuration.modules ?? []).filter { $0.type == module.type }.compactMap(\.id)
            router.add(runtime, ids: Set(ids), version: version(of: module))
            runtimes.append(runtime)
        }
        var started: [ModuleRuntime] = []
        for runtime in runtimes {
            do throws(StartFault) {
                try await step(runtime.module) { try await runtime.module.start() }
            } catch {
                for earlier in started.reversed() { await earlier.module.stop() }
                throw error
            }
            started.append(runtime)
        }
        return runtimes
    }

    /// What a module says, else what the configuration says of all.
    func version(of module: any Module) -> String {
        module.version.isEmpty ? configuration.modulesVersion ?? "" : module.version
    }

    private func step(_ module: any Module, _ body: () async throws -> Void) async throws(StartFault) {
        do {
            try await body()
        } catch {
            throw .module(module.type, "\(error)")
        }
    }

    private func open(
        _ settings: [(ListenerConfiguration, ListenerSettings)], _ group: UVEventLoopGroup, _ gateway: Gateway
    ) throws(StartFault) -> ([any Listener], [BoundListener]) {
        var listeners: [any Listener] = []
        var bound: [BoundListener] = []
        for (listener, setting) in settings {
            do throws(ListenError) {
                let opened = try group.listen(
                    host: listener.host, port: listener.port, unaccepted: { gateway.countUnaccepted(on: $0) },
                    accept: { loop, stream in gateway.accept(stream, on: loop, setting) })
                listeners.append(opened)
                bound.append(
                    BoundListener(
                        protocolName: listener.protocolName, host: listener.host,
                        port: opened.addresses.first?.port ?? listener.port))
            } catch {
                for opened in listeners { opened.close() }
                throw .address(listener.shown, error)
            }
        }
        return (listeners, bound)
    }

    // MARK: Stop

    /// Stops accepting, lets running calls finish, passes on what waits for clients, stops the modules in reverse order.
    ///
    /// Calls get most of `seconds`; the rest is for the clients' last bytes, hooks and storage.
    public func stop(within seconds: Double) async {
        let stopping = running.withLock { state -> Running? in
            defer { state = nil }
            return state
        }
        guard let stopping else { return }
        for listener in stopping.listeners { listener.close() }
        stopping.transport?.withdraw()
        let now = SystemClock.monotonic()
        let forCalls = max(seconds - Self.closingSeconds, seconds / 2)
        await stopping.gateway.stop(callsUntil: now + .seconds(forCalls), end: now + .seconds(seconds))
        await stopping.transport?.stop(by: now + .seconds(forCalls))
        stopping.gateway.sessionManager.join(nil)
        for runtime in stopping.runtimes.reversed() { await runtime.module.stop() }
        stopping.group.shutDown()
    }

    /// What ``stop(within:)`` keeps back from the calls, in seconds.
    static let closingSeconds = 2.0
}
