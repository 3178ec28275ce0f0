public import GateBytes

/// What one connection speaks. It decides, it never performs: no I/O, no clock, no other thread.
///
/// A call that throws ends the connection; what it had appended to ``ProtocolEffects/output`` before is still sent, and
/// events that it had appended before are still walked. Times are the connection's own: they stand still while the
/// gateway does not read from it.
public protocol WireProtocol: AnyObject {
    /// The connection is there. A protocol without a handshake opens its session here; one whose server speaks first
    /// speaks here.
    func connected(at now: MonotonicTime, effects: inout ProtocolEffects) throws(WireError)

    /// Decodes every whole frame of `input`, up to ``ProtocolEffects/eventsMax`` events.
    /// - Returns: The bytes consumed. The rest comes again, at the front of a longer input.
    func receive(
        _ input: Span<UInt8>, at now: MonotonicTime, effects: inout ProtocolEffects
    ) throws(WireError) -> Int

    /// Encodes one action. `topic` and `payload` mean what ``ServerAction`` says and are only borrowed.
    func send(
        _ action: ServerAction, topic: Span<UInt8>, payload: Span<UInt8>, at now: MonotonicTime,
        effects: inout ProtocolEffects
    ) throws(WireError)

    /// The time asked for in ``ProtocolEffects/wakeUp`` has come.
    func timerFired(at now: MonotonicTime, effects: inout ProtocolEffects) throws(WireError)

    /// The connection has ended. What a later connection of the same client shall find is returned; `nil` for nothing.
    func suspend(at now: MonotonicTime) -> (any Sendable)?

    /// What ``suspend(at:)`` of an earlier connection of this client left. Comes before ``ServerAction/accept(sessionPresent:)``.
    func resume(_ state: any Sendable, at now: MonotonicTime)
}

extension WireProtocol {
    /// Nothing happens at the start.
    public func connected(at now: MonotonicTime, effects: inout ProtocolEffects) throws(WireError) {}

    /// No timers.
    public func timerFired(at now: MonotonicTime, effects: inout ProtocolEffects) throws(WireError) {}

    /// Nothing outlives the connection.
    public func suspend(at now: MonotonicTime) -> (any Sendable)? { nil }

    /// Nothing to resume.
    public func resume(_ state: any Sendable, at now: MonotonicTime) {}
}
