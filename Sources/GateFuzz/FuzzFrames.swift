import GateBytes
import GateDescriptors
import GateMQTT
import GateTestKit

/// The frames of one input.
struct FuzzFrames {
    /// What stands in front of them.
    let prefix: [UInt8]
    private let probe: DescriptorProbe?
    private let areFields: Bool

    /// The fields inside of a field.
    init(inside structure: FuzzMutator.Structure) {
        prefix = []
        probe = nil
        if case .fields = structure { areFields = true } else { areFields = false }
    }

    init(_ structure: FuzzMutator.Structure, prefix bytes: [UInt8]) {
        switch structure {
        case .mqtt(let prefixBytes):
            (prefix, probe, areFields) = (Array(bytes.prefix(prefixBytes)), nil, false)
        case .fields(let prefixBytes):
            (prefix, probe, areFields) = (Array(bytes.prefix(prefixBytes)), nil, true)
        case .descriptors:
            prefix = bytes.count < 2 ? [UInt8(truncatingIfNeeded: bytes.count), 0] : Array(bytes[..<2])
            probe = DescriptorSubjects.probe(prefix[0], limit: prefix[1])
            areFields = false
        }
    }

    /// The frames; what is none stays whole at the end.
    func split(_ bytes: [UInt8]) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var offset = min(prefix.count, bytes.count)
        while offset < bytes.count, let end = frameEnd(bytes, offset), end > offset, end <= bytes.count {
            pieces.append(Array(bytes[offset..<end]))
            offset = end
        }
        if offset < bytes.count { pieces.append(Array(bytes[offset...])) }
        return pieces
    }

    private func frameEnd(_ bytes: [UInt8], _ start: Int) -> Int? {
        if areFields { return FuzzFields.end(of: bytes, at: start) }
        if let probe { return try? probe.frame(bytes.span, at: start)?.end }
        guard let length = packetLength(bytes, start + 1) else { return nil }
        return start + 1 + length.width + length.value
    }

    private func packetLength(_ bytes: [UInt8], _ start: Int) -> (value: Int, width: Int)? {
        var value = 0
        for width in 1...4 where start + width <= bytes.count {
            let byte = bytes[start + width - 1]
            value |= Int(byte & 0x7F) << (7 * (width - 1))
            if byte < 0x80 { return (value, width) }
        }
        return nil
    }

    /// The frame with a length that counts what it has.
    func withRightLength(_ frame: [UInt8]) -> [UInt8] {
        if areFields { return FuzzFields.withRightLength(frame) }
        if let probe { return DescriptorFrameMaker<SeededGenerator>(probe).withRightLength(frame) }
        guard let first = frame.first else { return frame }
        let body = frame.dropFirst(1 + (packetLength(frame, 1)?.width ?? 0))
        return [first] + remainingLength(body.count) + body
    }

    /// What a frame holds that has the same structure; `nil` when there is none.
    func content(of frame: [UInt8]) -> Range<Int>? {
        areFields ? FuzzFields.content(of: frame) : nil
    }

    /// Whether frames may have a compressed end.
    var mayBePacked: Bool { probe != nil }

    /// The frame some levels deeper, where it holds what has its own structure.
    func nested(_ frame: [UInt8], _ random: inout SeededGenerator, bytesMax: Int) -> [UInt8] {
        areFields ? FuzzFields.nested(frame, &random, bytesMax: bytesMax) : frame
    }

    /// A new frame that a client may send.
    func make(using random: inout SeededGenerator) -> [UInt8] {
        if areFields { return FuzzFields.make(using: &random) }
        if let probe {
            var maker = DescriptorFrameMaker<SeededGenerator>(probe)
            return maker.frame(using: &random)
        }
        var output = ByteBuffer()
        do { try MQTTCodec().encode(packet(using: &random), into: &output) } catch { return [0xC0, 0x00] }
        return output.array()
    }

    private func packet(using random: inout SeededGenerator) -> MQTTPacket {
        let names: [String] = ["a", "Chat/HD_Say", "Chat/HD_Say/1", "é/日"]
        let name = Array(names[random.below(names.count)].utf8)
        let identifier = UInt16(1 + random.below(6))
        let qos = MQTTQoS(rawValue: UInt8(random.below(3))) ?? .atMostOnce
        switch random.below(9) {
        case 0:
            let will = random.below(2) == 0 ? nil : MQTTWill(topic: name, payload: [1], qos: qos)
            return .connect(
                MQTTConnect(
                    clientID: name, version: random.below(4) == 0 ? .v31 : .v311, cleanSession: random.below(2) == 0,
                    will: will, userName: random.below(2) == 0 ? nil : name))
        case 1: return .puback(identifier)
        case 2: return random.below(2) == 0 ? .pubrec(identifier) : .pubcomp(identifier)
        case 3: return .pubrel(identifier)
        case 4: return .subscribe(identifier, [MQTTSubscription(filter: Array("+/HD_Say/#".utf8), qos: qos)])
        case 5: return .unsubscribe(identifier, filters: [name])
        case 6: return random.below(4) == 0 ? .disconnect : .pingreq
        default:
            return .publish(
                MQTTPublish(
                    topic: name, payload: [UInt8](repeating: 0x7B, count: random.below(20)), qos: qos,
                    packetIdentifier: qos == .atMostOnce ? 0 : identifier))
        }
    }
}
