import GateJSON
import Testing

/// Readers of the same grammar must not differ: what one lets through, another would have to refuse later.
@Suite("Readers agree")
struct JSONAgreementTests {
    /// A splitmix64 generator, so that each run sees the same texts.
    struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
            return mixed ^ mixed >> 31
        }
    }

    static let seeds: [[UInt8]] = [
        Array(#"{"route":"a/b","id":-12.5e+3,"body":{"x":[1,true,null,"\u00e9\ud83d\ude00\n"],"é":""}}"#.utf8),
        Array(#"[[],{},[{}],"\"\\\/\b\f",0.0,-0,1E9,false, "😀é" ]"#.utf8),
    ]
    static let alphabet =
        Array("{}[],:\"'\\/*u0123456789abefdDxX.+-eEntrI \n\t$_".utf8) + [
            0x00, 0x7F, 0x80, 0xC3, 0xA9, 0xED, 0xF0, 0xFF,
        ]

    /// A seed text with one to four bytes changed, dropped, added or doubled.
    private func mutant(_ generator: inout Generator) -> [UInt8] {
        var bytes = Self.seeds[Int.random(in: 0..<Self.seeds.count, using: &generator)]
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            let byte = Self.alphabet[Int.random(in: 0..<Self.alphabet.count, using: &generator)]
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: bytes[place] = byte
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(byte, at: place)
            default: bytes.insert(bytes[place], at: place)
            }
        }
        return bytes
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func onMutatedTexts(_ seed: UInt64) throws {
        var generator = Generator(state: seed)
        var accepted = 0
        var refused = 0
        for _ in 0..<4000 {
            let bytes = mutant(&generator)
            let strict = Result { () throws(JSONFault) in try JSON.validate(bytes.span) }
            let tree = Result { () throws(JSONFault) in try JSONValue(parsing: bytes) }
            let document = Result { () throws(JSONFault) in try JSONDocument(parsing: bytes, dialect: .json).value }
            #expect(tree == document)
            switch (strict, tree) {
            case (.success(let kind), .success(let value)):
                accepted += 1
                #expect(value.kind == kind)
                let encoded = value.encoded()
                #expect(try JSON.normalized(bytes.span).map { $0 == encoded } ?? true)
                #expect(try JSONValue(parsing: encoded) == value)
                #expect(try JSONValue(parsing: encoded, dialect: .json5) == value)
            case (.success, .failure(let fault)):
                Issue.record("\(bytes): only the tree says \(fault)")
            case (.failure(let fault), .failure(let treeFault)):
                refused += 1
                #expect(fault == treeFault, "\(bytes)")
            case (.failure(let fault), .success):
                Issue.record("\(bytes): the tree misses \(fault)")
            }
            compareScanner(bytes, strict)
            compareJSON5(bytes)
        }
        #expect(accepted > 100)
        #expect(refused > 1000)
    }

    /// The scanner walks to the end of each valid object, and of nothing else.
    private func compareScanner(_ bytes: [UInt8], _ strict: Result<JSONKind, JSONFault>) {
        let walk = Result { () throws(JSONFault) in
            var scanner = JSONScanner()
            while let member = try scanner.next(in: bytes.span) {
                let value = Array(bytes[member.valueRange])
                #expect((try? JSON.validate(value.span)) == member.kind)
                let key: [UInt8] = [0x22] + bytes[member.keyRange] + [0x22]
                #expect((try? JSON.validate(key.span)) == .string)
            }
        }
        switch (strict, walk) {
        case (.success(let kind), .success): #expect(kind == .object)
        case (.success(let kind), .failure): #expect(kind != .object)
        case (.failure, .success): Issue.record("\(bytes): the scanner misses a fault")
        case (.failure, .failure): break
        }
    }

    private func compareJSON5(_ bytes: [UInt8]) {
        let value = Result { () throws(JSONFault) in try JSONValue(parsing: bytes, dialect: .json5) }
        let document = Result { () throws(JSONFault) in try JSONDocument(parsing: bytes).value }
        #expect(value == document)
        if case .failure(let fault) = value { #expect(fault.offset <= bytes.count) }
    }

    @Test func onEveryPrefixOfAText() {
        for seed in Self.seeds {
            for count in 0..<seed.count {
                let prefix = Array(seed[..<count])
                let strict = Result { () throws(JSONFault) in try JSON.validate(prefix.span) }
                let tree = Result { () throws(JSONFault) in try JSONValue(parsing: prefix).kind }
                #expect(strict == tree)
                if case .success = strict { Issue.record("a prefix of \(count) bytes passed") }
            }
        }
    }
}
