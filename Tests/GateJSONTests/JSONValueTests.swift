import GateJSON
import Testing

@Suite("JSONValue")
struct JSONValueTests {
    @Test(arguments: [
        #"{"b":1,"a":[1.0,1e3,-0,123456789012345678901234567890,0.10],"c":{"d":null,"e":[true,false]},"":""}"#,
        #"["\"\\/\b\f\n\r\t\u0000\u001F","é😀 ",{}]"#, "[]", "{}", "0", "\"\"",
    ])
    func writesWhatItReads(_ text: String) throws {
        let value = try JSONValue(parsing: text)
        #expect(String(decoding: value.encoded(), as: UTF8.self) == text)
        #expect(try JSONValue(parsing: value.encoded(pretty: true)) == value)
    }

    @Test(arguments: [
        (#"{"a":1,"b":2,"a":3}"#, #"{"a":3,"b":2}"#), (#"{"a":1,"\u0061":{"b":[],"b":0}}"#, #"{"a":{"b":0}}"#),
        (#"[{"":1,"":2,"":3}]"#, #"[{"":3}]"#),
    ])
    func ofAKeyThatStandsTwiceTheLastOneCounts(_ text: String, _ expected: String) throws {
        #expect(String(decoding: try JSONValue(parsing: text).encoded(), as: UTF8.self) == expected)
        #expect(try JSONDocument(parsing: Array(text.utf8), dialect: .json).value == JSONValue(parsing: expected))
        #expect(try JSON.normalized(Array(text.utf8).span) == Array(expected.utf8))
        #expect(try JSON.normalized(Array(expected.utf8).span) == nil)
    }

    @Test func refusesDuplicateKeysOfJSON5WithThePlaceOfTheSecond() {
        let fault = #expect(throws: JSONFault.self) {
            try JSONValue(parsing: "{\"a\": 1,\n  \"b\": 2, \"\\u0061\": }", dialect: .json5)
        }
        #expect(fault?.reason == .duplicateKey("a"))
        #expect(fault?.offset == 19)
        #expect(fault?.position == JSONPosition(line: 2, column: 11))
    }

    @Test func tellsCanonicallyEquivalentKeysApart() throws {
        let value = try JSONValue(parsing: "{\"é\": 1, \"e\u{301}\": 2}")
        #expect(value["é"]?.int == 1)
        #expect(value["e\u{301}"]?.int == 2)
        #expect(JSONValue.string("é") != .string("e\u{301}"))
    }

    @Test(arguments: [7, 8, 9, 10, 11])
    func findsDuplicatesOnBothSidesOfTheIndex(_ count: Int) throws {
        let members = (0..<count).map { "\"k\($0)\":\($0)" }.joined(separator: ",")
        let value = try JSONValue(parsing: "{\(members)}")
        for index in 0..<count {
            #expect(value["k\(index)"]?.int == index)
            let twice = "{\(members),\"k\(index)\":-1}"
            #expect(try JSONValue(parsing: twice)["k\(index)"]?.int == -1)
            #expect(try JSONValue(parsing: twice).object?.count == count)
            let fault = #expect(throws: JSONFault.self) { try JSONValue(parsing: twice, dialect: .json5) }
            #expect(fault?.reason == .duplicateKey("k\(index)"))
            #expect(fault?.offset == members.utf8.count + 2)
        }
        #expect(value["k\(count)"] == nil)
    }

    @Test func findsTheDuplicateAmongAHundredThousandKeys() throws {
        let members = (0..<100_000).map { "\"k\($0)\":0" }.joined(separator: ",")
        let limits = JSONLimits()
        let object = try #require(try JSONValue(parsing: "{\(members)}", limits: limits).object)
        #expect(object.count == 100_000)
        #expect(object["k99999"]?.int == 0)
        let fault = #expect(throws: JSONFault.self) {
            try JSONValue(parsing: "{\(members),\"k50000\":0}", dialect: .json5, limits: limits)
        }
        #expect(fault?.reason == .duplicateKey("k50000"))
        #expect(fault?.offset == members.utf8.count + 2)
    }

    @Test func keepsTheOrderOfMembersWhileTheyChange() throws {
        var object: JSONObject = ["z": 1, "a": 2, "m": 3]
        object["a"] = 20
        object["b"] = 4
        object["z"] = nil
        object["none"] = nil
        #expect(object.keys == ["a", "m", "b"])
        #expect(JSONValue.object(object).encoded() == Array(#"{"a":20,"m":3,"b":4}"#.utf8))
        for index in 0..<20 { object["k\(index)"] = .number(index) }
        object["k3"] = nil
        #expect(object["k3"] == nil)
        #expect(object["k19"]?.int == 19)
        #expect(object.count == 22)
        for index in 0..<20 { object["k\(index)"] = nil }
        #expect(object == ["b": 4, "a": 20, "m": 3])
        #expect(object.hashValue == (["m": 3, "b": 4, "a": 20] as JSONObject).hashValue)
        #expect(object != ["b": 4, "a": 20, "x": 3])
    }

    @Test func isMadeFromLiteralsAndTakenApart() {
        let value: JSONValue = ["n": nil, "t": true, "i": -3, "d": 2.5, "s": "x\(1)", "a": [1, "two"], "i": 4]
        #expect(value["n"]?.isNull == true)
        #expect(value["t"]?.bool == true)
        #expect(value["i"]?.int == 4)
        #expect(value["d"]?.double == 2.5)
        #expect(value["s"]?.string == "x1")
        #expect(value["a"]?[1]?.string == "two")
        #expect(value["a"]?.array?.count == 2)
        #expect(value["a"]?[2] == nil)
        #expect(value["a"]?["x"] == nil)
        #expect(value["s"]?[0] == nil)
        #expect(value.object?.keys == ["n", "t", "i", "d", "s", "a"])
        #expect(value.kind == .object)
        #expect(value.string == nil)
        #expect(JSONValue.number(7) == 7)
        #expect(JSONValue.number(7.0) != 7)
        #expect(Set<JSONValue>([1, 1, "1", [1], ["a": 1], ["a": 1], nil, true]).count == 6)
    }

    @Test func writesPrettyText() {
        let value: JSONValue = ["a": [1, []], "b": [:], "c": ["d": nil]]
        let text = """
            {
              "a": [
                1,
                []
              ],
              "b": {},
              "c": {
                "d": null
              }
            }
            """
        #expect(String(decoding: value.encoded(pretty: true), as: UTF8.self) == text)
    }
}

@Suite("JSONNumber")
struct JSONNumberTests {
    @Test(arguments: [
        ("0", 0), ("-0", 0), ("0.0e99", 0), ("1.0", 1), ("1e3", 1000), ("-1.5e1", -15), ("100e-2", 1), ("1.5", nil),
        ("1e-1", nil), ("9223372036854775807", Int.max), ("9223372036854775808", nil),
        ("-9223372036854775808", Int.min),
        ("-9223372036854775809", nil), ("9223372036854775807.0", Int.max), ("9223372036854775808.0", nil),
        ("-9223372036854775808.0", Int.min), ("922337203685477580.7e1", Int.max), ("1e18", 1_000_000_000_000_000_000),
        ("1e19", nil), ("1e99999999999999999999", nil), ("1e-99999999999999999999", nil),
        ("9007199254740993.0", 9_007_199_254_740_993),
        ("0e99999999999999999999", 0), ("10e-1", 1), ("1e9223372036854775807", nil), ("1.5e-9223372036854775808", nil),
    ])
    func hasTheExactInt(_ lexeme: String, _ int: Int?) throws {
        #expect(try #require(JSONNumber(lexeme: lexeme)).int == int)
    }

    @Test(arguments: [
        ("0.1", 0.1), ("1e308", 1e308), ("1e309", nil), ("-1e400", nil), ("1e-400", 0), ("-2.5E1", -25),
    ])
    func hasTheNearestDouble(_ lexeme: String, _ double: Double?) throws {
        #expect(try #require(JSONNumber(lexeme: lexeme)).double == double)
    }

    @Test(arguments: ["", "-", "01", "1.", ".5", "+1", "1e", "0x1", "NaN", "Infinity", " 1", "1 ", "1,", "١"])
    func refusesLexemesThatAreNotJSON(_ lexeme: String) {
        #expect(JSONNumber(lexeme: lexeme) == nil)
    }

    @Test(arguments: [
        (0.0, "0.0"), (-0.0, "-0.0"), (1.5, "1.5"), (1e300, "1e+300"), (.leastNonzeroMagnitude, "5e-324"), (0.1, "0.1"),
        (Double.greatestFiniteMagnitude, "1.7976931348623157e+308"),
    ])
    func writesDoublesShortAndExact(_ double: Double, _ lexeme: String) throws {
        let number = JSONNumber(double)
        #expect(number.lexeme == lexeme)
        #expect(JSONNumber(lexeme: lexeme)?.double == double)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func writesNullForWhatJSONCannotSay(_ double: Double) {
        let number = JSONNumber(double)
        #expect(!number.isFinite)
        #expect(number.int == nil)
        #expect(number.double?.isFinite == false)
        #expect(JSONValue.number(number).encoded() == Array("null".utf8))
    }

    @Test func takesIntegersOfAnyWidth() {
        #expect(JSONNumber(UInt64.max).lexeme == "18446744073709551615")
        #expect(JSONNumber(Int8.min).lexeme == "-128")
    }
}
