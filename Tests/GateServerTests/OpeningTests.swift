import GateBytes
import GateIO
import GateJSON
import GateMQTT
import GateModules
import GateProtocol
import GateRPC
import GateServer
import GateSessions
import GateTestKit
import Testing

/// From a connection to a session.
@Suite struct OpeningTests {
    static let echo = TestModule("Echo") { handlers in
        handlers.registerInline("HD_Raw") { _, payload, reply in reply.writeBare(payload) }
        handlers.register("HD_Who") { (call: Call, _: [UInt8]) in call.session.userID?.rawValue ?? "nobody" }
    }

    static func connect(_ id: String = "c", user: String? = nil, password: String? = nil, keepAlive: UInt16 = 0)
        -> MQTTPacket
    {
        .connect(
            MQTTConnect(
                clientID: utf8(id), keepAliveSeconds: keepAlive, userName: user.map(utf8), password: password.map(utf8))
        )
    }

    /// A gateway whose authenticate hook waits at a turnstile for its answer.
    static func fixture(
        _ answer: Authentication, at turnstile: Turnstile? = nil, attempts: Record<LoginAttempt> = Record(),
        change: (inout GatewayFixture.Options) -> Void = { _ in }
    ) throws -> GatewayFixture {
        try GatewayFixture(echo) { options in
            options.settings.hooks.authenticate = { attempt in
                attempts.add(attempt)
                await turnstile?.pass()
                return answer
            }
            change(&options)
        }
    }

    static let accepted = MQTTPacket.connack(sessionPresent: false, returnCode: 0)

    @Test func withoutAHookEverybodyComesIn() throws {
        let fixture = try GatewayFixture(Self.echo)
        let client = fixture.connect()
        client.say(Self.connect(), TestClient.message("Echo/HD_Raw/1", "x"))
        #expect(client.heard() == [Self.accepted, TestClient.message("Echo/HD_Raw/1", "x")])
        #expect(fixture.count("sessions") == 1)
    }

    @Test func theHookSeesWhatTheClientShows() throws {
        let attempts = Record<LoginAttempt>()
        let fixture = try Self.fixture(.accepted(), attempts: attempts)
        fixture.connect(host: 0x0A00_0001).say(Self.connect("me", user: "Ä", password: "\u{1}\u{0}"))
        let attempt = try #require(attempts.all.first)
        #expect(attempt.clientID == "me")
        #expect(attempt.userName == "Ä")
        #expect(attempt.password == [1, 0])
        #expect(attempt.session.remoteAddress.host == "10.0.0.1")
        #expect(attempt.session.protocolName == "mqtt")
        #expect(attempt.session.connectedAtMilliseconds == 1_700_000_000_000)
    }

    @Test func aLoginAnsweredAtOnceGoesOn() throws {
        let fixture = try Self.fixture(.accepted())
        let client = fixture.connect()
        client.say(Self.connect(), TestClient.message("Echo/HD_Raw/1", "x"))
        #expect(client.heard() == [Self.accepted, TestClient.message("Echo/HD_Raw/1", "x")])
        #expect(client.stream.isReading)
        #expect(client.ask("Echo/HD_Raw/2", "y") == "y")
    }

    @Test func nothingPipelinedIsHandledBeforeTheAnswer() throws {
        let turnstile = Turnstile()
        let fixture = try Self.fixture(.accepted(user: "Ann"), at: turnstile)
        let client = fixture.connect()
        client.say(Self.connect(), TestClient.message("Echo/HD_Who/1"), .pingreq)
        client.say(TestClient.message("Echo/HD_Raw/2", "x"))
        #expect(client.heard() == [])
        #expect(!client.stream.isReading)
        #expect(fixture.count("messages_received") == 0)
        turnstile.open()
        fixture.group.run()
        let heard = client.heard()
        #expect(heard.count == 4)
        #expect(heard.first == Self.accepted)
        #expect(heard.contains(.pingresp))
        #expect(heard.last == TestClient.message("Echo/HD_Raw/2", "x"))
        #expect(client.result("Echo/HD_Who/3") == "Ann")
    }

    @Test(
        "MQTT-3.1.4-5, MQTT-3.2.2-4, MQTT-3.2.2-5",
        arguments: [(Refusal.badCredentials, UInt8(4)), (.notAuthorized, 5), (.unavailable, 3)])
    func aRefusalIsToldByItsCodeAndEndsTheConnection(refusal: Refusal, code: UInt8) throws {
        let turnstile = Turnstile()
        let fixture = try Self.fixture(.refused(refusal), at: turnstile)
        let client = fixture.connect()
        client.say(Self.connect(), TestClient.message("Echo/HD_Raw/1", "x"))
        turnstile.open()
        fixture.group.run()
        #expect(client.heard() == [.connack(sessionPresent: false, returnCode: code)])
        #expect(client.stream.end == .closedAfterFlush(linger: .seconds(1)))
        #expect(fixture.ends == ["refused": 1])
        #expect(fixture.count("messages_received") == 0)
        #expect(fixture.count("sessions") == 0)
    }

    @Test func aClientThatGoesMeanwhileLeavesNothing() throws {
        let turnstile = Turnstile()
        let connected = Record<Session>()
        let fixture = try Self.fixture(.accepted(user: "Ann"), at: turnstile) { options in
            options.settings.hooks.connected = { connected.add($0) }
        }
        let client = fixture.connect()
        client.say(Self.connect())
        client.stream.fail(code: 104)
        fixture.group.run()
        #expect(fixture.gateway.connectionCount == 0)
        turnstile.open()
        fixture.group.run()
        #expect(client.heard() == [])
        #expect(connected.count == 0)
        #expect(fixture.ends == ["peer_reset": 1])
        let gateway = fixture.gateway
        let bound = try fixture.result { await gateway.sessionManager.sessions(of: "Ann") }
        #expect(bound == [])
    }

    // MARK: Handshake time

    @Test(arguments: [[], [UInt8](TestClient.bytes(of: [connect()]).dropLast())])
    func aClientThatSaysTooLittleIsClosedAtTheHandshakeTime(bytes: [UInt8]) throws {
        let fixture = try GatewayFixture(Self.echo) { options in
            options.settings.limits.handshakeTime = .seconds(5)
            options.settings.limits.frameTime = .seconds(100)
        }
        let client = fixture.connect()
        client.say(bytes: bytes)
        fixture.advance(by: .milliseconds(4_999))
        #expect(!client.isClosed)
        fixture.advance(by: .milliseconds(1))
        #expect(client.isClosed)
        #expect(client.heard() == [])
        #expect(fixture.ends == ["handshake_timeout": 1])
    }

    @Test func theHandshakeTimeRunsWhileTheHookWorks() throws {
        let turnstile = Turnstile()
        let fixture = try Self.fixture(.accepted(user: "Ann"), at: turnstile)
        let client = fixture.connect()
        client.say(Self.connect())
        fixture.advance(by: .milliseconds(9_999))
        #expect(!client.isClosed)
        fixture.advance(by: .milliseconds(1))
        #expect(client.isClosed)
        #expect(fixture.ends == ["handshake_timeout": 1])
        turnstile.open()
        fixture.group.run()
        #expect(client.heard() == [.connack(sessionPresent: false, returnCode: 3)])
        #expect(fixture.count("sessions") == 0)
    }

    @Test func aSessionEndsTheHandshakeTime() throws {
        let fixture = try GatewayFixture(Self.echo)
        let client = try fixture.login("c")
        fixture.advance(by: .seconds(1_000))
        #expect(!client.isClosed)
    }

    @Test func theKeepAliveBeginsWithTheAnswer() throws {
        let turnstile = Turnstile()
        let fixture = try Self.fixture(.accepted(), at: turnstile)
        let client = fixture.connect()
        client.say(Self.connect(keepAlive: 2))
        // The loop sleeps until the hook answers.
        fixture.group.clock.move(to: fixture.group.clock.now + .seconds(9))
        turnstile.open()
        fixture.group.run()
        #expect(client.heard() == [Self.accepted])
        fixture.advance(by: .milliseconds(2_999))
        #expect(!client.isClosed)
        fixture.advance(by: .milliseconds(1))
        #expect(fixture.ends == ["keep_alive_timeout": 1])
    }

    // MARK: Hooks

    @Test func connectedAndDisconnectedComeOnceEachInThisOrder() throws {
        let events = Record<String>()
        let turnstile = Turnstile()
        let fixture = try GatewayFixture(Self.echo) { options in
            options.settings.hooks.connected = { session in
                events.add("connecting")
                await turnstile.pass()
                events.add("connected \(session.remoteAddress.port)")
            }
            options.settings.hooks.disconnected = { session, reason in
                events.add("disconnected \(session.remoteAddress.port) \(reason)")
            }
        }
        let client = try fixture.login("c")
        #expect(events.all == ["connecting"])
        client.say(.disconnect)
        #expect(client.isClosed)
        #expect(events.all == ["connecting"])
        turnstile.open()
        fixture.group.run()
        #expect(events.all == ["connecting", "connected 1", "disconnected 1 clientGoodbye"])
    }

    @Test func theSlowHookHoldsUpNoMessage() throws {
        let turnstile = Turnstile()
        let fixture = try GatewayFixture(Self.echo) { $0.settings.hooks.connected = { _ in await turnstile.pass() } }
        #expect(try fixture.login("c").ask("Echo/HD_Raw/1", "x") == "x")
        turnstile.open()
        fixture.group.run()
    }

    @Test(arguments: [CloseReason.clientGoodbye, .peerClosed, .peerReset, .unknownKind])
    func disconnectedKnowsTheReason(reason: CloseReason) throws {
        let reasons = Record<CloseReason>()
        let ends = Record<CloseReason>()
        var module = Self.echo
        module.onEnd = { ends.add($1) }
        let fixture = try GatewayFixture(module) { $0.settings.hooks.disconnected = { reasons.add($1) } }
        let client = try fixture.login("c")
        switch reason {
        case .clientGoodbye: client.say(.disconnect)
        case .peerClosed: client.stream.endOfFile()
        case .peerReset: client.stream.fail(code: 104)
        default: client.say(bytes: [0x00, 0x00])
        }
        fixture.group.run()
        #expect(reasons.all == [reason])
        #expect(ends.all == [reason])
        #expect(fixture.ends == [reason.rawValue: 1])
        #expect(fixture.gateway.connectionCount == 0)
    }

    @Test func aConnectionWithoutASessionHasNoHooks() throws {
        let events = Record<String>()
        let fixture = try Self.fixture(.refused(.badCredentials)) { options in
            options.settings.hooks.connected = { _ in events.add("connected") }
            options.settings.hooks.disconnected = { _, _ in events.add("disconnected") }
        }
        fixture.connect().stream.endOfFile()
        fixture.connect().say(Self.connect())
        fixture.group.run()
        #expect(events.all == [])
    }

    @Test func anEndedSessionsVerbsFail() throws {
        let faults = Record<SessionFault>()
        let fixture = try GatewayFixture(Self.echo) { options in
            options.settings.hooks.disconnected = { session, _ in
                do throws(SessionFault) { try await session.send("a", []) } catch { faults.add(error) }
            }
        }
        try fixture.login("c").say(.disconnect)
        #expect(faults.all == [.noSuchSession])
        #expect(fixture.count("stale_session_ids") == 1)
    }
}
