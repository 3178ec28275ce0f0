import GateBytes
import GateProtocol
import GateRPC
import GateSessions
import GateUV
import Testing

/// What becomes of the sessions of a gateway that is lost, and of logins while gateways do not see each other.
@Suite(.serialized) struct LostGatewayTests {
    private func gateway(
        _ name: String, _ cluster: Cluster, _ policy: SecondLoginPolicy = .allow
    ) async throws -> SessionNode {
        try await SessionNode(name, cluster, policy, isGateway: true, answerTime: .milliseconds(500))
    }

    private func meet(_ nodes: [SessionNode], gateways: Int) async {
        await Cluster.wait {
            nodes.allSatisfy { $0.node.transport.gateways.count == gateways - ($0.isGateway ? 1 : 0) }
        }
    }

    private func call(_ gateway: SessionNode, for client: TestConnection) async throws {
        await Cluster.wait { gateway.node.router.serves(module: "Echo", node: nil) }
        _ = try await gateway.node.router.call(
            RPCRequest(
                module: "Echo", function: "echo", argument: .body([]), session: client.snapshot,
                deadline: gateway.node.transport.now + .seconds(10), trace: .random(), expectsReply: true))
    }

    @Test func modulesHearTheEndOfEachSessionThatTheyWereCalledFor() async throws {
        let cluster = Cluster(.memory)
        defer { cluster.end() }
        let dying = try await gateway("g0", cluster)
        let other = try await gateway("g1", cluster)
        let backend = try await SessionNode("b", cluster, .allow, isGateway: false)
        await meet([dying, other, backend], gateways: 2)
        let clients = (0..<3).map { _ in dying.connect() }
        let stays = other.connect()
        for client in clients.prefix(2) { try await call(dying, for: client) }
        // One session costs one entry, however often it calls.
        try await call(dying, for: clients[0])
        try await call(other, for: stays)
        #expect(backend.sessions.foreignCount == 3)
        backend.sessions.sessionEnded(clients[1].snapshot, reason: .peerClosed)
        #expect(backend.sessions.foreignCount == 2)
        cluster.hub.leave(try #require(cluster.hub.find(dying.node.link.inbox)))
        dying.node.kill()
        await Cluster.wait { backend.ends.all.count == 2 }
        #expect(backend.ends.all.map(\.id) == [clients[1].snapshot.id, clients[0].snapshot.id])
        #expect(backend.ends.all.map(\.reason) == [.peerClosed, .gatewayLost])
        #expect(backend.sessions.foreignCount == 1)
    }

    @Test func aBrokerThatIsAwayEndsNobodysSessions() async throws {
        let cluster = Cluster(.memory)
        defer { cluster.end() }
        let alive = try await gateway("g0", cluster)
        let backend = try await SessionNode("b", cluster, .allow, isGateway: false)
        await meet([alive, backend], gateways: 1)
        let client = alive.connect()
        try await call(alive, for: client)
        cluster.hub.setUp(false)
        let away = backend.node.transport.now
        // Longer than an announcement counts.
        await Cluster.wait { backend.node.transport.now - away > .seconds(6) }
        await #expect(throws: RPCFault.unreachable) { try await alive.node.call("Echo") }
        await #expect(throws: RPCFault.unreachable) { try await alive.node.call("Elsewhere") }
        cluster.hub.setUp(true)
        _ = try await alive.node.call("Echo")
        await #expect(throws: RPCFault.noSuchModule("Elsewhere")) { try await alive.node.call("Elsewhere") }
        #expect(backend.ends.all.isEmpty)
        // This client's, and the one that the call was made for.
        #expect(backend.sessions.foreignCount == 2)
    }

    @Test func aGatewayThatDoesNotAnswerStandsAgainstALogin() async throws {
        let cluster = Cluster(.memory)
        defer { cluster.end() }
        let frozen = try await gateway("g0", cluster, .refuse)
        let asking = try await gateway("g1", cluster, .refuse)
        await meet([frozen, asking], gateways: 2)
        let gate = BlockedLoop(frozen.node.group.loops[0])
        let session = asking.connect().snapshot
        await #expect(throws: SessionFault.unreachable) {
            try await asking.sessions.perform(.bind("ada"), on: session.id)
        }
        gate.open()
        await Cluster.wait { (try? await asking.sessions.perform(.bind("ada"), on: session.id)) != nil }
    }

    @Test(arguments: [(SecondLoginPolicy.refuse, 0), (.kick, 1)])
    func loginsThatDidNotSeeEachOtherAreSettledWhenGatewaysMeet(policy: SecondLoginPolicy, stays: Int) async throws {
        let cluster = Cluster(.memory)
        defer { cluster.end() }
        let gateways = [try await gateway("g0", cluster, policy), try await gateway("g1", cluster, policy)]
        await meet(gateways, gateways: 2)
        let other = gateways[1].connect()
        var third = Session(snapshot: other.snapshot, gateway: gateways[1].sessions)
        try await third.bind("somebody else")
        let first = gateways[0].connect()
        var session = Session(snapshot: first.snapshot, gateway: gateways[0].sessions)
        try await session.bind("ada")
        // Asked behind what it was told of the login.
        _ = await gateways[0].sessions.sessions(of: "nobody")
        cluster.hub.setUp(false)
        let second = gateways[1].connect()
        session = Session(snapshot: second.snapshot, gateway: gateways[1].sessions)
        try await session.bind("ada")
        #expect(first.closed == nil && second.closed == nil)
        cluster.hub.setUp(true)
        let clients = [first, second]
        await Cluster.wait { clients[1 - stays].closed == "kicked second login" }
        #expect(clients[stays].closed == nil)
        #expect(other.closed == nil)
    }
}
