import GateDescriptors
import GateModules
import GateProtocol
import GateRPC
import GateServer
import GateSessions
import GateTestKit
import Testing

/// The authenticate hook and protocols that descriptors describe.
@Suite struct DescriptorLoginHookTests {
    private static let login: [UInt8] = [0xCA, 0, 7, 0, 0x62, 0x6F, 0x74, 0x31, 0, 0x31, 0]
    /// A call of the proxy's method 3.
    private static let call: [UInt8] = [0x2E, 1, 10, 0, 7, 0, 0, 0, 0, 0, 3, 0, 0x61, 0x62]
    private static let created: [UInt8] =
        [0xF8, 1, 20, 0, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 7, 0, 0, 0] + utf8("Account") + [0]

    private func fixture(
        _ attempts: Record<LoginAttempt>, withoutLogin: Bool = false,
        _ answer: @escaping @Sendable (LoginAttempt) async -> Authentication
    ) throws -> GatewayFixture {
        let module = TestModule("Echo") { handlers in
            handlers.register("HD_Who") { (call: Call, _: [UInt8]) in
                Array((call.session.userID?.rawValue ?? "nobody").utf8)
            }
        }
        return try GatewayFixture(module) { options in
            options.settings.hooks.authenticatesWithoutLogin = withoutLogin
            options.settings.hooks.authenticate = { attempt in
                attempts.add(attempt)
                return await answer(attempt)
            }
        }
    }

    private func connect(_ name: String, to fixture: GatewayFixture) throws -> TestClient {
        let definition = try #require(DescriptorLibrary().descriptor(named: name)).definition()
        let listener = ListenerSettings(
            protocolName: name, makeProtocol: try definition.configure(ProtocolOptions()), route: "Echo/HD_Who",
            envelope: BareEnvelope())
        return fixture.connect(through: listener)
    }

    @Test func aLoginInsideADescribedProtocolReachesTheHook() throws {
        let attempts = Record<LoginAttempt>()
        let turnstile = Turnstile()
        let fixture = try fixture(attempts) { attempt in
            await turnstile.pass()
            return .accepted(user: attempt.userName.map { UserID($0) })
        }
        let client = try connect("kbengine", to: fixture)
        #expect(attempts.all.isEmpty)
        client.say(bytes: Self.login + Self.call)
        #expect(attempts.all.map(\.userName) == ["bot1"])
        #expect(attempts.all.map(\.password) == [[0x31]])
        #expect(attempts.all.map(\.session.protocolName) == ["kbengine"])
        #expect(client.stream.takeOutput() == [])
        #expect(!client.stream.isReading)
        turnstile.open()
        fixture.group.run()
        #expect(
            client.stream.takeOutput() == Self.created + [0xFA, 1, 10, 0, 7, 0, 0, 0, 0, 3] + utf8("bot1"))
        #expect(client.stream.isReading)
    }

    @Test func aRefusedLoginIsToldInTheProtocolsOwnWordsAndEnds() throws {
        let fixture = try fixture(Record()) { _ in .refused(.badCredentials) }
        let client = try connect("kbengine", to: fixture)
        client.say(bytes: Self.login + Self.call)
        #expect(client.stream.takeOutput() == [0xF9, 1, 4, 0])
        #expect(client.isClosed)
        #expect(fixture.closed(.refused) == 1)
    }

    @Test func aClientThatLeavesWhileItIsJudgedIsForgotten() throws {
        let turnstile = Turnstile()
        let fixture = try fixture(Record()) { _ in
            await turnstile.pass()
            return .accepted(user: "Ann")
        }
        let client = try connect("kbengine", to: fixture)
        client.say(bytes: Self.login)
        client.stream.endOfFile()
        fixture.group.run()
        turnstile.open()
        fixture.group.run()
        #expect(fixture.count("sessions") == 0)
    }

    @Test(arguments: ["length16", "pomelo", "leaf-json"])
    func aHookThatRefusesTheNamelessClosesNoProtocolWithoutALogin(name: String) throws {
        let attempts = Record<LoginAttempt>()
        let fixture = try fixture(attempts) { $0.clientID.isEmpty ? .refused(.notAuthorized) : .accepted() }
        let client = try connect(name, to: fixture)
        #expect(!client.isClosed)
        #expect(attempts.all.isEmpty)
        if name == "length16" {
            client.say(bytes: [0, 1, 0x61])
            #expect(client.stream.takeOutput() == [0, 6] + utf8("nobody"))
        }
    }

    @Test func theHookMayJudgeTheNamelessToo() throws {
        let attempts = Record<LoginAttempt>()
        let fixture = try fixture(attempts, withoutLogin: true) { _ in .refused(.notAuthorized) }
        let client = try connect("length16", to: fixture)
        #expect(client.isClosed)
        #expect(attempts.all.map(\.clientID) == [""])
        #expect(attempts.all.map(\.userName) == [nil])
    }
}
