import GateBytes
import GateDescriptors
import GateProtocol
import GateTestKit

/// What is promised of any descriptor that somebody may write, whoever its clients are.
///
/// A file of ``DescriptorMaker`` loads, or says what is wrong. One that loads is served to clients that send frames as it
/// describes them, nearly so, and anything; each request is answered with results, errors and nothing in every form, there
/// are pushes and kicks with and without a route, and its timers fire.
/// - Parameter input: What the file and its clients are made of.
/// - Returns: Whether the file loaded.
/// - Throws: ``FuzzFinding``.
@discardableResult
public func fuzzDescriptorMaker(_ input: Span<UInt8>) throws(FuzzFinding) -> Bool {
    var tally = DescriptorMakerTally()
    return try fuzzDescriptorMaker(input, &tally)
}

/// Does so, and counts what was reached.
@discardableResult
public func fuzzDescriptorMaker(
    _ input: Span<UInt8>, _ tally: inout DescriptorMakerTally
) throws(FuzzFinding) -> Bool {
    var maker = DescriptorMaker(seed: input.fnv1a)
    let text = maker.file()
    let file = DescriptorFile(name: "fuzzed.json5", bytes: text)
    switch ProtocolDescriptor.load(file) {
    case .failed(let problems):
        try check(problems, text)
        return false
    case .loaded(let descriptor):
        for failure in descriptor.checkVectors() { try checkIsOneLine(failure.description) }
        var random = SeededGenerator(seed: input.fnv1a ^ 1)
        tally.loaded += 1
        for values in DescriptorProbe.choices(of: descriptor).prefix(2) {
            var options = ProtocolOptions(frameBytesMax: 4_096, parameters: values)
            // A listener's routes may be none of the protocol's.
            let routed = ProtocolOptions(
                frameBytesMax: 4_096, parameters: values,
                routes: ["7": "Chat/HD_Say", "9": "A/HD_B -> 8", "a.b": "Chat/HD_Ask"])
            let codes = ProtocolOptions(
                frameBytesMax: 4_096, parameters: values, routes: ["7": "Chat/HD_Say", "9": "A/HD_B -> 8"])
            if let found = [routed, codes].first(where: { (try? DescriptorProbe(descriptor, $0)) != nil }) {
                options = random.below(3) == 0 ? options : found
            }
            guard var probe = try? DescriptorProbe(descriptor, options) else {
                throw FuzzFinding("a choice of its own is refused")
            }
            // Bytes may be written as they are, where no reader of ours takes them.
            probe.isSymmetric = false
            try serve(probe, &random)
            if let bench = try? DescriptorWorkbench(descriptor, file, options: options) {
                try checkReadBack(probe, bench, isPlain: maker.isPlain, &random, &tally)
            }
        }
        let client = DescriptorProbeFrames.some(descriptor, &random)
        // There may be a frame in each byte, and each is drawn.
        try checkTools(descriptor, file, Array(client.prefix(60)))
        return true
    }
}

/// Serves some clients of a descriptor.
private func serve(_ probe: DescriptorProbe, _ random: inout SeededGenerator) throws(FuzzFinding) {
    var maker = DescriptorFrameMaker<SeededGenerator>(probe)
    for _ in 0..<2 {
        let bytes = DescriptorProbeFrames.some(&maker, &random)
        try checkClient(of: probe, sending: bytes)
        try checkEverythingSent(probe, bytes, &random)
    }
}

/// Answers and other messages of every form, and all timers.
private func checkEverythingSent(
    _ probe: DescriptorProbe, _ bytes: [UInt8], _ random: inout SeededGenerator
) throws(FuzzFinding) {
    let wire = probe.makeProtocol()
    let life = try WireLife.live(
        wire, bytes, WireLife.Feeding(pieces: [bytes.count], eventsMax: 20), restMax: probe.frameBytesMax)
    var effects = ProtocolEffects()
    let texts: [[UInt8]] = [
        [], Array("ok".utf8), Array(#"{"a":"b","_id":"x"}"#.utf8), [0xFF, 0, 0xC0, 0xC1],
        [UInt8](repeating: 0x78, count: 300), Array("Chat/HD_Say".utf8),
    ]
    let topics: [[UInt8]] = [[], Array("Chat/HD_Say".utf8), Array("7".utf8), Array("A/HD_B".utf8), [0xFF]]
    func oneText() -> [UInt8] { texts[random.below(texts.count)] }
    let outcomes: [ReplyOutcome] = [.result, .fault, .unrouted]
    let forms: [PayloadForm] = [.bytes, .text, .json]
    for request in life.messages where request.kind == .request {
        for _ in 0..<2 {
            let outcome = outcomes[random.below(outcomes.count)]
            let form = forms[random.below(forms.count)]
            try send(wire, .reply(request.correlation, outcome, form), request.topic, oneText(), &effects)
        }
    }
    for form in forms {
        try send(wire, .push(.atMostOnce, form), topics[random.below(topics.count)], oneText(), &effects)
    }
    try send(wire, .kick, [], oneText(), &effects)
    for _ in 0..<4 {
        effects.beginCall()
        do {
            try wire.timerFired(at: WireLife.start + .seconds(random.below(20)), effects: &effects)
        } catch .keepAliveExpired, .framing(.notEncodable), .framing(.notExpressible) {
            return
        } catch {
            throw FuzzFinding("a clock says \(error)")
        }
    }
}

/// What clients send.
private enum DescriptorProbeFrames {
    static func some(_ descriptor: ProtocolDescriptor, _ random: inout SeededGenerator) -> [UInt8] {
        guard let probe = try? DescriptorProbe(descriptor, ProtocolOptions(frameBytesMax: 4_096)) else { return [] }
        var maker = DescriptorFrameMaker<SeededGenerator>(probe)
        return some(&maker, &random)
    }

    static func some(
        _ maker: inout DescriptorFrameMaker<SeededGenerator>, _ random: inout SeededGenerator
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0...random.below(4) {
            var frame = maker.frame(using: &random)
            if random.below(4) == 0, !frame.isEmpty {
                frame[random.below(frame.count)] = [0, 1, 0x7F, 0x80, 0xFF][random.below(5)]
                if random.below(2) == 0 { frame = maker.withRightLength(frame) }
            }
            bytes += frame
        }
        return Array(bytes.prefix(2_000))
    }
}
