import GateBytes
import GateDescriptors
import GateProtocol
import GateTestKit
import Testing

/// Values that a frame cannot say: nothing is cut off, and nothing means something else to the reader.
@Suite struct UnwritableAnswerTests {
    private static let size = #"{name: "size", type: "u8", counts: "after"}"#

    private func driver(_ text: String) throws -> WireDriver { try GateDescriptorsTests.driver(try load(text)) }

    /// The frame of a push with this payload, or why there is none.
    private func push(_ payload: String, _ driver: WireDriver, route: String = "") -> Result<String, WireError> {
        driver.send(.push(.atMostOnce, .bytes), topic: bytes(route), payload: bytes(payload))
        if let fault = driver.fault {
            #expect(driver.takeOutput() == [])
            return .failure(fault)
        }
        return .success(String(decoding: driver.takeOutput(), as: UTF8.self))
    }

    @Test(arguments: ["a\r\nb", "\r\n", "a\r\n"])
    func aLineWithATerminatorInItIsNotWritten(payload: String) throws {
        #expect(push(payload, try GateDescriptorsTests.driver("line")) == .failure(.framing(.notExpressible)))
    }

    @Test(arguments: ["", "a", "a\nb\r", "\r", "\n\r"])
    func aLineWithoutATerminatorIsWritten(payload: String) throws {
        #expect(push(payload, try GateDescriptorsTests.driver("line")) == .success(payload + "\r\n"))
    }

    @Test func aLineEndsWithItsFirstTerminatorAlsoWhereTwoOverlap() throws {
        let text = #"{frame: [{name: "payload", type: "bytes", until: "aba"}]}"#
        #expect(push("xab", try driver(text)) == .failure(.framing(.notExpressible)))
        #expect(push("xb", try driver(text)) == .success("xbaba"))
    }

    @Test(arguments: [(1, true), (2, true), (4, true), (5, false), (0, false)])
    func aRunHasItsBounds(count: Int, passes: Bool) throws {
        let expected: (String) -> Result<String, WireError> = { frame in
            passes ? .success(frame) : .failure(.framing(.notEncodable(bytes: count, limit: 4)))
        }
        let text = String(repeating: "x", count: count)
        let line = #"{frame: [{name: "payload", type: "bytes", until: "\n", min: 1, max: 4}]}"#
        #expect(push(text, try driver(line)) == expected(text + "\n"))
        let rest = "{frame: [\(Self.size), {name: \"payload\", type: \"bytes\", len: \"rest\", min: 1, max: 4}]}"
        let head = String(decoding: [UInt8(count)], as: UTF8.self)
        #expect(push(text, try driver(rest)) == expected(head + text))
    }

    @Test func aRouteIsHeldToItsTerminator() throws {
        let text = """
            {frame: [{name: "route", type: "bytes", until: "|"}, {name: "payload", type: "bytes", len: "u8"}]}
            """
        #expect(push("x", try driver(text), route: "A/b") == .success("A/b|\u{1}x"))
        #expect(push("x", try driver(text), route: "A|b") == .failure(.framing(.notExpressible)))
    }

    /// What a listener's parameters say is known before any frame is.
    @Test func aParameterWithATerminatorIsRefused() throws {
        let text = """
            {
              parameters: {name: {default: "DEFAULT"}},
              frame: [{name: "op", type: "u8", enum: {ask: 1, hi: 2}},
                {name: "text", type: "bytes", until: "\\0", when: {op: "hi"}},
                {name: "payload", type: "bytes", len: "u8", when: {op: "ask"}}],
              kinds: {request: {op: "ask"}, response: {op: "ask"}},
              states: {open: {request: "deliver", else: "close"}}, replies: {hello: {op: "hi", text: "$name"}},
              on_open: "reply hello",
            }
            """
        let good = try load(text)
        let problem =
            "a frame of kind 'other' cannot be written: the value written into 'text' is not one it allows; "
            + "valid: one of those in the kind"
        #expect(throws: ProtocolSetupError.invalidParameter("$.frame[1]", value: "name=a\0b", allowed: problem)) {
            try good.definition().configure(ProtocolOptions(frameBytesMax: 1024, parameters: ["name": "a\0b"]))
        }
        let bad = DescriptorFile(name: "test.json5", bytes: bytes(text.replacing("DEFAULT", with: "a\\0b")))
        guard case .failed(let problems) = ProtocolDescriptor.load(bad) else {
            Issue.record("loaded")
            return
        }
        #expect(problems.map(\.fault.description) == [problem])
    }

    /// The tag of the request is not for a payload to say.
    @Test(arguments: ["_ask", "_command", "_answer", "_error", "_error_code", "_error_description"])
    func aBoxKeepsItsProtocolsKeys(key: String) throws {
        let driver = try GateDescriptorsTests.driver("amp")
        #expect(push("{\"a\":1,\"\(key)\":2}", driver, route: "A/b") == .failure(.framing(.notExpressible)))
    }

    @Test func aBoxTakesKeysThatOnlyLookLikeItsOwn() throws {
        let driver = try GateDescriptorsTests.driver("amp")
        let frame = "\0\u{8}_command\0\u{3}A/b\0\u{4}_as\u{6B}k\0\u{1}2\0\0".replacing("_as\u{6B}k", with: "_asq")
        #expect(push(#"{"_asq":2}"#, driver, route: "A/b") == .success(frame))
    }

    // MARK: What the client gets in place of such an answer

    @Test(arguments: [
        ("a\r\nb", #"{"Error":"the answer cannot be written"}"#),
        (String(repeating: "x", count: 16_385), #"{"Error":"the answer is too long"}"#),
    ])
    func aFaultStandsInPlaceOfAnAnswerThatDoesNotFit(answer: String, fault: String) throws {
        let driver = try GateDescriptorsTests.driver("line")
        driver.receive(bytes("one\r\ntwo\r\n"))
        let calls = correlations(driver.takeEvents())
        // Also one that has to wait for its turn.
        driver.send(.reply(calls[1], .result, .bytes), payload: bytes(answer))
        driver.send(.reply(calls[0], .result, .bytes), payload: bytes("fine"))
        #expect(driver.takeOutput() == bytes("fine\r\n\(fault)\r\n"))
        #expect(driver.fault == nil)
    }

    @Test func theFaultGoesIntoTheProtocolsOwnSlotUnderTheRequestsId() throws {
        let driver = try driver(
            """
            {
              frame: [{name: "op", type: "u8", enum: {ask: 1, answer: 2, failed: 3}}, {name: "id", type: "u8"},
                {name: "payload", type: "bytes", len: "u8", when: {op: ["ask", "answer"]}},
                {name: "error", type: "str", len: "u8", when: {op: "failed"}}],
              kinds: {request: {op: "ask"}, response: {op: "answer"}, error: {op: "failed"}},
            }
            """)
        driver.receive([1, 9, 0])
        let call = correlations(driver.takeEvents())[0]
        driver.send(.reply(call, .result, .bytes), payload: [UInt8](repeating: 1, count: 256))
        #expect(driver.takeOutput() == [3, 9, 22] + bytes("the answer is too long"))
        #expect(driver.fault == nil)
    }

    /// Ids that are kept as text, names that are kept for the answer, calls in their order, envelopes.
    @Test(arguments: [
        ("length32-json", #"{"route":"A/b","id":"x","body":1}"#, #"{"id":"x","error":"NO"}"#),
        ("length32-json", #"{"route":"A/b","id":7,"body":1}"#, #"{"id":7,"error":"NO"}"#),
    ])
    func nothingOfTheRequestIsForgotten(name: String, request: String, fault: String) throws {
        let driver = try GateDescriptorsTests.driver(name)
        driver.receive(frame32(request))
        let call = correlations(driver.takeEvents())[0]
        driver.send(.reply(call, .fault, .text), payload: bytes("NO"))
        #expect(driver.takeOutput() == frame32(fault))
    }

    @Test func anAnswerUnderANameIsReplacedUnderThatName() throws {
        let options = ProtocolOptions(parameters: ["length": "u8", "errors": "json"])
        let driver = try GateDescriptorsTests.driver(
            try #require(DescriptorLibrary().descriptor(named: "leaf-json")), options)
        driver.receive([9] + bytes(#"{"Ask":1}"#))
        let call = correlations(driver.takeEvents())[0]
        driver.send(.reply(call, .result, .text), payload: [UInt8](repeating: 0x61, count: 256))
        let fault = #"{"Ask":{"Error":"the answer is too long"}}"#
        #expect(driver.takeOutput() == [UInt8(fault.utf8.count)] + bytes(fault))
        // The call is over: a second answer is nobody's.
        driver.send(.reply(call, .result, .bytes), payload: bytes("1"))
        #expect(driver.takeOutput() == [])
    }

    @Test func whereTheFaultDoesNotFitEitherTheConnectionEnds() throws {
        let driver = try driver(#"{frame: [{name: "payload", type: "bytes", len: "u8", max: 3}]}"#)
        driver.receive([1, 9])
        driver.send(.reply(Correlation(rawValue: 1), .result, .bytes), payload: bytes("four"))
        #expect(driver.fault == .framing(.notEncodable(bytes: 4, limit: 3)))
        #expect(driver.takeOutput() == [])
    }
}
