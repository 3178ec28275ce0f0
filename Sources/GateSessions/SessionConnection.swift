import GateBytes
package import GateIO
package import GateProtocol

/// What a live session knows of the connection that carries it. On the loop.
package protocol SessionConnection: AnyObject {
    var remoteAddress: SocketAddress { get }
    var protocolName: String { get }
    var counters: SessionCounters { get }

    /// Encodes a push and appends it to the connection's output. A large payload is not copied, it waits as the array that it
    /// is.
    func push(
        topic: Span<UInt8>, payload: [UInt8], quality: DeliveryQuality, form: PayloadForm
    ) -> PushOutcome

    /// Marks the connection to be closed at the end of the turn; with a notice, the client is told before.
    func close(_ reason: CloseReason, notice: String?)
}

/// What became of a push.
package enum PushOutcome: Sendable {
    /// It is on its way.
    case sent
    /// The connection ends.
    case ended
    /// The client's protocol has no way to say it; the connection stays.
    case unsayable
}
