import GateBytes
import GateIO
import GateProtocol
import GateRPC
import GateSessions
import GateUV
import Synchronization
import Testing

/// Sessions of gateways as handlers of other nodes use them, over every transport.
@Suite(.serialized) struct ClusterSessionTests {
    /// A cluster with gateways `g0`, `g1`, … and one node without.
    final class Scene: Sendable {
        let cluster: Cluster
        let gateways: [SessionNode]
        let backend: SessionNode

        init(_ kind: LinkKind, gateways count: Int = 1, policy: SecondLoginPolicy = .allow) async throws {
            cluster = Cluster(kind)
            var gateways: [SessionNode] = []
            for number in 0..<count {
                gateways.append(try await SessionNode("g\(number)", cluster, policy, isGateway: true))
            }
            self.gateways = gateways
            backend = try await SessionNode("b", cluster, policy, isGateway: false)
            let all = gateways + [backend]
            await Cluster.wait {
                all.allSatisfy { node in node.node.transport.gateways.count >= count - (node.isGateway ? 1 : 0) }
            }
        }

        deinit { cluster.end() }
    }

    @Test(arguments: LinkKind.testable)
    func everyVerbWorksFromAnotherNode(kind: LinkKind) async throws {
        let scene = try await Scene(kind)
        let client = scene.gateways[0].connect()
        var session = Session(snapshot: client.snapshot, gateway: scene.backend.sessions)
        #expect(session.isGuest)
        try await session.bind("ada")
        #expect(session.userID == "ada")
        #expect(!session.isGuest)
        session.set("a", "1")
        session.setBatch(["b": "2", "c": "3"])
        try await session.push()
        session.remove("b")
        try await session.push()
        var copy = Session(snapshot: client.snapshot, gateway: scene.backend.sessions)
        #expect(copy.settings == [:])
        try await copy.update()
        #expect(copy.settings == ["a": "1", "c": "3"])
        #expect(copy.userID == "ada")
        try await session.send("t/1", [1, 2])
        #expect(client.pushes == ["t/1 2"])
        #expect(try await session.counters().messagesSent == 1)
        #expect(await session.everyone.isConnected("ada"))
        #expect(try await session.everyone.session(session.id).userID == "ada")
        session.post.send("t/2", [])
        await Cluster.wait { client.pushes == ["t/1 2", "t/2 0"] }
        try await session.unbind()
        #expect(session.userID == nil)
        #expect(await !session.everyone.isConnected("ada"))
        session.post.bind("bob")
        let everyone = session.everyone
        await Cluster.wait { await everyone.isConnected("bob") }
        try await session.kick(reason: "why")
        #expect(client.closed == "kicked why")
        let second = scene.gateways[0].connect()
        try await Session(snapshot: second.snapshot, gateway: scene.backend.sessions).close()
        #expect(second.closed == "closed_by_module -")
    }

    @Test(arguments: LinkKind.testable)
    func aStaleSessionIsAnAnswer(kind: LinkKind) async throws {
        let scene = try await Scene(kind)
        let client = scene.gateways[0].connect()
        var gone = Session(snapshot: client.snapshot, gateway: scene.backend.sessions)
        scene.gateways[0].end(client)
        await #expect(throws: SessionFault.noSuchSession) { try await gone.send("t", []) }
        await #expect(throws: SessionFault.noSuchSession) { try await gone.update() }
        // Of a gateway that started anew, or never was.
        for id in [
            SessionID(
                node: client.snapshot.id.node, start: client.snapshot.id.start ^ 1, loop: 0, slot: 0, generation: 1),
            SessionID(node: 1, start: 1, loop: 0, slot: 0, generation: 1),
        ] {
            await #expect(throws: SessionFault.noSuchSession) {
                try await scene.backend.sessions.perform(.read, on: id)
            }
        }
        let stays = scene.gateways[0].connect()
        let all = [
            client.snapshot.id, stays.snapshot.id, SessionID(node: 9, start: 9, loop: 0, slot: 0, generation: 1),
        ]
        #expect(await scene.backend.sessions.send(OutgoingMessage("x", []), to: all) == 1)
        #expect(stays.pushes == ["x 0"])
    }

    @Test(arguments: LinkKind.testable)
    func aUserIsReachedWhereverItIs(kind: LinkKind) async throws {
        let scene = try await Scene(kind, gateways: 2)
        let clients = scene.gateways.map { $0.connect() }
        for client in clients {
            var session = Session(snapshot: client.snapshot, gateway: scene.backend.sessions)
            try await session.bind("ada")
        }
        let everyone = Sessions(gateway: scene.backend.sessions)
        #expect(await Set(everyone.sessions(of: "ada")) == Set(clients.map(\.snapshot.id)))
        #expect(await everyone.send(OutgoingMessage("t", [1]), to: "ada") == 2)
        #expect(clients.allSatisfy { $0.pushes == ["t 1"] })
        #expect(await everyone.send(OutgoingMessage("t", [1]), to: "nobody") == 0)
        // From a gateway too: its own session directly, the other one over there.
        #expect(await Sessions(gateway: scene.gateways[0].sessions).send(OutgoingMessage("u", []), to: "ada") == 2)
        #expect(await everyone.kick("ada", reason: "x") == 2)
        await Cluster.wait { clients.allSatisfy { $0.closed == "kicked x" } }
    }

    @Test(arguments: LinkKind.testable)
    func manySessionsCostOneMessageForEachGateway(kind: LinkKind) async throws {
        let scene = try await Scene(kind, gateways: 2)
        let clients = scene.gateways.flatMap { gateway in (0..<50).map { _ in gateway.connect() } }
        let ids = clients.map(\.snapshot.id)
        let link = try #require(scene.backend.link)
        var before = link.sent
        #expect(await scene.backend.sessions.send(OutgoingMessage("a", [1]), to: Array(ids.prefix(50))) == 50)
        #expect(link.sent - before == 1)
        before = link.sent
        scene.backend.sessions.post(OutgoingMessage("b", [1]), to: ids)
        #expect(link.sent - before == 2)
        before = link.sent
        #expect(await scene.backend.sessions.broadcast(OutgoingMessage("c", [1])) == 100)
        #expect(link.sent - before == 2)
        before = link.sent
        scene.backend.sessions.postBroadcast(OutgoingMessage("d", [1]))
        #expect(link.sent - before == 2)
        await Cluster.wait { clients.allSatisfy { $0.pushes.count >= 4 - ($0.snapshot.node == "g0" ? 0 : 1) } }
        #expect(clients[0].pushes == ["a 1", "b 1", "c 1", "d 1"])
        #expect(clients[99].pushes == ["b 1", "c 1", "d 1"])
    }

    @Test(arguments: LinkKind.testable)
    func aPushToAUserIsOneMessageThatEachGatewayAnswers(kind: LinkKind) async throws {
        let scene = try await Scene(kind, gateways: 3)
        let clients = scene.gateways.map { $0.connect() }
        for client in [clients[0], clients[2]] {
            var session = Session(snapshot: client.snapshot, gateway: scene.backend.sessions)
            try await session.bind("ada")
        }
        let link = try #require(scene.backend.link)
        let everyone = Sessions(gateway: scene.backend.sessions)
        // Datagrams that are published may be lost, so there it is one for each gateway.
        let expected = kind == .udp ? (sent: 3, published: 0) : (sent: 0, published: 1)
        let steps: [@Sendable () async -> Void] = [
            { #expect(await everyone.send(OutgoingMessage("t", [1]), to: "ada") == 2) },
            { everyone.post(OutgoingMessage("u", [1]), to: "ada") },
            { #expect(await everyone.isConnected("ada")) },
            { #expect(await everyone.kick("ada", reason: "x") == 2) },
        ]
        for step in steps {
            let before = (sent: link.sent, published: link.published)
            await step()
            #expect(link.sent - before.sent == expected.sent)
            #expect(link.published - before.published == expected.published)
        }
        await Cluster.wait { [clients[0], clients[2]].allSatisfy { $0.closed == "kicked x" } }
        #expect([0, 2].allSatisfy { clients[$0].pushes == ["t 1", "u 1"] })
        #expect(clients[1].pushes == [] && clients[1].closed == nil)
    }

    @Test(arguments: LinkKind.testable)
    func theLastOfTwoLoginsStaysWhereThatIsThePolicy(kind: LinkKind) async throws {
        let scene = try await Scene(kind, gateways: 2, policy: .kick)
        let clients = scene.gateways.map { $0.connect() }
        for client in clients { try await scene.bind(client, "ada") }
        await Cluster.wait { clients[0].closed == "kicked second login" }
        #expect(clients[1].closed == nil)
        // The one that was there first has counted less: it is the later one all the same.
        let back = scene.gateways[0].connect()
        try await scene.bind(back, "ada")
        await Cluster.wait { clients[1].closed == "kicked second login" }
        #expect(back.closed == nil)
    }

    @Test(arguments: LinkKind.testable)
    func ofTwoLoginsAtOnceExactlyOneStays(kind: LinkKind) async throws {
        let scene = try await Scene(kind, gateways: 2, policy: .kick)
        for round in 0..<20 {
            let clients = scene.gateways.map { $0.connect() }
            let user = UserID("user\(round)")
            async let first: Void = scene.bind(clients[0], user)
            async let second: Void = scene.bind(clients[1], user)
            _ = try? await (first, second)
            await Cluster.wait { clients.contains { $0.closed != nil } }
            let everyone = Sessions(gateway: scene.backend.sessions)
            #expect(clients.count { $0.closed == nil } == 1, "round \(round)")
            for client in clients where client.closed != nil {
                scene.gateways[client.snapshot.node == "g0" ? 0 : 1].end(client)
            }
            #expect(await everyone.sessions(of: user).count == 1)
        }
    }

    @Test(arguments: LinkKind.testable)
    func ofTwoLoginsAtOnceExactlyOneIsRefused(kind: LinkKind) async throws {
        let scene = try await Scene(kind, gateways: 2, policy: .refuse)
        for round in 0..<20 {
            let clients = scene.gateways.map { $0.connect() }
            let user = UserID("user\(round)")
            async let first = scene.faultOfBind(clients[0], user)
            async let second = scene.faultOfBind(clients[1], user)
            let faults = await [first, second].compactMap { $0 }
            #expect(faults == [.alreadyLoggedIn], "round \(round)")
            let everyone = Sessions(gateway: scene.backend.sessions)
            await Cluster.wait { await everyone.sessions(of: user).count == 1 }
            #expect(await scene.faultOfBind(scene.gateways[round % 2].connect(), user) == .alreadyLoggedIn)
        }
    }
}

extension ClusterSessionTests.Scene {
    /// Binds from the gateway's own node.
    func bind(_ client: TestConnection, _ user: UserID) async throws(SessionFault) {
        let gateway = gateways[client.snapshot.node == "g0" ? 0 : 1]
        var session = Session(snapshot: client.snapshot, gateway: gateway.sessions)
        try await session.bind(user)
    }

    func faultOfBind(_ client: TestConnection, _ user: UserID) async -> SessionFault? {
        do throws(SessionFault) {
            try await bind(client, user)
            return nil
        } catch {
            return error
        }
    }
}
