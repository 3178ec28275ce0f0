import GateBytes
import GateJSON
import GateMQTT
import GateModules
import GateRPC
import GateServer
import GateTestKit
import Testing

/// From a topic to a handler, by the usual rules.
@Suite struct TopicRuleTests {
    /// Answers with its own name, so that a test sees who was reached.
    static let modules: [TestModule] = ["Chat", "http"].map { type in
        TestModule(type) { handlers in
            for name in ["HD_Say", "Handler_Say", "HD_", "Secret", "/say", "/", "/a/b"] {
                handlers.register(name) { (_: Call, _: [UInt8]) in "\(type) \(name)" }
            }
        }
    }

    static func fixture(_ rule: TopicRule = .topic) throws -> GatewayFixture {
        try GatewayFixture(modules[0], modules[1]) { options in
            options.settings.topicRule = rule
            options.ids = ["Chat": ["chat-id"]]
        }
    }

    static let badTopic = "Topic must be [moduleType@moduleID]/[handler]|[moduleType@moduleID]/[handler]/[msgid]"

    @Test(arguments: [
        ("Chat/HD_Say/1", "Chat HD_Say"),
        ("Chat/HD_Say/x/y", "Chat HD_Say"),
        ("Chat/HD_Say//", "Chat HD_Say"),
        ("Chat/HD_Say/1/", "Chat HD_Say"),
        ("Chat/Handler_Say/1", "Chat Handler_Say"),
        ("Chat/HD_/1", "Chat HD_"),
        ("Chat@node-1/HD_Say/1", "Chat HD_Say"),
        ("Chat@chat-id/HD_Say/1", "Chat HD_Say"),
    ])
    func aTopicWithATokenIsAnsweredOnItself(topic: String, result: String) throws {
        let client = try Self.fixture().login("c")
        let answer = client.call(topic)
        #expect(answer?["Result"] == .string(result))
        #expect(answer?["Error"] == "")
    }

    @Test(arguments: [
        ("/HD_Say/1", "Service(type:) not found"),
        ("Nobody/HD_Say/1", "Service(type:Nobody) not found"),
        ("chat/HD_Say/1", "Service(type:chat) not found"),
        ("Chat@node-2/HD_Say/1", "Service(type:Chat) not found"),
        ("Chat@/HD_Say/1", "Service(type:Chat) not found"),
        ("Chat@chat-id@x/HD_Say/1", "Service(type:Chat) not found"),
        ("http@chat-id/HD_Say/1", "Service(type:http) not found"),
        ("@node-1/HD_Say/1", "Service(type:) not found"),
        ("Chat/HD_Nothing/1", "Remote function(HD_Nothing) not found"),
        ("Chat/Secret/1", "Method(Secret) must begin with 'HD_'"),
        ("Chat/hd_Say/1", "Method(hd_Say) must begin with 'HD_'"),
        ("Chat/Handler/1", "Method(Handler) must begin with 'HD_'"),
        ("Chat//1", "Method() must begin with 'HD_'"),
        ("Gate/Bind/1", "Method(Bind) must begin with 'HD_'"),
    ])
    func aTopicThatLeadsNowhereSaysWhy(topic: String, text: String) throws {
        let fixture = try Self.fixture()
        let client = try fixture.login("c")
        let answer = client.call(topic)
        #expect(answer?["Error"] == .string(text))
        #expect(answer?["Result"] == .null)
        #expect(fixture.count("unanswered_faults") == 0)
        #expect(!client.isClosed)
    }

    @Test(arguments: [
        ("Chat", "bad_topic"), ("Chat@node-1", "bad_topic"), ("Chat/HD_Nothing", "no_such_handler"),
        ("Chat/", "guarded"),
        ("Chat/Secret", "guarded"), ("Chat/Secret/", "guarded"), ("Nobody/HD_Say", "no_such_module"),
    ])
    func aFaultWithoutATokenIsCountedOnceAndNotAnswered(topic: String, kind: String) throws {
        let fixture = try Self.fixture()
        let client = try fixture.login("c")
        client.publish(topic)
        #expect(client.heard() == [])
        #expect(fixture.allFaults == [kind: 1])
        #expect(fixture.count("unanswered_faults") == 1)
        #expect(!client.isClosed)
    }

    @Test(arguments: ["Chat/HD_Say", "Chat/HD_Say/", "Chat@node-1/HD_Say"])
    func aTopicWithoutATokenIsHandledAndNotAnswered(topic: String) throws {
        let handled = Record<String>()
        let module = TestModule("Chat") { handlers in
            handlers.register("HD_Say") { (_: Call, body: [UInt8]) in handled.add(String(decoding: body, as: UTF8.self))
            }
        }
        let fixture = try GatewayFixture(module)
        let client = try fixture.login("c")
        client.publish(topic, "hello")
        #expect(handled.all == ["hello"])
        #expect(client.heard() == [])
        #expect(fixture.allFaults == [:])
    }

    static let telemetry = [
        "home/kitchen/temp", "home/kitchen", "home", "/", "//", "//1", "$SYS/broker/load", "chat/Say/1",
        "home/HDMI/1", "home@node-1/x/1", "a/b/HD_Say", "home/" + String(repeating: "x", count: 300) + "/1",
        String(repeating: "x", count: 300) + "/b/1",
    ]

    @Test(arguments: telemetry)
    func aTopicThatIsNoCallIsDroppedAndCounted(topic: String) throws {
        let fixture = try Self.fixture()
        let client = try fixture.login("c")
        client.publish(topic, "21.5")
        client.say(TestClient.message(topic, "21.5", qos: .atLeastOnce, id: 7))
        #expect(client.heard() == [.puback(7)])
        #expect(fixture.count("messages_unrouted") == 2)
        #expect(fixture.count("messages_received") == 2)
        #expect(fixture.allFaults == [:])
        #expect(fixture.count("unanswered_faults") == 0)
        #expect(!client.isClosed)
    }

    @Test(arguments: [
        ("home/kitchen/temp", "Method(kitchen) must begin with 'HD_'"), ("//1", "Method() must begin with 'HD_'"),
        ("chat/Say/1", "Method(Say) must begin with 'HD_'"),
    ])
    func aListenerMayAnswerEveryTopicAsMqantDoes(topic: String, text: String) throws {
        let fixture = try GatewayFixture(Self.modules[0]) { $0.answersUnrouted = true }
        let client = try fixture.login("c")
        #expect(client.error(topic) == text)
        client.publish("home")
        #expect(fixture.allFaults == ["guarded": 1, "bad_topic": 1])
        #expect(fixture.count("messages_unrouted") == 0)
    }

    @Test func withoutGuardsOnlyModulesLookLikeCalls() throws {
        let fixture = try GatewayFixture(Self.modules[0]) { $0.settings.guards = [] }
        let client = try fixture.login("c")
        #expect(client.error("Chat/Nothing/1") == "Remote function(Nothing) not found")
        client.publish("home/HD_Say/1")
        #expect(client.heard() == [])
        #expect(fixture.count("messages_unrouted") == 1)
    }

    @Test func theGuardIsAListOfPrefixes() throws {
        let fixture = try GatewayFixture(Self.modules[0]) { $0.settings.guards = ["Sec"] }
        let client = try fixture.login("c")
        #expect(client.result("Chat/Secret/1") == "Chat Secret")
        #expect(client.error("Chat/HD_Say/1") == "Method(HD_Say) must begin with 'Sec'")
    }

    @Test func withoutGuardsEveryHandlerIsOpen() throws {
        let fixture = try GatewayFixture(Self.modules[0]) { $0.settings.guards = [] }
        #expect(try fixture.login("c").result("Chat/Secret/1") == "Chat Secret")
    }

    @Test(arguments: [
        ("http://modulus/say?msg_id=1", "http /say"), ("http://cache/say?msg_id=1", "http /say"),
        ("http://random/say?msg_id=1", "http /say"), ("http:///say?msg_id=1", "http /say"),
        ("http://node-1/say?msg_id=1", "http /say"), ("Chat://chat-id/say?msg_id=1", "Chat /say"),
        ("http://modulus/?msg_id=1", "http /"), ("http://modulus/a/b?msg_id=1", "http /a/b"),
        ("http://modulus/say?x=y&msg_id=1&z", "http /say"),
    ])
    func aURIWithAMessageIDIsAnsweredOnItself(topic: String, result: String) throws {
        let client = try Self.fixture(.uri).login("c")
        #expect(client.result(topic) == .string(result))
    }

    @Test(arguments: [
        ("http://node-2/say?msg_id=1", "Service(type:http) not found"),
        ("ftp://modulus/say?msg_id=1", "Service(type:ftp) not found"),
        ("http://modulus/nothing?msg_id=1", "Remote function(/nothing) not found"),
        ("http://modulus?msg_id=1", badTopic), ("http:/say?msg_id=1", badTopic), ("http?msg_id=1", badTopic),
        ("://modulus/say?msg_id=1", badTopic), ("?msg_id=1", badTopic), ("http:?msg_id=1", badTopic),
    ])
    func aURIThatLeadsNowhereSaysWhy(topic: String, text: String) throws {
        #expect(try Self.fixture(.uri).login("c").error(topic) == text)
    }

    @Test(arguments: [
        "http://modulus/say", "http://modulus/say?", "http://modulus/say?msg_id", "http://modulus/say?msg_id=",
        "http://modulus/say?xmsg_id=1", "http://modulus/say?x=msg_id=1", "http://modulus/say?&",
    ])
    func aURIWithoutAMessageIDIsHandledAndNotAnswered(topic: String) throws {
        let fixture = try Self.fixture(.uri)
        let client = try fixture.login("c")
        client.publish(topic)
        #expect(client.heard() == [])
        #expect(fixture.allFaults == [:])
        #expect(fixture.count("messages_received") == 1)
    }

    @Test func bogusNamesLeaveNothingBehind() throws {
        let fixture = try Self.fixture()
        let client = try fixture.login("c")
        for batch in 0..<5_000 {
            client.say((0..<20).map { TestClient.message("Bogus\(batch * 20 + $0)/HD_Say/1") })
            _ = client.heard()
        }
        for batch in 0..<50 {
            client.say((0..<20).map { TestClient.message("Chat/HD_Bogus\(batch * 20 + $0)") })
        }
        #expect(fixture.faults("no_such_module") == 100_000)
        #expect(fixture.faults("no_such_handler") == 1_000)
        #expect(fixture.cachedRoutes == 0)
        #expect(client.result("Chat/HD_Say/1") == "Chat HD_Say")
        #expect(client.result("Chat/HD_Say/2") == "Chat HD_Say")
        #expect(fixture.cachedRoutes == 1)
    }
}
