import GateJSON
import Testing

@Suite("JSONScanner")
struct JSONScannerTests {
    /// Walks to the end and gives every member.
    private func members(_ text: String, limits: JSONLimits = JSONLimits()) throws -> [JSONMember] {
        let bytes = Array(text.utf8)
        var scanner = JSONScanner(limits: limits)
        var members: [JSONMember] = []
        while let member = try scanner.next(in: bytes.span) { members.append(member) }
        #expect(try scanner.next(in: bytes.span) == nil)
        return members
    }

    @Test func givesExactRanges() throws {
        let text =
            #" { "route" : "a\"b" ,"id":-1.5e3, "bo\u0064y": {"x": [1, 2]} ,"":[],"t":true,"f":false,"n":null } "#
        let bytes = Array(text.utf8)
        let found = try members(text)
        let keys = ["route", "id", #"bo\u0064y"#, "", "t", "f", "n"]
        let values = [#""a\"b""#, "-1.5e3", #"{"x": [1, 2]}"#, "[]", "true", "false", "null"]
        let kinds: [JSONKind] = [.string, .number, .object, .array, .true, .false, .null]
        #expect(found.map { String(decoding: bytes[$0.keyRange], as: UTF8.self) } == keys)
        #expect(found.map { String(decoding: bytes[$0.valueRange], as: UTF8.self) } == values)
        #expect(found.map(\.kind) == kinds)
        #expect(found.map(\.keyHasEscapes) == [false, false, true, false, false, false, false])
        #expect(found.first?.keyRange == 4..<9)
        #expect(found.first?.valueRange == 13..<19)
        #expect(found.first?.stringRange == 14..<18)
        #expect(found.last?.stringRange == nil)
    }

    @Test func comparesKeysWithEscapesResolved() throws {
        let text = #"{"bo\u0064y":1,"é":2}"#
        let bytes = Array(text.utf8)
        let found = try members(text)
        let names = ["body", "bodz", #"bo\u0064y"#, "é", "e\u{301}", ""]
        let matches = found.map { member in names.filter { member.hasKey($0, in: bytes.span) } }
        #expect(matches.map { $0.map { Array($0.utf8) } } == [[Array("body".utf8)], [Array("é".utf8)]])
    }

    @Test(arguments: ["{}", " { } ", "\n{\t}\r\n"])
    func findsNothingInAnEmptyObject(_ text: String) throws {
        #expect(try members(text).isEmpty)
    }

    @Test func handsOutDuplicateKeys() throws {
        #expect(try members(#"{"a":1,"a":2}"#).map(\.valueRange) == [5..<6, 11..<12])
    }

    @Test(arguments: [
        ("[]", 0), ("", 0), ("1", 0), ("{", 1), ("{,", 1), (#"{"a":1,}"#, 7), (#"{"a":1"#, 6), (#"{"a":1} x"#, 8),
        (#"{"a":{"b":tru}}"#, 13), (#"{"a" 1}"#, 5), (#"{"a":1 "b":2}"#, 7), (#"{"a":}"#, 5), ("{}}", 2),
    ])
    func refusesWhatIsNotOneObject(_ text: String, at offset: Int) {
        let fault = #expect(throws: JSONFault.self) { _ = try members(text) }
        #expect(fault?.offset == offset)
    }

    @Test(arguments: JSONTests.accepted.filter { $0.hasPrefix("{") })
    func agreesWithValidateOnAccepted(_ text: String) throws {
        _ = try members(text)
    }

    @Test(arguments: JSONTests.rejected.filter { $0.hasPrefix("{") })
    func agreesWithValidateOnRejected(_ text: String) throws {
        let bytes = Array(text.utf8)
        let fault = try #require(throws: JSONFault.self) { try JSON.validate(bytes.span) }
        #expect(throws: fault) { _ = try members(text) }
    }

    @Test func countsItsOwnObjectAgainstTheLimits() throws {
        #expect(try members(#"{"a":[1]}"#, limits: JSONLimits(depthMax: 2, nodesMax: 3)).count == 1)
        #expect(try members(#"{"a":1}"#, limits: JSONLimits(depthMax: 1)).count == 1)
        let deep = #expect(throws: JSONFault.self) { _ = try members(#"{"a":[1]}"#, limits: JSONLimits(depthMax: 1)) }
        #expect(deep?.reason == .tooDeep(limit: 1))
        let many = #expect(throws: JSONFault.self) { _ = try members(#"{"a":[1]}"#, limits: JSONLimits(nodesMax: 2)) }
        #expect(many?.reason == .tooManyNodes(limit: 2))
        let none = #expect(throws: JSONFault.self) { _ = try members("{}", limits: JSONLimits(depthMax: 0)) }
        #expect(none?.reason == .tooDeep(limit: 0))
    }
}
