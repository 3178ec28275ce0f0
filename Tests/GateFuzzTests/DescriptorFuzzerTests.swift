import GateDescriptors
import GateFuzz
import Testing

@Suite struct DescriptorFuzzerTests {
    @Test(arguments: DescriptorLibrary().descriptors.map(\.name))
    func shippedDescriptorsKeepTheirPromises(_ name: String) throws {
        let descriptor = try #require(DescriptorLibrary().descriptor(named: name))
        var fuzzer = try DescriptorFuzzer(descriptor, seed: 7)
        for _ in 0..<300 {
            let failure = fuzzer.next()
            #expect(failure == nil, "\(failure?.input ?? []): \(failure?.finding.description ?? "")")
        }
        #expect(fuzzer.executions == 300)
    }

    @Test func parametersThatTheDescriptorDoesNotHaveAreRefused() throws {
        let descriptor = try #require(DescriptorLibrary().descriptor(named: "length16"))
        #expect(throws: (any Error).self) { try DescriptorFuzzer(descriptor, parameters: ["x": "y"], seed: 1) }
    }
}
