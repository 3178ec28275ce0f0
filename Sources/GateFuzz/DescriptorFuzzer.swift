import GateBytes
public import GateDescriptors
public import GateProtocol
import GateTestKit

/// Fuzzes one descriptor without help from a compiler: frames that it allows, frames that it almost allows, and any bytes.
///
/// ```swift
/// var fuzzer = try DescriptorFuzzer(descriptor, seed: 1)
/// while clock.now < end { if let failure = fuzzer.next() { return fuzzer.smallest(failure) } }
/// ```
public struct DescriptorFuzzer {
    /// An input and the promise that it broke.
    public struct Failure: Sendable {
        /// What the client sent.
        public let input: [UInt8]
        /// What was promised and what came instead.
        public let finding: FuzzFinding
    }

    /// A CONNECT of the client "c", with a clean session or without.
    private static let mqttConnect: [UInt8] = [0x10, 13, 0, 4, 0x4D, 0x51, 0x54, 0x54, 4, 2, 0, 10, 0, 1, 0x63]
    /// Frames of one input, at most.
    private static let framesMax = 6
    /// Inputs that were tried.
    public private(set) var executions = 0
    private let probe: DescriptorProbe
    private var maker: DescriptorFrameMaker<SeededGenerator>
    private var random: SeededGenerator
    private let speaksMQTT: Bool

    /// A fuzzer of a descriptor with these parameters. The same seed makes the same inputs.
    /// - Parameter speaksMQTT: Whether the descriptor is that of MQTT and its frames are for GateMQTT.
    /// - Throws: When the parameters are not the descriptor's own.
    public init(
        _ descriptor: ProtocolDescriptor, parameters: [String: String] = [:], seed: UInt64, speaksMQTT: Bool = false
    ) throws(ProtocolSetupError) {
        probe = try DescriptorProbe(descriptor, ProtocolOptions(frameBytesMax: 4_096, parameters: parameters))
        maker = DescriptorFrameMaker(probe)
        random = SeededGenerator(seed: seed)
        self.speaksMQTT = speaksMQTT
    }

    /// Tries one more input.
    /// - Returns: The input and what it broke; `nil` when all promises are kept.
    public mutating func next() -> Failure? {
        executions += 1
        return failure(of: input())
    }

    /// A failure with as few bytes as can be found by leaving some out.
    public func smallest(_ failure: Failure) -> Failure {
        var best = failure
        var size = best.input.count / 2
        while size > 0 {
            var start = 0
            while start < best.input.count {
                let end = min(start + size, best.input.count)
                let shorter = Array(best.input[..<start] + best.input[end...])
                if let found = self.failure(of: shorter) { best = found } else { start += size }
            }
            size /= 2
        }
        return best
    }

    private func failure(of input: [UInt8]) -> Failure? {
        do {
            if speaksMQTT {
                try fuzzMQTTProtocol(input.span)
            } else {
                try checkClient(of: probe, sending: input)
            }
            return nil
        } catch {
            return Failure(input: input, finding: error)
        }
    }

    private mutating func input() -> [UInt8] {
        var bytes: [UInt8] = []
        // Behind a CONNECT there is more to see.
        if speaksMQTT, random.below(4) > 0 { bytes = Self.mqttConnect }
        for _ in 0...random.below(Self.framesMax) {
            switch random.below(8) {
            case 0: bytes += (0...random.below(40)).map { _ in UInt8(random.below(256)) }
            case 1...3: bytes += nearly(maker.frame(using: &random))
            default: bytes += maker.frame(using: &random)
            }
        }
        return bytes
    }

    /// A frame with one to three faults.
    private mutating func nearly(_ frame: [UInt8]) -> [UInt8] {
        var bytes = frame
        for _ in 0...random.below(3) where !bytes.isEmpty {
            let place = random.below(bytes.count)
            switch random.below(6) {
            case 0: bytes[place] ^= 1 << UInt8(random.below(8))
            case 1: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF][random.below(5)]
            case 2: bytes[place] &+= random.below(2) == 0 ? 1 : 0xFF
            case 3: bytes.remove(at: place)
            case 4: bytes.insert(UInt8(random.below(256)), at: place)
            default: bytes.removeLast(bytes.count - place)
            }
        }
        // A fault behind the length is only reached when the length is right.
        return random.below(2) == 0 ? bytes : maker.withRightLength(bytes)
    }
}
