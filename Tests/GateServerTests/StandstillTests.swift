import GateBytes
import GateIO
import GateMQTT
import GateModules
import GateProtocol
import GateRPC
import GateServer
import GateTestKit
import Testing

/// A process that was stopped, a machine that was paused: the time in which a loop did not turn is nobody's silence.
@Suite struct StandstillTests {
    let turnstile = Turnstile()

    var module: TestModule {
        let turnstile = turnstile
        return TestModule("Work") { handlers in
            handlers.register("HD_Wait") { (_: Call, body: [UInt8]) in
                await turnstile.pass()
                return RPCValue.bare(body)
            }
            handlers.registerInline("HD_Raw") { _, payload, reply in reply.writeBare(payload) }
        }
    }

    @Test func aClientIsNotTakenForSilent() throws {
        let fixture = try GatewayFixture(module)
        let client = try fixture.login(MQTTConnect(clientID: utf8("c"), keepAliveSeconds: 20))
        fixture.advance(by: .seconds(10))
        fixture.group.standStill(for: .seconds(33))
        // Keep-alive ends after half as long again; twenty seconds are left.
        fixture.advance(by: .milliseconds(19_999))
        #expect(!client.isClosed)
        fixture.advance(by: .milliseconds(1))
        #expect(fixture.ends == ["keep_alive_timeout": 1])
        #expect(fixture.count("loop_standstills") == 1)
    }

    @Test func whatCameMeanwhileCounts() throws {
        let fixture = try GatewayFixture(module)
        let client = try fixture.login(MQTTConnect(clientID: utf8("c"), keepAliveSeconds: 20))
        fixture.advance(by: .seconds(29))
        fixture.group.standStill(for: .seconds(33))
        client.say(.pingreq)
        #expect(client.heard() == [.pingresp])
        fixture.advance(by: .milliseconds(29_999))
        #expect(!client.isClosed)
    }

    @Test func theHandshakeGoesOn() throws {
        let fixture = try GatewayFixture(module)
        let client = fixture.connect()
        fixture.advance(by: .seconds(9))
        fixture.group.standStill(for: .seconds(60))
        fixture.advance(by: .milliseconds(999))
        #expect(!client.isClosed)
        fixture.advance(by: .milliseconds(1))
        #expect(fixture.ends == ["handshake_timeout": 1])
    }

    @Test func aFrameGoesOn() throws {
        let fixture = try GatewayFixture(module) { $0.settings.limits.frameTime = .seconds(10) }
        let client = try fixture.login("c")
        client.say(bytes: [0x30])
        fixture.advance(by: .seconds(9))
        fixture.group.standStill(for: .seconds(60))
        fixture.advance(by: .milliseconds(999))
        #expect(!client.isClosed)
        fixture.advance(by: .milliseconds(1))
        #expect(fixture.ends == ["frame_timeout": 1])
    }

    @Test func aSlowReaderGetsTheTime() throws {
        let fixture = try GatewayFixture(module) { $0.settings.limits.writeTime = .seconds(10) }
        let client = try fixture.login("c")
        client.stream.limitRoom(to: 0)
        client.publish("Work/HD_Raw/1", "x")
        fixture.advance(by: .seconds(9))
        fixture.group.standStill(for: .seconds(60))
        fixture.advance(by: .milliseconds(999))
        #expect(!client.isClosed)
        // Its last bytes get a second more.
        fixture.advance(by: .milliseconds(1_001))
        #expect(fixture.ends == ["write_timeout": 1])
    }

    @Test func aCallGoesOn() throws {
        let fixture = try GatewayFixture(module)
        let client = try fixture.login("c")
        client.publish("Work/HD_Wait/1", "x")
        fixture.advance(by: .seconds(9))
        fixture.group.standStill(for: .seconds(60))
        fixture.advance(by: .milliseconds(999))
        #expect(client.heard() == [])
        turnstile.open()
        fixture.group.run()
        #expect(client.messages() == ["Work/HD_Wait/1 x"])
    }

    @Test func aPausedClientGoesOn() throws {
        let fixture = try GatewayFixture(module) { $0.settings.limits.inFlightMax = 1 }
        let client = try fixture.login(MQTTConnect(clientID: utf8("c"), keepAliveSeconds: 20))
        client.say((1...3).map { TestClient.message("Work/HD_Wait/\($0)", "x") })
        #expect(!client.stream.isReading)
        fixture.advance(by: .seconds(5))
        fixture.group.standStill(for: .seconds(100))
        turnstile.open(3)
        fixture.group.run()
        #expect(client.messages().count == 3)
        fixture.advance(by: .milliseconds(29_999))
        #expect(!client.isClosed)
        fixture.advance(by: .milliseconds(1))
        #expect(fixture.ends == ["keep_alive_timeout": 1])
    }
}
