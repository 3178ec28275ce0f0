import GateBytes
import GateProtocol

/// Answers to requests that are kept by ticket: under a name, in an envelope, or with a long id.
extension DescriptorProtocol {
    /// Writes an answer, or keeps it while an earlier request of the same name is open. The call ends once its answer is
    /// written: one that cannot be written is followed by another.
    func answer(
        _ kind: DescriptorKind, _ ticket: UInt32, _ content: inout FrameContent, _ topic: Span<UInt8>,
        _ payload: Span<UInt8>, _ output: inout ByteBuffer
    ) throws(WireError) {
        guard let call = calls.call(ticket) else { return }
        let address = Address(rawValue: call.address)
        content.code = call.code
        content.copies = call.copies
        if call.isEnveloped {
            try writeEnveloped(kind, call, &content, payload, &output)
            calls.end(ticket)
            return
        }
        guard let key = call.key else {
            content.identifier = call.identifier
            try write(kind, &content, address, topic, payload, &output)
            calls.end(ticket)
            return
        }
        if calls.waits(ticket) {
            var frame = ByteBuffer()
            try write(kind, &content, address, topic, payload, &frame)
            try calls.hold(frame.array(), for: ticket)
            return
        }
        try write(kind, &content, address, topic, payload, &output)
        calls.end(ticket)
        while let frame = calls.next(key) { output.append(frame) }
    }

    /// Puts an answer into the envelope of its request.
    private func writeEnveloped(
        _ kind: DescriptorKind, _ call: OpenCalls.Call, _ content: inout FrameContent, _ payload: Span<UInt8>,
        _ output: inout ByteBuffer
    ) throws(WireError) {
        let entry = Address(rawValue: call.address).entry
        var code = entry.map { program.routes.entries[$0].answerCode } ?? call.code
        if kind == .error, case .frame(let frame) = program.errors { code = frame.code }
        var identifier: UInt64 = 0
        if case .number(let number) = call.identifier { identifier = number }
        guard kind == .error else {
            try writeEnveloped(kind, code: code, identifier: identifier, &content, payload, &output)
            return
        }
        var fault = ByteBuffer()
        program.fault.write(payload, code: content.faultCode, into: &fault)
        let text = fault.array()
        try writeEnveloped(kind, code: code, identifier: identifier, &content, text.span, &output)
    }

    /// A push where each payload is in an envelope: under the code of its route, without an id. A route without a code has
    /// no name in such a protocol, and a push to it is not written.
    func pushEnveloped(
        _ entry: Int?, _ content: inout FrameContent, _ topic: Span<UInt8>, _ payload: Span<UInt8>,
        _ output: inout ByteBuffer
    ) throws(WireError) {
        guard let code = entry.map({ program.routes.entries[$0].code }) ?? IdentifierTickets.plainNumber(topic) else {
            return
        }
        try writeEnveloped(.push, code: code, identifier: 0, &content, payload, &output)
    }

    /// Writes a frame with an envelope in it; one that the descriptor has no word for is not written.
    func writeEnveloped(
        _ kind: DescriptorKind, code: UInt64, identifier: UInt64, _ content: inout FrameContent,
        _ payload: Span<UInt8>, _ output: inout ByteBuffer
    ) throws(WireError) {
        guard let envelope = program.envelope else { return }
        let range = program.envelopedRanges[kind.rawValue]
        if range.isEmpty { return }
        var body = ByteBuffer()
        let empty = program.emptyPayload
        if payload.isEmpty, kind != .error, !empty.isEmpty {
            envelope.write(code: code, identifier: identifier, payload: empty.span, into: &body)
        } else {
            envelope.write(code: code, identifier: identifier, payload: payload, into: &body)
        }
        let bytes = body.array()
        content.code = envelope.answerCode
        try write(range, content, Span(), bytes.span, &output)
    }
}
