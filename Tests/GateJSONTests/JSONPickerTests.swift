import GateJSON
import Testing

@Suite("JSONPicker")
struct JSONPickerTests {
    static let names = ["route", "id", "body", "payload", "a long key of many bytes", "é"]
    static let keys = JSONKeySet(names.enumerated().map { (Array($1.utf8), UInt8($0)) })

    /// Walks to the end and gives everything that was picked: name and raw value.
    private func picks(_ bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONFault) -> [JSONPick] {
        var picker = JSONPicker(limits: limits)
        var picks: [JSONPick] = []
        var found = JSONPicks()
        repeat {
            try picker.next(Self.keys, in: bytes.span, into: &found)
            for index in 0..<found.count { picks.append(found.pick(index)) }
        } while !picker.isDone
        try picker.next(Self.keys, in: bytes.span, into: &found)
        #expect(found.count == 0)
        return picks
    }

    @Test func picksKnownKeysInTheirOrder() throws {
        let text = #" { "x" : {"id":1} ,"id":-1.5e3, "bo\u0064y": ["\"", {}] ,"payloads":0,"route":"a\"b","é":null } "#
        let bytes = Array(text.utf8)
        let found = try picks(bytes)
        #expect(found.map { Self.names[Int($0.place)] } == ["id", "body", "route", "é"])
        #expect(
            found.map { String(decoding: bytes[$0.valueRange], as: UTF8.self) } == [
                "-1.5e3", #"["\"", {}]"#, #""a\"b""#, "null",
            ])
        #expect(found.map(\.kind) == [.number, .array, .string, .null])
        #expect(found.map(\.hasEscapes) == [false, false, true, false])
        #expect(
            found.map { $0.stringRange.map { String(decoding: bytes[$0], as: UTF8.self) } } == [
                nil, nil, #"a\"b"#, nil,
            ])
    }

    @Test(arguments: 7...10)
    func picksMoreThanOneStepHolds(count: Int) throws {
        // Eight a step; the last step may find none.
        let names = (0..<count).map { "k\($0)" }
        let keys = JSONKeySet(names.enumerated().map { (Array($1.utf8), UInt8($0)) })
        let bytes = Array("{\(names.map { "\"\($0)\":0" }.joined(separator: ","))}".utf8)
        var picker = JSONPicker()
        var found = JSONPicks()
        var places: [UInt8] = []
        while !picker.isDone {
            try picker.next(keys, in: bytes.span, into: &found)
            for index in 0..<found.count { places.append(found.pick(index).place) }
        }
        #expect(places == (0..<UInt8(count)).map { $0 })
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
            #expect(found.map { Self.names[Int($0.place)] } == Self.names.filter { $0 == name })
        }
    }

    @Test(arguments: [
        (#"{"id":1,"id":2}"#, 8), (#"{"id":1,"x":0,"i\u0064":2}"#, 14), (#"{"body":null,"body":null}"#, 13),
    ])
    func refusesAKnownKeyThatComesTwice(text: String, at offset: Int) {
        let fault = #expect(throws: JSONFault.self) { _ = try picks(Array(text.utf8)) }
        #expect(fault?.offset == offset)
        if case .duplicateKey? = fault?.reason {} else { Issue.record("\(String(describing: fault))") }
    }

    @Test func passesOverOtherKeysThatComeTwice() throws {
        #expect(try picks(Array(#"{"x":1,"x":2,"id":3}"#.utf8)).map(\.valueRange) == [18..<19])
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
            return try picks(bytes).flatMap { [$0.valueRange.lowerBound, $0.valueRange.upperBound] }
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
