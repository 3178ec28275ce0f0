import GateBytes
import GateIO
import GateMQTT
import GateModules
import GateProtocol
import GateServer
import GateSessions
import GateTestKit
import Testing

/// Whose a client id, and what is kept under it, is.
@Suite struct SessionOwnerTests {
    static let module = TestModule("Cast") { handlers in
        handlers.registerInline("HD_Cast") { call, payload, _ in
            call.session.everyone.postBroadcast(OutgoingMessage("news", payload, quality: .atLeastOnce))
        }
    }

    /// How the hook lets clients in.
    enum Hook: CaseIterable {
        case bindsTheUser
        case acceptsTheName
    }

    static func fixture(_ hook: Hook?, takeover: Bool = false) throws -> GatewayFixture {
        try GatewayFixture(module) { options in
            options.takeover = takeover
            guard let hook else { return }
            options.settings.hooks.authenticate = { attempt in
                guard let name = attempt.userName else { return .refused(.notAuthorized) }
                return hook == .bindsTheUser ? .accepted(user: UserID(name)) : .accepted()
            }
        }
    }

    static func login(_ fixture: GatewayFixture, as user: String?) -> (client: TestClient, isPresent: Bool?) {
        let client = fixture.connect()
        var connect = MQTTConnect(clientID: utf8("phone"), cleanSession: false, keepAliveSeconds: 0)
        connect.userName = user.map { utf8($0) }
        client.say(.connect(connect))
        guard case .connack(let isPresent, 0)? = client.heard().first else { return (client, nil) }
        return (client, isPresent)
    }

    @Test(arguments: Hook.allCases)
    func anotherUserGetsNothingOfIt(hook: Hook) throws {
        let fixture = try Self.fixture(hook)
        let (ann, _) = Self.login(fixture, as: "ann")
        ann.publish("Cast/HD_Cast", "for ann")
        #expect(ann.heard().count == 1)
        ann.stream.fail(code: 104)
        fixture.group.run()
        let (mallory, isPresent) = Self.login(fixture, as: "mallory")
        #expect(isPresent == false)
        #expect(mallory.heard() == [])
        mallory.say(.disconnect)
        #expect(fixture.count("stored_sessions") == 2)
        let (again, hers) = Self.login(fixture, as: "ann")
        #expect(hers == true)
        _ = again
    }

    @Test(arguments: Hook.allCases)
    func anotherUserTakesNothingOver(hook: Hook) throws {
        let fixture = try Self.fixture(hook, takeover: true)
        let (ann, _) = Self.login(fixture, as: "ann")
        let (mallory, isPresent) = Self.login(fixture, as: "mallory")
        #expect(isPresent == false)
        #expect(!ann.isClosed)
        let (second, _) = Self.login(fixture, as: "ann")
        #expect(ann.isClosed)
        #expect(!second.isClosed && !mallory.isClosed)
        #expect(fixture.ends == ["taken_over": 1])
    }

    @Test func withoutAHookAnIDIsWhoeversSaysIt() throws {
        let fixture = try Self.fixture(nil)
        Self.login(fixture, as: "ann").client.say(.disconnect)
        #expect(Self.login(fixture, as: "mallory").isPresent == true)
    }

    @Test func anotherListenersClientsGetNothingOfIt() throws {
        let fixture = try Self.fixture(.bindsTheUser)
        Self.login(fixture, as: "ann").client.say(.disconnect)
        let configuration = MQTTConfiguration(limits: MQTTLimits())
        let other = ListenerSettings(
            name: "mqtt://10.0.0.1:1884", protocolName: "mqtt", makeProtocol: { MQTTProtocol(configuration) },
            envelope: MqantEnvelope())
        let client = fixture.connect(through: other)
        var connect = MQTTConnect(clientID: utf8("phone"), cleanSession: false, keepAliveSeconds: 0)
        connect.userName = utf8("ann")
        client.say(.connect(connect))
        #expect(client.heard() == [.connack(sessionPresent: false, returnCode: 0)])
        #expect(Self.login(fixture, as: "ann").isPresent == true)
    }

    @Test func bytesOfOneUserAreBounded() throws {
        let fixture = try GatewayFixture(Self.module) { options in
            options.settings.limits.storedBytesPerOwnerMax = 20_000
            options.settings.hooks.authenticate = { .accepted(user: UserID($0.userName ?? "")) }
        }
        func leave(_ id: String, as user: String) {
            let client = fixture.connect()
            var connect = MQTTConnect(clientID: utf8(id), cleanSession: false, keepAliveSeconds: 0)
            connect.userName = utf8(user)
            client.say(.connect(connect))
            client.say(
                .subscribe(1, [MQTTSubscription(filter: [UInt8](repeating: 97, count: 6_000), qos: .atMostOnce)]))
            client.say(.disconnect)
        }
        leave("honest", as: "ann")
        for index in 0..<20 { leave("flood \(index)", as: "mallory") }
        #expect(fixture.count("stored_sessions") == 4)
        #expect(fixture.count("stored_sessions_evicted") == 17)
        #expect((fixture.count("stored_bytes") ?? 0) < 27_000)
    }

    @Test func anAuthenticatorThatIsTooSlowIsAnsweredFor() throws {
        let turnstile = Turnstile()
        let cancelled = Record<Bool>()
        let fixture = try GatewayFixture { options in
            options.settings.hooks.authenticate = { _ in
                await turnstile.pass()
                cancelled.add(Task.isCancelled)
                return .accepted(user: "Ann")
            }
        }
        let client = fixture.connect()
        client.say(ClientSessionTests.connect())
        fixture.advance(by: .milliseconds(9_999))
        #expect(client.heard() == [])
        fixture.advance(by: .milliseconds(1))
        #expect(client.heard() == [.connack(sessionPresent: false, returnCode: 3)])
        #expect(client.isClosed)
        #expect(fixture.ends == ["handshake_timeout": 1])
        turnstile.open()
        fixture.group.run()
        #expect(cancelled.all == [true])
        #expect(client.heard() == [])
        #expect(fixture.openSessions == 0)
    }

    @Test func aClientThatSaidNothingGetsNoAnswer() throws {
        let fixture = try GatewayFixture()
        let client = fixture.connect()
        fixture.advance(by: .seconds(10))
        #expect(client.isClosed)
        #expect(client.stream.takeOutput() == [])
    }
}
