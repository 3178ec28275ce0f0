import GateJSON
import Testing

@Suite("JSONWriter")
struct JSONWriterTests {
    @Test(arguments: [
        ("", #""""#), ("plain é😀", #""plain é😀""#), ("\"\\/", #""\"\\/""#), ("\u{8}\u{9}\n\u{C}\r", #""\b\t\n\f\r""#),
        ("\u{0}\u{1}\u{B}\u{1F}\u{20}", #""\u0000\u0001\u000B\u001F ""#), ("\u{7F}\u{2028}", "\"\u{7F}\u{2028}\""),
    ])
    func escapesStrings(_ text: String, _ json: String) throws {
        var fromString: [UInt8] = [0x5B]
        JSONWriter.appendString(text, to: &fromString)
        #expect(fromString == [0x5B] + Array(json.utf8))
        var fromBytes: [UInt8] = [0x5B]
        JSONWriter.appendString(Array(text.utf8).span, to: &fromBytes)
        #expect(fromBytes == fromString)
        #expect(try JSONValue(parsing: json).string == text)
    }

    @Test(arguments: JSONTests.illFormed.map(\.bytes))
    func replacesIllFormedBytes(_ bytes: [UInt8]) throws {
        var output: [UInt8] = []
        JSONWriter.appendString(bytes.span, to: &output)
        #expect(try JSON.validate(output.span) == .string)
        #expect(output.contains([0xEF, 0xBF, 0xBD]))
    }

    @Test func replacesEachIllFormedByteAndKeepsTheRest() {
        var output: [UInt8] = []
        JSONWriter.appendString([0x61, 0xE2, 0x82, 0x62, 0xC3, 0xA9, 0xFF].span, to: &output)
        #expect(output == Array("\"a\u{FFFD}\u{FFFD}bé\u{FFFD}\"".utf8))
    }

    // RFC 4648 section 10, and the two last digits of the alphabet.
    @Test(
        arguments: [
            ([], ""), (Array("f".utf8), "Zg=="), (Array("fo".utf8), "Zm8="), (Array("foo".utf8), "Zm9v"),
            (Array("foob".utf8), "Zm9vYg=="), (Array("fooba".utf8), "Zm9vYmE="), (Array("foobar".utf8), "Zm9vYmFy"),
            ([0xFB, 0xFF, 0xBF], "+/+/"), ([0x00], "AA=="), ([0xFF, 0xFF], "//8="),
            ([0x69, 0xB7, 0x1D, 0x79, 0xF8], "abcdefg="),
        ] as [([UInt8], String)])
    func writesBase64(_ bytes: [UInt8], _ text: String) {
        var output: [UInt8] = [0x22]
        JSONWriter.appendBase64(bytes.span, to: &output)
        #expect(output == [0x22] + Array(text.utf8))
    }
}
