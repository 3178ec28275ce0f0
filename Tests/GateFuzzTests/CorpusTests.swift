import GateFuzz
import GateFuzzGateway
import Testing

/// Every target keeps its promises for its corpus, and for changed copies of it.
@Suite struct CorpusTests {
    /// A file of the corpus of one target.
    struct Case: CustomTestStringConvertible, Sendable {
        let target: FuzzTarget
        let seed: Seed

        var testDescription: String { "\(target.name)/\(seed.name)" }
    }

    static let cases = FuzzTarget.all.flatMap { target in corpus(target.name).map { Case(target: target, seed: $0) } }

    @Test(arguments: FuzzTarget.all.map(\.name))
    func everyTargetHasACorpus(_ name: String) {
        #expect(corpus(name).count >= 4)
        #expect(FuzzTarget.named(name)?.name == name)
    }

    @Test(arguments: cases)
    func promisesAreKept(_ example: Case) throws {
        try example.target.run(example.seed.bytes.span)
    }

    @Test(arguments: cases.filter { $0.seed.bytes.count <= 2_000 && $0.seed.name.count < 40 })
    func promisesAreKeptByChangedCopies(_ example: Case) throws {
        // A descriptor file takes its time, and there are many.
        let rounds = ["descriptor-loader", "descriptor-maker"].contains(example.target.name) ? 4 : 50
        for round in 0..<rounds { try example.target.run(example.seed.changed(round: round).span) }
    }

    /// What the structure-aware mutator makes is no larger than asked for, and holds too.
    @Test(arguments: cases.filter { $0.target.mutate != nil && $0.seed.name.count < 40 })
    func promisesAreKeptByFramesThatWereChangedOneByOne(_ example: Case) throws {
        let mutator = try #require(example.target.mutate)
        for round in 0..<50 {
            let changed = mutator.mutate(example.seed.bytes, seed: UInt64(round), bytesMax: 400) { bytes, bytesMax in
                Array(Seed(name: "", bytes: bytes).changed(round: round).prefix(bytesMax))
            }
            #expect(changed.count <= 400)
            try example.target.run(changed.span)
        }
    }

    /// The descriptors' own vectors are seeds: a change of a descriptor changes them with it.
    @Test func promisesAreKeptForWhatTheVectorsSend() throws {
        let seeds = descriptorCodecSeeds()
        #expect(seeds.count > 50)
        for seed in seeds { try fuzzDescriptorCodec(seed.span) }
    }

    /// What coverage has to find step by step.
    @Test func theCanarySingsForWhatItIsMeantFor() throws {
        let seeds = corpus("canary")
        #expect(!seeds.isEmpty)
        for seed in seeds { #expect(throws: Never.self) { try fuzzCanary(seed.bytes.span) } }
        for text in ["", "GATE", "GATE\u{1}", "GATE\u{1}a", "gATE\u{0}a", "GaTE\u{0}a", "GAtE\u{0}a", "GATe\u{0}a"] {
            let bytes = Array(text.utf8)
            #expect(throws: Never.self) { try fuzzCanary(bytes.span) }
        }
        for text in ["GATE\u{0}a", "GATE\u{1}ab", "GATE\u{2}abc"] {
            let bytes = Array(text.utf8)
            #expect(throws: FuzzFinding.self) { try fuzzCanary(bytes.span) }
        }
    }

    @Test func theCanaryIsNoPartOfTheTargets() {
        #expect(!FuzzTarget.all.map(\.name).contains("canary"))
        #expect(FuzzTarget.named("canary") != nil)
    }
}
