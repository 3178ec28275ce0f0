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
import Synchronization
import Testing

/// Users: second logins and what is kept of them.
@Suite struct LoginTests {
    static let module = TestModule("Login") { handlers in
        handlers.register("HD_Login") { (call: Call, name: [UInt8]) async throws in
            var session = call.session
            try await session.bind(UserID(String(decoding: name, as: UTF8.self)))
            return session.settings
        }
        handlers.register("HD_Logout") { (call: Call, _: [UInt8]) async throws in
            var session = call.session
            try await session.unbind()
        }
        handlers.register("HD_Set") { (call: Call, values: [String: String]) async throws in
            var session = call.session
            session.setBatch(values)
            try await session.push()
        }
        handlers.register("HD_Who") { (call: Call, _: [UInt8]) in call.session.userID?.rawValue ?? "nobody" }
        handlers.register("HD_Settings") { (call: Call, _: [UInt8]) in call.session.settings }
    }

    static func fixture(
        _ policy: SecondLoginPolicy = .allow, storage: (any SessionStorage)? = nil, loops: Int = 1
    ) throws -> GatewayFixture {
        try GatewayFixture(module) { options in
            options.loops = loops
            options.settings.secondLogin = policy
            options.settings.hooks.storage = storage
        }
    }

    // MARK: Second logins

    @Test(arguments: [1, 2])
    func bothStayWhereSecondLoginsAreAllowed(loops: Int) throws {
        let fixture = try Self.fixture(.allow, loops: loops)
        let first = try fixture.login("a")
        let second = try fixture.login("b", onLoop: loops - 1)
        #expect(first.error("Login/HD_Login/1", "Ann") == "")
        #expect(second.error("Login/HD_Login/1", "Ann") == "")
        #expect(first.result("Login/HD_Who/2") == "Ann")
        #expect(second.result("Login/HD_Who/2") == "Ann")
    }

    @Test(arguments: [1, 2])
    func theSecondFailsWhereItIsRefused(loops: Int) throws {
        let fixture = try Self.fixture(.refuse, loops: loops)
        let first = try fixture.login("a")
        let second = try fixture.login("b", onLoop: loops - 1)
        #expect(first.error("Login/HD_Login/1", "Ann") == "")
        #expect(second.error("Login/HD_Login/1", "Ann") == "user is logged in elsewhere")
        #expect(second.result("Login/HD_Who/2") == "nobody")
        #expect(first.error("Login/HD_Login/3", "Ann") == "")
        // The name is free again once the first one has gone.
        first.say(.disconnect)
        #expect(second.error("Login/HD_Login/4", "Ann") == "")
    }

    @Test func aRefusedChangeOfUserKeepsTheOldOne() throws {
        let fixture = try Self.fixture(.refuse)
        let first = try fixture.login("a")
        let second = try fixture.login("b")
        _ = first.ask("Login/HD_Login/1", "Ann")
        _ = second.ask("Login/HD_Login/1", "Bob")
        #expect(second.error("Login/HD_Login/2", "Ann") == "user is logged in elsewhere")
        #expect(second.result("Login/HD_Who/3") == "Bob")
        #expect(first.error("Login/HD_Login/4", "Bob") == "user is logged in elsewhere")
    }

    @Test(arguments: [1, 2])
    func theFirstIsKickedWithANoticeWhereThatIsThePolicy(loops: Int) throws {
        let fixture = try Self.fixture(.kick, loops: loops)
        let first = try fixture.login("a")
        let second = try fixture.login("b", onLoop: loops - 1)
        #expect(first.error("Login/HD_Login/1", "Ann") == "")
        #expect(second.error("Login/HD_Login/1", "Ann") == "")
        #expect(first.messages() == [#"Gate/OnKick {"reason":"second login"}"#])
        #expect(first.isClosed)
        #expect(!second.isClosed)
        #expect(fixture.ends == ["kicked": 1])
        let gateway = fixture.gateway
        let bound = try fixture.result { await gateway.sessionManager.sessions(of: "Ann") }
        #expect(bound.count == 1)
        // It may log in again itself.
        #expect(second.error("Login/HD_Login/2", "Ann") == "")
        #expect(!second.isClosed)
    }

    @Test func unbindingFreesTheName() throws {
        let fixture = try Self.fixture(.refuse)
        let first = try fixture.login("a")
        _ = first.ask("Login/HD_Login/1", "Ann")
        _ = first.ask("Login/HD_Logout/2")
        #expect(try fixture.login("b").error("Login/HD_Login/1", "Ann") == "")
    }

    @Test(arguments: [(SecondLoginPolicy.refuse, UInt8(5)), (.kick, 0), (.allow, 0)])
    func thePolicyCountsForTheAuthenticateHookToo(policy: SecondLoginPolicy, code: UInt8) throws {
        let fixture = try GatewayFixture(Self.module) { options in
            options.settings.secondLogin = policy
            options.settings.hooks.authenticate = { .accepted(user: UserID($0.userName ?? "")) }
        }
        let login = MQTTPacket.connect(MQTTConnect(clientID: utf8("x"), keepAliveSeconds: 0, userName: utf8("Ann")))
        let first = fixture.connect()
        first.say(login)
        #expect(first.heard() == [.connack(sessionPresent: false, returnCode: 0)])
        let second = fixture.connect()
        second.say(login)
        #expect(second.heard() == [.connack(sessionPresent: false, returnCode: code)])
        #expect(first.isClosed == (policy == .kick))
        #expect(second.isClosed == (policy == .refuse))
    }

    // MARK: Storage

    /// Keeps users in memory and a record of what was asked of it.
    final class Storage: SessionStorage {
        let users: Mutex<[UserID: [String: String]]>
        let saves = Record<[String: String]>()
        let heartbeats = Record<UserID?>()
        let loading = Turnstile()
        let saving = Turnstile()
        private let fails: Bool

        init(_ users: [UserID: [String: String]] = [:], fails: Bool = false, open: Bool = true) {
            self.users = Mutex(users)
            self.fails = fails
            if open {
                loading.open(1_000)
                saving.open(1_000)
            }
        }

        func load(_ user: UserID) async throws -> [String: String] {
            await loading.pass()
            if fails { throw Surprise("the disk is gone") }
            return users.withLock { $0[user] ?? [:] }
        }

        func save(_ settings: [String: String], of user: UserID) async {
            await saving.pass()
            saves.add(settings)
            users.withLock { $0[user] = settings }
        }

        func heartbeat(_ session: Session) async { heartbeats.add(session.userID) }
    }

    @Test func settingsAreLoadedAtBindBelowTheSessionsOwn() throws {
        let storage = Storage(["Ann": ["a": "saved", "b": "saved"]])
        let client = try Self.fixture(storage: storage).login("c")
        _ = client.ask("Login/HD_Set/1", #"{"a":"own","c":"own"}"#)
        #expect(storage.saves.count == 0)
        #expect(client.result("Login/HD_Login/2", "Ann") == ["a": "own", "b": "saved", "c": "own"])
        #expect(client.result("Login/HD_Settings/3") == ["a": "own", "b": "saved", "c": "own"])
    }

    @Test func changesAreSavedOfAUserOnly() async throws {
        let storage = Storage()
        let fixture = try Self.fixture(storage: storage)
        let client = try fixture.login("c")
        _ = client.ask("Login/HD_Set/1", #"{"a":"1"}"#)
        _ = client.ask("Login/HD_Login/2", "Ann")
        await fixture.group.run { storage.saves.count == 1 }
        _ = client.ask("Login/HD_Set/3", #"{"b":"2"}"#)
        await fixture.group.run { storage.saves.count == 2 }
        _ = client.ask("Login/HD_Logout/4")
        _ = client.ask("Login/HD_Set/5", #"{"b":"3"}"#)
        #expect(storage.saves.all == [["a": "1"], ["a": "1", "b": "2"]])
        let again = try fixture.login("d")
        #expect(again.result("Login/HD_Login/1", "Ann") == ["a": "1", "b": "2"])
    }

    @Test func changesWhileASaveRunsAreSavedTogetherTheNewestLast() async throws {
        let storage = Storage(open: false)
        storage.loading.open()
        let fixture = try Self.fixture(storage: storage)
        let client = try fixture.login("c")
        _ = client.ask("Login/HD_Login/1", "Ann")
        await fixture.group.run { storage.saving.waitingCount == 1 }
        for value in 0..<10 { _ = client.ask("Login/HD_Set/2", #"{"a":"\#(value)"}"#) }
        #expect(storage.saving.waitingCount == 1)
        storage.saving.open()
        await fixture.group.run { storage.saving.waitingCount == 1 }
        storage.saving.open()
        await fixture.group.run { storage.saves.count == 2 }
        #expect(storage.saves.all == [[:], ["a": "9"]])
    }

    @Test func aLoadThatFailsLeavesTheSessionWithoutAUser() throws {
        let storage = Storage(fails: true)
        let fixture = try Self.fixture(.refuse, storage: storage)
        let client = try fixture.login("c")
        #expect(client.error("Login/HD_Login/1", "Ann") == "session storage failed")
        #expect(client.result("Login/HD_Who/2") == "nobody")
        #expect(storage.saves.count == 0)
        let gateway = fixture.gateway
        let bound = try fixture.result { await gateway.sessionManager.sessions(of: "Ann") }
        #expect(bound == [])
    }

    @Test func aUserOfTheHookComesWithItsSettings() throws {
        let storage = Storage(["Ann": ["a": "saved"]])
        let connected = Record<Session>()
        let fixture = try GatewayFixture(Self.module) { options in
            options.settings.hooks.storage = storage
            options.settings.hooks.authenticate = { _ in .accepted(user: "Ann") }
            options.settings.hooks.connected = { connected.add($0) }
        }
        let client = try fixture.login("c")
        #expect(client.result("Login/HD_Settings/1") == ["a": "saved"])
        #expect(connected.all.first?.userID == "Ann")
        #expect(connected.all.first?.settings == ["a": "saved"])
    }

    @Test func aUserOfTheHookWhoseLoadFailsIsToldThatTheServerIsUnavailable() throws {
        let fixture = try GatewayFixture(Self.module) { options in
            options.settings.hooks.storage = Storage(fails: true)
            options.settings.hooks.authenticate = { _ in .accepted(user: "Ann") }
        }
        let client = fixture.connect()
        client.say(.connect(MQTTConnect(clientID: utf8("c"))))
        #expect(client.heard() == [.connack(sessionPresent: false, returnCode: 3)])
        #expect(fixture.ends == ["refused": 1])
        let gateway = fixture.gateway
        let bound = try fixture.result { await gateway.sessionManager.sessions(of: "Ann") }
        #expect(bound == [])
    }

    @Test func aUserWhoIsNotLetInYetIsNotReached() throws {
        let storage = Storage(open: false)
        let fixture = try GatewayFixture(Self.module) { options in
            options.settings.hooks.storage = storage
            options.settings.hooks.authenticate = { _ in .accepted(user: "Ann") }
        }
        let client = fixture.connect()
        client.say(.connect(MQTTConnect(clientID: utf8("c"), keepAliveSeconds: 0)))
        #expect(storage.loading.waitingCount == 1)
        let everyone = Sessions(gateway: fixture.gateway.sessionManager)
        #expect(try fixture.result { await everyone.send(OutgoingMessage("t", []), to: "Ann") } == 0)
        #expect(try fixture.result { await everyone.broadcast(OutgoingMessage("t", [])) } == 0)
        storage.loading.open()
        fixture.group.run()
        #expect(client.heard() == [.connack(sessionPresent: false, returnCode: 0)])
        #expect(try fixture.result { await everyone.send(OutgoingMessage("t", []), to: "Ann") } == 1)
        storage.saving.open(10)
    }

    @Test func aLoadThatComesTooLateChangesNobodyElse() throws {
        let storage = Storage(["Ann": ["a": "Ann's"], "Bob": ["b": "Bob's"]], open: false)
        let fixture = try Self.fixture(storage: storage)
        let client = try fixture.login("c")
        client.publish("Login/HD_Login", "Ann")
        #expect(storage.loading.waitingCount == 1)
        let gateway = fixture.gateway
        let id = try #require(try fixture.result { await gateway.sessionManager.sessions(of: "Ann") }.first)
        _ = fixture.group.start { try? await gateway.sessionManager.perform(.unbind, on: id) }
        let second = fixture.group.start { try? await gateway.sessionManager.perform(.bind("Bob"), on: id) }
        storage.loading.open(2)
        fixture.group.run()
        #expect(second.value??.settings == ["b": "Bob's"])
        #expect(client.result("Login/HD_Settings/2") == ["b": "Bob's"])
    }

    @Test func theStorageHearsOfActivityAtMostOnceInTheInterval() async throws {
        let storage = Storage()
        let fixture = try GatewayFixture(Self.module) { options in
            options.settings.hooks.storage = storage
            options.settings.limits.heartbeatTime = .seconds(60)
        }
        let client = try fixture.login("c")
        client.say(.pingreq)
        #expect(storage.heartbeats.count == 0)
        _ = client.ask("Login/HD_Login/1", "Ann")
        client.say(.pingreq)
        await fixture.group.run { storage.heartbeats.count == 1 }
        fixture.advance(by: .milliseconds(59_999))
        client.say(.pingreq)
        fixture.advance(by: .milliseconds(1))
        client.say(.pingreq)
        await fixture.group.run { storage.heartbeats.count >= 2 }
        client.say(.pingreq)
        fixture.group.run()
        #expect(storage.heartbeats.all == ["Ann", "Ann"])
    }
}
