import GateBytes
import GateDescriptors
import GateProtocol
import GateTestKit
import Testing

/// `$in.NAME` in answers and errors: values of the request that is answered.
@Suite struct RequestFieldTests {
    private static let vehicle = """
        {frame: [{name: "flags", type: "u8", bits: {channel: {at: 4, width: 3}, failed: {at: 0}}},
          {name: "unit", type: "u16", order: "le"}, {name: "vin", type: "bytes", len: 4}, {name: "name", type: "str", len: "u8"},
          {name: "payload", type: "bytes", len: "u8"}],
         kinds: {request: {}, response: {failed: 0, channel: "$in.channel", unit: "$in.unit", vin: "$in.vin", name: "$in.name"},
          error: {failed: 1, channel: "$in.channel", unit: "$in.unit", vin: "$in.vin", name: "$in.name"}}}
        """

    @Test func answersAndErrorsRepeatBytesNumbersTextsAndBits() throws {
        let driver = try driver(load(Self.vehicle))
        let sent = requests(driver, hex("50 0301 61626364 02 6869 01 78"))
        driver.send(.reply(try #require(sent.first), .result, .bytes), payload: bytes("y"))
        #expect(driver.takeOutput() == hex("50 0301 61626364 02 6869 01 79"))
        let failed = requests(driver, hex("30 0002 65666768 00 00"))
        driver.send(.reply(try #require(failed.first), .fault, .text), payload: bytes("no"))
        #expect(driver.takeOutput() == hex("31 0002 65666768 00 0e") + bytes(#"{"Error":"no"}"#))
    }

    @Test func eachOfSeveralRequestsKeepsItsOwn() throws {
        let driver = try driver(load(Self.vehicle))
        let sent = requests(
            driver, hex("10 0100 31313131 00 00") + hex("20 0200 32323232 00 00") + hex("30 0300 33333333 00 00"))
        #expect(sent.count == 3)
        for correlation in sent.reversed() {
            driver.send(.reply(correlation, .result, .bytes), payload: bytes("z"))
        }
        #expect(
            driver.takeOutput()
                == hex("10 0100 31313131 00 01 7a") + hex("20 0200 32323232 00 01 7a")
                + hex("30 0300 33333333 00 01 7a"))
        // A second answer finds nobody.
        driver.send(.reply(sent[0], .result, .bytes), payload: bytes("z"))
        #expect(driver.takeOutput() == [])
    }

    @Test func requestsWithAnIdAreAnsweredInAnyOrder() throws {
        let driver = try driver(
            load(
                """
                {frame: [{name: "id", type: "u8"}, {name: "unit", type: "u8"}, {name: "payload", type: "bytes", len: "u8"}],
                 kinds: {request: {}, response: {unit: "$in.unit"}}}
                """))
        let sent = requests(driver, hex("07 0a 00 08 0b 00"))
        driver.send(.reply(sent[1], .result, .bytes), payload: bytes("b"))
        driver.send(.reply(sent[0], .fault, .text), payload: bytes("a"))
        #expect(driver.takeOutput() == hex("08 0b 01 62") + hex("07 0a 0d") + bytes(#"{"Error":"a"}"#))
    }

    /// The whole process ended here: nothing is answered, so there is nothing to repeat.
    @Test(arguments: [
        (#"kinds: {request: {}, response: {}, push: {vin: "$in.vin"}}"#, "$.kinds.push.vin", "a push"),
        (#"kinds: {request: {}, response: {}, kick: {vin: "$in.vin"}}"#, "$.kinds.kick.vin", "a kick"),
        (
            #"kinds: {request: {}, response: {}}, replies: {hi: {vin: "$in.vin"}}, on_open: "reply hi""#,
            "$.replies.hi.vin", "'on_open'"
        ),
        (
            #"kinds: {request: {}, response: {}}, replies: {hi: {vin: "$in.vin"}}, timers: {every: "1s", send: "hi"}"#,
            "$.replies.hi.vin", "'timers.send'"
        ),
        (
            #"kinds: {request: {}, response: {}}, replies: {hi: {vin: {join: ["$in.vin"]}}}, on_open: "reply hi""#,
            "$.replies.hi.vin", "'on_open'"
        ),
    ])
    func whereNothingIsAnsweredThereIsNothingToRepeat(more: String, path: String, sender: String) {
        let text = """
            {frame: [{name: "vin", type: "bytes", len: "u8"}, {name: "payload", type: "bytes", len: "u8"}], \(more)}
            """
        #expect(
            problems(text) == [
                "\(path): '$in.vin' is of the frame that is answered, and \(sender) answers none; valid: a number, a text, "
                    + "bytes, $code or $now_ms"
            ])
    }

    @Test(arguments: [
        (
            #"{unit: "$in.unti"}"#,
            "$.kinds.response.unit: unknown value '$in.unti'; valid: $in.unit, $in.tag, $in.payload"
        ),
        (#"{unit: "$in.tag"}"#, "$.kinds.response.unit: expected a number, found bytes in '$in.tag'"),
        (
            #"{unit: "$in.unit[1]"}"#,
            "$.kinds.response.unit: expected a number, a name of an enum, $id, $code, $now_ms or $in.NAME, found '$in.unit[1]'"
        ),
        (
            #"{unit: {text: "a"}}"#,
            "$.kinds.response.unit: expected a number, a name of an enum, $id, $code, $now_ms or $in.NAME, found bytes"
        ),
        (#"{unti: "$in.unit"}"#, "$.kinds.response.unti: unknown key 'unti'; valid: has, absent, unit"),
    ])
    func aFaultNamesTheValue(response: String, expected: String) {
        let text = """
            {frame: [{name: "unit", type: "u8"}, {name: "tag", type: "bytes", len: "u8"},
             {name: "payload", type: "bytes", len: "u8"}], kinds: {request: {}, response: \(response)}}
            """
        #expect(problems(text).first == expected)
    }

    @Test func aConditionOfAClientsFrameIsNoValueOfIt() {
        let text = """
            {frame: [{name: "unit", type: "u8"}, {name: "payload", type: "bytes", len: "u8"}],
             kinds: {request: {unit: "$in.unit"}, response: {}}}
            """
        #expect(
            problems(text).first
                == "$.kinds.request.unit: expected a number or a name of an enum, found '$in.unit'")
    }

    @Test func whatDecidesWhichFieldsThereAreIsKnownBeforehand() {
        let text = """
            {frame: [{name: "op", type: "u8"}, {name: "more", type: "u8", when: {op: 1}},
             {name: "payload", type: "bytes", len: "u8"}], kinds: {request: {}, response: {op: "$in.op"}}}
            """
        #expect(
            problems(text).first
                == "$.kinds.response.op: expected a number or a name, because other fields ask for it in 'when', found '$in.op'"
        )
    }

    @Test func integersAreTheIdTheCodeOrTheTime() throws {
        let descriptor = try load(
            """
            {frame: [{name: "id", type: "u8"}, {name: "again", type: "u16"}, {name: "code", type: "u8"},
              {name: "same", type: "varint"}, {name: "clock", type: "u32"}, {name: "payload", type: "bytes", len: "u8"}],
             routes: {by: "number"},
             kinds: {request: {}, response: {again: "$id", same: "$code", clock: "$now_ms"}},
             vectors: [{now_ms: 258, in: "07 0000 09 00 00000000 00", events: [{payload: ""}], send: [{payload: "a"}],
              out: "07 0007 09 09 00000102 01 61"}]}
            """)
        #expect(descriptor.checkVectors() == [])
    }

    @Test func aNumberThatDoesNotFitItsFieldIsNotCut() throws {
        let driver = try driver(
            load(
                """
                {frame: [{name: "wide", type: "u16"}, {name: "small", type: "u8"}, {name: "payload", type: "bytes", len: "u8"}],
                 kinds: {request: {}, response: {small: "$in.wide"}, error: {}}}
                """))
        let sent = requests(driver, hex("00ff 00 00 0100 00 00"))
        driver.send(.reply(sent[0], .result, .bytes), payload: bytes("a"))
        #expect(driver.takeOutput() == hex("0000 ff 01 61"))
        driver.send(.reply(sent[1], .result, .bytes), payload: bytes("a"))
        #expect(driver.takeOutput() == hex("0000 00 22") + bytes(#"{"Error":"the answer is too long"}"#))
    }

    @Test func aFieldOfFixedLengthIsFilledWhenItsValueIsNotThere() throws {
        let descriptor = try load(
            """
            {frame: [{name: "op", type: "u8"}, {name: "vin", type: "bytes", len: 2, when: {op: 1}},
              {name: "tag", type: "bytes", len: 3, when: {op: 9}}, {name: "text", type: "bytes", len: "u8", when: {op: 2}},
              {name: "payload", type: "bytes", len: "u8", when: {op: [7, 8]}}],
             kinds: {ask: {op: 2}, tell: {op: 1}, request: {op: 7}, response: {op: 8}},
             states: {open: {ask: "reply back", tell: "reply back", request: "deliver"}},
             replies: {back: {op: 1, vin: "$in.vin"}},
             vectors: [{in: "02 00", out: "01 0000"}, {in: "01 6162", out: "01 6162"}]}
            """)
        #expect(descriptor.checkVectors() == [])
        let filled = try load(
            """
            {frame: [{name: "op", type: "u8"}, {name: "vin", type: "bytes", len: 4, when: {op: [1, 3]}},
              {name: "text", type: "bytes", len: "u8", when: {op: 2}}, {name: "payload", type: "bytes", len: "u8"}],
             kinds: {ask: {op: 2}, request: {op: 1}, response: {op: 3}},
             states: {open: {ask: "reply back", request: "deliver"}}, replies: {back: {op: 3, vin: "$in.text"}},
             vectors: [{in: "02 02 6162 00", out: "03 61620000 00"}, {in: "02 05 6162636465 00", close: "not_encodable"}]}
            """)
        #expect(filled.checkVectors() == [])
    }

    @Test func bytesOfAnotherFixedLengthAreRefused() {
        let text = """
            {frame: [{name: "a", type: "bytes", len: 2}, {name: "b", type: "bytes", len: 3},
             {name: "payload", type: "bytes", len: "u8"}], kinds: {request: {}, response: {b: "$in.a"}}}
            """
        #expect(
            problems(text).first
                == "$.frame[1]: a frame of kind 'response' cannot be written: 'b' has 3 bytes, and what goes there has any number; "
                + "valid: a 'len' that says how many")
    }

    @Test func bytesDoNotGoIntoAText() {
        let text = """
            {frame: [{name: "a", type: "bytes", len: "u8"}, {name: "b", type: "str", len: "u8"},
             {name: "payload", type: "bytes", len: "u8"}], kinds: {request: {}, response: {b: "$in.a"}}}
            """
        #expect(problems(text).first == "$.kinds.response.b: expected a text, found bytes in '$in.a'")
    }

    @Test func aJSONBodyRepeatsKeysAsTheyStandAndTextsInQuotes() throws {
        let descriptor = try load(
            """
            {in: [{name: "tag", type: "str", len: "u8"}, {name: "body", type: "json", len: "u8",
               json: {route: "r", id: "i", payload: "p", room: "room"}}],
             out: [{name: "body", type: "json", len: "u8", json: {id: "i", result: "p", room: "room", tag: "tag", route: "r"}}],
             kinds: {request: {has: ["route", "id"]},
              response: {has: ["id", "room", "tag", "route", "result"], room: "$in.room", tag: "$in.tag", route: "$in.route"}},
             vectors: [{
              in: ["02 2261 1e", {text: '{"r":"A/b","i":"x","room":[1]}'}], events: [{route: "A/b"}],
              send: [{form: "json", payload: "1"}],
              out: ["30", {text: '{"i":"x","room":[1],"tag":"\\\\"a","r":"A/b","p":1}'}]}]}
            """)
        let failures = descriptor.checkVectors()
        #expect(failures.isEmpty, "\(failures)")
    }

    /// A code in a body is a number: a reply that repeats it took it for the place of bytes, which a client chose.
    @Test func aCodeInABodyIsRepeatedAsANumber() throws {
        let descriptor = try load(
            """
            {frame: [{name: "body", type: "json", len: "u8", json: {code: "c", id: "i", payload: "p", route: "r"}}],
             kinds: {hello: {has: "code", absent: "id"}, request: {has: ["id", "code"]}, response: {has: ["id", "payload"]}},
             routes: {by: "number"}, states: {open: {hello: "reply back", request: "deliver"}},
             replies: {back: {code: "$in.code"}},
             vectors: [{in: ["10", {text: '{"c":12884901888'}, "7d"], out: ["11", {text: '{"c":12884901888}'}], rest: 0}]}
            """.replacing("\"10\", {text: '{\"c\":12884901888'}, \"7d\"", with: "\"11\", {text: '{\"c\":12884901888}'}")
        )
        #expect(descriptor.checkVectors() == [])
    }

    /// A number of seven bits a byte left its byte out, and what followed it stood in its place.
    @Test(arguments: [("varint", "00"), ("u16", "0000")])
    func anIdThatNoRequestHasIsZero(type: String, zero: String) throws {
        let driver = try driver(
            load(
                """
                {frame: [{name: "op", type: "u8"}, {name: "mark", type: "\(type)"}, {name: "payload", type: "bytes", len: "u8"}],
                 kinds: {request: {op: 1}, response: {op: 2, mark: "$id"}}}
                """))
        let sent = requests(driver, hex("01 \(zero) 00"))
        driver.send(.reply(try #require(sent.first), .result, .bytes), payload: bytes("y"))
        #expect(driver.takeOutput() == hex("02 \(zero) 01 79"))
    }

    @Test func anIdThatIsATextComesBackWithWhatIsRepeated() throws {
        let driver = try driver(
            load(
                """
                {frame: [{name: "unit", type: "u8"}, {name: "body", type: "json", len: "u8", json: {id: "i", payload: "p"}}],
                 kinds: {request: {has: "id"}, response: {has: ["id", "payload"], unit: "$in.unit"}}}
                """))
        let sent = requests(
            driver, [5, 9] + bytes(#"{"i":"a"}"#) + [6, 7] + bytes(#"{"i":1}"#))
        driver.send(.reply(sent[1], .result, .json), payload: bytes("2"))
        driver.send(.reply(sent[0], .result, .json), payload: bytes("1"))
        #expect(driver.takeOutput() == [6, 13] + bytes(#"{"i":1,"p":2}"#) + [5, 15] + bytes(#"{"i":"a","p":1}"#))
        driver.receive([5, 255] + bytes(#"{"i":""# + String(repeating: "x", count: 247) + #""}"#) + [1])
    }

    /// 1 MiB of what answers repeat is kept for one client; what is answered counts no more.
    @Test func whatIsKeptOfRequestsIsBounded() throws {
        let descriptor = try load(
            """
            {limits: {max_frame: 200000}, frame: [{name: "tag", type: "bytes", len: "u24"}, {name: "payload", type: "bytes", len: "u8"}],
             kinds: {request: {}, response: {tag: "$in.tag"}}}
            """)
        let driver = try driver(descriptor)
        let size = 1 << 17
        let frame = [2, 0, 0] + [UInt8](repeating: 1, count: size) + [0]
        for _ in 0..<20 {
            for correlation in requests(driver, frame) {
                driver.send(.reply(correlation, .result, .bytes), payload: bytes("y"))
            }
            #expect(driver.takeOutput().count == frame.count + 1)
        }
        for _ in 0..<8 { driver.receive(frame) }
        #expect(driver.fault == nil)
        driver.receive([0, 0, 1, 7, 0])
        #expect(driver.fault == .limitReached(1 << 20))
        #expect(driver.fault?.closeReason == .protocolLimit)
    }

    /// A body that says its route and a text id kept a name for each answer, and never gave it back.
    @Test func namesOfTextRequestsAreForgottenOnceAnswered() throws {
        let descriptor = try load(
            """
            {frame: [{name: "body", type: "json", len: "u8", json: {route: "r", id: "i", payload: "p"}}],
             routes: {by: "name", split: "."},
             kinds: {request: {has: ["route", "id"]}, response: {has: ["id", "route", "payload"]}}}
            """)
        let driver = try driver(descriptor)
        for _ in 0..<1100 {
            let sent = requests(driver, [17] + bytes(#"{"r":"a.b","i":1}"#))
            driver.send(.reply(try #require(sent.first), .result, .json), topic: bytes("a/b"), payload: bytes("1"))
            #expect(driver.takeOutput() == [23] + bytes(#"{"i":1,"r":"a.b","p":1}"#))
        }
    }

    private func problems(_ text: String) -> [String] {
        let file = DescriptorFile(name: "test.json5", bytes: Array(text.utf8))
        guard case .failed(let problems) = ProtocolDescriptor.load(file) else { return [] }
        return problems.map { "\($0.path): \($0.fault)" }
    }
}
