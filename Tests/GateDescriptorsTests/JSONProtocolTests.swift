import GateBytes
import GateDescriptors
import GateProtocol
import GateTestKit
import Testing

@Suite struct JSONProtocolTests {
    /// The correlation of a request with an id.
    private func ask(_ driver: WireDriver, _ id: String) throws -> Correlation {
        try #require(requests(driver, frame32(#"{"id":\#(id),"route":"A/HD_B"}"#)).first)
    }

    @Test func answersUnderTheRequestsOwnID() throws {
        let driver = try driver("length32-json")
        driver.receive(frame32(#"{"route":"Echo/HD_Echo","id":7,"body":{"a":[1, 2]}}"#))
        let events = driver.takeEvents()
        let seven = try #require(correlations(events).first)
        #expect(events == [request("Echo/HD_Echo", #"{"a":[1, 2]}"#, seven.rawValue)])
        let eight = try ask(driver, "8")
        driver.send(.reply(seven, .result, .json), payload: bytes(#"{"b":2}"#))
        #expect(driver.takeOutput() == frame32(#"{"id":7,"result":{"b":2}}"#))
        driver.send(.reply(eight, .fault, .text), payload: bytes("no \"such\" one\n"))
        #expect(driver.takeOutput() == frame32(#"{"id":8,"error":"no \"such\" one\n"}"#))
    }

    @Test(
        arguments: [
            "0", "1", "9", "10", "9999999", "10000000", "99999999", "100000000", "100000001", "1000000000",
            "1234567890123", "12345678901234", "99999999999999", "123456789012345",
            "12345678901234567", "10000000000000000", "1234567890123456789", "9007199254740992", "4611686018427387903",
            "4611686018427387904", "18446744073709551616",
            "123456789012345678901234567890", "-1", "-0", "1.0", "1e3", "0.5E-7", #""""#, #""abc""#, #""a\u00e9\"b\\""#,
            "\"\u{fc}\"",
        ])
    func givesIDsBackByteForByte(id: String) throws {
        let driver = try driver("length32-json")
        // As the first key, and where hardly a byte follows.
        for body in [#"{"id": \#(id) ,"route":"A/HD_B"}"#, #"{"route":"A/HD_B","id":\#(id)}"#] {
            let correlation = try #require(requests(driver, frame32(body)).first)
            driver.send(.reply(correlation, .result, .json), payload: bytes("true"))
            #expect(driver.takeOutput() == frame32(#"{"id":\#(id),"result":true}"#))
            driver.send(.reply(correlation, .fault, .text), payload: bytes("no"))
            let isKept = driver.takeOutput().isEmpty
            #expect(isKept == !(id.utf8.count <= 14 && id.utf8.allSatisfy { (48...57).contains($0) }))
        }
    }

    @Test func keepsTicketsApartAndUsesThemAgain() throws {
        let driver = try driver("length32-json")
        driver.receive(["x", "y", "z"].flatMap { frame32(#"{"id":"\#($0)","route":"A/HD_B"}"#) })
        let first = correlations(driver.takeEvents())
        #expect(Set(first).count == 3)
        driver.send(.reply(first[1], .result, .bytes))
        driver.send(.reply(first[1], .result, .bytes))
        #expect(driver.takeOutput() == frame32(#"{"id":"y","result":null}"#))
        driver.receive(frame32(#"{"id":"w","route":"A/HD_B"}"#))
        #expect(correlations(driver.takeEvents()) == [first[1]])
        for correlation in first { driver.send(.reply(correlation, .result, .bytes)) }
        let expected = ["x", "w", "z"].flatMap { frame32(#"{"id":"\#($0)","result":null}"#) }
        #expect(driver.takeOutput() == expected)
    }

    @Test(arguments: [(1023, true), (1024, true), (1025, false)])
    func boundsTickets(count: Int, passes: Bool) throws {
        let driver = try driver("length32-json")
        driver.receive((0..<count).flatMap { frame32(#"{"id":"\#($0)","route":"A/HD_B"}"#) })
        #expect(driver.fault == (passes ? nil : .limitReached(1024)))
    }

    @Test(arguments: [(253, true), (254, true), (255, false)])
    func boundsTheBytesOfAnID(count: Int, passes: Bool) throws {
        let driver = try driver("length32-json")
        driver.receive(frame32(#"{"id":"\#(String(repeating: "i", count: count))","route":"A/HD_B"}"#))
        #expect(driver.fault == (passes ? nil : .limitReached(256)))
    }

    @Test(arguments: [
        (#"{"route":"A/HD_B"}"#, ""), (#"{"route":"A/HD_B","id":null,"body":null}"#, "null"),
        (#" { "body" : "t\n" , "other" : {"route":1} , "route" : "A/HD_B" } "#, #""t\n""#),
    ])
    func expectsNoAnswerWithoutID(body: String, payload: String) throws {
        let driver = try driver("length32-json")
        driver.receive(frame32(body))
        #expect(driver.takeEvents() == [notify("A/HD_B", payload)])
    }

    @Test func readsEscapedRoutesAndKeys() throws {
        let driver = try driver("length32-json")
        driver.receive(
            frame32(#"{"r\u006fute":"A\/HD_\u00e9","body":1}"#) + frame32(#"{"route":"B\/HD_C","\u0069d":5}"#))
        let events = driver.takeEvents()
        let five = try #require(correlations(events).first)
        #expect(events == [notify("A/HD_é", "1"), request("B/HD_C", "", five.rawValue)])
        driver.send(.reply(five, .result, .json), payload: bytes("6"))
        #expect(driver.takeOutput() == frame32(#"{"id":5,"result":6}"#))
    }

    @Test(arguments: [64, 511])
    func aDeepBodyIsTheHandlersToRefuse(depth: Int) throws {
        let driver = try driver("length32-json")
        let deep = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        driver.receive(frame32(#"{"route":"A/HD_B","id":1,"body":\#(deep)}"#))
        let events = driver.takeEvents()
        let one = try #require(correlations(events).first)
        #expect(events == [request("A/HD_B", deep, one.rawValue)])
        driver.send(.reply(one, .result, .json), payload: bytes(deep))
        #expect(driver.takeOutput() == frame32(#"{"id":1,"result":\#(deep)}"#))
    }

    @Test(arguments: [
        "", " ", "1", "[]", "{}", "nul", #"{"route":"A/HD_B""#, #"{"route":"A/HD_B"} x"#, #"{"route":1}"#,
        #"{"route":null}"#, #"{"id":1,"body":2}"#, #"{"route":"A","id":true}"#, #"{"route":"A","id":{}}"#,
        #"{"route":"A","id":[1]}"#, #"{"route":"A","body":01}"#,
        "{\"route\":\"A\u{1}\"}", #"{'route':"A"}"#, #"{"route":"A",}"#,
    ])
    func refusesAMalformedBody(body: String) throws {
        let driver = try driver("length32-json")
        driver.receive(frame32(#"{"route":"A/HD_B"}"#) + frame32(body) + frame32(#"{"route":"C/HD_D"}"#))
        if body.isEmpty {
            #expect(driver.takeEvents().count == 2)
            #expect(driver.takeOutput() == [0, 0, 0, 0])
        } else {
            let reason: CloseReason =
                switch body {
                case "{}", #"{"id":1,"body":2}"#: .unknownKind
                default: .malformedBody
                }
            #expect(driver.fault?.closeReason == reason, "\(body)")
            #expect(driver.takeEvents() == [notify("A/HD_B", "")])
        }
    }

    @Test(arguments: [
        (#"{"route":"A/HD_B","route":"C/HD_D"}"#, "C/HD_D", ""),
        (#"{"route":"A/HD_B","body":1,"body":2}"#, "A/HD_B", "2"),
        (#"{"route":"A/HD_B","r\u006fute":"C/HD_D"}"#, "C/HD_D", ""),
        (#"{"route":"C\/HD_D","body":"\n","route":"A/HD_B","body":"x"}"#, "A/HD_B", #""x""#),
        (#"{"id":1,"route":"A/HD_B","id":null}"#, "A/HD_B", ""),
    ])
    func ofAKeyThatStandsTwiceTheLastOneCounts(body: String, route: String, payload: String) throws {
        let driver = try driver("length32-json")
        driver.receive(frame32(body))
        #expect(driver.takeEvents() == [notify(route, payload)])
    }

    @Test func halfASurrogatePairEndsNothing() throws {
        let driver = try driver("length32-json")
        driver.receive(frame32(#"{"route":"HelloWorld/HD_Say","id":1,"body":{"say":"hi \ud83d"}}"#))
        driver.receive(frame32(#"{"route":"A/HD_\ud83d","id":"\ud83d"}"#))
        let events = driver.takeEvents()
        let asked = correlations(events)
        try #require(asked.count == 2)
        #expect(
            events == [
                request("HelloWorld/HD_Say", #"{"say":"hi \ud83d"}"#, asked[0].rawValue),
                request("A/HD_\u{FFFD}", "", asked[1].rawValue),
            ])
        driver.send(.reply(asked[1], .result, .json), payload: bytes("1"))
        #expect(driver.takeOutput() == frame32(#"{"id":"\ud83d","result":1}"#))
    }

    @Test func bytesThatAreNoUTF8BecomeReplacements() throws {
        let driver = try driver("length32-json")
        let cut =
            bytes(#"{"x":"\n","route":"A\/HD_B","id":7,"body":{"say":"hi "#) + [0xF0, 0x9F, 0x98] + bytes(#""}}"#)
        driver.receive(frame32(cut) + frame32(#"{"route":"A/HD_B"}"#))
        let events = driver.takeEvents()
        let seven = try #require(correlations(events).first)
        #expect(
            events == [
                request("A/HD_B", "{\"say\":\"hi \u{FFFD}\"}", seven.rawValue), notify("A/HD_B", ""),
            ])
        driver.send(.reply(seven, .result, .json), payload: bytes("1"))
        #expect(driver.takeOutput() == frame32(#"{"id":7,"result":1}"#))
    }

    @Test func aSingleKeyMayBeAnything() throws {
        let driver = try driver("leaf-json")
        let bodies = [
            bytes(#"{"A":"\ud83d"}"#), bytes("{\"A\":\"") + [0xF0, 0x9F] + bytes("\"}"), bytes(#"{"A":1,"\u0041":2}"#),
            bytes("{\"A") + [0xFF] + bytes("\":1}"),
        ]
        driver.receive(bodies.flatMap { frame16($0) })
        let payloads = [#""\ud83d""#, "\"\u{FFFD}\"", "2", "1"]
        #expect(driver.fault == nil)
        #expect(
            driver.takeEvents().map { event in
                guard case .message(_, _, let payload, _, _) = event else { return "opening" }
                return String(decoding: payload, as: UTF8.self)
            } == payloads)
    }

    @Test func refusesWhatOnlyTheGatewaySends() throws {
        let driver = try driver("length32-json")
        driver.receive(frame32(#"{"id":1,"result":2}"#))
        #expect(driver.fault?.closeReason == .protocolViolation)
    }

    @Test func refusesNestingBeyondTheLimit() throws {
        for (depth, passes) in [(510, true), (511, true), (512, false), (100_000, false)] {
            let driver = try driver("length32-json")
            let body = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            driver.receive(frame32(#"{"route":"A/HD_B","body":\#(body)}"#))
            #expect((driver.fault == nil) == passes, "\(depth)")
        }
    }

    @Test(arguments: [
        (PayloadForm.json, "[1]", "[1]"), (.json, "", "null"), (.text, "a\"b", #""a\"b""#), (.text, "", #""""#),
        (.text, "[1]", #""[1]""#), (.bytes, "", "null"), (.bytes, " {\"a\":1} ", " {\"a\":1} "),
        (.bytes, "1 2", #""MSAy""#),
        (.bytes, "hello", #""aGVsbG8=""#), (.bytes, "\"x\"", "\"x\""), (.text, "ü\u{1}", #""ü\u0001""#),
    ])
    func embedsPayloadsByTheirForm(form: PayloadForm, payload: String, value: String) throws {
        let driver = try driver("length32-json")
        driver.send(.reply(try ask(driver, "3"), .result, form), payload: bytes(payload))
        #expect(driver.takeOutput() == frame32(#"{"id":3,"result":\#(value)}"#))
        driver.send(.push(.atMostOnce, form), topic: bytes("T/t\"x"), payload: bytes(payload))
        #expect(driver.takeOutput() == frame32(#"{"route":"T/t\"x","body":\#(value)}"#))
    }

    @Test func writesTextThatIsNotUTF8AsReplacement() throws {
        let driver = try driver("length32-json")
        driver.send(.push(.atMostOnce, .bytes), topic: [0x41, 0xFF], payload: [0xFF, 0x00])
        #expect(driver.takeOutput() == frame32("{\"route\":\"A\u{FFFD}\",\"body\":\"/wA=\"}"))
    }

    @Test func writesTheNoticeUnderItsRoute() throws {
        let driver = try driver("length32-json")
        driver.send(.kick, payload: bytes(#"{"reason":"elsewhere"}"#))
        #expect(driver.takeOutput() == frame32(#"{"route":"Gate/OnKick","body":{"reason":"elsewhere"}}"#))
    }

    @Test(arguments: 0..<8)
    func readsTheSameHoweverTheBytesAreSplit(seed: Int) throws {
        let stream =
            frame32(#"{"route":"A\/HD_B","id":1,"body":{"k":"v"}}"#) + [0, 0, 0, 0] + frame32(#"{"route":"C/HD_D"}"#)
            + frame32(#"{"body":[true],"id":2,"route":"E/HD_F"}"#)
        let driver = try driver("length32-json")
        var random = SeededGenerator(seed: UInt64(seed))
        var offset = 0
        while offset < stream.count {
            let size = seed == 0 ? stream.count : seed == 1 ? 1 : Int(random.next() % 20) + 1
            let end = min(offset + size, stream.count)
            driver.receive(Array(stream[offset..<end]))
            offset = end
        }
        let events = driver.takeEvents()
        let asked = correlations(events).map(\.rawValue)
        try #require(asked.count == 2)
        let expected = [
            request("A/HD_B", #"{"k":"v"}"#, asked[0]), notify("C/HD_D", ""), request("E/HD_F", "[true]", asked[1]),
        ]
        #expect(events == expected)
        #expect(driver.takeOutput() == [0, 0, 0, 0])
        #expect(driver.tail == [])
    }
}
