import GateJSON
import Testing

@Suite("JSON.validate")
struct JSONTests {
    /// The `y_` cases of JSONTestSuite, and those `i_` cases that this reader accepts.
    static let accepted: [String] = [
        "[[]   ]", "[\"\"]", "[]", "[\"a\"]", "[false]", "[null, 1, \"1\", {}]", "[null]", "[1\n]", " [1]",
        "[1,null,null,null,2]", "[2] ", "[123e65]", "[0e+1]", "[0e1]", "[ 4]",
        "[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]", "[20e1]", "[-0]",
        "[-123]", "[-1]", "[1E22]", "[1E-2]", "[1E+2]", "[123e45]", "[123.456e78]", "[1e-2]", "[1e+2]", "[123]",
        "[123.456789]", "{\"asd\":\"sdf\", \"dfg\":\"fgh\"}", "{\"asd\":\"sdf\"}", "{\"a\":\"b\",\"a\":\"c\"}",
        "{}", "{\"\":0}", "{\"foo\\u0000bar\": 42}", "{ \"min\": -1.0e+28, \"max\": 1.0e+28 }", "{\"a\":[]}",
        "{\n\"a\": \"b\"\n}", "[\"\\u0060\\u012a\\u12AB\"]", "[\"\\uD801\\udc37\"]",
        "[\"\\ud83d\\ude39\\ud83d\\udc8d\"]", "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", "[\"\\\\u0000\"]", "[\"\\\"\"]",
        "[\"a/*b*/c/*d//e\"]", "[\"\\\\a\"]", "[\"\\\\n\"]", "[\"\\u0012\"]", "[\"\\uFFFF\"]", "[\"asd\"]",
        "[ \"asd\"]", "[\"\\uDBFF\\uDFFF\"]", "[\"new\\u00A0line\"]", "[\"\u{10FFFF}\"]", "[\"\u{FFFF}\"]",
        "[\"\\u0000\"]", "[\"\\u002c\"]", "[\"π\"]", "[\"\u{1BFFF}\"]", "[\"asd \"]", "\" \"",
        "[\"\\uD834\\uDd1e\"]", "[\"\\u0821\"]", "[\"\\u0123\"]", "[\"\u{2028}\"]", "[\"\u{2029}\"]",
        "[\"\\u0061\\u30af\\u30EA\\u30b9\"]", "[\"new\\u000Aline\"]", "[\"\u{7F}\"]", "[\"\\uA66D\"]",
        "[\"\\u005C\"]", "[\"⍂㈴⍂\"]", "[\"\\u200B\"]", "[\"\\u2064\"]", "[\"\\uFDD0\"]", "[\"\\uFFFE\"]",
        "[\"\\u0022\"]", "[\"€𝄞\"]", "[\"a\u{7F}a\"]", "false", "42", "-0.1", "null", "\"asd\"", "true", "\"\"",
        "[\"a\"]\n", "[true]", " [] ", "[1e9999]", "[-1e+9999]", "[123123e100000]", "\t\r\n 0\t\r\n ",
        "[100000000000000000000000000000000000000000000]", "[0.4e00669999999999999999999999999999999999999]",
    ]

    /// The `n_` cases of JSONTestSuite that are UTF-8, and those `i_` cases that this reader refuses.
    static let rejected: [String] = [
        "[1 true]", "[\"\": 1]", "[\"\"],", "[,1]", "[1,,2]", "[\"x\",,]", "[\"x\"]]", "[\"\",]", "[\"x\"", "[x",
        "[3[4]]", "[1:2]", "[,]", "[-]", "[   , \"\"]", "[\"a\",\n4\n,1,", "[1,]", "[1,,]", "[\"a\u{B}\"\\f]", "[*]",
        "[\"\"", "[1,", "[1,\n1\n,1", "[{}", "[fals]", "[nul]", "[tru]", "123\u{0}", "[++1234]", "[+1]", "[+Inf]",
        "[-01]", "[-1.0.]", "[-2.]", "[-NaN]", "[.-1]", "[.2e-3]", "[0.1.2]", "[0.3e+]", "[0.3e]", "[0.e1]",
        "[0E+]", "[0E]", "[0e+]", "[0e]", "[1.0e+]", "[1.0e-]", "[1.0e]", "[1 000.0]", "[1eE2]", "[2.e+3]",
        "[2.e-3]", "[2.e3]", "[9.e+]", "[Inf]", "[NaN]", "[１]", "[1+2]", "[0x1]", "[0x42]", "[Infinity]",
        "[0e+-1]", "[-123.123foo]", "[-Infinity]", "[-foo]", "[- 1]", "[-012]", "[-.123]", "[-1x]", "[1ea]",
        "[1.]", "[.123]", "[1.2a-3]", "[1.8011670033376514H-308]", "[012]", "[\"x\", truth]", "{[: \"x\"}\n",
        "{\"x\", null}", "{\"x\"::\"b\"}", "{🇨🇭}", "{\"a\":\"a\" 123}", "{key: 'value'}", "{\"a\" b}", "{:\"b\"}",
        "{\"a\" \"b\"}", "{\"a\":", "{\"a\"", "{1:1}", "{9999E9999:1}", "{null:null,null:null}",
        "{\"id\":0,,,,,}", "{'a':0}", "{\"id\":0,}", "{\"a\":\"b\"}/**/", "{\"a\":\"b\"}/**//",
        "{\"a\":\"b\"}//", "{\"a\":\"b\"}/", "{\"a\":\"b\",,\"c\":\"d\"}", "{a: \"b\"}", "{\"a\":\"a",
        "{ \"foo\" : "
            + "\"bar\", \"a\" }", "{\"a\":\"b\"}#", " ", "[\"\\uD800\\\"]", "[\"\\uD800\\u\"]",
        "[\"\\uD800\\u1\"]", "[\"\\uD800\\u1x\"]", "[é]", "[\"\\x00\"]", "[\"\\\\\\\"]", "[\"\\\t\"]",
        "[\"\\🌀\"]", "[\"\\\"]", "[\"\\u00A\"]", "[\"\\uD834\\uDd\"]", "[\"\\uD800\\uD800\\x\"]", "[\"\\a\"]",
        "[\"\\uqqqq\"]", "[\\u0020\"asd\"]", "[\\n]", "\"", "['single quote']", "abc", "[\"\\", "[\"a\u{0}a\"]",
        "[\"new\nline\"]", "[\"\t\"]", "\"\\UA66D\"", "\"\"x", "[\u{2060}]", "\u{FEFF}", "\u{FEFF}{}", "<.>",
        "[<null>]", "[1]x", "[1]]", "[\"asd]", "aå", "[True]", "1]", "{\"x\": true,", "[][]", "]", "[", "",
        "{\"\":\u{0}}", "{}}", "{\"\":", "{\"a\": true} \"x\"", "{'a'", "[{\"\":[{\"\":", "{,", "{[",
        "{\"a", "*", "{\"a\":\"b\"}#{}", "[\"\\{[\"\\{[\"\\{[\"\\{", "[\u{c}]", "[\u{2060}\u{a0}]", "\u{e5}",
        "{\"a\":/*comment*/\"b\"}", "{\"a\": true,,}", "1 2", "[1\u{a0}]", "--1", "-", "0 1", "00", "1e1.5",
    ]

    @Test(arguments: [
        ("\\ud800\\udc00", "\u{10000}"), ("\\udbff\\udfff", "\u{10FFFF}"), ("\\ud8c0\\udc00", "\u{40000}"),
    ])
    func readsASurrogatePairAsOneScalar(_ text: String, _ value: String) throws {
        #expect(try JSONValue(parsing: Array("\"\(text)\"".utf8)).string == value)
    }

    /// Halves of surrogate pairs, the `i_` cases of JSONTestSuite among them, and what they are read as.
    static let halves: [(text: String, value: String)] = [
        (#"\uDADA"#, "\u{FFFD}"), (#"\uD888\u1234"#, "\u{FFFD}\u{1234}"), (#"\uD800\n"#, "\u{FFFD}\n"),
        (#"\uDd1ea"#, "\u{FFFD}a"), (#"\uDfaa"#, "\u{FFFD}"), (#"\uD800\uD800"#, "\u{FFFD}\u{FFFD}"),
        (#"\uDd1e\uD834"#, "\u{FFFD}\u{FFFD}"), (#"\ud800abc"#, "\u{FFFD}abc"), (#"hi \ud83d"#, "hi \u{FFFD}"),
        (#"\ud83d\ud83d\ude00"#, "\u{FFFD}😀"),
    ]

    @Test(arguments: halves)
    func readsHalfASurrogatePairAsAReplacement(_ text: String, _ value: String) throws {
        let quoted = Array("\"\(text)\"".utf8)
        #expect(try JSON.validate(quoted.span) == .string)
        #expect(try JSONValue(parsing: quoted) == .string(value))
        #expect(try JSONDocument(parsing: quoted, dialect: .json).value == .string(value))
        #expect(try JSON.string(1..<quoted.count - 1, of: quoted.span) == value)
        #expect(try JSON.normalized(quoted.span) == JSONValue.string(value).encoded())
        let fault = #expect(throws: JSONFault.self) { try JSONValue(parsing: quoted, dialect: .json5) }
        #expect(fault?.reason == .loneSurrogate)
    }

    @Test(arguments: accepted)
    func accepts(_ text: String) throws {
        let bytes = Array(text.utf8)
        let kind = try JSON.validate(bytes.span)
        #expect(try JSONValue(parsing: bytes).kind == kind)
        #expect(try JSONDocument(parsing: bytes, dialect: .json).root.kind == kind)
        // The one accepted text with a key twice is a fault where people write.
        if text != "{\"a\":\"b\",\"a\":\"c\"}" {
            #expect(try JSONDocument(parsing: bytes).value == JSONValue(parsing: bytes))
        }
    }

    @Test(arguments: rejected)
    func rejectsAndTheTreeSaysTheSame(_ text: String) throws {
        let bytes = Array(text.utf8)
        let fault = #expect(throws: JSONFault.self) { try JSON.validate(bytes.span) }
        let treeFault = #expect(throws: JSONFault.self) { try JSONValue(parsing: bytes) }
        #expect(fault == treeFault)
    }

    /// Bytes of a string, where the fault is; table 3-7 of The Unicode Standard at its edges.
    static let illFormed: [(bytes: [UInt8], at: Int)] = [
        ([0x80], 0), ([0xBF], 0), ([0xC0, 0xAF], 0), ([0xC1, 0xBF], 0), ([0xC3], 0), ([0xC3, 0x28], 0),
        ([0xE0, 0x9F, 0xBF], 0), ([0xE0, 0x80, 0xAF], 0), ([0xE2, 0x82], 0), ([0xE2, 0x28, 0xA1], 0),
        ([0xED, 0xA0, 0x80], 0), ([0xED, 0xBF, 0xBF], 0), ([0xF0, 0x8F, 0xBF, 0xBF], 0), ([0xF0, 0x9F, 0x92], 0),
        ([0xF0, 0x9F, 0x28, 0xA9], 0), ([0xF4, 0x90, 0x80, 0x80], 0), ([0xF5, 0x80, 0x80, 0x80], 0), ([0xFE], 0),
        ([0xFF], 0), ([0x61, 0xC3, 0xA9, 0xE9], 3), ([0xF8, 0x88, 0x80, 0x80, 0x80], 0),
    ]

    @Test(arguments: illFormed)
    func refusesIllFormedUTF8(_ bytes: [UInt8], at offset: Int) throws {
        let text = [0x22] + bytes + [0x22]
        let fault = try #require(throws: JSONFault.self) { try JSON.validate(text.span) }
        #expect(fault.reason == .invalidUTF8)
        #expect(fault.offset == offset + 1)
        let second = #expect(throws: JSONFault.self) { try JSONValue(parsing: text) }
        #expect(second == fault)
        let third = #expect(throws: JSONFault.self) { try JSONValue(parsing: text, dialect: .json5) }
        #expect(third == fault)
        let cut: [UInt8] = [0x22] + bytes
        #expect(throws: JSONFault.self) { try JSON.validate(cut.span) }
    }

    static let wellFormedEdges: [[UInt8]] = [
        [0x7F], [0xC2, 0x80], [0xDF, 0xBF], [0xE0, 0xA0, 0x80], [0xED, 0x9F, 0xBF], [0xEE, 0x80, 0x80],
        [0xEF, 0xBF, 0xBF], [0xF0, 0x90, 0x80, 0x80], [0xF4, 0x8F, 0xBF, 0xBF],
    ]

    @Test(arguments: wellFormedEdges)
    func acceptsWellFormedUTF8(_ bytes: [UInt8]) throws {
        let text = [0x22] + bytes + [0x22]
        #expect(try JSON.validate(text.span) == .string)
        #expect(try JSONValue(parsing: text).encoded() == text)
    }

    @Test func holdsTheDepthLimit() throws {
        func nested(_ depth: Int, _ open: String, _ close: String) -> [UInt8] {
            Array((String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)).utf8)
        }
        for (open, close, width) in [("[", "]", 1), ("{\"a\":", "}", 5)] {
            for limit in [1, 64, JSONLimits.depthCeiling] {
                let limits = JSONLimits(depthMax: limit)
                for depth in [limit - 1, limit] {
                    let bytes = nested(depth, open, close)
                    try JSON.validate(bytes.span, limits: limits)
                    _ = try JSONValue(parsing: bytes, limits: limits)
                    _ = try JSONDocument(parsing: bytes, limits: limits)
                }
                let bytes = nested(limit + 1, open, close)
                let fault = try #require(throws: JSONFault.self) { try JSON.validate(bytes.span, limits: limits) }
                #expect(fault.reason == .tooDeep(limit: limit))
                #expect(fault.offset == limit * width)
                #expect(throws: fault) { _ = try JSONValue(parsing: bytes, limits: limits) }
                #expect(throws: fault) { _ = try JSONDocument(parsing: bytes, limits: limits) }
            }
        }
        let hostile = Array(String(repeating: "[", count: 1_000_000).utf8)
        let fault = #expect(throws: JSONFault.self) { try JSON.validate(hostile.span) }
        #expect(fault?.reason == .tooDeep(limit: 64))
    }

    @Test func holdsTheNodeLimit() throws {
        let bytes = Array("[1,{\"a\":2}]".utf8)
        try JSON.validate(bytes.span, limits: JSONLimits(nodesMax: 5))
        try JSON.validate(bytes.span, limits: JSONLimits(nodesMax: 4))
        _ = try JSONValue(parsing: bytes, limits: JSONLimits(nodesMax: 4))
        let limits = JSONLimits(nodesMax: 3)
        let fault = try #require(throws: JSONFault.self) { try JSON.validate(bytes.span, limits: limits) }
        #expect(fault.reason == .tooManyNodes(limit: 3))
        #expect(fault.offset == 8)
        #expect(throws: fault) { _ = try JSONValue(parsing: bytes, limits: limits) }
    }

    @Test(arguments: [("null", true), ("false", false), ("0", false), (#""""#, false), ("[]", false), ("{}", false)])
    func onlyNullIsNull(text: String, isNull: Bool) throws {
        #expect(try JSONValue(parsing: Array(text.utf8)).isNull == isNull)
    }

    @Test func decodesRawStrings() throws {
        let text = Array(#"a\u00e9\ud83d\ude00\n\"\/é"#.utf8)
        var output: [UInt8] = [0x3E]
        try JSON.appendString(0..<text.count, of: text.span, to: &output)
        #expect(output == Array(">aé😀\n\"/é".utf8))
        #expect(try JSON.string(1..<19, of: text.span) == "é😀")
    }

    @Test(arguments: [(0, 1), (0, 7), (12, 13), (0, 4)])
    func decodesNoRangeThatCutsAnEscapeOrScalar(_ from: Int, _ to: Int) {
        let text = Array(#"\ud83d\ude00é"#.utf8)
        var output: [UInt8] = []
        #expect(throws: JSONFault.self) { try JSON.appendString(from..<to, of: text.span, to: &output) }
    }
}
