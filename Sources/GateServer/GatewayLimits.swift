public import GateBytes

/// What bounds a gateway. Every number is per gateway or per client, as it says.
public struct GatewayLimits: Sendable, Hashable {
    /// Connections in all.
    public var connectionsMax = 10_000
    /// Connections of one address; 0 for no limit.
    public var connectionsPerAddressMax = 0
    /// New connections in one second; 0 for no limit.
    public var connectionRateMax = 0
    /// Concurrent requests of one client, and, apart from those, its ordered messages that wait.
    public var inFlightMax = 20
    /// Bytes that may wait for one client; above, it is closed.
    public var queuedBytesMax = 1_048_576
    /// Bytes that wait for a client above which nothing more is read from it.
    public var highWaterBytes = 65_536
    /// From the connection to its session.
    public var handshakeTime = TimeSpan.seconds(10)
    /// From the first to the last byte of a frame.
    public var frameTime = TimeSpan.seconds(10)
    /// A client that takes no byte for so long, while some wait for it, is closed.
    public var writeTime = TimeSpan.seconds(10)
    /// How long a client's call may take.
    public var callTime = TimeSpan.seconds(10)
    /// How often the storage hook hears of an active session at most.
    public var heartbeatTime = TimeSpan.seconds(60)
    /// Sessions kept for clients that are away.
    public var storedSessionsMax = 10_000
    /// How long they are kept.
    public var storedSessionTime = TimeSpan.seconds(3_600)
    /// How long a closed connection may take to pass on its last bytes.
    public var lingerTime = TimeSpan.seconds(1)

    /// The defaults.
    public init() {}
}
