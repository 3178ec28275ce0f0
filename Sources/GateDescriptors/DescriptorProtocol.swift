public import GateBytes
public import GateProtocol

/// One connection of a protocol that a descriptor describes.
///
/// The session opens with the connection. Owned by the connection's event loop. An idle one holds its few words of state
/// and no memory besides; a request allocates nothing unless its id has to be kept as text or its answer has to wait.
public final class DescriptorProtocol: WireProtocol {
    let program: DescriptorProgram
    private var connectedAt = MonotonicTime(nanoseconds: 0)
    private(set) var lastReceived = MonotonicTime(nanoseconds: 0)
    private var nextSend = MonotonicTime.never
    /// Bytes from the next frame's start before it is worth looking at; spares a look at each byte that drips in.
    private var needed = 0
    private var progress = ReadProgress()
    var state = 0
    // Requests without an id are numbered from 1; plain numbers of this module alone, because the compiler then sees that
    // nobody else reads them meanwhile, and a check at run time would cost more than the rest of this.
    var lastRequest: UInt64 = 0
    var nextReply: UInt64 = 1
    var heldCount = 0
    var held = HeldReplies()
    var tickets = IdentifierTickets()
    var calls = OpenCalls()
    /// A login that is not answered yet.
    var login: PendingLogin?

    init(_ program: DescriptorProgram) {
        self.program = program
    }

    /// Opens the session, says what is to be said first, and starts the clocks.
    public func connected(at now: MonotonicTime, effects: inout ProtocolEffects) throws(WireError) {
        connectedAt = now
        lastReceived = now
        if program.timers.every > .zero { nextSend = now + program.timers.every }
        setWakeUp(&effects)
        effects.open(Credentials(isLogin: false))
        for index in program.states.opening {
            if case .reply(let reply) = program.states.actions[index] {
                try write(program.replyRanges[reply], FrameContent(now: now), &effects.output)
            }
        }
    }

    /// Decodes frames; what the descriptor answers itself is answered at once.
    public func receive(
        _ input: Span<UInt8>, at now: MonotonicTime, effects: inout ProtocolEffects
    ) throws(WireError) -> Int {
        lastReceived = now
        if input.count < needed {
            effects.bytesNeeded = login == nil ? needed : 0
            return 0
        }
        needed = 0
        var values = FrameValues()
        // Out of the object while frames are read: each access to what it holds would be checked at run time.
        var progress = self.progress
        defer { self.progress = progress }
        var consumed = 0
        while consumed < input.count && !effects.isFull {
            switch try read(input, at: consumed, &values, &progress, &effects.scratch) {
            case .incomplete(let needed):
                self.needed = needed
                effects.bytesNeeded = needed
                return consumed
            case .empty(let end):
                if case .heartbeat = program.emptyFrame { effects.output.append(input, range: consumed..<end) }
                consumed = end
            case .frame(let end):
                let goesOn = try take(&values, input, consumed..<end, now, &effects)
                consumed = end
                if !goesOn {
                    progress = ReadProgress()
                    return consumed
                }
            }
            if progress.operation >= 0 { progress = ReadProgress() }
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
            if outcome != .result, try settleError(correlation, outcome, form, topic, payload, at: now, &effects) {
                return
            }
            let kind: DescriptorKind = outcome == .result ? .response : .error
            do throws(WireError) {
                // Most answers only repeat a number.
                if program.plainKinds & 1 << UInt16(kind.rawValue) != 0, !payload.isEmpty, outcome.code == 0,
                    !IdentifierTickets.isTicket(correlation), form != .text || !program.payloadIsJSON
                {
                    try writePlain(kind, correlation, form, payload, at: now, &effects.output)
                    return
                }
                var content = FrameContent(form: form, faultCode: outcome.code, now: now)
                try reply(kind, correlation, &content, topic, payload, &effects.output)
            } catch {
                try replyUnwritable(error, correlation, topic, at: now, &effects)
            }
        case .push(_, let form):
            let entry = program.routes.entry(route: topic)
            var content = FrameContent(form: form, now: now)
            if program.envelopesAll {
                try pushEnveloped(entry, &content, topic, payload, &effects.output)
            } else {
                try write(.push, &content, Address(entry), topic, payload, &effects.output)
            }
        case .kick:
            var content = FrameContent(form: .json, now: now)
            if program.envelopesAll {
                try writeEnveloped(.kick, code: 0, identifier: 0, &content, payload, &effects.output)
                return
            }
            try write(.kick, &content, Address(nil), topic, payload, &effects.output)
        case .accept: acceptLogin(&effects)
        case .refuse: refuseLogin(&effects)
        case .acknowledge, .goodbye: break
        }
    }

    /// Closes a client that said nothing for the idle time or did not finish its handshake; sends what is sent regularly.
    public func timerFired(at now: MonotonicTime, effects: inout ProtocolEffects) throws(WireError) {
        let timers = program.timers
        if timers.idle > .zero && now >= lastReceived + timers.idle { throw .keepAliveExpired }
        if awaitsHandshake && now >= connectedAt + timers.handshake {
            effects.close = .handshakeTimeout
            return
        }
        if now >= nextSend {
            if isOpen { try write(program.replyRanges[timers.reply], FrameContent(now: now), &effects.output) }
            nextSend = now + timers.every
        }
        setWakeUp(&effects)
    }

    /// Whether messages are delivered.
    private var isOpen: Bool { program.states.isEmpty || program.states.delivers[state] }

    private var awaitsHandshake: Bool { program.timers.handshake > .zero && !isOpen }

    func setWakeUp(_ effects: inout ProtocolEffects) {
        if program.timers.isEmpty { return }
        var time = nextSend
        if program.timers.idle > .zero { time = min(time, lastReceived + program.timers.idle) }
        if awaitsHandshake { time = min(time, connectedAt + program.timers.handshake) }
        effects.wakeUp = time
    }

    private func read(
        _ input: Span<UInt8>, at start: Int, _ values: inout FrameValues, _ progress: inout ReadProgress,
        _ scratch: inout ByteBuffer
    ) throws(WireError) -> FrameReading {
        do {
            return try program.read(input, at: start, values: &values, progress: &progress, scratch: &scratch)
        } catch {
            throw .framing(error)
        }
    }

    /// Does what a frame asks for.
    /// - Returns: Whether the next one may be taken.
    private func take(
        _ values: inout FrameValues, _ input: Span<UInt8>, _ frame: Range<Int>, _ now: MonotonicTime,
        _ effects: inout ProtocolEffects
    ) throws(WireError) -> Bool {
        let found = program.kind(of: &values)
        if !program.states.isEmpty {
            try act(found?.kind, found?.column ?? 255, &values, input, now, &effects)
            return login == nil
        }
        guard let kind = found?.kind else { throw .framing(.unknownKind(0)) }
        switch kind {
        case .heartbeat: effects.output.append(input, range: frame)
        case .request, .notify: try deliver(kind, &values, input, &effects)
        case .response, .error, .push, .kick, .other: throw .unexpectedFrame(kind: kind.rawValue)
        }
        return true
    }

    /// Takes nothing until a login is answered.
    func holdInput() { needed = .max }

    func releaseInput() { needed = 0 }
}

/// A protocol belongs to its connection's event loop.
@available(*, unavailable)
extension DescriptorProtocol: Sendable {}
