public import GateBytes
public import GateProtocol

/// One connection of a protocol that a descriptor describes.
///
/// The session opens with the connection. Owned by the connection's event loop. An idle one holds its few words of state
/// and no memory besides; a request allocates nothing unless its id has to be kept as text or its answer has to wait.
public final class DescriptorProtocol: WireProtocol {
    private let program: DescriptorProgram
    private var lastReceived = MonotonicTime(nanoseconds: 0)
    /// Bytes from the next frame's start before it is worth looking at; spares a look at each byte that drips in.
    private var needed = 0
    // Requests without an id are numbered from 1; plain numbers, because the compiler sees that nobody else reads them
    // meanwhile, and a check at run time would cost more than the rest of this.
    private var lastRequest: UInt64 = 0
    private var nextReply: UInt64 = 1
    private var heldCount = 0
    private var held = HeldReplies()
    private var tickets = IdentifierTickets()

    init(_ program: DescriptorProgram) {
        self.program = program
    }

    /// Opens the session and starts the idle time.
    public func connected(at now: MonotonicTime, effects: inout ProtocolEffects) throws(WireError) {
        lastReceived = now
        if program.idle > .zero { effects.wakeUp = now + program.idle }
        effects.open(Credentials())
    }

    /// Decodes frames; heartbeats are answered at once.
    public func receive(
        _ input: Span<UInt8>, at now: MonotonicTime, effects: inout ProtocolEffects
    ) throws(WireError) -> Int {
        lastReceived = now
        if input.count < needed {
            effects.bytesNeeded = needed
            return 0
        }
        needed = 0
        var values = FrameValues()
        var consumed = 0
        while consumed < input.count && !effects.isFull {
            switch try read(input, at: consumed, &values, &effects.scratch) {
            case .incomplete(let needed):
                self.needed = needed
                effects.bytesNeeded = needed
                return consumed
            case .empty(let end):
                if case .heartbeat = program.emptyFrame { effects.output.append(input, range: consumed..<end) }
                consumed = end
            case .frame(let end):
                try take(values, input, consumed..<end, &effects)
                consumed = end
            }
        }
        return consumed
    }

    /// Writes a reply, a push or a notice; what the descriptor has no word for is not written.
    public func send(
        _ action: ServerAction, topic: Span<UInt8>, payload: Span<UInt8>, at now: MonotonicTime,
        effects: inout ProtocolEffects
    ) throws(WireError) {
        switch action {
        case .reply(let correlation, let outcome, let form):
            let kind: DescriptorKind = outcome == .result ? .response : .error
            try reply(kind, correlation, form, topic, payload, &effects.output)
        case .push(_, let form): try write(.push, .none, form, topic, payload, &effects.output)
        case .kick: try write(.kick, .none, .json, topic, payload, &effects.output)
        case .accept, .refuse, .acknowledge, .goodbye: break
        }
    }

    /// Closes a client that said nothing for the idle time.
    public func timerFired(at now: MonotonicTime, effects: inout ProtocolEffects) throws(WireError) {
        guard program.idle > .zero else { return }
        let due = lastReceived + program.idle
        if now >= due { throw .keepAliveExpired }
        effects.wakeUp = due
    }

    private func read(
        _ input: Span<UInt8>, at start: Int, _ values: inout FrameValues, _ scratch: inout ByteBuffer
    ) throws(WireError) -> FrameReading {
        do {
            return try program.read(input, at: start, values: &values, scratch: &scratch)
        } catch {
            throw .framing(error)
        }
    }

    private func take(
        _ values: borrowing FrameValues, _ input: Span<UInt8>, _ frame: Range<Int>, _ effects: inout ProtocolEffects
    ) throws(WireError) {
        guard let kind = program.kind(of: values) else { throw .framing(.unknownKind(0)) }
        switch kind {
        case .heartbeat: effects.output.append(input, range: frame)
        case .request:
            let correlation = try begin(values, input)
            effects.append(.message(message(.request, values, correlation)))
        case .notify: effects.append(.message(message(.notify, values, .none)))
        case .response, .error, .push, .kick: throw .unexpectedFrame(kind: kind.rawValue)
        }
    }

    private func message(
        _ kind: ClientMessage.Kind, _ values: borrowing FrameValues, _ correlation: Correlation
    ) -> ClientMessage {
        ClientMessage(
            kind: kind, topic: values.range(FrameValues.route), payload: values.range(FrameValues.payload),
            correlation: correlation)
    }

    private func begin(_ values: borrowing FrameValues, _ input: Span<UInt8>) throws(WireError) -> Correlation {
        switch program.identifiers {
        case .order:
            guard lastRequest - (nextReply - 1) < UInt64(DescriptorLimits.outstandingMax) else {
                throw .limitReached(DescriptorLimits.outstandingMax)
            }
            lastRequest += 1
            return Correlation(rawValue: lastRequest)
        case .number: return Correlation(rawValue: values.number(FrameValues.identifier))
        case .json:
            let text = values.range(FrameValues.identifier).offsets
            if let number = IdentifierTickets.plainNumber(input.extracting(text)) {
                return Correlation(rawValue: number)
            }
            return try tickets.begin(input.extracting(text))
        }
    }

    private func reply(
        _ kind: DescriptorKind, _ correlation: Correlation, _ form: PayloadForm, _ topic: Span<UInt8>,
        _ payload: Span<UInt8>, _ output: inout ByteBuffer
    ) throws(WireError) {
        switch program.identifiers {
        case .number: try write(kind, .number(correlation.rawValue), form, topic, payload, &output)
        case .json:
            var identifier = FrameIdentifier.number(correlation.rawValue)
            if IdentifierTickets.isTicket(correlation) {
                guard let text = tickets.end(correlation) else { return }
                identifier = text
            }
            try write(kind, identifier, form, topic, payload, &output)
        case .order:
            guard correlation.rawValue == nextReply, nextReply <= lastRequest else {
                try holdReply(kind, correlation.rawValue, form, topic, payload)
                return
            }
            try write(kind, .none, form, topic, payload, &output)
            nextReply += 1
            if heldCount > 0 { writeHeldReplies(&output) }
        }
    }

    /// Keeps an answer that comes before its turn.
    private func holdReply(
        _ kind: DescriptorKind, _ number: UInt64, _ form: PayloadForm, _ topic: Span<UInt8>, _ payload: Span<UInt8>
    ) throws(WireError) {
        guard number > nextReply, number <= lastRequest, !held.holds(number) else { return }
        var frame = ByteBuffer()
        try write(kind, .none, form, topic, payload, &frame)
        try held.hold(frame.array(), for: number)
        heldCount += 1
    }

    /// Writes the answers whose turn has come.
    private func writeHeldReplies(_ output: inout ByteBuffer) {
        while let frame = held.take(nextReply) {
            output.append(frame)
            nextReply += 1
            heldCount -= 1
        }
    }

    private func write(
        _ kind: DescriptorKind, _ identifier: FrameIdentifier, _ form: PayloadForm, _ topic: Span<UInt8>,
        _ payload: Span<UInt8>, _ output: inout ByteBuffer
    ) throws(WireError) {
        do {
            try program.write(
                kind, route: topic, identifier: identifier, payload: payload, form: form, into: &output)
        } catch {
            throw .framing(error)
        }
    }
}

/// A protocol belongs to its connection's event loop.
@available(*, unavailable)
extension DescriptorProtocol: Sendable {}
