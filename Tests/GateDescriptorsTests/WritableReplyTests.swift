import GateBytes
import GateDescriptors
import GateProtocol
import GateTestKit
import Testing

/// Answers that could never be written are found when a file is loaded or a listener starts.
@Suite struct WritableReplyTests {
    private func problems(_ text: String) -> [String] {
        switch ProtocolDescriptor.load(DescriptorFile(name: "test.json5", bytes: bytes(text))) {
        case .loaded: []
        case .failed(let problems): problems.map { "\($0.path): \($0.fault)" }
        }
    }

    private static let size = #"{name: "size", type: "u16", counts: "after"}"#
    private static let payload = #"{name: "payload", type: "bytes", len: "rest"}"#

    private func both(_ given: String, _ answered: String) -> String {
        "{in: [\(Self.size), \(given) \(Self.payload)], out: [\(Self.size), \(answered) \(Self.payload)]}"
    }

    @Test(arguments: [(1, false), (2, true)])
    func theLeastLengthOfAnAnswerIsNotBelowItsFields(least: Int, loads: Bool) {
        let size = #"{name: "size", type: "u8", counts: "after", min: \#(least)}, {name: "code", type: "u16"}"#
        let text = "{in: [\(Self.size), \(Self.payload)], out: [\(size), \(Self.payload)]}"
        let problem = "$.out[0].min: 1 is less than the fields it covers; valid: at least 2, or no 'min'"
        #expect(problems(text).filter { $0.contains("min") } == (loads ? [] : [problem]))
    }

    /// What the gateway says by itself, in a text of these bounds.
    private func saying(_ reply: String, _ more: String, field: String) -> [String] {
        problems(
            """
            {
              frame: [{name: "op", type: "u8", enum: {ask: 1, hi: 2}}, {name: "code", type: "u8", when: {op: "ask"}},
                {name: "text", type: "bytes", when: {op: "hi"}, \(field)},
                {name: "payload", type: "bytes", len: "u8", when: {op: "ask"}}],
              kinds: {request: {op: "ask"}, response: {op: "ask"}},
              states: {open: {request: ["deliver", "reply asked"], else: "close"}},
              replies: {asked: {op: "hi", text: "abcdef"}, greet: {op: "hi", \(reply)}}, \(more)
            }
            """)
    }

    private static let beats = #"timers: {every: "5s", send: "greet"}"#
    private static let below = "a frame of kind 'greet' cannot be written: what is always in it"

    @Test(arguments: [beats, #"on_open: "reply greet""#])
    func whatIsSaidUnaskedHasAtLeastWhatItsFieldTakes(more: String) {
        let field = #"len: "u8", min: 6"#
        let short =
            "$.replies.greet: \(Self.below) comes to 5, less than the 'min' of 'text'; valid: a smaller 'min', or more in it"
        #expect(saying(#"text: "abcde""#, more, field: field) == [short])
        #expect(saying(#"text: "abcdef""#, more, field: field) == [])
        // Also where it is put together when it is said, of what nobody said.
        let joined = #"text: {join: ["abc", "$code", "d"]}"#
        #expect(saying(joined, more, field: field) == [short])
        #expect(saying(joined, more, field: #"until: "\n", min: 6"#) == [short])
        #expect(saying(joined, more, field: #"len: "u8", min: 5"#) == [])
    }

    @Test func whatIsSaidUnaskedHoldsNoEndOfItsField() {
        let field = #"until: "\n""#
        #expect(
            saying(#"text: {join: ["a\n", "$code"]}"#, Self.beats, field: field) == [
                "$.replies.greet: \(Self.below) holds the end of its field; valid: a text without it"
            ])
        #expect(saying(#"text: {join: ["a", "$code"]}"#, Self.beats, field: field) == [])
    }

    /// A clock goes on: digits that are enough today are not for years.
    @Test(arguments: [(11, false), (12, true)])
    func whatSaysTheTimeHasRoomForIt(count: Int, passes: Bool) {
        let found = saying(#"text: "$now_ms""#, Self.beats, field: "len: \"u8\", max: \(count)")
        #expect(
            found == (passes ? [] : ["$.replies.greet: \(Self.below) comes to 12; valid: at most \(count)"]))
    }

    /// What a client's frame says may be long enough.
    @Test func whatRepeatsAClientsWordsIsNotJudged() {
        #expect(saying(#"text: "$in.text""#, #"summary: "x""#, field: #"len: "u8", min: 6"#).isEmpty)
        #expect(
            saying(#"text: "abcde""#, #"summary: "x""#, field: #"len: "u8", min: 6"#) == [
                "$.replies.greet: \(Self.below) comes to 5, less than the 'min' of 'text'; valid: a smaller 'min', or more "
                    + "in it"
            ])
    }

    @Test func errorsUnderTheirOwnNameFitTheirFrame() {
        func naming(_ field: String, _ errors: String) -> [String] {
            problems(
                """
                {
                  frame: [\(Self.size), {name: "route", type: "str", \(field)}, \(Self.payload)],
                  errors: "frame:\(errors)", kinds: {request: {}, response: {}},
                }
                """)
        }
        let fault = "$.errors: a frame of kind 'error' cannot be written: what is always in it"
        #expect(naming(#"len: "u8", max: 4"#, "Fault") == ["\(fault) comes to 5; valid: at most 4"])
        #expect(naming(#"len: "u8", max: 5"#, "Fault") == [])
        #expect(
            naming(#"len: "u8", min: 6"#, "Fault") == [
                "\(fault) comes to 5, less than the 'min' of 'route'; valid: a smaller 'min', or more in it"
            ])
        #expect(
            naming(#"until: "|""#, "Fa|ult") == ["\(fault) holds the end of its field; valid: a text without it"])
    }

    @Test func anIdHasToComeBack() {
        #expect(
            problems(both(#"{name: "id", type: "u32"},"#, "")) == [
                "$.in: a frame of kind 'response' cannot be written: it does not carry the request's 'id'; valid: 'id' in "
                    + "its 'has', or a field 'id' that is there",
                "$.in: a frame of kind 'error' cannot be written: it does not carry the request's 'id'; valid: 'id' in "
                    + "its 'has', or a field 'id' that is there",
            ])
    }

    @Test(arguments: [("u16", false), ("u24", false), ("u32", true), ("i32", true), ("u64", true)])
    func anIdHasToFitWhereItComesBack(type: String, passes: Bool) {
        let found = problems(both(#"{name: "id", type: "u32"},"#, "{name: \"id\", type: \"\(type)\"},"))
        #expect(found.isEmpty == passes)
        #expect(
            found.allSatisfy { $0.contains("and that of a request up to 4294967295; valid: the same type in both") })
    }

    @Test(arguments: [(0, true), (-1, true), (-2, false), (-300, false)])
    func aLengthIsNeverBelowZero(plus: Int, passes: Bool) {
        let text =
            "{frame: [{name: \"size\", type: \"u8\", counts: \"after\", plus: \(plus)}, {type: \"const\", text: \"!\"}, "
            + "\(Self.payload)]}"
        let fault =
            "$.frame[0].counts: a length that says \(-plus) less than the bytes it counts cannot count 1, and there "
            + "may be so few; valid: at least -1"
        #expect(problems(text) == (passes ? [] : [fault]))
    }

    /// A byte stands beside the payload, so it counts one at least.
    @Test(arguments: [("u8", 254, true), ("u8", 255, false), ("i8", 126, true), ("i8", 127, false)], ["frame", "out"])
    func aLengthFitsItsField(length: (type: String, plus: Int, passes: Bool), place: String) {
        let fields =
            "[{name: \"size\", type: \"\(length.type)\", counts: \"after\", plus: \(length.plus)}, "
            + "{type: \"const\", text: \"!\"}, \(Self.payload)]"
        let other = place == "frame" ? "" : #"in: [{name: "payload", type: "bytes", len: "u8"}], "#
        let fault =
            "$.\(place)[0].counts: a length that says \(length.plus) more than the bytes it counts does not fit its field; "
            + "valid: at most \(length.plus - 1)"
        let found = problems("{\(other)\(place): \(fields)}")
        #expect(found.contains(fault) == !length.passes, "\(found)")
        #expect(found.isEmpty == length.passes, "\(found)")
    }

    /// The codes of a listener's routes, and the range that is said of the first that does not fit.
    @Test(
        arguments: [
            ("leaf-pb", "65535", "Echo/HD_Raw", nil), ("leaf-pb", "70000", "Echo/HD_Raw", 65_535),
            ("leaf-pb", "1", "Echo/HD_Raw -> 65535", nil), ("leaf-pb", "1", "Echo/HD_Raw -> 70000", 65_535),
            ("photon-tcp", "255", "Echo/HD_Raw", nil), ("photon-tcp", "300", "Echo/HD_Raw", 255),
            ("firefly", "4294967295", "Echo/HD_Raw", nil), ("cellnet", "65536", "Echo/HD_Raw", 65_535),
        ] as [(String, String, String, Int?)])
    func codesOfRoutesFitTheirField(name: String, code: String, route: String, largest: Int?) throws {
        let descriptor = try #require(DescriptorLibrary().descriptor(named: name))
        let configure = { () throws in
            _ = try descriptor.definition().configure(ProtocolOptions(routes: [code: route]))
        }
        guard let largest else {
            try configure()
            return
        }
        let wrong = route.split(separator: "> ").count > 1 ? "70000" : code
        #expect(
            throws: ProtocolSetupError.invalidParameter(
                "routes", value: wrong, allowed: "codes from 0 to \(largest)"), performing: configure)
    }

    /// A value that is no text would come out as another one. It ends its call, and no other.
    @Test(
        arguments: [[0, 1, 0x61, 0, 1, 0xFF], [0, 1, 0xFF, 0, 0], [0, 1, 0x61, 0, 3, 0xED, 0xA0, 0xBD]] as [[UInt8]])
    func aBoxWithBytesThatAreNoTextIsAnsweredWithAnError(pair: [UInt8]) throws {
        let tag: [UInt8] = [0, 4] + bytes("_ask") + [0, 1, 0x37]
        let command: [UInt8] = [0, 8] + bytes("_command") + [0, 3] + bytes("A/b")
        let driver = try driver("amp")
        driver.receive(command + pair + [0, 0] + tag + command + pair + [0, 0] + tag + command + [0, 0])
        #expect(driver.fault == nil)
        #expect(correlations(driver.takeEvents()).count == 1)
        let text = "the request is not UTF-8"
        let expected: [UInt8] =
            [0, 6] + bytes("_error") + [0, 1, 0x37, 0, 11] + bytes("_error_code") + [0, 7] + bytes("UNKNOWN") + [0, 18]
            + bytes("_error_description") + [0, UInt8(text.utf8.count)] + bytes(text) + [0, 0]
        #expect(driver.takeOutput() == expected)
    }

    @Test func aTagAndACommandMayBeAnyBytes() throws {
        let command = [0, 8] + bytes("_command") + [0, 3] + bytes("A/b")
        let torn = try GateDescriptorsTests.driver("amp")
        torn.receive([0, 8] + bytes("_command") + [0, 1, 0xFF, 0, 4] + bytes("_ask") + [0, 1, 0x31, 0, 0])
        #expect(torn.fault == nil)
        #expect(torn.takeOutput().starts(with: [0, 6] + bytes("_error")))
        // The tag comes back as it is.
        let driver = try driver("amp")
        driver.receive([0, 4] + bytes("_ask") + [0, 1, 0xFF] + command + [0, 0])
        driver.send(.reply(correlations(driver.takeEvents())[0], .result, .bytes), payload: bytes("{}"))
        #expect(driver.takeOutput() == [0, 7] + bytes("_answer") + [0, 1, 0xFF, 0, 0])
    }

    @Test(
        arguments: [
            "0", "007", "00000000", "000000000", "12345678901234", "123456789012345", "1:", "/1", "12345678:", "+1",
            "7\u{B}", "1234567890123/", "",
        ])
    func aTextOfDigitsComesBackAsItWasWritten(id: String) throws {
        let driver = try driver("amp")
        let ask = [0, 4] + bytes("_ask") + [0, UInt8(id.utf8.count)] + bytes(id)
        for frame in [
            [0, 8] + bytes("_command") + [0, 1, 0x41] + ask, ask + [0, 8] + bytes("_command") + [0, 1, 0x41],
        ] {
            let correlation = try #require(requests(driver, frame + [0, 0]).first)
            driver.send(.reply(correlation, .result, .json), payload: bytes("{}"))
            let expected = [0, 7] + bytes("_answer") + [0, UInt8(id.utf8.count)] + bytes(id) + [0, 0]
            #expect(driver.takeOutput() == expected)
        }
    }

    @Test func anEmptyNameComesBackAndIsForgotten() throws {
        let driver = try driver("leaf-json")
        for _ in 0..<1_100 {
            let correlation = try #require(requests(driver, frame16(bytes(#"{"":{"a":1}}"#))).first)
            driver.send(.reply(correlation, .result, .json), payload: bytes("[2]"))
            #expect(driver.takeOutput() == frame16(bytes(#"{"":[2]}"#)))
        }
        #expect(driver.fault == nil)
    }

    @Test func photonsWishForEncryptionIsRefusedByName() throws {
        let driver = try driver("photon-tcp")
        driver.receive(hex("fb0000000a0001f30600"))
        #expect(driver.fault == .framing(.encryptionUnsupported))
    }

    @Test(arguments: [(nil, 8), (5, 5), (8, 8), (20, 8)] as [(Int?, Int)])
    func theSmallerTimeForAHandshakeCounts(gateway: Int?, expected: Int) throws {
        let descriptor = try load(
            """
            {
              frame: [{name: "op", type: "u8", enum: {hi: 1, ask: 2}},
                {name: "payload", type: "bytes", len: "u8", when: {op: "ask"}}],
              kinds: {hi: {op: "hi"}, request: {op: "ask"}, response: {op: "ask"}},
              states: {new: {hi: "goto open", else: "close"}, open: {request: "deliver", else: "close"}},
              timers: {handshake: "8s"},
            }
            """)
        var options = ProtocolOptions()
        options.handshakeTime = gateway.map { .seconds($0) }
        let driver = WireDriver(try descriptor.definition().configure(options)())
        #expect(driver.wakeUp == driver.now + .seconds(expected))
    }
}
