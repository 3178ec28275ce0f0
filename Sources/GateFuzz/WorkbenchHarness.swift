import GateBytes
import GateDescriptors
import GateJSON
import GateProtocol
import GateTestKit

/// What is promised to people who work with a descriptor, and to its client's side.
///
/// Bytes are taken apart into frames and fields that lie inside of them, the same however much follows; what was put
/// together is taken apart as one frame; what the client's side asks for is delivered, and it finds the answer to it.
/// - Parameter input: The first byte chooses the descriptor, the second one what is done.
/// - Throws: ``FuzzFinding``.
public func fuzzDescriptorWorkbench(_ input: Span<UInt8>) throws(FuzzFinding) {
    guard input.count >= 2, let subject = WorkbenchSubject.all[Int(input[0])] else { return }
    let bytes = [UInt8](copying: input, range: 2..<input.count)
    switch input[1] & 7 {
    case 0, 1: try checkDissection(subject.bench, bytes, from: .client)
    case 2, 3:
        try checkDissection(subject.bench, bytes, from: .server)
        if let client = subject.client { try checkClientReads(client, bytes) }
    case 4, 5: try checkComposition(subject.bench, bytes)
    case 6: try checkRequest(subject, bytes)
    default: try checkSkeleton(bytes)
    }
}

/// A descriptor on the bench, and its two sides.
struct WorkbenchSubject {
    let bench: DescriptorWorkbench
    let probe: DescriptorProbe
    /// The client's side, where the vectors show a way to a session.
    let client: DescriptorClient?

    /// By number, as in ``DescriptorSubjects``.
    static let all: [WorkbenchSubject?] = DescriptorSubjects.choices.map { choice in
        try? WorkbenchSubject(choice.descriptor, choice.file, choice.options(frameBytesMax: 4_096))
    }

    init(
        _ descriptor: ProtocolDescriptor, _ file: DescriptorFile, _ options: ProtocolOptions
    ) throws(ProtocolSetupError) {
        bench = try DescriptorWorkbench(descriptor, file, options: options)
        probe = try DescriptorProbe(descriptor, options)
        client = try? DescriptorClient(bench)
    }
}

/// Frames and fields lie where they say, and are the same when the bytes end earlier.
func checkDissection(
    _ bench: DescriptorWorkbench, _ bytes: [UInt8], from sender: Dissection.Sender
) throws(FuzzFinding) {
    let dissection = bench.dissect(bytes, from: sender)
    var end = 0
    for frame in dissection.frames {
        if frame.offset != end || frame.byteCount < 1 || frame.byteCount > bytes.count - end {
            throw FuzzFinding("\(frame) is not behind \(end) of \(bytes.count) bytes")
        }
        end += frame.byteCount
        try checkFields(frame.fields, in: frame.offset..<end)
    }
    switch dissection.ending {
    case .complete: if end != bytes.count { throw FuzzFinding("complete at \(end) of \(bytes.count)") }
    case .incomplete(let offset, let count, let needed, let fields):
        if offset != end || count != bytes.count - end || needed <= count {
            throw FuzzFinding("\(dissection.ending) behind \(end) of \(bytes.count) bytes")
        }
        try checkFields(fields, in: end..<bytes.count)
    case .fault(let fault, let frame, let offset, _, let fields):
        if frame != end || offset < end || offset > bytes.count || fault.text.isEmpty {
            throw FuzzFinding("\(dissection.ending) behind \(end) of \(bytes.count) bytes")
        }
        try checkFields(fields, in: end..<bytes.count)
    }
    var random = SeededGenerator(seed: bytes.span.fnv1a)
    let cut = random.below(bytes.count + 1)
    let earlier = bench.dissect(Array(bytes[..<cut]), from: sender)
    let expected = dissection.frames.prefix { $0.offset + $0.byteCount <= cut }
    if earlier.frames != Array(expected) {
        throw FuzzFinding("\(cut) bytes have the frames \(earlier.frames), \(bytes.count) bytes \(dissection.frames)")
    }
}

private func checkFields(_ fields: [Dissection.Field], in range: Range<Int>) throws(FuzzFinding) {
    for field in fields {
        let end = field.offset + field.byteCount
        if field.offset < range.lowerBound || field.byteCount < 0 || end > range.upperBound
            || field.prefixByteCount > field.byteCount
        {
            throw FuzzFinding("\(field) is outside of \(range)")
        }
        if case .number(_, let name?) = field.value { try checkIsOneLine(name) }
    }
}

/// What a client reads lies inside of what it got.
func checkClientReads(_ client: DescriptorClient, _ bytes: [UInt8]) throws(FuzzFinding) {
    var start = 0
    while let frame = (try? client.read(bytes.span, at: start)) ?? nil {
        if frame.end <= start || frame.end > bytes.count { throw FuzzFinding("\(frame) starts at \(start)") }
        if frame.body.lowerBound < start || frame.body.upperBound > frame.end {
            throw FuzzFinding("the body of \(frame) is outside of it")
        }
        start = frame.end
    }
}

/// What was put together is one frame, which can be taken apart.
private func checkComposition(_ bench: DescriptorWorkbench, _ text: [UInt8]) throws(FuzzFinding) {
    guard let value = try? JSONValue(parsing: text, dialect: .json5, limits: JSONLimits(depthMax: 32, nodesMax: 500))
    else { return }
    do throws(FrameComposingFault) {
        let frame = try bench.compose(value)
        let dissection = bench.dissect(frame.bytes, from: frame.sender)
        guard dissection.ending == .complete, dissection.frames.count == 1 else {
            throw FrameComposingFault.readsDifferently("\(dissection)")
        }
    } catch .readsDifferently(let reading) where reading.hasPrefix("Dissection(") {
        throw FuzzFinding("\(value) was put together and taken apart as \(reading)")
    } catch {
        if error.description.isEmpty { throw FuzzFinding("a fault without words") }
    }
}

/// A request of the client's side is delivered, and the client finds its answer.
private func checkRequest(_ subject: WorkbenchSubject, _ bytes: [UInt8]) throws(FuzzFinding) {
    guard let client = subject.client, let first = bytes.first else { return }
    let routes = ["Chat/HD_Say", "7", "a", "Login/HD_Login"]
    let request: DescriptorClient.Request
    do {
        request = try client.request(route: routes[Int(first & 3)], payload: Array(bytes.dropFirst()))
    } catch {
        return
    }
    if let place = request.identifier, place.offset < 0 || place.offset + place.byteCount > request.bytes.count {
        throw FuzzFinding("\(place) is outside of \(request.bytes.count) bytes")
    }
    // Where a frame without a payload says that nobody is gone, a request without one is none.
    if subject.bench.dissect(request.bytes, from: .client).frames.first?.kind == "empty" { return }
    let sent = client.opening.flatMap(\.bytes) + request.bytes
    let wire = subject.probe.makeProtocol()
    let life = try WireLife.live(
        wire, sent, WireLife.Feeding(pieces: [sent.count], eventsMax: 20), restMax: subject.probe.frameBytesMax)
    // A text that is no UTF-8 ends its call, with an answer, and no more than that.
    if life.close == nil, life.fault == nil, life.messages.isEmpty, !isWellFormedUTF8(bytes.span) { return }
    guard life.fault == nil, life.close == nil, let message = life.messages.last, message.kind == .request else {
        throw FuzzFinding("the request \(request) is not delivered: \(life)")
    }
    var effects = ProtocolEffects()
    try send(wire, .reply(message.correlation, .result, .json), message.topic, Array("[]".utf8), &effects)
    let answer = effects.output.array()
    if answer.isEmpty { return }
    guard let frame = (try? client.read(answer.span, at: 0)) ?? nil, frame.end == answer.count,
        // An id of 0 says in some protocols that nobody asked.
        frame.kind == .answer || frame.kind == .push
    else { throw FuzzFinding("the answer \(answer) to \(request) is not read") }
    if client.answersNameRequests, let place = request.identifier, frame.identifier != place.base {
        throw FuzzFinding("the answer to \(place.base) is one to \(frame.identifier ?? 0)")
    }
}

/// What a new protocol begins with loads under any name that a file may have, and its vectors pass.
private func checkSkeleton(_ bytes: [UInt8]) throws(FuzzFinding) {
    let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789_-".utf8)
    let name = "p" + String(decoding: bytes.prefix(12).map { letters[Int($0) % letters.count] }, as: UTF8.self)
    let file = DescriptorFile(name: "\(name).json5", bytes: Array(DescriptorSkeleton.text(name).utf8))
    guard case .loaded(let descriptor) = ProtocolDescriptor.load(file), descriptor.checkVectors().isEmpty else {
        throw FuzzFinding("what \(name) begins with does not work")
    }
}
