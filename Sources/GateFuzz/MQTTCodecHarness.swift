import GateBytes
import GateMQTT
import GateProtocol

/// What the MQTT codec promises about any bytes. A trap, a hang or a throw is a finding.
///
/// The bytes are decoded as a stream of packets. Each packet lies inside the input, stays incomplete when cut off, encodes,
/// and decodes to itself again; a fault shows as soon as its bytes are there, whatever comes behind it.
/// - Parameter input: Any bytes; the first one chooses the frame limit.
/// - Throws: ``FuzzFinding``.
public func fuzzMQTTCodec(_ input: Span<UInt8>) throws(FuzzFinding) {
    if input.isEmpty { return }
    let codec = MQTTCodec(frameBytesMax: input[0] < 0x80 ? 65_535 : Int(input[0] & 0x7F))
    var offset = 1
    while offset < input.count {
        let rest = input.extracting(offset..<input.count)
        switch verdict(codec, rest) {
        case .fault(let fault): return try checkFault(codec, rest, fault)
        case .incomplete(let needed): return try checkIncomplete(codec, rest, needed: needed)
        case .packet(let packet, let byteCount):
            if byteCount < 2 || byteCount > rest.count { throw FuzzFinding("a packet of \(byteCount) bytes") }
            if byteCount > codec.frameBytesMax + 5 { throw FuzzFinding("\(byteCount) bytes are above the limit") }
            try checkCutOff(codec, rest.extracting(0..<byteCount))
            try checkRoundTrip(packet, rest.extracting(0..<byteCount))
            offset += byteCount
        }
    }
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
private func cuts(of count: Int) -> [Int] {
    if count <= 24 { return Array(0..<count) }
    return Array(0..<8) + [count / 3, count / 2] + Array(count - 4..<count)
}

private func checkCutOff(_ codec: MQTTCodec, _ packet: Span<UInt8>) throws(FuzzFinding) {
    for count in cuts(of: packet.count) {
        guard case .incomplete(let needed) = verdict(codec, packet.extracting(0..<count)) else {
            throw FuzzFinding("\(count) of a packet's \(packet.count) bytes are not incomplete")
        }
        if needed <= count || needed > packet.count {
            throw FuzzFinding("\(needed) bytes needed at \(count) of \(packet.count)")
        }
    }
}

private func checkIncomplete(_ codec: MQTTCodec, _ input: Span<UInt8>, needed: Int) throws(FuzzFinding) {
    if needed <= input.count || needed > codec.frameBytesMax + 5 {
        throw FuzzFinding("\(needed) bytes needed where there are \(input.count)")
    }
    for count in cuts(of: input.count) {
        guard case .incomplete = verdict(codec, input.extracting(0..<count)) else {
            throw FuzzFinding("\(count) bytes are not incomplete, \(input.count) are")
        }
    }
}

private func checkFault(_ codec: MQTTCodec, _ input: Span<UInt8>, _ fault: FramingError) throws(FuzzFinding) {
    for count in cuts(of: input.count) {
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
