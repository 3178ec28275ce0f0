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
        (#"{a: {hello: "ignore"}}"#, "$.states.a: missing key 'deliver'"),
        (
            #"{a: {request: "deliver", hello: "ignore", x: "close"}}"#,
            "$.states.a.x: unknown key 'x'; valid: request, hello, response, else"
        ),
        (
            #"{a: {request: "answer", hello: "close"}}"#,
            "$.states.a.request: unknown value 'answer'; valid: deliver, ignore, close, goodbye, reply NAME, goto STATE"
        ),
    ])
    func namesWhatIsWrongWithStates(text: String, expected: String) {
        #expect(problems(states(text)).contains(expected), "\(problems(states(text)))")
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
        #expect(problems(text).contains("$.frame[0].when.b: 'b' stands further right; valid: none"))
    }

    @Test func aNativePartMustBeKnown() {
        let text = """
            {frame: [{name: "size", type: "u8", counts: "after"},
              {name: "b", type: "native", codec: "magic", len: "rest"}], kinds: {request: {}, response: {}}}
            """
        #expect(problems(text) == ["$.frame[1].codec: unknown value 'magic'; valid: sproto-rpc, scut-form"])
    }
}
