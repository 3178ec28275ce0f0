import GateJSON
import Testing

@Suite("JSONDocument")
struct JSONDocumentTests {
    static let text = """
        // Ports
        {
          listen: [
            80, 'é', 8080, /* é */ {deep: true},
          ],
          "köy": 1.5, last: null,
        }
        """

    @Test func knowsWhereEverythingStands() throws {
        let root = try JSONDocument(parsing: Self.text).root
        let bytes = Array(Self.text.utf8)
        #expect(root.kind == .object)
        #expect(root.position == JSONPosition(line: 2, column: 1))
        #expect(root.range == 9..<bytes.count)
        let members = try root.members()
        #expect(members.map(\.key) == ["listen", "köy", "last"])
        #expect(members.map(\.keyPosition.line) == [3, 6, 6])
        #expect(members.map(\.keyPosition.column) == [3, 3, 15])
        #expect(members.map(\.value.position.line) == [3, 6, 6])
        #expect(members.map(\.value.position.column) == [11, 10, 21])
        #expect(members.map { String(decoding: bytes[$0.keyRange], as: UTF8.self) } == ["listen", "\"köy\"", "last"])
        let elements = try members[0].value.elements()
        #expect(elements.map(\.position.line) == [4, 4, 4, 4])
        #expect(elements.map(\.position.column) == [5, 9, 14, 28])
        #expect(
            elements.map { String(decoding: bytes[$0.range], as: UTF8.self) } == ["80", "'é'", "8080", "{deep: true}"])
        #expect(elements[3].member("deep")?.keyPosition == JSONPosition(line: 4, column: 29))
        #expect(elements[3]["deep"]?.kind == .true)
        #expect(root["none"] == nil)
        #expect(elements[0]["deep"] == nil)
    }

    @Test func dropsPlacesForAValue() throws {
        let value: JSONValue = ["listen": [80, "é", 8080, ["deep": true]], "köy": 1.5, "last": nil]
        #expect(try JSONDocument(parsing: Self.text).value == value)
    }

    @Test(arguments: [
        ("1\n2", 2, 1), ("1\r2", 2, 1), ("1\r\n2", 2, 1), ("1\n\r2", 3, 1), ("1\r\r\n\n2", 4, 1), ("1 \t2", 1, 4),
        ("\"é😀\" 2", 1, 6), ("\"e\u{301}\"2", 1, 5), ("\n\n  1   2", 3, 7),
    ])
    func countsLinesAndColumnsOfFaults(_ text: String, line: Int, column: Int) throws {
        let fault = try #require(throws: JSONFault.self) { try JSONDocument(parsing: text) }
        #expect(fault.reason == .trailingBytes)
        #expect(fault.position == JSONPosition(line: line, column: column))
        #expect(throws: fault) { try JSONValue(parsing: text) }
    }

    @Test func givesAByteOrderMarkNoColumn() throws {
        #expect(try JSONDocument(parsing: "\u{FEFF}1").root.position == JSONPosition(line: 1, column: 1))
        let fault = #expect(throws: JSONFault.self) { try JSONDocument(parsing: "\u{FEFF}1 2") }
        #expect(fault?.position == JSONPosition(line: 1, column: 3))
    }

    @Test(arguments: [
        ("{\"a\": }", "line 1, column 7: unexpected '}', expected a value"),
        ("{\n\"a\" 1}", "line 2, column 5: unexpected '1', expected ':'"),
        ("[1", "line 1, column 3: unexpected end of input, expected ',' or ']'"),
        ("\u{1}", "line 1, column 1: unexpected byte 0x01, expected a value"),
        ("nul", "line 1, column 4: unexpected end of input, expected 'null'"),
        ("{\"a\":1,\"a\":2}", "line 1, column 8: duplicate key 'a', each key may stand once in an object"),
        ("{\"\\n\":1,\"\\n\":2}", "line 1, column 9: duplicate key '\u{FFFD}', each key may stand once in an object"),
        ("\"\t\"", "line 1, column 2: control character byte 0x09 in a string, write it as an escape"),
    ])
    func describesFaults(_ text: String, _ description: String) {
        let isOfJSON5 = description.contains("duplicate")
        let fault = #expect(throws: JSONFault.self) {
            try JSONValue(parsing: text, dialect: isOfJSON5 ? .json5 : .json)
        }
        #expect(fault?.description == description)
    }

    @Test func cutsLongKeysInDescriptions() {
        for (count, ending) in [(63, "k'"), (64, "k'"), (65, "k...'")] {
            let key = String(repeating: "k", count: count)
            let fault = #expect(throws: JSONFault.self) { try JSONDocument(parsing: "{\"\(key)\":1,\"\(key)\":1}") }
            let shown = String(repeating: "k", count: min(count, 64) - 1) + ending
            #expect(fault?.reason.description == "duplicate key '\(shown), each key may stand once in an object")
        }
    }

    @Test func checksKindsAndRanges() throws {
        let root = try JSONDocument(
            parsing: "{i: 8080, f: 2.5, s: 'x', b: true, big: 1e400, huge: 99999999999999999999}"
        ).root
        let int = try #require(root["i"])
        #expect(try int.int(in: 8080...8080) == 8080)
        #expect(try int.int() == 8080)
        #expect(try int.double() == 8080)
        #expect(try int.number().lexeme == "8080")
        #expect(try root["s"]?.string() == "x")
        #expect(try root["b"]?.bool() == true)
        #expect(try root["f"]?.double(in: 2.5...2.5) == 2.5)
        #expect(message { try int.int(in: 1...8079) } == "line 1, column 5: expected a whole number in 1...8079")
        #expect(message { try int.int(in: 8081...9000) } == "line 1, column 5: expected a whole number in 8081...9000")
        #expect(message { try int.string() } == "line 1, column 5: expected a string, found number")
        #expect(message { try int.bool() } == "line 1, column 5: expected true or false, found number")
        #expect(message { try int.members() } == "line 1, column 5: expected an object, found number")
        #expect(message { try root.elements() } == "line 1, column 1: expected an array, found object")
        #expect(message { try root["f"]?.int() } == "line 1, column 14: expected a whole number, found a fraction")
        #expect(message { try root["s"]?.int() } == "line 1, column 22: expected a whole number, found string")
        #expect(message { try root["s"]?.double() } == "line 1, column 22: expected a number, found string")
        #expect(message { try root["f"]?.double(in: 0...1) } == "line 1, column 14: expected a number in 0.0...1.0")
        #expect(message { try root["big"]?.double(in: 0...1) } == "line 1, column 41: expected a number in 0.0...1.0")
        #expect(message { try root["huge"]?.int(in: 0...9) } == "line 1, column 54: expected a whole number in 0...9")
    }

    @Test func neverTakesNaNAsAnInRangeNumber() throws {
        let root = try JSONDocument(parsing: "[NaN, Infinity]").root
        for element in try root.elements() {
            #expect(throws: JSONNodeFault.self) { try element.double() }
            #expect(throws: JSONNodeFault.self) { try element.int() }
        }
    }

    /// What a failing accessor says.
    private func message(_ body: () throws -> some Any) -> String? {
        do {
            _ = try body()
            return nil
        } catch {
            return (error as? JSONNodeFault)?.description
        }
    }
}
