public import GateBytes

/// What one call of a ``WireProtocol`` brings about: bytes to send, events, the next wake-up, an end.
///
/// Owned by the event loop and lent to one connection's protocol at a time; ``output`` is that connection's own output.
public struct ProtocolEffects: ~Copyable {
    /// Bytes for the client, sent at the end of the loop's turn.
    public var output: ByteBuffer
    /// Bytes that events point to where the input's own would not do; emptied before each `receive`.
    public var scratch: ByteBuffer
    /// What the client did, in order.
    public private(set) var events: [ClientEvent]
    /// How many events one `receive` may append; it returns when there are that many, also with input left.
    public var eventsMax: Int
    /// Belongs to ``ClientEvent/opening`` or ``ClientEvent/login``.
    public var credentials: Credentials?
    /// When set: call `timerFired` at this time, in place of any earlier wish; ``MonotonicTime/never`` cancels.
    public var wakeUp: MonotonicTime?
    /// When set: end the connection once ``output`` is written; nothing more is handed over.
    public var close: CloseReason?
    /// Bytes from the first unconsumed one until the next whole frame, 0 when unknown. The connection skips calls until
    /// they are there.
    public var bytesNeeded: Int
    /// How many answers did not fit their protocol, so that clients were told a fault in their place. Whoever counts them
    /// sets it back.
    public var answersReplaced = 0

    /// Bytes of a pushed payload from which on it is shared and not copied.
    @inlinable package static var sharedPayloadBytesMin: Int { 4_096 }

    /// The payload of the push that is being encoded, where it need not be copied; see ``appendPayload(_:)``.
    package var sharedPayload: [UInt8]?
    /// Where in ``output`` it stands, without being there; -1 for nowhere.
    package var sharedAt = -1

    /// Empty effects.
    public init(eventsMax: Int = 20) {
        output = ByteBuffer()
        scratch = ByteBuffer()
        events = []
        events.reserveCapacity(64)
        self.eventsMax = eventsMax
        bytesNeeded = 0
    }

    /// Whether `receive` has to return, because of the number of events or because of a wish to close.
    @inlinable public var isFull: Bool { events.count >= eventsMax || close != nil }

    /// Appends the payload of the action that is being encoded, whole and as it is. A large one that many clients get is
    /// not copied into ``output`` but sent from where it is, so a protocol that frames it by bytes around it saves a copy
    /// for each client.
    @inlinable
    public mutating func appendPayload(_ payload: Span<UInt8>) {
        if !shares(payload.count) { output.append(payload) }
    }

    @usableFromInline
    mutating func shares(_ count: Int) -> Bool {
        guard count >= Self.sharedPayloadBytesMin, sharedPayload != nil, sharedAt < 0 else { return false }
        sharedAt = output.count
        return true
    }

    /// Appends an event.
    public mutating func append(_ event: ClientEvent) {
        events.append(event)
    }

    /// Appends ``ClientEvent/opening`` with its credentials.
    public mutating func open(_ credentials: Credentials) {
        self.credentials = credentials
        events.append(.opening)
    }

    /// Appends ``ClientEvent/login`` with its credentials.
    public mutating func logIn(_ credentials: Credentials) {
        self.credentials = credentials
        events.append(.login)
    }

    /// Forgets events and wishes before the next call; keeps ``output`` and all memory.
    public mutating func beginCall() {
        if !events.isEmpty { events.removeAll(keepingCapacity: true) }
        scratch.removeAll()
        credentials = nil
        wakeUp = nil
        close = nil
        bytesNeeded = 0
    }

    /// Hands the events to the caller, so that nothing here is held while they are walked. Give them back with
    /// ``returnEvents(_:)``.
    public mutating func takeEvents() -> [ClientEvent] {
        var taken: [ClientEvent] = []
        swap(&taken, &events)
        return taken
    }

    /// Takes back the memory of events that were walked.
    public mutating func returnEvents(_ walked: consuming [ClientEvent]) {
        var walked = consume walked
        walked.removeAll(keepingCapacity: true)
        swap(&walked, &events)
    }
}
