import GateBytes
import GateIO
import GateJSON
import GateMQTT
import GateModules
import GateProtocol
import GateServer
import GateSessions
import GateTestKit
import Testing

/// What MQTT's client ids and sessions mean to a gateway: who holds an id, what is kept for those who are away.
@Suite struct ClientSessionTests {
    static let module = TestModule("Echo") { handlers in
        handlers.registerInline("HD_Raw") { _, payload, reply in reply.writeBare(payload) }
    }

    static func connect(_ id: String = "c", clean: Bool = false, version: MQTTVersion = .v311) -> MQTTPacket {
        .connect(MQTTConnect(clientID: utf8(id), version: version, cleanSession: clean, keepAliveSeconds: 0))
    }

    static func accepted(present: Bool) -> MQTTPacket { .connack(sessionPresent: present, returnCode: 0) }

    /// A client that said CONNECT, and what it heard.
    static func login(
        _ fixture: GatewayFixture, _ packet: MQTTPacket = connect(), onLoop index: Int = 0
    ) -> (client: TestClient, heard: [MQTTPacket]) {
        let client = fixture.connect(onLoop: index)
        client.say(packet)
        return (client, client.heard())
    }

    // MARK: Sessions that are kept

    @Test("MQTT-3.1.2-4, MQTT-3.2.2-2, MQTT-3.2.2-3: CleanSession 0 resumes what is stored", arguments: [0, 1])
    func resumesAStoredSession(loop: Int) throws {
        let fixture = try GatewayFixture(Self.module) { $0.loops = 2 }
        let (first, heard) = Self.login(fixture)
        #expect(heard == [Self.accepted(present: false)])
        first.say(.disconnect)
        #expect(fixture.count("stored_sessions") == 1)
        let (second, again) = Self.login(fixture, onLoop: loop)
        #expect(again == [Self.accepted(present: true)])
        #expect(fixture.count("stored_sessions") == 0)
        #expect(fixture.count("sessions_resumed") == 1)
        second.stream.fail(code: 104)
        fixture.group.run()
        #expect(fixture.count("stored_sessions") == 1)
    }

    @Test("MQTT-3.1.2-6, MQTT-3.2.2-1: CleanSession 1 discards the stored session and stores none")
    func cleanSessionsAreNotStored() throws {
        let fixture = try GatewayFixture(Self.module)
        Self.login(fixture).client.say(.disconnect)
        let (clean, heard) = Self.login(fixture, Self.connect(clean: true))
        #expect(heard == [Self.accepted(present: false)])
        #expect(fixture.count("stored_sessions") == 0)
        clean.say(.disconnect)
        #expect(fixture.count("stored_sessions") == 0)
        #expect(Self.login(fixture).heard == [Self.accepted(present: false)])
    }

    @Test("MQTT-3.1.3-2: the client id names the session")
    func theClientIDNamesTheSession() throws {
        let fixture = try GatewayFixture(Self.module)
        Self.login(fixture, Self.connect("a")).client.say(.disconnect)
        #expect(Self.login(fixture, Self.connect("A")).heard == [Self.accepted(present: false)])
        #expect(Self.login(fixture, Self.connect("a")).heard == [Self.accepted(present: true)])
    }

    @Test func aRefusedLoginTouchesNoStoredSession() throws {
        let isClosed = Record<Bool>()
        let fixture = try GatewayFixture(Self.module) { options in
            options.settings.hooks.authenticate = { _ in
                isClosed.count == 0 ? .accepted() : .refused(.badCredentials)
            }
        }
        Self.login(fixture).client.say(.disconnect)
        isClosed.add(true)
        #expect(Self.login(fixture).heard == [.connack(sessionPresent: false, returnCode: 4)])
        #expect(fixture.count("stored_sessions") == 1)
    }

    // MARK: Ids in use

    @Test(
        "MQTT-3.1.4-2: with take-over, the older connection is closed and its session goes on", arguments: [0, 1])
    func takeOverClosesTheOlderConnection(loop: Int) throws {
        let fixture = try GatewayFixture(Self.module) { options in
            options.loops = 2
            options.takeover = true
        }
        let first = Self.login(fixture).client
        let (second, heard) = Self.login(fixture, onLoop: loop)
        #expect(first.isClosed)
        #expect(heard == [Self.accepted(present: true)])
        #expect(fixture.ends == ["taken_over": 1])
        #expect(second.ask("Echo/HD_Raw/1", "x") == "x")
        #expect(fixture.count("sessions") == 1)
    }

    @Test func manyTakeOversInOneTurnLeaveOneConnection() throws {
        let fixture = try GatewayFixture(Self.module) { options in
            options.loops = 2
            options.takeover = true
        }
        let clients = (0..<10).map { fixture.connect(onLoop: $0 % 2) }
        for client in clients { client.stream.deliver(TestClient.bytes(of: [Self.connect()])) }
        fixture.group.run()
        #expect(clients.filter { !$0.isClosed }.count == 1)
        #expect(fixture.ends == ["taken_over": 9])
        #expect(fixture.count("sessions") == 1)
    }

    @Test func nothingPipelinedIsHandledBeforeTheOlderConnectionHasGone() throws {
        let fixture = try GatewayFixture(Self.module) { options in
            options.loops = 2
            options.takeover = true
        }
        _ = Self.login(fixture, onLoop: 1)
        let second = fixture.connect()
        let bytes = TestClient.bytes(of: [Self.connect(), TestClient.message("Echo/HD_Raw/1", "x")])
        second.stream.deliver(bytes)
        #expect(!second.stream.isReading)
        fixture.group.run()
        #expect(second.heard() == [Self.accepted(present: true), TestClient.message("Echo/HD_Raw/1", "x")])
        #expect(second.stream.isReading)
    }

    @Test("MQTT-3.1.4-2, without take-over: duplicate ids live side by side, the second with a session of its own")
    func duplicateIDsLiveSideBySide() throws {
        let fixture = try GatewayFixture(Self.module)
        let (first, _) = Self.login(fixture)
        let (second, heard) = Self.login(fixture)
        #expect(heard == [Self.accepted(present: false)])
        #expect(first.ask("Echo/HD_Raw/1", "a") == "a")
        #expect(second.ask("Echo/HD_Raw/1", "b") == "b")
        // The second one's session ends with it.
        second.say(.disconnect)
        #expect(fixture.count("stored_sessions") == 0)
        first.say(.disconnect)
        #expect(fixture.count("stored_sessions") == 1)
    }

    @Test func aCleanDuplicateLeavesTheHoldersSessionAlone() throws {
        let fixture = try GatewayFixture(Self.module)
        let (first, _) = Self.login(fixture)
        Self.login(fixture, Self.connect(clean: true)).client.say(.disconnect)
        first.say(.disconnect)
        #expect(Self.login(fixture).heard == [Self.accepted(present: true)])
    }

    // MARK: Bounds

    @Test(arguments: [2, 3, 4])
    func storedSessionsAreBoundedTheOldestGoesFirst(count: Int) throws {
        let fixture = try GatewayFixture(Self.module) { $0.settings.limits.storedSessionsMax = 3 }
        for index in 0..<count { Self.login(fixture, Self.connect("c\(index)")).client.say(.disconnect) }
        #expect(fixture.count("stored_sessions") == min(count, 3))
        #expect(Self.login(fixture, Self.connect("c0")).heard == [Self.accepted(present: count <= 3)])
        #expect(Self.login(fixture, Self.connect("c1")).heard == [Self.accepted(present: true)])
    }

    @Test(arguments: [(3_599_999, true), (3_600_000, false), (3_600_001, false)])
    func storedSessionsExpire(milliseconds: Int, present: Bool) throws {
        let fixture = try GatewayFixture(Self.module)
        Self.login(fixture).client.say(.disconnect)
        fixture.advance(by: .milliseconds(milliseconds))
        #expect(Self.login(fixture).heard == [Self.accepted(present: present)])
    }

    @Test func clientsThatComeAndGoLeaveNoTrace() throws {
        let fixture = try GatewayFixture(Self.module)
        Self.login(fixture, Self.connect("stays away")).client.say(.disconnect)
        for _ in 0..<5_000 { Self.login(fixture).client.say(.disconnect) }
        #expect(fixture.count("stored_sessions") == 2)
        #expect(fixture.rememberedIDs <= 1_026)
        #expect(Self.login(fixture, Self.connect("stays away")).heard == [Self.accepted(present: true)])
    }

    // MARK: Qualities

    @Test("MQTT-4.3.3-2 across a reconnect: a QoS 2 message is handled once")
    func exactlyOnceAcrossAReconnect() throws {
        let handled = Record<String>()
        let module = TestModule("Note") { handlers in
            handlers.register("HD_Note") { (_: Call, body: [UInt8]) in
                handled.add(String(decoding: body, as: UTF8.self))
            }
        }
        let fixture = try GatewayFixture(module)
        let (first, _) = Self.login(fixture)
        first.say(TestClient.message("Note/HD_Note", "one", qos: .exactlyOnce, id: 7))
        #expect(first.heard() == [.pubrec(7)])
        first.stream.fail(code: 104)
        fixture.group.run()
        let (second, _) = Self.login(fixture)
        var repeated = MQTTPublish(
            topic: utf8("Note/HD_Note"), payload: utf8("one"), qos: .exactlyOnce, packetIdentifier: 7)
        repeated.isDuplicate = true
        second.say(.publish(repeated))
        #expect(second.heard() == [.pubrec(7)])
        #expect(handled.all == ["one"])
        second.say(.pubrel(7))
        #expect(second.heard() == [.pubcomp(7)])
        second.say(TestClient.message("Note/HD_Note", "two", qos: .exactlyOnce, id: 7))
        #expect(handled.all == ["one", "two"])
    }

    @Test("MQTT-4.4.0-1: unacknowledged pushes are sent again on a reconnect, and only then")
    func redeliversOnAReconnectOnly() throws {
        let fixture = try GatewayFixture(Self.module)
        let (first, _) = Self.login(fixture)
        let everyone = Sessions(gateway: fixture.gateway.sessionManager)
        let messages = (1...3).map { OutgoingMessage("on", [UInt8($0)], quality: .atLeastOnce) }
        _ = fixture.group.start { for message in messages { await everyone.broadcast(message) } }
        #expect(first.heard().count == 3)
        first.say(.puback(2))
        fixture.advance(by: .seconds(1_000))
        #expect(first.heard() == [])
        first.say(.disconnect)
        let again = Self.login(fixture).heard
        let expected = [1, 3].map { number in
            MQTTPacket.publish(
                MQTTPublish(
                    topic: utf8("on"), payload: [UInt8(number)], qos: .atLeastOnce, packetIdentifier: UInt16(number),
                    isDuplicate: true))
        }
        #expect(again == [Self.accepted(present: true)] + expected)
    }

    @Test("MQTT-4.3.2-2: a QoS 1 message is acknowledged when it is accepted, not when it is handled")
    func acknowledgesOnAcceptance() throws {
        let turnstile = Turnstile()
        let module = TestModule("Slow") { handlers in
            handlers.register("HD_Slow") { (_: Call, _: [UInt8]) in await turnstile.pass() }
        }
        let fixture = try GatewayFixture(module) { $0.settings.limits.inFlightMax = 2 }
        let client = try fixture.login("c")
        client.say((1...5).map { TestClient.message("Slow/HD_Slow", qos: .atLeastOnce, id: $0) })
        // One runs, two wait; the others are not accepted yet.
        #expect(client.heard() == [.puback(1), .puback(2), .puback(3)])
        turnstile.open(5)
        fixture.group.run()
        #expect(client.heard() == [.puback(4), .puback(5)])
    }

    @Test(arguments: [(4, false), (5, false), (6, true)])
    func pushesThatNobodyAcknowledgesAreBounded(count: Int, isClosed: Bool) throws {
        let fixture = try GatewayFixture(Self.module) { options in
            options.mqtt.outgoingWindowMax = 2
            options.mqtt.outgoingWaitingMax = 3
        }
        let client = try fixture.login("c")
        let good = try fixture.login("good")
        let everyone = Sessions(gateway: fixture.gateway.sessionManager)
        for number in 0..<count {
            _ = fixture.group.start {
                await everyone.broadcast(OutgoingMessage("on", [UInt8(number)], quality: .atLeastOnce))
            }
            good.say([.puback(UInt16(number + 1))])
        }
        #expect(client.heard().count == 2)
        #expect(good.heard().count == count)
        #expect(fixture.ends == (isClosed ? ["protocol_limit": 1] : [:]))
    }

    @Test func aPushReachesAClientThatNeverSubscribed() throws {
        let fixture = try GatewayFixture(Self.module)
        let client = try fixture.login("c")
        let everyone = Sessions(gateway: fixture.gateway.sessionManager)
        _ = fixture.group.start { await everyone.broadcast(OutgoingMessage("Chat/OnChat", utf8("hello"))) }
        #expect(client.heard() == [TestClient.message("Chat/OnChat", "hello")])
    }

    @Test func publicationsOfOneClientReachNoOther() throws {
        let fixture = try GatewayFixture(Self.module)
        let listener = try fixture.login("listener")
        listener.say(.subscribe(1, [MQTTSubscription(filter: utf8("#"), qos: .exactlyOnce)]))
        #expect(listener.heard() == [.suback(1, returnCodes: [2])])
        _ = try fixture.login("c").ask("Echo/HD_Raw/1", "x")
        #expect(listener.heard() == [])
    }

    @Test("MQTT-3.1.2-24: one and a half times the keep-alive", arguments: [UInt16(1), 10, 60])
    func keepAliveEndsASilentClient(seconds: UInt16) throws {
        let fixture = try GatewayFixture(Self.module)
        let client = try fixture.login(MQTTConnect(clientID: utf8("c"), keepAliveSeconds: seconds))
        for _ in 0..<3 {
            fixture.advance(by: .milliseconds(Int(seconds) * 1_500 - 1))
            client.say(.pingreq)
            #expect(client.heard() == [.pingresp])
        }
        fixture.advance(by: .milliseconds(Int(seconds) * 1_500 - 1))
        #expect(!client.isClosed)
        fixture.advance(by: .milliseconds(1))
        #expect(fixture.ends == ["keep_alive_timeout": 1])
    }
}
