import GateBytes
import GateJSON
import GateProtocol

/// What the descriptor says of a frame itself: states and replies of its own.
extension DescriptorProtocol {
    /// Does what the state says of a kind.
    func act(
        _ kind: DescriptorKind?, _ column: UInt8, _ values: inout FrameValues, _ input: Span<UInt8>,
        _ now: MonotonicTime, _ effects: inout ProtocolEffects
    ) throws(WireError) {
        for index in program.states.range(state: state, column: column) {
            switch program.states.actions[index] {
            case .deliver: if let kind { try deliver(kind, &values, input, &effects) }
            case .ignore: break
            case .goodbye: effects.close = .clientGoodbye
            case .close: throw Self.refusal(of: kind)
            case .state(let next):
                state = next
                setWakeUp(&effects)
            case .reply(let reply):
                try write(reply, &values, input, effects.scratch, at: now, &effects.output)
            case .login(let refusal):
                let end = program.states.range(state: state, column: column).upperBound
                return try beginLogin(refusal, then: index + 1..<end, &values, input, now, &effects)
            }
        }
    }

    /// Writes a reply to a frame.
    func write(
        _ reply: Int, _ values: inout FrameValues, _ input: Span<UInt8>, _ scratch: borrowing ByteBuffer,
        at now: MonotonicTime, _ output: inout ByteBuffer
    ) throws(WireError) {
        let range = program.replyRanges[reply]
        let copies = copies(program.replyCopies[reply], &values, input, scratch)
        var content = FrameContent(now: now, copies: copies)
        if case .number = program.identifiers, values.has(FrameValues.identifier) {
            content.identifier = .number(values.number(FrameValues.identifier))
        }
        content.code = values.has(FrameValues.code) ? values.number(FrameValues.code) : 0
        try write(range, content, &output)
    }

    /// Why a frame ends the connection: it has no kind, is none that clients send, or comes in the wrong state.
    private static func refusal(of kind: DescriptorKind?) -> WireError {
        guard let kind else { return .framing(.unknownKind(0)) }
        return kind.isFromClient ? .wrongState(kind: kind.rawValue) : .unexpectedFrame(kind: kind.rawValue)
    }

    /// The values of a frame that its answer or a reply repeats, by their place; those that `wanted` has no bit of are empty.
    func copies(
        _ wanted: UInt64, _ values: inout FrameValues, _ input: Span<UInt8>, _ scratch: borrowing ByteBuffer
    ) -> [CopiedValue] {
        if wanted == 0 { return [] }
        var copies: [CopiedValue] = []
        copies.reserveCapacity(program.copySources.count)
        for (place, source) in program.copySources.enumerated() {
            var copy = CopiedValue()
            if wanted >> UInt64(place) & 1 == 1, values.has(source.slot) {
                copy.isThere = true
                if source.isNumber {
                    copy.number = values.number(source.slot)
                } else {
                    let found = values.range(source.slot)
                    copy.bytes =
                        found.region == .input
                        ? [UInt8](copying: input, range: found.offsets)
                        : scratch.withBytes { [UInt8](copying: $0, range: found.offsets) }
                    if let element = source.element { copy.bytes = Self.element(Int(element), of: copy.bytes) }
                }
            } else if source.element != nil {
                copy.bytes = Array("null".utf8)
            }
            copies.append(copy)
        }
        return copies
    }

    /// The text of an element of a JSON array, `null` where there is none.
    private static func element(_ wanted: Int, of text: [UInt8]) -> [UInt8] {
        guard let value = try? JSONValue(parsing: text), let elements = value.array, wanted < elements.count else {
            return Array("null".utf8)
        }
        return elements[wanted].encoded()
    }
}
