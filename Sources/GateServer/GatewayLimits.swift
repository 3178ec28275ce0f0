public import GateBytes

/// What bounds a gateway: what clients may make it keep and wait for. The only place that has the defaults.
public struct GatewayLimits: Sendable, Hashable {
    /// Connections in all; `nil` for the process's file limit less 64, and for no limit where nobody reads that.
    public var connectionsMax: Int?
    /// Connections of one address, or of one IPv6 /64 network; 0 for no limit.
    public var connectionsPerAddressMax = 0
    /// New connections in one second; 0 for no limit.
    public var connectionRateMax = 0
    /// Clients that leave in one second when the gateway stops, so that they do not all come to others at once.
    public var drainRateMax = 500
    /// Bytes of one frame (in MQTT: its remaining length); a listener may name another.
    public var frameBytesMax = 65_535
    /// Concurrent requests of one client, and, apart from those, its ordered messages that wait.
    public var inFlightMax = 20
    /// Bytes that may wait for one client; one more ends the connection.
    public var queuedBytesMax = 1_048_576
    /// Bytes that are kept for all clients together: what waits to be sent, a payload that many get once, and accepted
    /// messages that wait or run. Above, whoever has most is closed first.
    public var queuedBytesTotalMax = 268_435_456
    /// Bytes that wait for a client above which nothing more is read from it; at most ``queuedBytesMax``. They wait behind
    /// the kernel's own buffer (some MiB), so that a client that reads is not slowed down.
    public var highWaterBytes = 65_536
    /// From the connection to its session.
    public var handshakeTime = TimeSpan.seconds(10)
    /// From the first to the last byte of a frame. 64 KiB in 30 seconds is what a slow mobile link carries.
    public var frameTime = TimeSpan.seconds(30)
    /// A client that takes no byte for so long, while some wait for it, is closed. A mobile client in a tunnel is away for
    /// tens of seconds.
    public var writeTime = TimeSpan.seconds(30)
    /// How long a client's call may take.
    public var callTime = TimeSpan.seconds(10)
    /// How often the storage hook hears of an active session at most.
    public var heartbeatTime = TimeSpan.seconds(60)
    /// Sessions kept for clients that are away.
    public var storedSessionsMax = 10_000
    /// Bytes of all of them: filters, messages that wait.
    public var storedBytesMax = 67_108_864
    /// Bytes of those of one user, or, where nobody was authenticated, of one address or one IPv6 /64 network; 0 for no
    /// share.
    public var storedBytesPerOwnerMax = 16_777_216
    /// How long they are kept.
    public var storedSessionTime = TimeSpan.seconds(3_600)
    /// How much of a module's room for concurrent and serial handlers the clients of one address, or of one IPv6 /64 network,
    /// may take, in percent; 100 for all, as where all clients come through one proxy.
    public var moduleSharePercent = 25
    /// How long a closed connection may take to pass on its last bytes.
    public var lingerTime = TimeSpan.seconds(1)

    /// The defaults.
    public init() {}
}
