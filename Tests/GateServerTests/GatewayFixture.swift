import GateBytes
import GateIO
import GateJSON
import GateMQTT
import GateModules
import GateProtocol
import GateRPC
import GateSessions
import GateTestKit
import Logging
import Testing

@testable import GateServer

/// A whole gateway with its modules, on loops that the test runs, without a socket.
final class GatewayFixture {
    /// What a fixture is made of.
    struct Options {
        var loops = 1
        var modules: [any Module] = []
        /// Configured ids of module types.
        var ids: [String: Set<String>] = [:]
        var interceptors: [Interceptor] = []
        var moduleLimits = ModuleLimits()
        var transport: (any RPCTransport)?
        var envelope: any ReplyEnvelope = MqantEnvelope()
        var takeover = false
        var answersUnrouted = false
        var mqtt = MQTTLimits()
        var logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        var settings = GatewaySettings(
            node: "node-1", startNumber: 7, wallClock: { 1_700_000_000_000 },
            clock: { MonotonicTime(nanoseconds: 0) })
    }

    let group: ManualEventLoopGroup
    let gateway: Gateway
    let runtimes: [ModuleRuntime]
    let listener: ListenerSettings
    private var addresses: UInt16 = 0

    init(_ options: Options) throws {
        let group = ManualEventLoopGroup(loopCount: options.loops)
        var settings = options.settings
        settings.clock = { [clock = group.clock] in clock.now }
        let router = RPCRouter(node: settings.node, transport: options.transport)
        let whole = settings
        let made = group.start {
            await Gateway(
                settings: whole, loops: group.loops, router: router, logger: options.logger)
        }
        let gateway = try #require(made.value)
        runtimes = options.modules.map { module in
            ModuleRuntime(
                module: module, services: gateway.services, interceptors: options.interceptors,
                limits: options.moduleLimits)
        }
        for runtime in runtimes { router.add(runtime, ids: options.ids[runtime.type] ?? []) }
        gateway.install(runtimes)
        let configuration = MQTTConfiguration(limits: options.mqtt)
        listener = ListenerSettings(
            protocolName: "mqtt", makeProtocol: { MQTTProtocol(configuration) }, takeover: options.takeover,
            answersUnrouted: options.answersUnrouted,
            envelope: options.envelope)
        self.group = group
        self.gateway = gateway
    }

    /// A gateway of these modules; `change` alters everything else.
    convenience init(_ modules: any Module..., change: (inout Options) -> Void = { _ in }) throws {
        var options = Options()
        options.modules = modules
        change(&options)
        try self.init(options)
    }

    // MARK: Clients

    /// A client that has said nothing yet.
    func connect(
        onLoop index: Int = 0, host: UInt32 = 0xC000_0201, through listener: ListenerSettings? = nil
    ) -> TestClient {
        addresses &+= 1
        let loop = group.manualLoops[index]
        let stream = ScriptedStream(on: loop, from: SocketAddress(v4: host, port: addresses))
        loop.perform { gateway.accept(stream, on: loop, listener ?? self.listener) }
        group.run()
        return TestClient(stream, of: self)
    }

    /// A client with a session; its CONNACK is read.
    func login(
        _ connect: MQTTConnect = MQTTConnect(clientID: utf8("c"), keepAliveSeconds: 0), onLoop index: Int = 0
    ) throws -> TestClient {
        let client = self.connect(onLoop: index)
        client.say(.connect(connect))
        let answer = try #require(client.heard().first)
        guard case .connack(_, 0) = answer else { throw Surprise("the login was answered with \(answer)") }
        return client
    }

    /// A client with a session of its own name, on some loop.
    func login(_ id: String, onLoop index: Int = 0) throws -> TestClient {
        try login(MQTTConnect(clientID: utf8(id), keepAliveSeconds: 0), onLoop: index)
    }

    // MARK: Inside

    /// Routes that the loops remember.
    var cachedRoutes: Int {
        group.manualLoops.reduce(0) { sum, loop in sum + loop.perform { gateway.gate(on: loop).routes.count } }
    }

    /// Entries in the list of stored sessions by age.
    var rememberedIDs: Int { gateway.directory.traceCount }

    /// Sessions in the tables of the loops, also those that wait for their acceptance.
    var openSessions: Int {
        group.manualLoops.reduce(0) { sum, loop in
            sum + loop.perform { gateway.sessionManager.table(of: loop).count }
        }
    }

    /// Messages that wait or run.
    var pendingWork: Int {
        group.manualLoops.reduce(0) { sum, loop in sum + loop.perform { gateway.gate(on: loop).pendingWork } }
    }

    // MARK: Time

    func advance(by span: TimeSpan) { group.advance(by: span) }

    /// The value of a task that ends at this time.
    func result<Value: Sendable>(of body: @escaping @Sendable () async -> Value) throws -> Value {
        try #require(group.start(body).value)
    }

    // MARK: Counters

    func count(_ name: String) -> Int? { gateway.counters[name]?.int }

    func faults(_ kind: String) -> Int? { gateway.counters["faults"]?[kind]?.int }

    func closed(_ reason: CloseReason) -> Int? { gateway.counters["connections_closed"]?[reason.rawValue]?.int }

    /// All ends of connections, by reason, without those that did not happen.
    var ends: [String: Int] {
        var ends: [String: Int] = [:]
        for reason in CloseReason.allCases {
            if let count = closed(reason), count > 0 { ends[reason.rawValue] = count }
        }
        return ends
    }

    /// All faults, by kind, without those that did not happen.
    var allFaults: [String: Int] {
        var kinds: [String: Int] = [:]
        for kind in FaultKind.allCases.map(\.name) {
            if let count = faults(kind), count > 0 { kinds[kind] = count }
        }
        return kinds
    }
}

/// A test met something that it did not expect.
struct Surprise: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

func utf8(_ text: String) -> [UInt8] { Array(text.utf8) }
