import GateBytes
import GateDescriptors
import GateFuzz
import GateJSON
import Glibc
import Testing

/// The generator of descriptors knows the language, and what it makes keeps its promises.
@Suite struct DescriptorMakerTests {
    /// A fixed run; `Fuzz/run descriptor-maker` goes on from there.
    @Test(arguments: 0..<4)
    func whatIsMadeKeepsItsPromises(part: Int) {
        var tally = DescriptorMakerTally()
        for seed in 0..<6 {
            let input = [UInt8(part), UInt8(seed), 0x5A]
            do {
                try fuzzDescriptorMaker(input.span, &tally)
            } catch {
                Issue.record("\(input): \(error)")
            }
        }
        // A harness that reaches nothing finds nothing.
        #expect(tally.loaded > 0, "\(tally)")
        #expect(tally.answered > 0 && tally.compared > 0, "\(tally)")
    }

    /// Few that load reach little behind the loader, and few that do not reach little in it.
    @Test func aboutHalfOfTheFilesLoad() {
        var loaded = 0
        for seed in 0..<1_000 {
            var maker = DescriptorMaker(seed: UInt64(seed))
            if case .loaded = ProtocolDescriptor.load(DescriptorFile(name: "fuzzed.json5", bytes: maker.file())) {
                loaded += 1
            }
        }
        #expect((450...550).contains(loaded), "\(loaded) of 1000")
    }

    @Test func theSameSeedMakesTheSameFile() {
        var (one, other, third) = (DescriptorMaker(seed: 7), DescriptorMaker(seed: 7), DescriptorMaker(seed: 8))
        let text = one.file()
        #expect(text == other.file())
        #expect(text != third.file())
    }

    /// Each key and each word of the schema is made now and then: a new one has to be made, too.
    @Test func everyWordOfTheSchemaIsMade() throws {
        let here = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        let schema = try JSONValue(parsing: contents(of: "\(here)/protocols/schema.json"))
        var missing: Set<String> = []
        collect(schema, into: &missing)
        #expect(missing.count > 120)
        // Names of keys of an envelope's and a vector's values stand among them; none is left out.
        for seed in 0..<6_000 where !missing.isEmpty {
            var maker = DescriptorMaker(seed: UInt64(seed))
            for word in maker.file().split(separator: UInt8(ascii: "\"")) {
                missing.remove(String(decoding: word, as: UTF8.self))
            }
        }
        #expect(missing == [])
    }

    /// Properties and words of enumerations, at any depth.
    private func collect(_ value: JSONValue, into words: inout Set<String>) {
        if let object = value.object {
            for (key, inner) in object {
                if key == "properties", let properties = inner.object {
                    for (name, _) in properties { words.insert(name) }
                }
                if key == "enum" || key == "const" {
                    for word in inner.array ?? [inner] { if let text = word.string { words.insert(text) } }
                }
                collect(inner, into: &words)
            }
        }
        for element in value.array ?? [] { collect(element, into: &words) }
    }
}
