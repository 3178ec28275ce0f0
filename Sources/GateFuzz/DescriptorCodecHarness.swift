import GateBytes
import GateDescriptors
import GateProtocol
import GateTestKit

/// What the protocol of a descriptor promises about any client.
///
/// The client is served whole, byte by byte and in random pieces: messages, output, fault and rest are always the same;
/// ranges lie inside their bytes, and no more waits than a frame may have. Each request is answered, in an order that the
/// input chooses, and what is written is a run of whole frames that carry the payload.
/// - Parameter input: The first byte chooses the descriptor and its parameters, the second one the frame limit and, with its
///   bit 6, whether the others are what a client sends, or the seed of frames that are made of the descriptor.
/// - Throws: ``FuzzFinding``.
public func fuzzDescriptorCodec(_ input: Span<UInt8>) throws(FuzzFinding) {
    guard input.count >= 2 else { return }
    let probe = DescriptorSubjects.probe(input[0], limit: input[1])
    var bytes = [UInt8](copying: input, range: 2..<input.count)
    if input[1] & 0x40 != 0 {
        var random = SeededGenerator(seed: input.fnv1a)
        var maker = DescriptorFrameMaker<SeededGenerator>(probe)
        let frames = bytes.prefix(4).map { _ in maker.frame(using: &random) }
        for frame in frames {
            let right = maker.withRightLength(frame)
            if right != maker.withRightLength(right) { throw FuzzFinding("the length of \(right) is not right") }
        }
        bytes = frames.flatMap { $0 }
    }
    try checkClient(of: probe, sending: bytes)
}

/// What the vectors of the shipped descriptors send, as inputs of ``fuzzDescriptorCodec(_:)``.
public func descriptorCodecSeeds() -> [[UInt8]] {
    DescriptorSubjects.numbers.flatMap { number in
        DescriptorSubjects.probe(number, limit: 0).samples.map { [number, 0] + $0 }
    }
}

/// Serves a client of one descriptor in several ways.
func checkClient(of probe: DescriptorProbe, sending bytes: [UInt8]) throws(FuzzFinding) {
    let wire = probe.makeProtocol()
    let restMax = probe.frameBytesMax
    let whole = try WireLife.live(
        wire, bytes, WireLife.Feeding(pieces: [bytes.count], eventsMax: 20), restMax: restMax)
    var random = SeededGenerator(seed: bytes.span.fnv1a)
    let pieces = (0..<4).map { _ in 1 + random.below(1 << (1 + random.below(6))) }
    var feedings = [WireLife.Feeding(pieces: pieces, eventsMax: 1 + random.below(4))]
    if bytes.count <= 256 { feedings.append(WireLife.Feeding(pieces: [1], eventsMax: 20)) }
    for feeding in feedings {
        let other = try WireLife.live(probe.makeProtocol(), bytes, feeding, restMax: restMax)
        if other != whole { throw FuzzFinding("in pieces of \(feeding.pieces): \(other), whole: \(whole)") }
    }
    try checkAnswers(wire, probe, whole, &random)
    try checkClocks(wire, probe)
}

/// Time goes by without a word from the client: it is closed, or the next look is later.
private func checkClocks(_ wire: DescriptorProtocol, _ probe: DescriptorProbe) throws(FuzzFinding) {
    var effects = ProtocolEffects()
    for seconds in [1, 20, 3_600] {
        let now = WireLife.start + .seconds(seconds)
        effects.beginCall()
        do {
            try wire.timerFired(at: now, effects: &effects)
        } catch .keepAliveExpired {
            return
        } catch .framing(.notEncodable), .framing(.notExpressible) {
            // What is sent again and again does not fit its fields: the connection ends, and says so.
            return
        } catch {
            throw FuzzFinding("a clock says \(error)")
        }
        if effects.close != nil { return }
        if let next = effects.wakeUp, next <= now { throw FuzzFinding("the next look at \(next) is not behind \(now)") }
        try checkFrames(effects.output.array(), probe, payloads: [])
    }
}

/// Answers all requests of a client, pushes to it, and reads what it gets.
private func checkAnswers(
    _ wire: DescriptorProtocol, _ probe: DescriptorProbe, _ life: WireLife, _ random: inout SeededGenerator
) throws(FuzzFinding) {
    var effects = ProtocolEffects()
    var requests = life.messages.filter { $0.kind == .request }
    if random.below(2) == 0 { requests.reverse() }
    for request in requests {
        let outcome: ReplyOutcome = random.below(3) == 0 ? .fault : .result
        let form: PayloadForm = random.below(2) == 0 ? .text : .bytes
        try send(wire, .reply(request.correlation, outcome, form), request.topic, request.payload, &effects)
        // A second answer finds nobody, or is written like the first where ids are the client's own.
    }
    let texts = life.messages.filter { isWellFormedUTF8($0.payload.span) }
    try checkFrames(effects.output.array(), probe, payloads: texts.count == life.messages.count ? [] : nil)
    effects.output.removeAll()
    try send(wire, .kick, [], Array(#"{"reason":"x"}"#.utf8), &effects)
    try checkFrames(effects.output.array(), probe, payloads: [])
    // A descriptor may say what stands for nothing.
    for message in texts.prefix(2) where !message.payload.isEmpty {
        effects.output.removeAll()
        try send(wire, .push(.atMostOnce, .bytes), message.topic, message.payload, &effects)
        try checkFrames(effects.output.array(), probe, payloads: [message.payload])
    }
}

func send(
    _ wire: DescriptorProtocol, _ action: ServerAction, _ topic: [UInt8], _ payload: [UInt8],
    _ effects: inout ProtocolEffects
) throws(FuzzFinding) {
    effects.beginCall()
    let before = effects.output.count
    do {
        try wire.send(
            action, topic: topic.span, payload: payload.span, at: WireLife.start, effects: &effects)
    } catch .framing(.notEncodable), .framing(.notExpressible), .limitReached {
        // What does not fit its field is refused, and nothing of it is left in the output.
        if effects.output.count != before { throw FuzzFinding("half a frame was written") }
    } catch {
        throw FuzzFinding("\(action) failed: \(error)")
    }
}

/// What was written is whole frames of the protocol.
/// - Parameter payloads: What they carry; `nil` when bytes that are no text may stand in text fields, so that not even the
///   frames can be read; empty when only the frames count.
private func checkFrames(
    _ output: [UInt8], _ probe: DescriptorProbe, payloads: [[UInt8]]?
) throws(FuzzFinding) {
    guard let payloads, probe.isSymmetric else { return }
    var offset = 0
    var index = 0
    while offset < output.count {
        let frame: DescriptorProbe.Frame?
        do {
            frame = try probe.frame(output.span, at: offset)
        } catch .frameTooLarge, .inflatedTooLarge {
            // The limits are for what clients send.
            return
        } catch .unknownKind {
            // A kind's mark may be written from the clock or the request, and then be that of no kind.
            return
        } catch {
            throw FuzzFinding("what was written is no \(probe.name): \(error) in \(output)")
        }
        guard let frame else { throw FuzzFinding("half a frame was written: \(output)") }
        if let payload = frame.payload, index < payloads.count, Array(output[payload]) != payloads[index] {
            throw FuzzFinding("the payload \(payloads[index]) came back as \(output[payload])")
        }
        index += 1
        offset = frame.end
    }
}
