import GateBytes
import GateDescriptors
import GateProtocol
import GateTestKit
import Testing

/// Answers of systems whose frames carry the name of a request and no id.
@Suite struct OpenCallTests {
    @Test func answersOfOneNameKeepTheOrderOfTheirRequests() throws {
        let driver = try driver("firefly")
        let calls = requests(driver, firefly(1, "a") + firefly(1, "b") + firefly(1, "c"))
        driver.send(.reply(calls[2], .result, .bytes), payload: bytes("C"))
        driver.send(.reply(calls[1], .fault, .text), payload: bytes("B"))
        #expect(driver.takeOutput() == [])
        driver.send(.reply(calls[0], .result, .bytes), payload: bytes("A"))
        #expect(driver.takeOutput() == firefly(1, "A") + firefly(1, #"{"Error":"B"}"#) + firefly(1, "C"))
    }

    @Test func answersOfOtherNamesPassEachOther() throws {
        let driver = try driver("firefly")
        let calls = requests(driver, firefly(1, "a") + firefly(2, "b") + firefly(1, "c") + firefly(2, "d"))
        driver.send(.reply(calls[1], .result, .bytes), payload: bytes("B"))
        #expect(driver.takeOutput() == firefly(2, "B"))
        driver.send(.reply(calls[2], .result, .bytes), payload: bytes("C"))
        #expect(driver.takeOutput() == [])
        driver.send(.reply(calls[3], .result, .bytes), payload: bytes("D"))
        #expect(driver.takeOutput() == firefly(2, "D"))
        driver.send(.reply(calls[0], .result, .bytes), payload: bytes("A"))
        #expect(driver.takeOutput() == firefly(1, "A") + firefly(1, "C"))
    }

    @Test func whatGoesOutUnderOneNameWaitsForEachOther() throws {
        // Two commands whose answers look the same to the client.
        let options = ProtocolOptions(routes: ["1": "A/HD_B -> 9", "2": "C/HD_D -> 9"])
        let driver = try driver("firefly", options)
        let calls = requests(driver, firefly(1, "a") + firefly(2, "b"))
        driver.send(.reply(calls[1], .result, .bytes), payload: bytes("B"))
        #expect(driver.takeOutput() == [])
        driver.send(.reply(calls[0], .result, .bytes), payload: bytes("A"))
        #expect(driver.takeOutput() == firefly(9, "A") + firefly(9, "B"))
    }

    @Test func aSecondAnswerIsNothingEvenWhenItsPlaceIsTaken() throws {
        let driver = try driver("firefly")
        let first = requests(driver, firefly(1, "a"))
        driver.send(.reply(first[0], .result, .bytes), payload: bytes("A"))
        #expect(driver.takeOutput() == firefly(1, "A"))
        var answered = first
        for _ in 0..<5 {
            let next = requests(driver, firefly(1, "b"))
            for old in answered { driver.send(.reply(old, .result, .bytes), payload: bytes("again")) }
            #expect(driver.takeOutput() == [])
            driver.send(.reply(next[0], .result, .bytes), payload: bytes("B"))
            #expect(driver.takeOutput() == firefly(1, "B"))
            answered += next
        }
    }

    @Test func aNameThatIsNeverAnsweredHoldsUpNoOther() throws {
        let driver = try driver("firefly")
        _ = requests(driver, firefly(1, "never"))
        for round in 0..<3000 {
            let calls = requests(driver, firefly(2, "x"))
            driver.send(.reply(calls[0], .result, .bytes), payload: bytes("y"))
            #expect(driver.takeOutput() == firefly(2, "y"), "\(round)")
        }
        #expect(driver.fault == nil)
    }

    @Test(arguments: [(1023, true), (1024, true), (1025, false)])
    func boundsOpenCalls(count: Int, passes: Bool) throws {
        let driver = try driver("firefly")
        driver.receive((0..<count).flatMap { _ in firefly(1, "") })
        #expect(driver.fault == (passes ? nil : .limitReached(1024)))
    }

    @Test(arguments: [(0, true), (1, false)])
    func boundsBytesOfAnswersThatWait(more: Int, passes: Bool) throws {
        let driver = try GateDescriptorsTests.driver(
            try load(
                """
                {limits: {max_frame: 8388608}, routes: {by: "number"},
                 frame: [{name: "size", type: "u32", counts: "after"}, {name: "code", type: "u8"},
                         {name: "payload", type: "bytes", len: "rest"}]}
                """))
        let calls = requests(driver, frame32([1]) + frame32([1]) + frame32([1]))
        // Each frame has 5 bytes in front of its payload.
        let half = [UInt8](repeating: 0x78, count: (2 << 20) - 5)
        driver.send(.reply(calls[1], .result, .bytes), payload: half)
        driver.send(.reply(calls[2], .result, .bytes), payload: half + [UInt8](repeating: 0x78, count: more))
        #expect(driver.fault == (passes ? nil : .limitReached(4 << 20)))
    }

    @Test func longIDsComeBackWithTheirRoutes() throws {
        let driver = try GateDescriptorsTests.driver(
            try load(
                """
                {frame: [{name: "size", type: "u8", counts: "after"}, {name: "id", type: "u64"},
                         {name: "code", type: "u8"}, {name: "payload", type: "bytes", len: "rest"}],
                 routes: {by: "number"}}
                """), ProtocolOptions(routes: ["7": "A/HD_B -> 8"]))
        let long = [9] + hex("fedcba9876543210") + [7] as [UInt8]
        let short = [9] + hex("00000000ffffffff") + [7] as [UInt8]
        let calls = requests(driver, long + short)
        driver.send(.reply(calls[1], .result, .bytes))
        driver.send(.reply(calls[0], .result, .bytes))
        #expect(driver.takeOutput() == [9] + hex("00000000ffffffff") + [8, 9] + hex("fedcba9876543210") + [8])
        // Also where a message has a route of its own.
        let named = try GateDescriptorsTests.driver(
            try load(
                """
                {frame: [{name: "id", type: "u64"}, {name: "route", type: "str", len: "u8"},
                         {name: "payload", type: "bytes", len: "u8"}]}
                """))
        let call = requests(named, hex("fedcba9876543210 03 412f62 00"))
        named.send(.reply(call[0], .result, .bytes), topic: bytes("A/b"))
        #expect(named.takeOutput() == hex("fedcba9876543210 03 412f62 00"))
    }

    /// None of them has a route: an unknown code is an answer of the listener's own route, whatever its size.
    @Test(arguments: ["00000000", "7ffffffe", "7fffffff", "80000000", "ffffffff"])
    func codesComeBackHoweverLargeTheyAre(code: String) throws {
        let head = hex("0000000000 00000000 00000005")
        let driver = try driver("firefly")
        let call = requests(driver, head + hex(code) + [1])
        driver.send(.reply(call[0], .result, .bytes), topic: bytes("Echo/HD_Raw"), payload: [2])
        #expect(driver.takeOutput() == head + hex(code) + [2])
        let numbered = try GateDescriptorsTests.driver(
            try load(
                """
                {frame: [{name: "id", type: "u8"}, {name: "code", type: "u32"},
                         {name: "payload", type: "bytes", len: "u8"}], routes: {by: "number"}}
                """))
        let other = requests(numbered, [7] + hex(code) + [0])
        numbered.send(.reply(other[0], .result, .bytes), topic: bytes("Echo/HD_Raw"))
        #expect(numbered.takeOutput() == [7] + hex(code) + [0])
    }

    @Test(arguments: [
        (#"{name: "id", type: "varint"}, {name: "code", type: "varint"}"#, "ac02 8101 00", "0000 00", "00 8101 00"),
        (
            #"{name: "id", type: "dec", end: ":"}, {name: "code", type: "dec", end: ";"}"#, "3330303a 3132393b 00",
            "", "303a 3132393b 00"
        ),
    ])
    func numbersWithoutAFixedWidthComeBack(fields: String, frame: String, zero: String, push: String) throws {
        let driver = try GateDescriptorsTests.driver(
            try load(
                "{frame: [\(fields), {name: \"payload\", type: \"bytes\", len: \"u8\"}], routes: {by: \"number\"}}"),
            ProtocolOptions(routes: ["129": "A/b"]))
        let calls = requests(driver, hex(frame) + hex(zero))
        driver.send(.reply(calls[0], .result, .bytes), topic: bytes("A/b"))
        #expect(driver.takeOutput() == hex(frame))
        if calls.count > 1 {
            driver.send(.reply(calls[1], .result, .bytes))
            #expect(driver.takeOutput() == hex(zero))
        }
        driver.send(.push(.atMostOnce, .bytes), topic: bytes("A/b"))
        #expect(driver.takeOutput() == hex(push))
    }

    @Test func aNotifyKeepsNoName() throws {
        let driver = try GateDescriptorsTests.driver(
            try load(
                """
                {frame: [{name: "op", type: "u8", enum: {ask: 1, tell: 2, answer: 3}},
                         {name: "route", type: "str", len: "u8"}, {name: "payload", type: "bytes", len: "u8"}],
                 routes: {by: "name"},
                 kinds: {request: {op: "ask"}, notify: {op: "tell"}, response: {op: "answer"}}}
                """))
        for _ in 0..<3000 { driver.receive([2, 1, 0x61, 0]) }
        #expect(driver.fault == nil)
        #expect(driver.takeEvents().count == 3000)
    }
}

/// Keyed envelopes around payloads.
@Suite struct EnvelopeTests {
    /// A header of protobuf: 1 is the code, 2 the id, 3 the payload; each frame has one.
    private let header = """
        {frame: [{name: "size", type: "u8", counts: "after"}, {name: "payload", type: "bytes", len: "rest"}],
         routes: {by: "number"}, kinds: {request: {}, response: {}},
         envelope: {wire: {varint: 0, bytes: 2}, keys: {code: 1, id: 2, payload: 3}}}
        """

    @Test func everyFrameMayBeInOne() throws {
        let driver = try driver(try load(header), ProtocolOptions(routes: ["300": "A/HD_B -> 301"]))
        // Another field of four bytes is passed over.
        driver.receive(hex("10 08ac02 10ffffffffffffffffff01 1a00") + hex("0b 0801 1005 22021234 1a0161"))
        let events = driver.takeEvents()
        #expect(events.count == 2)
        let calls = correlations(events)
        driver.send(.reply(calls[1], .result, .bytes), payload: bytes("ok"))
        #expect(driver.takeOutput() == hex("08 0801 1005 1a026f6b"))
        driver.send(.reply(calls[0], .result, .bytes))
        #expect(driver.takeOutput() == hex("0e 08ad02 10ffffffffffffffffff01"))
    }

    @Test(arguments: [
        ("02 0801", 0), ("01 08", 1), ("02 0880", 1), ("02 1a01", 1), ("0c 1080808080808080808002 00", 2),
        ("02 0d00", 3), ("04 0801 0801", 4),
    ])
    func holdsThemToTheirForm(frame: String, fault: Int) throws {
        let faults: [FramingError?] = [
            nil, .truncatedField, .varintTooLong(bytesMax: 10), .malformedBody(offset: 0), .duplicateKey,
        ]
        let driver = try driver(try load(header))
        driver.receive(hex(frame))
        #expect(driver.fault == faults[fault].map { .framing($0) })
    }

    @Test(arguments: [
        ("{when: {code: 7}, wire: {varint: 0, bytes: 2}, keys: {code: 1, id: 2, payload: 3}}", "missing key 'answer'"),
        ("{wire: {varint: 2, bytes: 2}, keys: {code: 1, id: 2, payload: 3}}", "the value 2 has two names"),
        ("{wire: {varint: 0, bytes: 8}, keys: {code: 1, id: 2, payload: 3}}", "number out of range; valid: 0...7"),
        ("{wire: {varint: 0, bytes: 2}, keys: {code: 1, id: 1, payload: 3}}", "has two names"),
        ("{wire: {varint: 0, bytes: 2}, keys: {code: 1, id: 2}}", "missing key 'payload'"),
        ("{colour: 1}", "unknown key 'colour'; valid: when, answer, wire, keys"),
    ])
    func saysWhatIsWrongWithOne(text: String, reason: String) {
        let fields = #"[{name: "size", type: "u8", counts: "after"}, {name: "payload", type: "bytes", len: "rest"}]"#
        let file = DescriptorFile(name: "test.json5", bytes: Array("{frame: \(fields), envelope: \(text)}".utf8))
        guard case .failed(let problems) = ProtocolDescriptor.load(file) else {
            Issue.record("it loads")
            return
        }
        #expect(problems.contains { $0.path.hasPrefix("$.envelope") && $0.fault.description.contains(reason) })
    }
}

/// Checks over a part of a frame.
@Suite struct ChecksumTests {
    private func descriptor(_ alg: String, _ more: String = "", order: String = "be") throws -> ProtocolDescriptor {
        try load(
            """
            {order: "\(order)", frame: [{name: "size", type: "u8", counts: "after"}, {name: "tag", type: "u8"},
              {name: "payload", type: "bytes", len: "rest"}, {name: "sum", type: "check", alg: "\(alg)"\(more)}]}
            """)
    }

    /// The published check values, over "123456789".
    @Test(arguments: [
        ("sum8", "", "be", "dd"), ("crc16-ccitt", "", "be", "29b1"), ("crc16-ccitt", "", "le", "b129"),
        ("crc32", "", "be", "cbf43926"), ("crc32", "", "le", "2639f4cb"), ("adler32", "", "be", "091e01de"),
        ("md5", "", "be", "25f9e794323b453885f5181f1b624d0b"),
        ("md5", #", key: "secret""#, "be", "7ccde16e862dfe7681297713e9e9cadb"),
    ])
    func areThePublishedOnes(alg: String, more: String, order: String, sum: String) throws {
        let driver = try driver(try descriptor(alg, #", over: "payload""# + more, order: order))
        let frame = [UInt8(10 + sum.utf8.count / 2), 7] + bytes("123456789") + hex(sum)
        driver.receive(frame)
        #expect(driver.takeEvents() == [request("", "123456789", 1)])
        driver.send(.reply(Correlation(rawValue: 1), .result, .bytes), payload: bytes("123456789"))
        #expect(driver.takeOutput() == [frame[0], 0] + frame[2...])
    }

    @Test func coversTheWholeFrameInFrontOfIt() throws {
        // 03 + 07 + 61 = 6b, the length included; written with the tag 0.
        let driver = try driver(try descriptor("sum8"))
        driver.receive([3, 7, 0x61, 0x6B])
        #expect(driver.takeEvents() == [request("", "a", 1)])
        driver.send(.reply(Correlation(rawValue: 1), .result, .bytes), payload: bytes("b"))
        #expect(driver.takeOutput() == [3, 0, 0x62, 0x65])
        driver.receive([3, 7, 0x62, 0x6B])
        #expect(driver.fault == .framing(.badChecksum))
        #expect(driver.fault?.closeReason == .badChecksum)
    }

    @Test func saysWhatIsWrongWithOne() throws {
        func reasons(_ fields: String) -> [String] {
            let file = DescriptorFile(name: "test.json5", bytes: Array("{frame: [\(fields)]}".utf8))
            guard case .failed(let problems) = ProtocolDescriptor.load(file) else { return [] }
            return problems.map { "\($0.path): \($0.fault)" }
        }
        let body = #"{name: "payload", type: "bytes", len: "u8"}"#
        #expect(
            reasons(body + #", {name: "c", type: "check", alg: "crc8"}"#).first
                == "$.frame[1].alg: unknown value 'crc8'; valid: sum8, crc16-ccitt, crc32, adler32, md5")
        #expect(
            reasons(#"{name: "c", type: "check", alg: "sum8", over: "payload"}, "# + body).first
                == "$.frame[0].over: 'payload' does not stand further left; valid: none")
        #expect(
            reasons(body + #", {name: "c", type: "check", alg: "sum8", key: "x"}"#).first
                == "$.frame[1].key: key 'key' is not for type 'sum8'; valid: name, type, when, alg, over, order")
    }
}
