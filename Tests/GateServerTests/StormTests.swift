import GateBytes
import GateIO
import GateMQTT
import GateModules
import GateProtocol
import GateRPC
import GateServer
import GateSessions
import GateTestKit
import Testing

/// Everything at once, in an order that a seed decides; whatever happens, the books must balance in the end.
@Suite struct StormTests {
    /// A gateway with tight limits, its clients, and what they may do.
    final class Storm {
        let fixture: GatewayFixture
        let turnstile = Turnstile()
        let connected = Record<SessionID>()
        let disconnected = Record<SessionID>()
        let attempts = Turnstile()
        private var random: SeededGenerator
        private var clients: [TestClient] = []

        init(seed: UInt64) throws {
            random = SeededGenerator(seed: seed)
            let (turnstile, connected, disconnected, attempts) = (turnstile, connected, disconnected, attempts)
            let module = TestModule("Work") { handlers in
                for kind in HandlerKind.allCases {
                    handlers.register("HD_\(kind.rawValue)", kind) { (call: Call, body: [UInt8]) in
                        await turnstile.pass()
                        try? await call.session.send("on", body)
                        return body
                    }
                }
                handlers.registerInline("HD_inline") { _, payload, reply in reply.writeBare(payload) }
                handlers.register("HD_cast") { (call: Call, body: [UInt8]) in
                    await call.sessions.broadcast(OutgoingMessage("cast", body, quality: .atLeastOnce))
                }
                handlers.register("HD_close") { (call: Call, _: [UInt8]) in try? await call.session.close() }
                handlers.registerInline("HD_shout") { call, payload, reply in
                    call.session.everyone.postBroadcast(OutgoingMessage("shout", payload))
                    reply.writeBare(payload)
                }
                handlers.registerInline("HD_kick") { call, _, _ in call.session.post.kick(reason: "asked for") }
                handlers.register("HD_bind") { (call: Call, user: [UInt8]) async throws in
                    var session = call.session
                    try await session.bind(UserID(String(decoding: user, as: UTF8.self)))
                }
            }
            let takesOver = seed % 2 == 0
            let asks = seed % 3 == 0
            fixture = try GatewayFixture(module) { options in
                options.loops = 2
                options.takeover = takesOver
                options.settings.secondLogin = .kick
                options.settings.limits.inFlightMax = 3
                options.settings.limits.highWaterBytes = 2_000
                options.settings.limits.queuedBytesMax = 8_000
                options.settings.limits.storedSessionsMax = 3
                options.settings.limits.connectionsMax = 12
                options.settings.hooks.connected = { connected.add($0.id) }
                options.settings.hooks.disconnected = { session, _ in disconnected.add(session.id) }
                if asks {
                    options.settings.hooks.authenticate = { attempt in
                        await attempts.pass()
                        return attempt.clientID == "c3" ? .refused(.notAuthorized) : .accepted()
                    }
                }
            }
        }

        func run(steps: Int) {
            for _ in 0..<steps { step() }
            // The sky clears: everybody reads, every handler comes back, everybody leaves.
            attempts.open(1_000_000)
            turnstile.open(1_000_000)
            for client in clients { client.stream.takeEverything() }
            fixture.advance(by: .seconds(30))
            for client in clients { client.stream.endOfFile() }
            fixture.advance(by: .seconds(30))
        }

        private func step() {
            guard let client = clients.randomElement(using: &random), Int.random(in: 0..<8, using: &random) > 0 else {
                return connect()
            }
            if client.isClosed {
                clients.removeAll { $0 === client }
                return
            }
            switch Int.random(in: 0..<20, using: &random) {
            case 0: client.stream.endOfFile()
            case 1: client.stream.fail(code: 104)
            case 2: client.stream.limitRoom(to: Int.random(in: 0...200, using: &random))
            case 3: client.stream.takeBytes(Int.random(in: 0...500, using: &random))
            case 4: client.stream.takeEverything()
            case 5: turnstile.open(Int.random(in: 1...5, using: &random))
            case 6: attempts.open()
            case 7: fixture.advance(by: .milliseconds(Int.random(in: 0...4_000, using: &random)))
            case 8: client.stream.deliver([UInt8.random(in: .min ... .max, using: &random)])
            case 9: say([.disconnect], by: client)
            default: say((0..<Int.random(in: 1...8, using: &random)).map { _ in message() }, by: client)
            }
            if Bool.random(using: &random) { fixture.group.run() }
        }

        private func connect() {
            let client = fixture.connect(onLoop: Int.random(in: 0...1, using: &random))
            clients.append(client)
            let packet = MQTTPacket.connect(
                MQTTConnect(
                    clientID: utf8("c\(Int.random(in: 0...4, using: &random))"),
                    cleanSession: Bool.random(using: &random),
                    keepAliveSeconds: UInt16.random(in: 0...5, using: &random)))
            say([packet, message()], by: client)
        }

        /// Delivers packets in pieces of random sizes.
        private func say(_ packets: [MQTTPacket], by client: TestClient) {
            let bytes = TestClient.bytes(of: packets)
            var rest = bytes[...]
            for size in random.pieces(of: bytes.count, pieceMax: 400) {
                client.stream.deliver(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
                if Int.random(in: 0..<4, using: &random) == 0 { fixture.group.run() }
            }
        }

        private func message() -> MQTTPacket {
            let usual = ["ordered", "serial", "concurrent", "inline", "cast", "shout", "bind"]
            let rare = ["close", "kick", "gone"]
            let functions = Int.random(in: 0..<12, using: &random) == 0 ? rare : usual
            let function = functions.randomElement(using: &random) ?? ""
            let token = Bool.random(using: &random) ? "/1" : ""
            let payload = String(repeating: "x", count: Int.random(in: 0...600, using: &random))
            let qos = MQTTQoS(rawValue: UInt8.random(in: 0...2, using: &random)) ?? .atMostOnce
            let id = qos == .atMostOnce ? 0 : UInt16.random(in: 1...20, using: &random)
            return TestClient.message(
                "Work/HD_\(function)\(token)", function == "bind" ? "Ann" : payload, qos: qos, id: id)
        }
    }

    @Test(arguments: UInt64(0)..<60)
    func theBooksBalance(seed: UInt64) throws {
        let storm = try Storm(seed: seed)
        storm.run(steps: 400)
        let fixture = storm.fixture
        #expect(fixture.gateway.connectionCount == 0)
        #expect(fixture.count("connections") == 0)
        #expect(fixture.count("sessions") == 0)
        #expect(fixture.openSessions == 0)
        #expect(fixture.pendingWork == 0)
        let ends = fixture.ends.values.reduce(0, +)
        #expect(ends == (fixture.count("connections_opened") ?? 0) + (fixture.count("connections_rejected") ?? 0))
        #expect(storm.connected.all.count == storm.disconnected.all.count)
        #expect(Set(storm.connected.all) == Set(storm.disconnected.all))
        #expect(Set(storm.connected.all).count == storm.connected.all.count)
        #expect(fixture.ends["internal_error"] == nil)
        #expect(fixture.faults("internal_error") == 0)
        #expect((fixture.count("stored_sessions") ?? 0) <= 3)
        #expect(fixture.group.manualLoops.allSatisfy { $0.timerCount == 0 })
        let gateway = fixture.gateway
        let bound = try fixture.result { await gateway.sessionManager.sessions(of: "Ann") }
        #expect(bound == [])
    }
}
