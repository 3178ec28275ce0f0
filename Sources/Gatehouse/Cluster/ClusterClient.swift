import GateBytes
public import GateRPC
import GateUV

/// Looks at a cluster from outside: who is there, and what a call answers. It serves nothing and is seen by nobody.
public final class ClusterClient: Sendable {
    private let group: UVEventLoopGroup
    private let transport: RemoteTransport
    private let router: RPCRouter
    /// Whether nodes that appear later have to be asked: over UDP they do not know of this client.
    private let asksAgain: Bool

    /// Connects to the nodes behind `url`. A UDP address without peers is itself the one to be asked.
    /// - Parameter report: Hears, on any thread, of a broker that was reached, or of the reason why not.
    public init(
        url: String?, peers: [String],
        report: @escaping @Sendable (_ server: String, _ fault: String?) -> Void = { _, _ in }
    ) throws(StartFault) {
        let start = UInt32.random(in: 1 ... .max)
        let own = "udp://127.0.0.1:0"
        asksAgain = url.map { $0.hasPrefix("udp:") } ?? true
        let asks = url.map { $0.hasPrefix("udp:") && peers.isEmpty } ?? false
        do throws(LoopError) {
            group = try UVEventLoopGroup(loopCount: 1)
        } catch {
            throw StartFault(error)
        }
        let link: any RPCLink
        do throws(StartFault) {
            link = try ClusterLink.open(
                asks ? own : url ?? own, peers: asks ? [url ?? own] : peers, start: start, on: group, report: report)
        } catch {
            group.shutDown()
            throw error
        }
        var settings = RemoteSettings(
            key: NodeKey(name: "client", start: start), loops: group.loops, clock: SystemClock.monotonic)
        settings.isVisible = false
        transport = RemoteTransport(settings: settings, link: link)
        router = RPCRouter(node: "client", transport: transport)
        transport.start(serving: nil, [], sessions: nil)
    }

    /// The nodes that answer within `seconds` from when the broker is reached, by name.
    /// - Throws: ``RPCFault/unreachable`` when it is not reached in time.
    public func nodes(within seconds: Double) async throws(RPCFault) -> [NodeDescription] {
        try await connect()
        await ask(until: SystemClock.monotonic() + .seconds(seconds)) { false }
        return transport.nodes.map(NodeDescription.init)
    }

    /// Waits until the broker is reached.
    private func connect() async throws(RPCFault) {
        let deadline = SystemClock.monotonic() + .seconds(Self.connectSeconds)
        while !transport.isUp {
            guard SystemClock.monotonic() < deadline else { throw .unreachable }
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Waits for a time, or until a condition is met; asks the nodes once more now and then where that is needed.
    private func ask(until deadline: MonotonicTime, _ isMet: () -> Bool) async {
        var turn = 1
        while SystemClock.monotonic() < deadline, !isMet() {
            try? await Task.sleep(for: .milliseconds(10))
            if asksAgain, turn.isMultiple(of: 10) { transport.query() }
            turn += 1
        }
    }

    /// Calls a handler (`Chat` or `Chat@node`) with a body; waits `seconds` in all. The result is one JSON value.
    public func call(
        _ module: String, _ function: String, _ body: [UInt8], within seconds: Double
    ) async throws(RPCFault) -> [UInt8] {
        let deadline = SystemClock.monotonic() + .seconds(seconds)
        let parts = module.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let node = parts.count == 2 ? parts[1] : nil
        try await connect()
        await ask(until: SystemClock.monotonic() + .seconds(min(seconds, Self.findSeconds))) {
            router.serves(module: parts[0], node: node)
        }
        let value = try await router.call(
            RPCRequest(
                module: parts[0], node: node, function: function, argument: .body(body), session: nil,
                deadline: deadline, trace: .random(), expectsReply: true))
        var text: [UInt8] = []
        value.writeJSON(into: &text)
        return text
    }

    /// How long a broker may take to be reached.
    static let connectSeconds = 3.0
    /// How long a module is looked for.
    static let findSeconds = 2.0

    /// Ends the connection.
    public func close() async {
        await transport.stop(by: SystemClock.monotonic() + .seconds(1))
        group.shutDown()
    }
}

/// One node of a cluster.
public struct NodeDescription: Sendable {
    /// The node's name.
    public var name: String
    /// Whether clients connect to it.
    public var isGateway: Bool
    /// The modules it serves.
    public var modules: [String]
    /// Their versions, by module; of those that have one.
    public var versions: [String: String]
    /// Their handlers, by module.
    public var functions: [String: [String]]
    /// What calls may ask for.
    public var labels: [String: String]
    /// Calls that run there.
    public var load: Int
    /// Since it started, in seconds.
    public var ageSeconds: Int
    /// Where it is reached.
    public var inbox: String

    init(_ status: NodeStatus) {
        name = status.key.name
        isGateway = status.announcement.isGateway
        modules = status.announcement.modules.map(\.type).sorted()
        let known = status.announcement.modules
        versions = Dictionary(known.map { ($0.type, $0.version) }) { first, _ in first }.filter { !$0.value.isEmpty }
        functions = Dictionary(known.map { ($0.type, $0.functions.keys.sorted()) }) { first, _ in first }
        labels = status.announcement.labels
        load = Int(status.announcement.load)
        ageSeconds = Int(status.announcement.ageMilliseconds / 1_000)
        inbox = status.announcement.inbox
    }
}
