import GateMQTT
import GateModules
import GateProtocol
import GateRPC
import GateServer
import GateSessions
import GateTestKit
import Testing

/// What a gateway counts of its messages.
@Suite struct CounterTests {
    static let module = TestModule("Cast") { handlers in
        handlers.registerInline("HD_Cast") { call, payload, reply in
            call.session.everyone.postBroadcast(OutgoingMessage("news", payload))
            reply.writeBare(payload)
        }
        handlers.register("HD_Fault") { (_: Call, _: [UInt8]) async throws in throw RPCFault.overloaded }
    }

    @Test func everyMessageIsCountedOnce() throws {
        let fixture = try GatewayFixture(Self.module) { $0.loops = 2 }
        let clients = try [fixture.login("a"), fixture.login("b", onLoop: 1), fixture.login("c", onLoop: 1)]
        let names = ["messages_received", "replies_sent", "pushes_sent", "received_bytes", "sent_bytes"]
        func counts() -> [Int] { names.map { fixture.count($0) ?? -1 } }
        let before = counts()
        for _ in 0..<2 { clients[0].publish("Cast/HD_Cast/1", "hello") }
        clients[1].publish("Cast/HD_Cast", "quiet")
        clients[2].publish("Cast/HD_Fault", "x")
        let request = TestClient.bytes(of: [TestClient.message("Cast/HD_Cast/1", "hello")]).count
        let push = TestClient.bytes(of: [TestClient.message("news", "hello")]).count
        let quiet = TestClient.bytes(of: [TestClient.message("Cast/HD_Cast", "quiet")]).count
        let faulty = TestClient.bytes(of: [TestClient.message("Cast/HD_Fault", "x")]).count
        let difference = zip(counts(), before).map { $0 - $1 }
        #expect(
            difference == [4, 2, 9, 2 * request + quiet + faulty, 2 * request + 9 * push],
            "messages, replies, pushes, bytes in, bytes out")
        #expect(fixture.count("unanswered_faults") == 1)
        #expect(fixture.count("pushes_dropped") == 0)
    }

    @Test func pausesAndLateRepliesAreCounted() throws {
        let turnstile = Turnstile()
        let module = TestModule("Work") { handlers in
            handlers.register("HD_Wait") { (_: Call, body: [UInt8]) in
                await turnstile.pass()
                return RPCValue.bare(body)
            }
        }
        let fixture = try GatewayFixture(module) { $0.settings.limits.inFlightMax = 2 }
        let client = try fixture.login("c")
        client.say((1...5).map { TestClient.message("Work/HD_Wait/\($0)", "x") })
        #expect(fixture.count("read_pauses") == 1)
        client.stream.fail(code: 104)
        fixture.group.run()
        turnstile.open(5)
        fixture.group.run()
        #expect(fixture.count("late_replies") == 3)
        #expect(fixture.count("connections_opened") == 1)
        #expect(fixture.count("connections") == 0)
        #expect(fixture.count("sessions") == 0)
    }
}
