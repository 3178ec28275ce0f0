import GateDescriptors
import Testing

/// What is wrong with conditions, states and replies is said when a file is loaded.
@Suite struct DescriptorStateProblemTests {
    private func problems(_ text: String) -> [String] {
        let file = DescriptorFile(name: "test.json5", bytes: Array(text.utf8))
        guard case .failed(let problems) = ProtocolDescriptor.load(file) else { return [] }
        return problems.map { "\($0.path): \($0.fault)" }
    }

    private func states(_ text: String, replies: String = "{a: {op: 2}}") -> String {
        """
        {frame: [{name: "op", type: "u8"}, {name: "payload", type: "bytes", len: "u8"}],
         kinds: {request: {op: 1}, hello: {op: 2}, response: {op: 3}}, replies: \(replies), states: \(text)}
        """
    }

    @Test(arguments: [
        (#"{a: {request: "deliver", hello: "goto b"}}"#, "$.states.a.hello: unknown value 'b'; valid: a"),
        (#"{a: {request: "deliver", hello: "reply b"}}"#, "$.states.a.hello: unknown value 'b'; valid: a"),
        (
            #"{a: {hello: "ignore"}}"#,
            "$.states.a: missing key 'deliver'; valid: a state that delivers requests or notifies"
        ),
        (
            #"{a: {hello: "goto b"}, b: {hello: "goto a"}}"#,
            "$.states.a: missing key 'deliver'; valid: a state that delivers requests or notifies"
        ),
        (
            #"{a: {request: "deliver", hello: "ignore", x: "close"}}"#,
            "$.states.a.x: unknown key 'x'; valid: request, hello, response, else"
        ),
        (
            #"{a: {request: "answer", hello: "close"}}"#,
            "$.states.a.request: unknown value 'answer'; valid: deliver, ignore, close, goodbye, reply NAME, goto STATE, "
                + "login, login REPLY"
        ),
        (
            #"{a: {hello: "login", request: "deliver"}}"#,
            "$.states.a.hello: missing key 'login'; valid: {user, password, client_id} and the fields that are these"
        ),
    ])
    func namesWhatIsWrongWithStates(text: String, expected: String) {
        #expect(problems(states(text)).contains(expected), "\(problems(states(text)))")
    }

    @Test(arguments: [
        ("{a: {op: 2, colour: 1}}", "$.replies.a.colour: unknown key 'colour'; valid: op, payload, raw"),
        ("{a: {op: 256}}", "$.replies.a.op: number out of range; valid: 0...255"),
        ("{a: {op: 'x'}}", "$.replies.a.op: unknown value 'x'; valid: none"),
    ])
    func namesWhatIsWrongWithReplies(replies: String, expected: String) {
        let found = problems(states(#"{a: {request: "deliver", hello: "reply a"}}"#, replies: replies))
        #expect(found == [expected])
    }

    @Test(arguments: [254, 255, 256])
    func aReplyHasToFitItsFields(count: Int) {
        let text = String(repeating: "x", count: count)
        let replies = "{a: {op: 2, payload: {text: '\(text)'}}}"
        let found = problems(states(#"{a: {request: "deliver", hello: "reply a"}}"#, replies: replies))
        let expected =
            "$.replies.a: a frame of kind 'a' cannot be written: what is always in it comes to 256; valid: at most 255"
        #expect(found == (count <= 255 ? [] : [expected]))
    }

    @Test func acceptsStatesThatFitTogether() {
        #expect(problems(states(#"{a: {request: "deliver", hello: ["reply a", "goto a"], else: "close"}}"#)) == [])
    }

    @Test(arguments: [8, 9])
    func boundsConditions(count: Int) {
        let numbers = (0..<count).map { "{name: \"n\($0)\", type: \"u8\"}" }.joined(separator: ",")
        let when = (0..<count).map { "n\($0): 1" }.joined(separator: ",")
        let text = "{frame: [\(numbers), {name: \"payload\", type: \"bytes\", len: \"u8\", when: {\(when)}}], "
        let kinds = "kinds: {request: {\(when)}, response: {\(when)}}}"
        let expected = count > 8 ? ["$.frame[\(count)]: \(count) conditions; valid: at most 8"] : []
        #expect(problems(text + kinds).filter { $0.contains("conditions") } == expected)
    }

    @Test(arguments: [64, 65])
    func boundsReplies(count: Int) {
        let replies = "{" + (0..<count).map { "r\($0): {op: 2}" }.joined(separator: ",") + "}"
        let found = problems(states(#"{a: {request: "deliver", hello: "ignore"}}"#, replies: replies))
        #expect(found == (count > 64 ? ["$.replies: 65 entries; valid: at most 64"] : []))
    }

    @Test func aConditionNamesAFieldFurtherLeft() {
        let text = #"{frame: [{name: "a", type: "u8", when: {b: 1}}, {name: "b", type: "u8"}]}"#
        #expect(problems(text).contains("$.frame[0].when.b: 'b' does not stand further left; valid: none"))
    }

    @Test func lengthsThatNameEachOtherAreNoCircle() {
        let text = #"{frame: [{name: "a", type: "bytes", len: "b"}, {name: "b", type: "bytes", len: "a"}]}"#
        let found = problems(text)
        #expect(found.count { $0.contains(".len: 'b' does not stand further left") } == 1)
        #expect(found.count { $0.contains(".len: unknown value 'a'") } == 1)
    }

    @Test func statesMayGoInCircles() {
        let circle = #"{a: {request: "deliver", hello: "goto b"}, b: {request: "deliver", hello: "goto a"}}"#
        #expect(problems(states(circle)) == [])
    }

    @Test func aNativePartMustBeKnown() {
        let text = """
            {frame: [{name: "size", type: "u8", counts: "after"},
              {name: "b", type: "native", codec: "magic", len: "rest"}], kinds: {request: {}, response: {}}}
            """
        #expect(problems(text) == ["$.frame[1].codec: unknown value 'magic'; valid: sproto-rpc, scut-form"])
    }
}
