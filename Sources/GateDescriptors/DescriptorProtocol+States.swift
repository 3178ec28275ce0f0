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
                let range = program.replyRanges[reply]
                let copies = copies(for: range, &values, input, effects.scratch)
                var content = FrameContent(now: now, copies: copies)
                if case .number = program.identifiers, values.has(FrameValues.identifier) {
                    content.identifier = .number(values.number(FrameValues.identifier))
                }
                content.code = values.has(FrameValues.code) ? values.number(FrameValues.code) : 0
                try write(range, content, &effects.output)
            }
        }
    }

    /// Why a frame ends the connection: it has no kind, is none that clients send, or comes in the wrong state.
    private static func refusal(of kind: DescriptorKind?) -> WireError {
        guard let kind else { return .framing(.unknownKind(0)) }
        return kind.isFromClient ? .wrongState(kind: kind.rawValue) : .unexpectedFrame(kind: kind.rawValue)
    }

    /// The values of a frame that a reply repeats.
    private func copies(
        for range: Range<Int>, _ values: inout FrameValues, _ input: Span<UInt8>, _ scratch: borrowing ByteBuffer
    ) -> [CopiedValue] {
        var copies: [CopiedValue] = []
        for index in range {
            let operation = program.writing[index]
            switch operation.code {
            case .copiedNumber, .number:
                if operation.code == .number, operation.source != .copied { continue }
                let number = values.has(operation.scope) ? values.number(operation.scope) : 0
                copies.append(CopiedValue(number: number, bytes: []))
            case .copied:
                let found = values.range(operation.scope)
                var bytes: [UInt8] = []
                if found.region == .input {
                    bytes = [UInt8](copying: input, range: found.offsets)
                } else {
                    bytes = scratch.withBytes { [UInt8](copying: $0, range: found.offsets) }
                }
                if operation.width != 255 { bytes = Self.element(Int(operation.width), of: bytes) }
                copies.append(CopiedValue(number: 0, bytes: bytes))
            default: continue
            }
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
