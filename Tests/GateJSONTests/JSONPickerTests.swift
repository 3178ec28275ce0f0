import GateJSON
import Testing

@Suite("JSON.pick")
struct JSONPickerTests {
    static let names = ["route", "id", "body", "payload", "a long key of many bytes", "é"]
    static let keys = JSONKeySet(names.enumerated().map { (Array($1.utf8), UInt8($0)) })

    /// A value that was picked.
    private struct Pick {
        var name: String
        var range: Range<Int>
        var isEscaped: Bool
    }

    /// All that is picked, in the order of the values.
    private func picks(
        _ bytes: [UInt8], from start: Int = 0, limits: JSONLimits = JSONLimits()
    ) throws(JSONFault) -> [Pick] {
        var words = [UInt64](repeating: 0, count: JSONKeySet.placesMax)
        var ranges = words.mutableSpan
        let found = try JSON.pick(Self.keys, in: bytes.span, from: start, into: &ranges, limits: limits)
        return Self.names.enumerated().filter { found.has(UInt8($0.offset)) }
            .map { place, name in
                let low = Int(words[place] >> 32)
                let count = Int(words[place] & 0xFFFF_FFFF)
                return Pick(name: name, range: low..<low + count, isEscaped: found.isEscaped(UInt8(place)))
            }
            .sorted { $0.range.lowerBound < $1.range.lowerBound }
    }

    @Test func picksKnownKeysInTheirOrder() throws {
        let text = #" { "x" : {"id":1} ,"id":-1.5e3, "bo\u0064y": ["\"", {}] ,"payloads":0,"route":"a\"b","é":null } "#
        let bytes = Array(text.utf8)
        let found = try picks(bytes)
        #expect(found.map(\.name) == ["id", "body", "route", "é"])
        #expect(
            found.map { String(decoding: bytes[$0.range], as: UTF8.self) } == [
                "-1.5e3", #"["\"", {}]"#, #""a\"b""#, "null",
            ])
        #expect(found.map { JSONKind(firstByte: bytes[$0.range.lowerBound]) } == [.number, .array, .string, .null])
        #expect(found.map(\.isEscaped) == [false, false, true, false])
    }

    @Test func beginsWhereItIsTold() throws {
        let bytes = Array(#"{"id":{"id":1}"#.utf8)
        #expect(try picks(bytes, from: 6).map(\.range) == [12..<13])
        #expect(throws: JSONFault.self) { _ = try picks(bytes, from: bytes.count) }
    }

    @Test func keepsApartAsManyKeysAsThereArePlaces() throws {
        let names = (0..<JSONKeySet.placesMax).map { "k\($0)" }
        let keys = JSONKeySet(names.enumerated().map { (Array($1.utf8), UInt8($0)) })
        let bytes = Array("{\(names.map { "\"\($0)\":0" }.joined(separator: ","))}".utf8)
        var words = [UInt64](repeating: 0, count: JSONKeySet.placesMax)
        var ranges = words.mutableSpan
        let found = try JSON.pick(keys, in: bytes.span, into: &ranges)
        #expect(found.present == UInt32.max)
        #expect(words.allSatisfy { $0 & 0xFFFF_FFFF == 1 && bytes[Int($0 >> 32)] == UInt8(ascii: "0") })
        #expect(Set(words).count == names.count)
    }

    @Test(arguments: ["{}", " { } ", "\n{\t}\r\n", #"{"x":1}"#, #"{"rout":1,"routes":2,"Id":3," id":4}"#])
    func picksNothingWhereNoKeyIsKnown(text: String) throws {
        #expect(try picks(Array(text.utf8)).isEmpty)
    }

    @Test(arguments: ["payload", "payloa", "a long key of many bytes", "id", ""])
    func findsKeysOfEveryLength(name: String) throws {
        // Also where fewer than eight bytes follow the key.
        for value in ["0", "[1, 2, 3, 4, 5]"] {
            let found = try picks(Array("{\"\(name)\":\(value)}".utf8))
            #expect(found.map(\.name) == Self.names.filter { $0 == name })
        }
    }

    @Test(arguments: [
        (#"{"id":1,"id":2}"#, 13..<14), (#"{"id":1,"x":0,"i\u0064":2}"#, 24..<25),
        (#"{"body":"\n","body":""}"#, 20..<22),
        (#"{"body":"","id":1,"body":"\n"}"#, 25..<29),
    ])
    func ofAKnownKeyThatComesTwiceTheLastOneCounts(text: String, range: Range<Int>) throws {
        let found = try picks(Array(text.utf8))
        #expect(found.map(\.range).last == range)
        #expect(found.last?.isEscaped == text[...].dropLast(2).hasSuffix(#"\n"#))
        #expect(Set(found.map(\.name)).count == found.count)
    }

    @Test func passesOverOtherKeysThatComeTwice() throws {
        #expect(try picks(Array(#"{"x":1,"x":2,"id":3}"#.utf8)).map(\.range) == [18..<19])
    }

    @Test(arguments: [(2, true), (3, false)])
    func holdsTheDepth(open: Int, isTaken: Bool) {
        let text = #"{"body":"# + String(repeating: "[", count: open) + String(repeating: "]", count: open) + "}"
        let limits = JSONLimits(depthMax: 3)
        if isTaken {
            #expect(throws: Never.self) { _ = try picks(Array(text.utf8), limits: limits) }
        } else {
            #expect(throws: JSONFault.self) { _ = try picks(Array(text.utf8), limits: limits) }
        }
    }

    @Test(arguments: [(4, true), (3, false)])
    func holdsTheNumberOfValues(nodesMax: Int, isTaken: Bool) {
        let bytes = Array(#"{"id":"7","x":[1]}"#.utf8)
        let limits = JSONLimits(nodesMax: nodesMax)
        if isTaken {
            #expect(throws: Never.self) { _ = try picks(bytes, limits: limits) }
        } else {
            #expect(throws: JSONFault.self) { _ = try picks(bytes, limits: limits) }
        }
    }

    /// What a ``JSONScanner``, which reads byte by byte, makes of the same input.
    private func scanned(_ bytes: [UInt8]) throws(JSONFault) -> [Range<Int>] {
        var scanner = JSONScanner()
        var ranges: [Range<Int>] = []
        while let member = try scanner.next(in: bytes.span) {
            if Self.names.contains(where: { member.hasKey($0, in: bytes.span) }) { ranges.append(member.valueRange) }
        }
        return ranges
    }

    @Test func readsWhateverComesAsTheScannerDoes() {
        let samples = [
            #"{"id":100000042,"route":"Echo/HD_Raw","body":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}"#,
            #" {"route" : "é\u00e9" , "payload":[1,{"a":-0.5e+7}],"a long key of many bytes":true,"é":""}"#,
            #"{"id":1,"route":12345678,"body":123456789012345,"payload":1234567890123456}"#,
            #"{ "id":0,"body" :"id","payload": "body", "route":-1}"#,
            #"{"":{},"b\"ody":"\\","body":"中文 text of some more bytes","id":null}"#,
        ].map { Array($0.utf8) }
        let marks = Array("\"\\{}[]:, 0-eu\u{0}\u{1F}\u{7F}".utf8) + [0x80, 0xC3, 0xED, 0xF4, 0xFF]
        var differences: [String] = []
        for sample in samples {
            for place in sample.indices {
                var inputs = [Array(sample[..<place]), Array(sample[place...])]
                for mark in marks {
                    var changed = sample
                    changed[place] = mark
                    inputs.append(changed)
                    changed.remove(at: place)
                    inputs.append(changed)
                }
                for input in inputs where outcome(input) != scannedOutcome(input) {
                    differences.append(String(decoding: input, as: UTF8.self))
                }
            }
        }
        #expect(differences == [])
    }

    private func outcome(_ bytes: [UInt8]) -> [Int] {
        do {
            return try picks(bytes).flatMap { [$0.range.lowerBound, $0.range.upperBound] }
        } catch {
            return [-1 - error.offset]
        }
    }

    private func scannedOutcome(_ bytes: [UInt8]) -> [Int] {
        do {
            return try scanned(bytes).flatMap { [$0.lowerBound, $0.upperBound] }
        } catch {
            return [-1 - error.offset]
        }
    }
}

/// Strings are read sixteen and eight bytes at a time; every byte has to count wherever it stands.
@Suite("JSON strings in words")
struct JSONStringWordTests {
    static let bytes: [(byte: UInt8, isPlain: Bool)] = [
        (0x00, false), (0x1F, false), (0x20, true), (0x21, true), (0x22, false), (0x23, true), (0x5B, true),
        (0x5C, false), (0x5D, true), (0x7F, true), (0x80, false), (0xA2, false), (0xDC, false), (0xFF, false),
    ]

    @Test(arguments: bytes)
    func aByteIsPlainWhereverItStands(byte: UInt8, isPlain: Bool) {
        var wrong: [String] = []
        for count in 1...41 {
            for place in 0..<count {
                for rest in 0...17 {
                    var text: [UInt8] = [0x22] + [UInt8](repeating: 0x78, count: count) + [0x22]
                    text[1 + place] = byte
                    text += [UInt8](repeating: 0x20, count: rest)
                    let isTaken = (try? JSON.validate(text.span)) != nil
                    if isTaken != isPlain { wrong.append("\(byte) at \(place) of \(count) before \(rest)") }
                }
            }
        }
        #expect(wrong == [])
    }
}
