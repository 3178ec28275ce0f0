import GateJSON
import Testing

@Suite("JSON5")
struct JSON5Tests {
    static let accepted: [(text: String, value: JSONValue)] = [
        // Objects and arrays: unquoted keys, single quotes, trailing commas.
        ("{a: 1, $b_2: 2, _: 3,}", ["a": 1, "$b_2": 2, "_": 3]), ("{'a b': 1}", ["a b": 1]), ("{}", [:]),
        ("{ùńîċõďë: 9, \\u0061b: 1, a\\u200Cb: 2}", ["ùńîċõďë": 9, "ab": 1, "a\u{200C}b": 2]),
        ("{null: 1, true: 2, Infinity: 3}", ["null": 1, "true": 2, "Infinity": 3]), ("[1,]", [1]), ("[]", []),
        ("[1, 2 , ]", [1, 2]),
        // Strings.
        ("'it\"s'", "it\"s"), ("\"it's\"", "it's"), ("'\\''", "'"), ("'\\\"'", "\""), ("'a\\\nb'", "ab"),
        ("'a\\\r\nb'", "ab"), ("'a\\\rb'", "ab"), ("'a\\\u{2028}b\\\u{2029}c'", "abc"),
        ("'\u{2028}\u{2029}'", "\u{2028}\u{2029}"),
        ("'\\x41\\xe9\\v\\0\\a\\A\\é\\/'", "Aé\u{B}\u{0}aAé/"), ("'\\b\\f\\n\\r\\t\\\\'", "\u{8}\u{C}\n\r\t\\"),
        ("'\\uD83D\\uDE00'", "😀"), ("'\t'", "\t"), ("'\\0a'", "\u{0}a"),
        // Blanks and comments.
        ("// c\n1 // d", 1), ("/* a\n*b */1/**/", 1), ("\u{FEFF}1", 1),
        ("\u{A0}\u{B}\u{C}\u{2028}\u{3000}\u{2003}1\u{FEFF}", 1),
        ("// c\u{2028}1", 1), ("// c\r1", 1), ("[1/*,2*/,//\n3]", [1, 3]), ("/***/1", 1), ("1//", 1),
        ("{a/**/:/**/1/**/}", ["a": 1]),
    ]

    @Test(arguments: accepted)
    func accepts(_ text: String, _ value: JSONValue) throws {
        #expect(try JSONValue(parsing: text, dialect: .json5) == value)
        #expect(try JSONDocument(parsing: text).value == value)
    }

    static let numbers: [(text: String, lexeme: String)] = [
        ("0", "0"), ("-0", "-0"), ("+1", "1"), (".5", "0.5"), ("-.5", "-0.5"), ("+.5e3", "0.5e3"), ("5.", "5"),
        ("5.e-3", "5e-3"), ("5.25E+2", "5.25E+2"), ("0x1F", "31"), ("0XdecaF", "912559"), ("-0xC0FFEE", "-12648430"),
        ("0xFFFFFFFFFFFFFFFF", "18446744073709551615"), ("0x00000000000000000001", "1"), ("Infinity", "Infinity"),
        ("+Infinity", "Infinity"), ("-Infinity", "-Infinity"), ("NaN", "NaN"), ("-NaN", "NaN"), ("0.", "0"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
    ]

    @Test(arguments: numbers)
    func keepsNumbersAsJSONWouldWriteThem(_ text: String, _ lexeme: String) throws {
        let number = try #require(try JSONValue(parsing: text, dialect: .json5).number)
        #expect(number.lexeme == lexeme)
        if number.isFinite { #expect(JSONNumber(lexeme: lexeme) == number) }
    }

    static let rejected: [(text: String, reason: JSONFaultReason, offset: Int)] = [
        ("", .unexpectedEnd(expected: .value), 0), ("// only", .unexpectedEnd(expected: .value), 7),
        ("/* a", .unterminatedComment, 0), ("1 /* *", .unterminatedComment, 2), ("1 /", .trailingBytes, 2),
        ("/1", .unexpectedByte(0x2F, expected: .value), 0),
        ("[,]", .unexpectedByte(0x2C, expected: .valueOrArrayEnd), 1),
        ("[1,,]", .unexpectedByte(0x2C, expected: .valueOrArrayEnd), 3),
        ("{,}", .unexpectedByte(0x2C, expected: .keyOrObjectEnd), 1),
        ("{a:1,,}", .unexpectedByte(0x2C, expected: .keyOrObjectEnd), 5),
        ("{1a:1}", .unexpectedByte(0x31, expected: .keyOrObjectEnd), 1),
        ("{a-b:1}", .unexpectedByte(0x2D, expected: .colon), 2), ("{\\x61:1}", .invalidEscape, 1),
        ("{\\u0031:1}", .invalidEscape, 1), ("{a\\u002d:1}", .invalidEscape, 2), ("{a:1,'a':2}", .duplicateKey("a"), 5),
        ("{a:1,\\u0061:2}", .duplicateKey("a"), 5), ("'a\nb'", .unterminatedString, 2),
        ("'a\rb'", .unterminatedString, 2), ("'a", .unterminatedString, 2), ("'a\"", .unterminatedString, 3),
        ("'\\", .unterminatedString, 2), ("'\\1'", .invalidEscape, 1), ("'\\01'", .invalidEscape, 1),
        ("'\\x4'", .invalidEscape, 1), ("'\\xg1'", .invalidEscape, 1), ("'\\ud800'", .loneSurrogate, 1),
        ("01", .invalidNumber, 1), ("-", .invalidNumber, 1), (".", .invalidNumber, 1), ("+.e1", .invalidNumber, 2),
        ("0x", .invalidNumber, 2), ("0xg", .invalidNumber, 2), ("1e", .invalidNumber, 2), ("+-1", .invalidNumber, 1),
        ("0x10000000000000000", .numberTooWide(bitsMax: 64), 0), ("1.5.5", .trailingBytes, 3),
        ("Inf", .unexpectedEnd(expected: .word(.infinity)), 3),
        ("+Nan", .unexpectedByte(0x6E, expected: .word(.notANumber)), 3),
        ("undefined", .unexpectedByte(0x75, expected: .value), 0),
        ("{a:1", .unexpectedEnd(expected: .commaOrObjectEnd), 4),
        ("{a", .unexpectedEnd(expected: .colon), 2), ("1 2", .trailingBytes, 2),
    ]

    @Test(arguments: rejected)
    func rejects(_ text: String, _ reason: JSONFaultReason, at offset: Int) throws {
        let fault = try #require(throws: JSONFault.self) { try JSONDocument(parsing: text) }
        #expect(fault.reason == reason)
        #expect(fault.offset == offset)
        #expect(throws: fault) { try JSONValue(parsing: text, dialect: .json5) }
    }

    @Test func refusesIllFormedUTF8InComments() {
        let line = #expect(throws: JSONFault.self) { try JSONDocument(parsing: [0x2F, 0x2F, 0x20, 0xC3, 0x0A, 0x31]) }
        #expect(line?.reason == .invalidUTF8)
        #expect(line?.offset == 3)
        let block = #expect(throws: JSONFault.self) { try JSONDocument(parsing: [0x2F, 0x2A, 0xFF, 0x2A, 0x2F, 0x31]) }
        #expect(block?.offset == 2)
    }

    /// But for a key that stands twice, which is a fault here.
    @Test(arguments: JSONTests.accepted.filter { $0 != #"{"a":"b","a":"c"}"# })
    func readsAllJSONAsTheSameValue(_ text: String) throws {
        let strict = try JSONValue(parsing: text)
        #expect(try JSONValue(parsing: text, dialect: .json5) == strict)
    }
}
