import GateBytes
import GateMQTT
import GateProtocol
import GateTestKit

/// What the MQTT codec promises about any bytes. A trap, a hang or a throw is a finding.
///
/// The bytes are decoded as a stream of packets. Each packet lies inside the input, stays incomplete when cut off, encodes,
/// and decodes to itself again; a fault shows as soon as its bytes are there, whatever comes behind it.
/// - Parameter input: Any bytes; the first one chooses the frame limit.
/// - Throws: ``FuzzFinding``.
public func fuzzMQTTCodec(_ input: Span<UInt8>) throws(FuzzFinding) {
    if input.isEmpty { return }
    let codec = MQTTCodec(frameBytesMax: input[0] < 0x80 ? 65_535 : Int(input[0] & 0x7F))
    let bytes = input.extracting(droppingFirst: 1)
    let whole = try checkPackets(codec, bytes)
    try checkSplits(codec, bytes, whole)
}

/// Walks the packets of a stream that is there as a whole.
private func checkPackets(_ codec: MQTTCodec, _ input: Span<UInt8>) throws(FuzzFinding) -> StreamOutcome {
    var outcome = StreamOutcome()
    var offset = 0
    while offset < input.count {
        let rest = input.extracting(offset..<input.count)
        switch verdict(codec, rest) {
        case .fault(let fault):
            try checkFault(codec, rest, fault)
            outcome.fault = fault
            return outcome
        case .incomplete(let needed):
            try checkIncomplete(codec, rest, needed: needed)
            outcome.rest = rest.count
            return outcome
        case .packet(let packet, let byteCount):
            if byteCount < 2 || byteCount > rest.count { throw FuzzFinding("a packet of \(byteCount) bytes") }
            if byteCount - headBytes(rest) > codec.frameBytesMax {
                throw FuzzFinding("\(byteCount) bytes are above the limit")
            }
            try checkCutOff(codec, rest.extracting(0..<byteCount))
            try checkRoundTrip(packet, rest.extracting(0..<byteCount))
            outcome.packets.append(packet)
            offset += byteCount
        }
    }
    return outcome
}

/// Bytes of a fixed header, as far as it is there: what the limit does not count.
private func headBytes(_ packet: Span<UInt8>) -> Int {
    for place in 1..<5 where place < packet.count && packet[place] < 0x80 { return place + 1 }
    return 5
}

/// Packets and the end are the same whole, in random pieces and, when there are at most 32 bytes, one by one.
private func checkSplits(
    _ codec: MQTTCodec, _ input: Span<UInt8>, _ whole: StreamOutcome
) throws(FuzzFinding) {
    var random = SeededGenerator(seed: splitSeed(input))
    let split = stream(codec, input) { _ in 1 + random.below(1 << (1 + random.below(7))) }
    if split != whole { throw FuzzFinding("in random pieces: \(split), whole: \(whole)") }
    guard input.count <= 32 else { return }
    let dripped = stream(codec, input) { _ in 1 }
    if dripped != whole { throw FuzzFinding("one byte at a time: \(dripped), whole: \(whole)") }
}

/// A number that follows from the input, so that a finding is found again. Some bytes say enough, and reading all of them
/// took a tenth of the time.
private func splitSeed(_ input: Span<UInt8>) -> UInt64 {
    var seed = UInt64(input.count)
    for offset in stride(from: 0, to: input.count, by: 1 + input.count / 8) {
        seed = (seed ^ UInt64(input[offset])) &* 0x100_0000_01B3
    }
    return seed
}

/// What a connection gets out of a stream.
private struct StreamOutcome: Equatable {
    var packets: [MQTTPacket] = []
    var fault: FramingError?
    var rest = 0
}

/// Feeds pieces as a connection does: no call before the needed bytes are there, none behind a fault.
private func stream(_ codec: MQTTCodec, _ input: Span<UInt8>, piece: (Int) -> Int) -> StreamOutcome {
    var outcome = StreamOutcome()
    var (start, end, needed) = (0, 0, 0)
    while end < input.count {
        end = min(input.count, end + piece(end))
        while start < end && end - start >= needed {
            switch verdict(codec, input.extracting(start..<end)) {
            case .incomplete(let more): needed = max(more, end - start + 1)
            case .packet(let packet, let byteCount):
                outcome.packets.append(packet)
                (start, needed) = (start + max(1, byteCount), 0)
            case .fault(let fault):
                outcome.fault = fault
                return outcome
            }
        }
    }
    outcome.rest = end - start
    return outcome
}

private enum Verdict: Equatable {
    case packet(MQTTPacket, byteCount: Int)
    case incomplete(needed: Int)
    case fault(FramingError)
}

private func verdict(_ codec: MQTTCodec, _ input: Span<UInt8>) -> Verdict {
    do {
        switch try codec.decode(input, scanned: 0) {
        case .incomplete(let needed, _): return .incomplete(needed: needed)
        case .frame(let packet, let byteCount): return .packet(packet, byteCount: byteCount)
        }
    } catch {
        return .fault(error)
    }
}

/// Lengths at which a run of bytes is cut off: all of a short one, ends and some of the middle of a long one.
private struct Cuts {
    let end: Int
    var next = 0

    /// The next length, -1 behind the last one.
    mutating func take() -> Int {
        if next >= end { return -1 }
        defer {
            next += 1
            if end > 24 && next == 8 { next = end / 3 }
            if end > 24 && next == end / 3 + 1 { next = end / 2 }
            if end > 24 && next == end / 2 + 1 { next = end - 4 }
        }
        return next
    }
}

private func checkCutOff(_ codec: MQTTCodec, _ packet: Span<UInt8>) throws(FuzzFinding) {
    var cuts = Cuts(end: packet.count)
    while case let count = cuts.take(), count >= 0 {
        guard case .incomplete(let needed) = verdict(codec, packet.extracting(0..<count)) else {
            throw FuzzFinding("\(count) of a packet's \(packet.count) bytes are not incomplete")
        }
        if needed <= count || needed > packet.count {
            throw FuzzFinding("\(needed) bytes needed at \(count) of \(packet.count)")
        }
    }
}

private func checkIncomplete(_ codec: MQTTCodec, _ input: Span<UInt8>, needed: Int) throws(FuzzFinding) {
    if needed <= input.count || needed - headBytes(input) > codec.frameBytesMax {
        throw FuzzFinding("\(needed) bytes needed where there are \(input.count)")
    }
    var cuts = Cuts(end: input.count)
    while case let count = cuts.take(), count >= 0 {
        guard case .incomplete = verdict(codec, input.extracting(0..<count)) else {
            throw FuzzFinding("\(count) bytes are not incomplete, \(input.count) are")
        }
    }
}

private func checkFault(_ codec: MQTTCodec, _ input: Span<UInt8>, _ fault: FramingError) throws(FuzzFinding) {
    var cuts = Cuts(end: input.count)
    while case let count = cuts.take(), count >= 0 {
        switch verdict(codec, input.extracting(0..<count)) {
        case .incomplete: continue
        case .fault(fault): continue
        case let other: throw FuzzFinding("\(count) bytes: \(other), \(input.count) bytes: \(fault)")
        }
    }
}

private func checkRoundTrip(_ packet: MQTTPacket, _ original: Span<UInt8>) throws(FuzzFinding) {
    var output = ByteBuffer()
    do {
        try MQTTCodec().encode(packet, into: &output)
    } catch {
        throw FuzzFinding("\(packet) was decoded and does not encode: \(error)")
    }
    let bytes = output.array()
    let again = verdict(MQTTCodec(), bytes.span)
    if again != .packet(packet, byteCount: bytes.count) { throw FuzzFinding("\(packet) came back as \(again)") }
    // A padded length and, in MQTT 3.1, missing texts are written in their one form, so only the length may tell.
    if bytes.count == original.count && bytes != [UInt8](copying: original) && !isVersion31(packet) {
        throw FuzzFinding("\(packet) came back as other bytes")
    }
}

private func isVersion31(_ packet: MQTTPacket) -> Bool {
    if case .connect(let connect) = packet { return connect.version == .v31 }
    return false
}
