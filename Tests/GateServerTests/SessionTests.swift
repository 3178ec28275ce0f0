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

/// The verbs of sessions, on the session's own loop and on another one.
@Suite struct SessionTests {
    /// A gateway of two loops whose module keeps the session of each message.
    struct Setup {
        let fixture: GatewayFixture
        let seen = Record<Session>()

        init(_ change: (inout GatewayFixture.Options) -> Void = { _ in }) throws {
            let seen = seen
            let module = TestModule("Keep") { handlers in
                handlers.register("HD_Keep") { (call: Call, _: [UInt8]) in
                    seen.add(call.session)
                    return call.session.settings
                }
                handlers.registerInline("HD_Post") { call, payload, _ in
                    var session = call.session
                    switch String(decoding: [UInt8](copying: payload), as: UTF8.self) {
                    case "send": session.post.send("posted", [1])
                    case "bind": session.post.bind("Poster")
                    case "unbind": session.post.unbind()
                    case "push":
                        session.set("posted", "yes")
                        session.post.push()
                    case "close": session.post.close()
                    case "kick": session.post.kick(reason: "posted")
                    case "all": session.everyone.postBroadcast(OutgoingMessage("all", [2]))
                    case "me": session.everyone.post(OutgoingMessage("me", [3]), to: [session.id])
                    default: break
                    }
                }
            }
            fixture = try GatewayFixture(module) { options in
                options.loops = 2
                change(&options)
            }
        }

        /// A client and its session as a handler got it.
        func login(_ id: String = "c", onLoop index: Int = 0) throws -> (client: TestClient, session: Session) {
            let client = try fixture.login(id, onLoop: index)
            client.publish("Keep/HD_Keep")
            return (client, try #require(seen.all.last))
        }

        /// Runs verbs on a session, on some loop.
        func run<Value: Sendable>(
            onLoop index: Int, _ body: @escaping @Sendable () async throws -> Value
        ) throws -> Value {
            let ended = fixture.group.start(onLoop: index) { () async -> Result<Value, any Error> in
                do { return .success(try await body()) } catch { return .failure(error) }
            }
            return try #require(ended.value).get()
        }

        var everyone: Sessions { Sessions(gateway: fixture.gateway.sessionManager) }
    }

    @Test func aSessionKnowsItsClient() throws {
        let setup = try Setup()
        let session = try setup.login().session
        #expect(session.node == "node-1")
        #expect(session.protocolName == "mqtt")
        #expect(session.remoteAddress.host == "192.0.2.1")
        #expect(session.connectedAtMilliseconds == 1_700_000_000_000)
        #expect(session.userID == nil)
        #expect(session.isGuest)
        #expect(session.settings == [:])
        #expect(SessionID(session.id.description) == session.id)
    }

    @Test(arguments: [0, 1])
    func bindAndUnbindSetTheUser(loop: Int) throws {
        let setup = try Setup()
        let session = try setup.login().session
        let everyone = setup.everyone
        let bound = try setup.run(onLoop: loop) {
            var session = session
            try await session.bind("Ann")
            return session
        }
        #expect(bound.userID == "Ann")
        #expect(!bound.isGuest)
        #expect(try setup.run(onLoop: loop) { await everyone.isConnected("Ann") })
        #expect(try setup.run(onLoop: loop) { await everyone.sessions(of: "Ann") } == [session.id])
        let unbound = try setup.run(onLoop: loop) {
            var session = bound
            try await session.unbind()
            return session
        }
        #expect(unbound.userID == nil)
        #expect(try setup.run(onLoop: loop) { await everyone.isConnected("Ann") } == false)
    }

    @Test(arguments: [0, 1])
    func pushWritesTheChangedKeysAndOnlyThose(loop: Int) throws {
        let setup = try Setup()
        let session = try setup.login().session
        let result = try setup.run(onLoop: loop) {
            var first = session
            var second = session
            first.set("a", "1")
            first.setBatch(["b": "1", "c": "1"])
            try await first.push()
            // The second copy does not know the first one's keys, and leaves them alone.
            second.set("b", "2")
            second.remove("c")
            second.set("d", "2")
            second.remove("d")
            try await second.push()
            var third = session
            third.set("e", "lost")
            try await third.update()
            return [second.settings, third.settings]
        }
        #expect(result == [["a": "1", "b": "2"], ["a": "1", "b": "2"]])
    }

    @Test func aCopyChangesAloneUntilItIsPushed() throws {
        let setup = try Setup()
        let (client, session) = try setup.login()
        var copy = session
        copy.set("a", "1")
        #expect(copy["a"] == "1")
        #expect(copy.settings == ["a": "1"])
        copy.remove("a")
        #expect(copy["a"] == nil)
        #expect(copy.settings == [:])
        #expect(session["a"] == nil)
        #expect(client.result("Keep/HD_Keep/1") == [:])
    }

    @Test func aPushWithoutChangesDoesNothing() throws {
        let setup = try Setup()
        let (client, session) = try setup.login()
        client.say(.disconnect)
        // It would fail if it went to the gateway.
        try setup.run(onLoop: 0) {
            var session = session
            try await session.push()
        }
    }

    @Test(arguments: [0, 1])
    func sendReachesTheClient(loop: Int) throws {
        let setup = try Setup()
        let (client, session) = try setup.login()
        try setup.run(onLoop: loop) {
            try await session.send("a/b", [1, 2])
            try await session.send(OutgoingMessage("q", [3], quality: .atLeastOnce))
        }
        #expect(
            client.heard() == [
                .publish(MQTTPublish(topic: utf8("a/b"), payload: [1, 2])),
                .publish(MQTTPublish(topic: utf8("q"), payload: [3], qos: .atLeastOnce, packetIdentifier: 1)),
            ])
    }

    @Test(arguments: [0, 1])
    func whatAProtocolCannotSayIsTheSendersFault(loop: Int) throws {
        let setup = try Setup()
        let (client, session) = try setup.login()
        #expect(throws: SessionFault.notSendable) { try setup.run(onLoop: loop) { try await session.send("a/#", []) } }
        try setup.run(onLoop: loop) { try await session.send("a", [1]) }
        #expect(client.heard() == [.publish(MQTTPublish(topic: utf8("a"), payload: [1]))])
    }

    @Test(arguments: [0, 1])
    func closeEndsTheConnectionBehindWhatWasSent(loop: Int) throws {
        let setup = try Setup()
        let (client, session) = try setup.login()
        try setup.run(onLoop: loop) {
            try await session.send("last", [])
            try await session.close()
        }
        #expect(client.messages() == ["last "])
        #expect(client.isClosed)
        #expect(setup.fixture.ends == ["closed_by_module": 1])
    }

    @Test(arguments: [0, 1])
    func kickTellsWhyThenCloses(loop: Int) throws {
        let setup = try Setup()
        let (client, session) = try setup.login()
        try setup.run(onLoop: loop) { try await session.kick(reason: "say \"why\"") }
        #expect(client.messages() == [#"Gate/OnKick {"reason":"say \"why\""}"#])
        #expect(client.isClosed)
        #expect(setup.fixture.ends == ["kicked": 1])
    }

    @Test(arguments: [0, 1])
    func countersCountMessagesAndBytes(loop: Int) throws {
        let setup = try Setup()
        let client = try setup.fixture.login("c")
        let connect = TestClient.bytes(of: [.connect(MQTTConnect(clientID: utf8("c"), keepAliveSeconds: 0))]).count
        let keep = TestClient.bytes(of: [TestClient.message("Keep/HD_Keep")]).count
        client.publish("Keep/HD_Keep")
        let session = try #require(setup.seen.all.last)
        let counters = try setup.run(onLoop: loop) {
            try await session.send("t", [])
            return try await session.counters()
        }
        #expect(counters.messagesReceived == 1)
        #expect(counters.bytesReceived == UInt64(connect + keep))
        #expect(counters.messagesSent == 1)
    }

    @Test(arguments: [0, 1])
    func theVerbsOfAnEndedSessionFailAndAreCounted(loop: Int) throws {
        let setup = try Setup()
        let (client, session) = try setup.login()
        client.say(.disconnect)
        let verbs: [@Sendable (inout Session) async throws -> Void] = [
            { try await $0.bind("Ann") }, { try await $0.unbind() }, { try await $0.update() },
            {
                $0.set("a", "1")
                try await $0.push()
            }, { try await $0.send("t", []) }, { try await $0.close() }, { try await $0.kick(reason: "") },
            { _ = try await $0.counters() },
        ]
        for verb in verbs {
            #expect(throws: SessionFault.noSuchSession) {
                try setup.run(onLoop: loop) {
                    var session = session
                    try await verb(&session)
                }
            }
        }
        #expect(setup.fixture.count("stale_session_ids") == verbs.count)
    }

    @Test func anIDFromAnotherStartIsStale() throws {
        let setup = try Setup()
        let (client, session) = try setup.login()
        var id = session.id
        id.start += 1
        let stale = id
        let everyone = setup.everyone
        #expect(throws: SessionFault.noSuchSession) {
            try setup.run(onLoop: 0) { try await everyone.session(stale) }
        }
        #expect(try setup.run(onLoop: 0) { await everyone.send(OutgoingMessage("t", []), to: [stale]) } == 0)
        #expect(client.heard() == [])
        #expect(setup.fixture.count("stale_session_ids") == 2)
    }

    @Test func aSlotUsedAgainHasAnotherID() throws {
        let setup = try Setup()
        let (first, old) = try setup.login("a")
        first.say(.disconnect)
        let (second, new) = try setup.login("b")
        #expect(old.id != new.id)
        #expect(old.id.slot == new.id.slot)
        #expect(throws: SessionFault.noSuchSession) { try setup.run(onLoop: 0) { try await old.send("t", []) } }
        #expect(second.heard() == [])
    }

    // MARK: Many

    @Test(arguments: [0, 1])
    func aMessageToManyCountsThoseThatWereThere(loop: Int) throws {
        let setup = try Setup()
        let (first, one) = try setup.login("a")
        let (second, two) = try setup.login("b", onLoop: 1)
        let (third, three) = try setup.login("c", onLoop: 1)
        third.say(.disconnect)
        let everyone = setup.everyone
        let ids = [one.id, two.id, three.id]
        let count = try setup.run(onLoop: loop) { await everyone.send(OutgoingMessage("t", [1]), to: ids) }
        #expect(count == 2)
        #expect(first.messages().count == 1)
        #expect(second.messages().count == 1)
        #expect(setup.fixture.count("stale_session_ids") == 1)
    }

    @Test(arguments: [0, 1])
    func aBroadcastReachesAllSessionsAndOnlySessions(loop: Int) throws {
        let setup = try Setup()
        let clients = try (0..<6).map { try setup.fixture.login("c\($0)", onLoop: $0 % 2) }
        let stranger = setup.fixture.connect()
        let everyone = setup.everyone
        #expect(try setup.run(onLoop: loop) { await everyone.broadcast(OutgoingMessage("t", [])) } == 6)
        for client in clients { #expect(client.messages() == ["t "]) }
        #expect(stranger.stream.takeOutput() == [])
    }

    @Test(arguments: [0, 1])
    func aUserIsReachedWhereverItIsConnected(loop: Int) throws {
        let setup = try Setup()
        let (first, one) = try setup.login("a")
        let (second, two) = try setup.login("b", onLoop: 1)
        let (third, _) = try setup.login("c", onLoop: 1)
        let everyone = setup.everyone
        let count = try setup.run(onLoop: loop) {
            for var session in [one, two] { try await session.bind("Ann") }
            return await everyone.send(OutgoingMessage("t", []), to: "Ann")
        }
        #expect(count == 2)
        #expect(first.messages() == ["t "])
        #expect(second.messages() == ["t "])
        #expect(third.messages() == [])
        #expect(try setup.run(onLoop: loop) { await everyone.kick("Ann", reason: "out") } == 2)
        #expect([first.isClosed, second.isClosed, third.isClosed] == [true, true, false])
        #expect(try setup.run(onLoop: loop) { await everyone.isConnected("Ann") } == false)
    }

    // MARK: Posts

    @Test(arguments: [
        ("send", ["posted \u{1}"]), ("all", ["all \u{2}"]), ("me", ["me \u{3}"]), ("close", []),
        ("kick", [#"Gate/OnKick {"reason":"posted"}"#]),
    ])
    func aPostIsAVerbWithoutAnAnswer(verb: String, heard: [String]) throws {
        let setup = try Setup()
        let client = try setup.fixture.login("c")
        client.publish("Keep/HD_Post", verb)
        #expect(client.messages() == heard)
        #expect(client.isClosed == ["close", "kick"].contains(verb))
    }

    @Test func aPostChangesTheSession() throws {
        let setup = try Setup()
        let client = try setup.fixture.login("c")
        client.publish("Keep/HD_Post", "bind")
        client.publish("Keep/HD_Post", "push")
        #expect(client.result("Keep/HD_Keep/1") == ["posted": "yes"])
        #expect(setup.seen.all.last?.userID == "Poster")
        client.publish("Keep/HD_Post", "unbind")
        client.publish("Keep/HD_Keep")
        #expect(setup.seen.all.last?.userID == nil)
    }

    @Test func postsFromAnotherLoopKeepTheirOrder() throws {
        let setup = try Setup()
        let (client, session) = try setup.login()
        try setup.run(onLoop: 1) {
            for index in 0..<10 { session.post.send("t", [UInt8(index) + 0x30]) }
            session.post.close()
        }
        #expect(client.messages() == (0..<10).map { "t \($0)" })
        #expect(client.isClosed)
    }

    @Test func aFullMailboxRefusesVerbsAndLosesNoClose() throws {
        let setup = try Setup()
        let (client, session) = try setup.login()
        setup.fixture.group.manualLoops[0].postsMax = 0
        #expect(throws: SessionFault.overloaded) { try setup.run(onLoop: 1) { try await session.send("t", []) } }
        try setup.run(onLoop: 1) { session.post.close() }
        #expect(client.isClosed)
    }

    // MARK: Hooks

    @Test func theOutgoingHookMayChangeOrSuppressAPush() throws {
        let setup = try Setup { options in
            options.settings.hooks.outgoing = { session, message in
                if message.topic == utf8("secret") { return nil }
                var message = message
                message.payload += utf8(session.userID?.rawValue ?? "?")
                return message
            }
        }
        let (client, session) = try setup.login()
        try setup.run(onLoop: 0) {
            try await session.send("secret", [])
            try await session.send("open", [])
            var session = session
            try await session.bind("Ann")
            try await session.send("open", [])
        }
        #expect(client.messages() == ["open ?", "open Ann"])
        // Answers are not pushes.
        #expect(client.result("Keep/HD_Keep/1") == [:])
    }

    @Test func aJudgeDecidesWhoIsAGuest() throws {
        let setup = try Setup { $0.settings.hooks.isGuest = { $0.userID?.rawValue.hasPrefix("guest") ?? false } }
        let session = try setup.login().session
        #expect(!session.isGuest)
        let guest = try setup.run(onLoop: 0) {
            var session = session
            try await session.bind("guest-1")
            return session.isGuest
        }
        #expect(guest)
    }

    @Test func aPushThatTheProtocolCannotSayIsDroppedAndTheClientStays() throws {
        let setup = try Setup()
        let (client, session) = try setup.login()
        _ = try? setup.run(onLoop: 0) { try await session.send("no/+/wildcards", []) }
        #expect(client.heard() == [])
        #expect(!client.isClosed)
        #expect(setup.fixture.count("pushes_dropped") == 1)
    }
}
