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
        if call.isEnveloped {
            try writeEnveloped(kind, call, payload, &output)
            calls.end(ticket)
            return
        }
        guard let key = call.key else {
            content.identifier = .number(call.identifier)
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
        _ kind: DescriptorKind, _ call: OpenCalls.Call, _ payload: Span<UInt8>, _ output: inout ByteBuffer
    ) throws(WireError) {
        guard let envelope = program.envelope else { return }
        let entry = Address(rawValue: call.address).entry
        var code = entry.map { program.routes.entries[$0].answerCode } ?? call.code
        if kind == .error, case .frame(let frame) = program.errors { code = frame.code }
        var body = ByteBuffer()
        if kind == .error {
            var fault = ByteBuffer()
            fault.append(program.fault.before)
            fault.appendJSONString(payload)
            fault.append(program.fault.after)
            fault.withBytes { bytes in
                envelope.write(code: code, identifier: call.identifier, payload: bytes, into: &body)
            }
        } else {
            envelope.write(code: code, identifier: call.identifier, payload: payload, into: &body)
        }
        let bytes = body.array()
        var content = FrameContent()
        content.code = envelope.answerCode
        try write(.response, content, true, Span(), bytes.span, &output)
    }
}
