import GateBytes
import GateIO
import GateRPC
import GateRPCUDP
import GateUV
import Glibc
import Synchronization
import Testing

/// Some nodes in one process, each with a loop of its own.
final class Cluster: Sendable {
    let kind: LinkKind
    let hub = MemoryHub()
    private let nodes = Mutex<[Node]>([])
    private let addresses = Mutex<[SocketAddress]>([])

    /// The broker, where it is not the shared one.
    private let broker: Broker?

    /// Whether every datagram is lost once and then comes twice.
    private let isLossy: Bool

    init(_ kind: LinkKind, broker: Broker? = nil, isLossy: Bool = false) {
        self.kind = kind
        self.isLossy = isLossy
        self.broker = broker
    }

    /// One node.
    final class Node: Sendable {
        let group: UVEventLoopGroup
        let transport: RemoteTransport
        let router: RPCRouter
        let link: any RPCLink

        init(group: UVEventLoopGroup, transport: RemoteTransport, router: RPCRouter, link: any RPCLink) {
            self.group = group
            self.transport = transport
            self.router = router
            self.link = link
        }

        /// Ends as a killed process does: without a word.
        func kill() { group.shutDown() }

        /// Calls a handler; bytes in, value out.
        func call(
            _ module: String, _ function: String = "echo", _ argument: RPCArgument = .body([]), node: String? = nil,
            within time: TimeSpan = .seconds(10), selection: RPCSelection = RPCSelection()
        ) async throws(RPCFault) -> RPCValue {
            try await router.call(
                RPCRequest(
                    module: module, node: node, function: function, argument: argument, session: Samples.session,
                    deadline: transport.now + time, trace: .random(), expectsReply: true, selection: selection))
        }
    }

    /// Starts a node with these modules.
    func start(
        _ name: String, _ endpoints: [any RPCEndpoint] = [], labels: [String: String] = [:], counts: Bool = false,
        change: (inout RemoteSettings) -> Void = { _ in },
        sessions: (RemoteTransport, RemoteSettings) -> (any RPCSessionPeer)? = { _, _ in nil }
    ) async throws -> Node {
        let group = try UVEventLoopGroup(loopCount: 1)
        let start = UInt32.random(in: 1 ... .max)
        var settings = RemoteSettings(key: NodeKey(name: name, start: start), loops: group.loops, clock: Self.now)
        settings.labels = labels
        change(&settings)
        var link: any RPCLink
        switch kind {
        case .memory:
            link = MemoryLink("\(name)/\(start)", hub: hub, loop: group.loops[0])
        case .udp:
            let socket = try group.bindDatagrams(SocketAddress(v4: 0x7F00_0001, port: 0))
            let peers = addresses.withLock { known in
                defer { known.append(socket.localAddress) }
                return known
            }
            link = UDPLink(
                socket: isLossy ? LossySocket(socket) : socket, loop: group.loops[0], peers: peers, start: start)
        #if NATS || Redis || RabbitMQ
            default:
                let reached: Broker
                if let broker { reached = broker } else { reached = try await Broker.shared(kind) }
                link = try #require(kind.link(reached.url, group: group, start: start))
        #endif
        }
        if counts { link = CountingLink(link) }
        let transport = RemoteTransport(settings: settings, link: link)
        let router = RPCRouter(node: name, transport: transport)
        for endpoint in endpoints { router.add(endpoint) }
        transport.start(
            serving: router, endpoints.map { ModuleDescription(type: $0.type, version: "1") },
            sessions: sessions(transport, settings))
        let node = Node(group: group, transport: transport, router: router, link: link)
        nodes.withLock { $0.append(node) }
        // What others announce may arrive before a link has seen its own message come back.
        if broker == nil, kind != .udp { await Self.wait { node.link.isUp } }
        return node
    }

    /// Ends all nodes.
    func end() {
        for node in nodes.withLock({ $0 }) { node.group.shutDown() }
    }

    static let now: @Sendable () -> MonotonicTime = {
        // The clock of the loops, which links compare with.
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// Looks at a condition until it is met; gives up after 20 seconds, of which a failing test takes all.
    static func wait(
        _ condition: @Sendable () async -> Bool, _ location: SourceLocation = #_sourceLocation
    ) async {
        for _ in 0..<12_000 {
            if await condition() { return }
            try? await Task.sleep(for: .milliseconds(5))
        }
        Issue.record("never met", sourceLocation: location)
    }
}

/// A module made of closures.
final class TestEndpoint: RPCEndpoint {
    let type: String
    private let body: @Sendable (RPCRequest) async throws(RPCFault) -> RPCValue
    let notified = Mutex<[RPCRequest]>([])

    init(_ type: String, _ body: @escaping @Sendable (RPCRequest) async throws(RPCFault) -> RPCValue) {
        self.type = type
        self.body = body
    }

    func call(_ request: RPCRequest) async throws(RPCFault) -> RPCValue { try await body(request) }

    func notify(_ request: RPCRequest) throws(RPCFault) { notified.withLock { $0.append(request) } }

    /// Gives back what it gets.
    static func echo(_ type: String = "Echo") -> TestEndpoint {
        TestEndpoint(type) { request throws(RPCFault) in
            switch request.argument {
            case .body(let bytes): return .bytes(bytes)
            case .several: return try request.argument.value()
            case .value(let value, _):
                switch value {
                case let value as RPCValue: return value
                case let text as String: return .string(text)
                case let flag as Bool: return .bool(flag)
                case let number as Int32: return .int32(number)
                case let number as Int64: return .int64(number)
                case let number as Float: return .float(number)
                case let number as Double: return .double(number)
                default: throw .internalError
                }
            }
        }
    }

    /// Says its name.
    static func named(_ name: String, type: String = "Who") -> TestEndpoint {
        TestEndpoint(type) { _ throws(RPCFault) in .string(name) }
    }
}

extension RPCArgument {
    /// A value whose body nobody asks for.
    static func of(_ value: RPCValue) -> RPCArgument {
        .value(value) { () throws(RPCFault) in throw .internalError }
    }
}
