public import GateBytes
public import GateProtocol

/// A connection without a connection: drives one ``WireProtocol`` by hand, on a time that only the test moves.
///
/// Keeps what a connection keeps: the unconsumed tail of the input, the output, and the wishes of the last call. Bytes in
/// and out are arrays; an event's ranges are resolved while they are valid.
public final class WireDriver {
    /// One thing the client did, with its bytes.
    public enum Event: Equatable, Sendable {
        case opening
        case login
        case message(ClientMessage.Kind, topic: [UInt8], payload: [UInt8], Correlation, acknowledgement: UInt16)
    }

    /// The protocol under test.
    public let wire: any WireProtocol
    /// The protocol's time.
    public var now: MonotonicTime
    /// Everything the client did so far.
    public private(set) var events: [Event] = []
    /// Credentials of the last ``Event/opening`` or ``Event/login``.
    public private(set) var credentials: Credentials?
    /// When the protocol wants its timer to fire.
    public private(set) var wakeUp: MonotonicTime?
    /// Why the protocol wants the connection to end.
    public private(set) var close: CloseReason?
    /// The fault that ended the connection.
    public private(set) var fault: WireError?
    /// What the protocol wants to have before the next call, 0 when unknown.
    public private(set) var bytesNeeded = 0
    /// Bytes received and not consumed.
    public private(set) var tail: [UInt8] = []
    /// Called in place of answering an opening by hand; `nil` leaves it unanswered.
    public var answerOpening: ServerAction?
    /// What a login is answered with; `nil` leaves it unanswered.
    public var answerLogin: ServerAction? = .accept(sessionPresent: false)

    private var effects: ProtocolEffects

    /// A connection that has just been accepted.
    public init(
        _ wire: any WireProtocol, eventsMax: Int = 20, now: MonotonicTime = MonotonicTime(nanoseconds: 1_000_000_000)
    ) {
        self.wire = wire
        self.now = now
        effects = ProtocolEffects(eventsMax: eventsMax)
        call { (wire, effects, now) throws(WireError) in try wire.connected(at: now, effects: &effects) }
        takeEvents(input: [])
    }

    /// Whether the connection is over.
    public var hasEnded: Bool { fault != nil || close != nil }

    /// Receives `bytes` behind what is left over, until nothing more is consumed; no call is made before the bytes are
    /// there that the protocol needs.
    public func receive(_ bytes: [UInt8]) {
        tail += bytes
        while !tail.isEmpty && !hasEnded && tail.count >= bytesNeeded {
            let input = tail
            var consumed = 0
            call { (wire, effects, now) throws(WireError) in
                consumed = try wire.receive(input.span, at: now, effects: &effects)
            }
            bytesNeeded = effects.bytesNeeded
            precondition(consumed >= 0 && consumed <= input.count, "a protocol consumes what there is")
            tail.removeFirst(consumed)
            let eventsBefore = events.count
            takeEvents(input: input)
            if consumed == 0 && events.count == eventsBefore { return }
        }
    }

    /// Sends one action.
    public func send(_ action: ServerAction, topic: [UInt8] = [], payload: [UInt8] = []) {
        call { (wire, effects, now) throws(WireError) in
            try wire.send(action, topic: topic.span, payload: payload.span, at: now, effects: &effects)
        }
    }

    /// Lets the time move on to the wished wake-up, or to `time`, and fires the timer.
    public func fireTimer(at time: MonotonicTime? = nil) {
        if let time = time ?? wakeUp { now = time }
        wakeUp = nil
        call { (wire, effects, now) throws(WireError) in try wire.timerFired(at: now, effects: &effects) }
        takeEvents(input: [])
    }

    /// Takes what was written since the last time.
    public func takeOutput() -> [UInt8] {
        let bytes = effects.output.array()
        effects.output.removeAll()
        return bytes
    }

    /// Takes the events since the last time.
    public func takeEvents() -> [Event] {
        defer { events = [] }
        return events
    }

    private func call(
        _ body: (any WireProtocol, inout ProtocolEffects, MonotonicTime) throws(WireError) -> Void
    ) {
        effects.beginCall()
        do {
            try body(wire, &effects, now)
        } catch {
            if fault == nil { fault = error }
        }
        if let time = effects.wakeUp { wakeUp = time == .never ? nil : time }
        if let reason = effects.close, close == nil { close = reason }
    }

    /// Walks the events of a call; their ranges point into `input` or the scratch bytes.
    private func takeEvents(input: [UInt8]) {
        if let credentials = effects.credentials { self.credentials = credentials }
        let walked = effects.takeEvents()
        for event in walked {
            switch event {
            case .opening:
                events.append(.opening)
            case .login:
                events.append(.login)
            case .message(let message):
                events.append(
                    .message(
                        message.kind, topic: bytes(message.topic, input: input),
                        payload: bytes(message.payload, input: input), message.correlation,
                        acknowledgement: message.acknowledgement))
            }
        }
        effects.returnEvents(walked)
        if walked.last == .login, let answer = answerLogin { send(answer) }
        if walked.last == .opening, let answer = answerOpening { send(answer) }
    }

    private func bytes(_ range: ByteRange, input: [UInt8]) -> [UInt8] {
        switch range.region {
        case .input: [UInt8](input[range.offsets])
        case .scratch: effects.scratch.withBytes { [UInt8](copying: $0, range: range.offsets) }
        }
    }
}

/// Stays with its test.
@available(*, unavailable)
extension WireDriver: Sendable {}
