import GateBytes
import GateProtocol

/// What became of one client, however its bytes came.
struct WireLife: Equatable {
    struct Message: Equatable {
        var kind: ClientMessage.Kind
        var topic: [UInt8]
        var payload: [UInt8]
        var correlation: Correlation
    }

    /// How the bytes are handed over.
    struct Feeding {
        /// Bytes of the pieces, in turn, over and over.
        var pieces: [Int]
        /// Events of one call.
        var eventsMax: Int
    }

    var messages: [Message] = []
    /// Written while the input was read.
    var output: [UInt8] = []
    var fault: WireError?
    var close: CloseReason?
    /// Bytes left over.
    var rest = 0

    /// Serves a client that sends `bytes`, and holds the protocol against what it promises on the way.
    /// - Parameter restMax: Bytes that may wait for the rest of their frame.
    static func live(
        _ wire: any WireProtocol, _ bytes: [UInt8], _ feeding: Feeding, restMax: Int
    ) throws(FuzzFinding) -> WireLife {
        var life = WireLife()
        var effects = ProtocolEffects(eventsMax: feeding.eventsMax)
        life.call(&effects) { (effects) throws(WireError) in try wire.connected(at: start, effects: &effects) }
        var (tail, end, needed, piece) = (0, 0, 0, 0)
        while end < bytes.count && !life.hasEnded {
            end = min(bytes.count, end + max(1, feeding.pieces[piece % feeding.pieces.count]))
            piece += 1
            while tail < end && end - tail >= needed && !life.hasEnded {
                let input = bytes.span.extracting(tail..<end)
                let consumed = try life.receive(wire, input, &effects)
                needed = effects.bytesNeeded
                if needed > restMax {
                    throw FuzzFinding("\(needed) bytes are waited for, at most \(restMax) fit a frame")
                }
                if needed != 0 && needed <= input.count - consumed && !effects.isFull && !life.hasEnded {
                    throw FuzzFinding("\(needed) bytes needed where \(input.count - consumed) are")
                }
                tail += consumed
                if consumed == 0 { break }
            }
        }
        life.rest = life.hasEnded ? 0 : end - tail
        if life.rest > restMax { throw FuzzFinding("\(life.rest) bytes are kept, a frame has at most \(restMax)") }
        life.output = effects.output.array()
        return life
    }

    static let start = MonotonicTime(nanoseconds: 1_000_000_000)

    /// Whether the connection is over.
    var hasEnded: Bool { fault != nil || close != nil }

    private mutating func call(
        _ effects: inout ProtocolEffects, _ body: (inout ProtocolEffects) throws(WireError) -> Void
    ) {
        effects.beginCall()
        do {
            try body(&effects)
        } catch {
            fault = error
        }
        close = effects.close
    }

    private mutating func receive(
        _ wire: any WireProtocol, _ input: Span<UInt8>, _ effects: inout ProtocolEffects
    ) throws(FuzzFinding) -> Int {
        effects.beginCall()
        var consumed = 0
        do {
            consumed = try wire.receive(input, at: Self.start, effects: &effects)
        } catch {
            fault = Self.withoutCount(error)
        }
        close = effects.close
        if consumed < 0 || consumed > input.count { throw FuzzFinding("\(consumed) of \(input.count) bytes consumed") }
        if effects.events.count > effects.eventsMax { throw FuzzFinding("\(effects.events.count) events in one call") }
        let scratch = effects.scratch.array()
        for case .message(let message) in effects.events {
            messages.append(
                Message(
                    kind: message.kind, topic: try Self.bytes(message.topic, input, scratch),
                    payload: try Self.bytes(message.payload, input, scratch), correlation: message.correlation))
        }
        // Whoever says who it is comes in.
        if effects.events.contains(.login) {
            do {
                try wire.send(
                    .accept(sessionPresent: false), topic: Span(), payload: Span(), at: Self.start, effects: &effects)
            } catch {
                fault = error
            }
            close = effects.close
        }
        return consumed
    }

    /// How many bytes a frame above the limit had depends on how much of it was there.
    private static func withoutCount(_ error: WireError) -> WireError {
        if case .framing(.frameTooLarge(_, let limit)) = error {
            return .framing(.frameTooLarge(bytes: 0, limit: limit))
        }
        return error
    }

    private static func bytes(
        _ range: ByteRange, _ input: Span<UInt8>, _ scratch: [UInt8]
    ) throws(FuzzFinding) -> [UInt8] {
        let available = range.region == .input ? input.count : scratch.count
        guard range.offsets.upperBound <= available else {
            throw FuzzFinding("the range \(range) is outside of \(available) bytes")
        }
        return range.region == .input
            ? [UInt8](copying: input, range: range.offsets) : Array(scratch[range.offsets])
    }
}
