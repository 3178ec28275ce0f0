import GateBytes
import GateDescriptors
import GateProtocol
import GateTestKit

/// What was reached by a run of ``fuzzDescriptorMaker(_:_:)``: a harness that reaches nothing finds nothing.
public struct DescriptorMakerTally: Sendable {
    /// Files that loaded.
    public var loaded = 0
    /// Requests that were delivered and answered.
    public var answered = 0
    /// Answers that were read back as one frame.
    public var readBack = 0
    /// Those of which an id was compared.
    public var identified = 0
    /// Those of which the payload was compared.
    public var compared = 0
    /// Requests of the client's side whose answer it found.
    public var found = 0

    /// Nothing yet.
    public init() {}
}

/// Answers one request on a connection of its own and reads the answer as its client would.
///
/// What is read is one frame, with the id that the request had and the payload that was answered. Not of files that say
/// something else in their place.
func checkReadBack(
    _ probe: DescriptorProbe, _ bench: DescriptorWorkbench, isPlain: Bool, _ random: inout SeededGenerator,
    _ tally: inout DescriptorMakerTally
) throws(FuzzFinding) {
    var maker = DescriptorFrameMaker<SeededGenerator>(probe)
    for _ in 0..<4 {
        let sent = (0...random.below(3)).flatMap { _ in maker.frame(using: &random) }
        guard sent.count <= 4_096 else { continue }
        let wire = probe.makeProtocol()
        let life = try WireLife.live(
            wire, sent, WireLife.Feeding(pieces: [sent.count], eventsMax: 20), restMax: probe.frameBytesMax)
        let requests = life.messages.filter { $0.kind == .request }
        guard life.fault == nil, life.close == nil, requests.count == 1, let request = requests.first else { continue }
        let answer = try answer(to: request, wire)
        guard !answer.isEmpty else { continue }
        tally.answered += 1
        let asked = bench.dissect(sent, from: .client).frames.filter { $0.kind == "request" }
        let dissection = bench.dissect(answer, from: .server)
        guard dissection.ending == .complete else { continue }
        guard isPlain else { continue }
        guard dissection.frames.count == 1, let frame = dissection.frames.first else {
            throw FuzzFinding("one answer is read as \(dissection.frames.count) frames: \(answer)")
        }
        tally.readBack += 1
        if asked.count == 1, let wanted = meaning("id", of: asked[0]), let found = meaning("id", of: frame) {
            tally.identified += 1
            if wanted != found { throw FuzzFinding("the answer to \(wanted) is one to \(found): \(answer)") }
        }
        guard let payload = meaning("payload", of: frame) ?? meaning("result", of: frame) else { continue }
        tally.compared += 1
        if !holds(payload, answered) { throw FuzzFinding("the answer is read as \(payload): \(answer)") }
    }
    try checkClientSide(probe, bench, isPlain: isPlain, &tally)
}

/// What is answered: one JSON value, and a text.
private let answered = Array("[17]".utf8)

private func answer(to request: WireLife.Message, _ wire: DescriptorProtocol) throws(FuzzFinding) -> [UInt8] {
    var effects = ProtocolEffects()
    try send(wire, .reply(request.correlation, .result, .json), request.topic, answered, &effects)
    // An error may stand in place of what does not fit.
    return effects.answersReplaced == 0 ? effects.output.array() : []
}

private func meaning(_ name: String, of frame: Dissection.Frame) -> Dissection.Value? {
    frame.meanings.first { $0.name == name }?.value
}

/// Whether a value has these bytes in it: an envelope or an object may stand around them.
private func holds(_ value: Dissection.Value, _ wanted: [UInt8]) -> Bool {
    let bytes: [UInt8]
    switch value {
    case .bytes(let found): bytes = found
    case .text(let text): bytes = Array(text.utf8)
    case .number(let number, _): bytes = Array(String(number).utf8)
    }
    return bytes.indices.contains { bytes[$0...].starts(with: wanted) }
}

/// The client's side asks, and finds the answer to what it asked.
private func checkClientSide(
    _ probe: DescriptorProbe, _ bench: DescriptorWorkbench, isPlain: Bool, _ tally: inout DescriptorMakerTally
) throws(FuzzFinding) {
    guard let client = try? DescriptorClient(bench) else { return }
    for route in ["Chat/HD_Say", "7"] {
        guard let request = try? client.request(route: route, payload: Array("[1]".utf8)) else { continue }
        if let place = request.identifier, place.offset < 0 || place.offset + place.byteCount > request.bytes.count {
            throw FuzzFinding("\(place) is outside of \(request.bytes.count) bytes")
        }
        let sent = client.opening.flatMap(\.bytes) + request.bytes
        let wire = probe.makeProtocol()
        let life = try WireLife.live(
            wire, sent, WireLife.Feeding(pieces: [sent.count], eventsMax: 20), restMax: probe.frameBytesMax)
        guard life.fault == nil, life.close == nil, let message = life.messages.last, message.kind == .request else {
            continue
        }
        let answer = try answer(to: message, wire)
        guard isPlain, client.answersNameRequests, let place = request.identifier,
            let frame = (try? client.read(answer.span, at: 0)) ?? nil, frame.kind == .answer
        else { continue }
        tally.found += 1
        if frame.identifier != place.base {
            throw FuzzFinding("the answer to \(place.base) is one to \(frame.identifier ?? 0): \(answer)")
        }
    }
}
