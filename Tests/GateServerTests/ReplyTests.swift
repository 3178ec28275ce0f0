import GateBytes
import GateJSON
import GateMQTT
import GateModules
import GateProtocol
import GateRPC
import GateServer
import GateSessions
import Testing

/// What comes back.
@Suite struct ReplyTests {
    struct Pair: Codable, Sendable {
        var name: String
        var count: Int
    }

    static let echo = TestModule("Echo") { handlers in
        handlers.register("HD_Bytes") { (_: Call, body: [UInt8]) in body }
        handlers.register("HD_JSON") { (_: Call, body: JSONValue) in body }
        handlers.register("HD_Pair") { (_: Call, pair: Pair) in pair }
        handlers.register("HD_Nothing") { (_: Call, _: [UInt8]) in }
        handlers.register("HD_Bare") { (_: Call, body: [UInt8]) in RPCValue.bare(body) }
        handlers.register("HD_Empty") { (_: Call, _: [UInt8]) in [String]() }
        handlers.register("HD_Fault") { (_: Call, text: [UInt8]) throws(RPCFault) -> String in
            throw .message(String(decoding: text, as: UTF8.self))
        }
        handlers.register("HD_Crash") { (_: Call, _: [UInt8]) throws -> String in throw Surprise("/etc/secret") }
        handlers.register("HD_Session") { (_: Call, _: [UInt8]) throws -> String in throw SessionFault.noSuchSession }
        handlers.registerInline("HD_Raw") { _, payload, reply in reply.writeBare(payload) }
        handlers.registerInline("HD_InlineBytes") { _, payload, reply in reply.write(payload) }
        handlers.registerInline("HD_InlineJSON") { _, payload, reply in reply.writeJSON(payload) }
        handlers.registerInline("HD_InlineNothing") { _, _, _ in }
        handlers.registerInline("HD_InlineFault") { _, payload, reply throws(RPCFault) in
            reply.write(payload)
            throw .message("no")
        }
    }

    static func client() throws -> TestClient { try GatewayFixture(echo).login("c") }

    /// The text of an answer with its trace taken out.
    static func withoutTrace(_ text: String?) -> String? {
        guard let text, text.hasPrefix("{\"Trace\":\""), text.utf8.count > 42 else { return nil }
        let bytes = utf8(text)
        let isHex = bytes[10..<42].allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        return isHex ? String(decoding: bytes[..<10] + bytes[42...], as: UTF8.self) : nil
    }

    @Test(arguments: [
        ("HD_Bytes", "abc", #"{"Trace":"","Error":"","Result":"YWJj"}"#),
        ("HD_Bytes", "", #"{"Trace":"","Error":"","Result":""}"#),
        ("HD_Bytes", "{not json}", #"{"Trace":"","Error":"","Result":"e25vdCBqc29ufQ=="}"#),
        ("HD_JSON", #"{"b":1,"a":[2.50,null]}"#, #"{"Trace":"","Error":"","Result":{"b":1,"a":[2.50,null]}}"#),
        ("HD_JSON", "7", #"{"Trace":"","Error":"","Result":7}"#),
        ("HD_Nothing", "x", #"{"Trace":"","Error":"","Result":null}"#),
        ("HD_Empty", "", #"{"Trace":"","Error":"","Result":[]}"#),
        ("HD_InlineBytes", "abc", #"{"Trace":"","Error":"","Result":"YWJj"}"#),
        ("HD_InlineJSON", "[1]", #"{"Trace":"","Error":"","Result":[1]}"#),
        ("HD_InlineNothing", "x", #"{"Trace":"","Error":"","Result":null}"#),
    ])
    func aResultComesInTheEnvelope(function: String, body: String, answer: String) throws {
        #expect(Self.withoutTrace(try Self.client().ask("Echo/\(function)/1", body)) == answer)
    }

    @Test func aDecodableMakesTheRoundTrip() throws {
        let result = try Self.client().result("Echo/HD_Pair/1", #"{"count":3,"name":"é"}"#)
        #expect(result == ["name": "é", "count": 3])
    }

    @Test(arguments: [
        ("HD_JSON", "{", "The JSON format is incorrect"), ("HD_JSON", "{not json}", "The JSON format is incorrect"),
        ("HD_JSON", "", "The JSON format is incorrect"), ("HD_Pair", "{\"name\":", "The JSON format is incorrect"),
        ("HD_Pair", "{}", "The parameters do not match"), ("HD_Pair", "[]", "The parameters do not match"),
        ("HD_Pair", #"{"name":1,"count":2}"#, "The parameters do not match"),
        ("HD_Fault", "the cause", "the cause"), ("HD_Fault", "\"\\\n", "\"\\\n"),
        ("HD_Crash", "", "internal error"), ("HD_Session", "", "No Sesssion found"), ("HD_InlineFault", "x", "no"),
    ])
    func aFaultIsItsTextAndNothingElse(function: String, body: String, text: String) throws {
        let answer = try Self.client().call("Echo/\(function)/1", body)
        #expect(answer?["Error"] == .string(text))
        #expect(answer?["Result"] == .null)
        #expect(answer?.object?.keys == ["Trace", "Error", "Result"])
    }

    @Test(arguments: ["HD_Bare", "HD_Raw"])
    func bareBytesComeAsTheyAre(function: String) throws {
        let client = try Self.client()
        #expect(client.ask("Echo/\(function)/1", "a\u{0}b") == "a\u{0}b")
        #expect(client.ask("Echo/\(function)/1", "") == "")
    }

    @Test func eachRequestHasATraceOfItsOwn() throws {
        let client = try Self.client()
        var traces: Set<String> = []
        for index in 0..<100 {
            let function = index % 2 == 0 ? "HD_Bytes" : "HD_InlineBytes"
            traces.insert(try #require(client.call("Echo/\(function)/1")?["Trace"]?.string))
        }
        #expect(traces.count == 100)
        #expect(traces.allSatisfy { $0.utf8.count == 32 })
    }

    @Test func theHandlerKnowsTheTraceOfTheAnswer() throws {
        let module = TestModule("Trace") { handlers in
            handlers.register("HD_Ordered") { (call: Call, _: [UInt8]) in call.trace.description }
            handlers.registerInline("HD_Inline") { call, _, reply in reply.write(.string(call.trace.description)) }
        }
        let client = try GatewayFixture(module).login("c")
        for function in ["HD_Ordered", "HD_Inline"] {
            let answer = client.call("Trace/\(function)/1")
            #expect(answer?["Result"] == answer?["Trace"])
        }
    }

    @Test func anAnswerIsAPublishAtQoS0OnTheRequestsTopic() throws {
        let client = try Self.client()
        client.say(TestClient.message("Echo/HD_Raw/1/é", "x", qos: .exactlyOnce, id: 5))
        #expect(client.heard() == [.pubrec(5), TestClient.message("Echo/HD_Raw/1/é", "x")])
    }

    // MARK: Other envelopes

    @Test(arguments: [
        ("HD_Bytes", "abc", "abc"), ("HD_JSON", "[1]", "[1]"), ("HD_Nothing", "", "null"), ("HD_Bare", "abc", "abc"),
        ("HD_Fault", "cause", "cause"), ("HD_InlineBytes", "abc", "abc"), ("HD_InlineFault", "", "no"),
    ])
    func theBareEnvelopeIsTheResultAlone(function: String, body: String, answer: String) throws {
        let fixture = try GatewayFixture(Self.echo) { $0.envelope = BareEnvelope() }
        #expect(try fixture.login("c").ask("Echo/\(function)/1", body) == answer)
    }

    struct Shouting: ReplyEnvelope {
        func write(
            _ result: Result<RPCValue, RPCFault>, trace: TraceID, into output: inout [UInt8]
        ) -> (outcome: ReplyOutcome, form: PayloadForm) {
            switch result {
            case .success: output += utf8("YES")
            case .failure(let fault): output += utf8("NO " + fault.clientText)
            }
            return (.result, .text)
        }
    }

    @Test func anEnvelopeOfTheApplicationTakesTheUsualOnesPlace() throws {
        let client = try GatewayFixture(Self.echo) { $0.envelope = Shouting() }.login("c")
        #expect(client.ask("Echo/HD_Bytes/1") == "YES")
        #expect(client.ask("Nobody/HD_Bytes/1") == "NO Service(type:Nobody) not found")
        #expect(client.ask("Echo/HD_Raw/1", "bare") == "bare")
    }

    // MARK: Route handlers

    static func routed(_ decide: @escaping RouteHandler) throws -> (GatewayFixture, TestClient) {
        let fixture = try GatewayFixture(echo) { $0.settings.routeHandler = decide }
        return (fixture, try fixture.login("c"))
    }

    @Test func aRouteHandlerMayLeaveItToTheUsualRule() throws {
        let (_, client) = try Self.routed { _, _, _ in .default }
        #expect(client.ask("Echo/HD_Raw/1", "x") == "x")
        #expect(client.error("Echo/Secret/1") == "Method(Secret) must begin with 'HD_'")
    }

    @Test func aRouteHandlerMayAnswerByItself() throws {
        let (fixture, client) = try Self.routed { session, topic, payload in
            .answer(
                payload.isEmpty
                    ? .failure(.message("empty")) : .success(.string("\(session.userID == nil) \(topic.count)")),
                wantsReply: topic.count > 3)
        }
        #expect(client.result("four", "x") == "true 4")
        #expect(client.error("four") == "empty")
        #expect(client.ask("two") == nil)
        #expect(fixture.allFaults == ["handler": 2])
        #expect(fixture.count("unanswered_faults") == 1)
    }

    @Test func aRouteHandlerMayChooseAnyRoute() throws {
        let (fixture, client) = try Self.routed { _, topic, _ in
            let names = ["a": "HD_Raw", "b": "HD_Bare", "c": "HD_Gone"]
            let name = String(decoding: [UInt8](copying: topic), as: UTF8.self)
            return .route(Route(module: "Echo", function: names[name] ?? "", wantsReply: name != "d"))
        }
        #expect(client.ask("a", "x") == "x")
        #expect(client.ask("b", "x") == "x")
        #expect(client.error("c") == "Remote function(HD_Gone) not found")
        #expect(client.ask("d") == nil)
        #expect(fixture.count("unanswered_faults") == 1)
    }

    @Test func aRouteHandlerMayDrop() throws {
        let (fixture, client) = try Self.routed { _, _, _ in .drop }
        #expect(client.ask("Echo/HD_Raw/1", "x") == nil)
        #expect(fixture.allFaults == [:])
        #expect(fixture.count("messages_received") == 1)
    }
}
