import GateProtocol
import GateTestKit
import Testing

@testable import GateDescriptors

/// A fuzzer whose frames are none tests lengths only.
@Suite struct FrameMakerTests {
    @Test(arguments: DescriptorLibrary.shippedFiles.map(\.protocolName))
    func framesThatAreMadeAreRead(name: String) throws {
        let bench = try workbench(name)
        let probe = try DescriptorProbe(bench.descriptor, ProtocolOptions(frameBytesMax: 1 << 24))
        var maker = DescriptorFrameMaker<SeededGenerator>(probe)
        var random = SeededGenerator(seed: 7)
        let read = (0..<200).filter { _ in
            let dissection = bench.dissect(maker.frame(using: &random), from: .client)
            return dissection.ending == .complete && !dissection.frames.isEmpty
        }
        #expect(read.count >= 50, "\(read.count) of 200")
    }

    @Test func keysOfPairsAreMade() throws {
        let bench = try workbench("amp")
        let probe = try DescriptorProbe(bench.descriptor, ProtocolOptions(frameBytesMax: 1 << 24))
        var maker = DescriptorFrameMaker<SeededGenerator>(probe)
        var random = SeededGenerator(seed: 7)
        let samples = Set(probe.samples)
        let frames = (0..<200).map { _ in maker.frame(using: &random) }.filter { !samples.contains($0) }
        #expect(frames.contains { bench.dissect($0, from: .client).frames.first?.kind == "request" })
    }
}
