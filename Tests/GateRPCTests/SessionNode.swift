import GateBytes
import GateIO
import GateProtocol
import GateRPC
import GateSessions
import GateUV
import Glibc
import Synchronization
import Testing

/// A node with sessions, or one that uses those of others.
final class SessionNode: Sendable {
    let isGateway: Bool
    let node: Cluster.Node
    let manager: SessionManager
    let sessions: RemoteSessionGateway
    /// Sessions of other gateways whose end modules here were told.
    let ends = Ends()
    /// Counts what the node sends.
    var link: CountingLink? { node.link as? CountingLink }

    init(
        _ name: String, _ cluster: Cluster, _ policy: SecondLoginPolicy, isGateway: Bool,
        answerTime: TimeSpan = .seconds(10)
    ) async throws {
        self.isGateway = isGateway
        let ends = ends
        let parts = Mutex<(SessionManager, RemoteSessionGateway)?>(nil)
        node = try await cluster.start(name, isGateway ? [] : [TestEndpoint.echo()], counts: true) { settings in
            settings.isGateway = isGateway
            settings.sessionNode = SessionManager.nodeNumber(of: name)
        } sessions: { transport, settings in
            let manager = SessionManager(
                node: name, startNumber: settings.key.start, loops: settings.loops, hooks: SessionHooks(),
                policy: policy,
                clock: settings.clock)
            let remote = RemoteSessionGateway(
                local: manager, transport: transport, answerTime: answerTime
            ) { session, reason in
                ends.add(session.id, reason)
            }
            manager.join(remote)
            parts.withLock { $0 = (manager, remote) }
            return remote
        }
        (manager, sessions) = try #require(parts.withLock { $0 })
    }

    /// A client of this gateway.
    func connect() -> TestConnection {
        let connection = TestConnection()
        onLoop { table in connection.opened(table.open(connection, atMilliseconds: 0).snapshot) }
        return connection
    }

    /// The connection of a client has ended.
    func end(_ client: TestConnection) {
        onLoop { table in
            if let live = table.session(client.snapshot.id) { table.remove(live) }
        }
    }

    /// Runs `body` with the sessions of the loop, and waits for that.
    private func onLoop(_ body: @escaping @Sendable (SessionTable) -> Void) {
        let loop = node.group.loops[0]
        let flag = Flag()
        loop.postReserved { [manager] in
            body(manager.table(of: loop))
            flag.isSet.store(true, ordering: .releasing)
        }
        while !flag.isSet.load(ordering: .acquiring) { usleep(100) }
    }

    private final class Flag: Sendable {
        let isSet = Atomic<Bool>(false)
    }
}

/// What modules hear of ended sessions.
final class Ends: Sendable {
    private let list = Mutex<[(SessionID, CloseReason)]>([])

    /// In their order.
    var all: [(id: SessionID, reason: CloseReason)] { list.withLock { $0.map { (id: $0.0, reason: $0.1) } } }

    func add(_ id: SessionID, _ reason: CloseReason) { list.withLock { $0.append((id, reason)) } }
}

/// A client that keeps what it is sent.
final class TestConnection: SessionConnection, Sendable {
    private struct State {
        var snapshot: SessionSnapshot = Samples.session
        var pushes: [String] = []
        var closed: String?
    }

    private let state = Mutex(State())

    var snapshot: SessionSnapshot { state.withLock { $0.snapshot } }
    /// Topic and length of each.
    var pushes: [String] { state.withLock { $0.pushes } }
    /// Why it was closed, and the notice.
    var closed: String? { state.withLock { $0.closed } }

    func opened(_ snapshot: SessionSnapshot) { state.withLock { $0.snapshot = snapshot } }

    var remoteAddress: SocketAddress { SocketAddress(v4: 0x7F00_0001, port: 1) }
    var protocolName: String { "test" }
    var counters: SessionCounters {
        SessionCounters(
            messagesReceived: 0, messagesSent: UInt64(pushes.count), bytesReceived: 0, bytesSent: 0)
    }

    func push(
        topic: Span<UInt8>, payload: [UInt8], quality: DeliveryQuality, form: PayloadForm
    ) -> PushOutcome {
        let text = String(decoding: [UInt8](copying: topic), as: UTF8.self) + " \(payload.count)"
        state.withLock { $0.pushes.append(text) }
        return .sent
    }

    func close(_ reason: CloseReason, notice: String?) {
        state.withLock { $0.closed = "\(reason.rawValue) \(notice ?? "-")" }
    }
}

/// A link that counts what is sent to single nodes.
final class CountingLink: RPCLink {
    private let link: any RPCLink
    private let count = Atomic<Int>(0)
    private let publications = Atomic<Int>(0)

    init(_ link: any RPCLink) {
        self.link = link
    }

    /// Messages that went out to single nodes.
    var sent: Int { count.load(ordering: .relaxed) }
    /// Questions and messages for sessions that went out to all nodes.
    var published: Int { publications.load(ordering: .relaxed) }
    var inbox: String { link.inbox }
    var messageBytesMax: Int { link.messageBytesMax }
    var isUp: Bool { link.isUp }
    var isQuiet: Bool { link.isQuiet }
    var publishesReliably: Bool { link.publishesReliably }

    func open(_ receiver: any RPCLinkReceiver) { link.open(receiver) }

    func send(_ message: [UInt8], to inbox: String) throws(RPCFault) {
        try link.send(message, to: inbox)
        // Announcements to new nodes are none of what is counted.
        if case .announcement? = try? Samples.decode(message).body { return }
        count.add(1, ordering: .relaxed)
    }

    func publish(_ message: [UInt8]) throws(RPCFault) {
        try link.publish(message)
        if case .sessionRequest? = try? Samples.decode(message).body { publications.add(1, ordering: .relaxed) }
    }

    func close(by deadline: MonotonicTime) async { await link.close(by: deadline) }
}
