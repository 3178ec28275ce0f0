public import GateBytes

/// What clients may make the server keep and wait for.
public struct ServerLimits: Sendable, Hashable {
    /// Connections at once; `nil` for the process's file limit less 64.
    public var connectionsMax: Int?
    /// Connections of one address at once; 0 for no limit.
    public var connectionsPerAddressMax = 0
    /// New connections a second; 0 for no limit.
    public var connectionRateMax = 0
    /// Bytes of one frame (in MQTT: its remaining length); a listener may name another.
    public var frameBytesMax = 65_535
    /// Unfinished requests of one client.
    public var inFlightMax = 20
    /// Bytes that wait to be sent to one client; one more ends the connection.
    public var queuedBytesMax = 1_048_576
    /// Bytes that wait to be sent to one client at which its connection stops reading; at most ``queuedBytesMax``.
    public var highWaterBytes = 262_144
    /// From connecting to being logged in.
    public var handshakeTime = TimeSpan.seconds(10)
    /// From the first byte of a frame to its last. 64 KiB in 30 seconds is what a slow mobile link carries.
    public var frameTime = TimeSpan.seconds(30)
    /// How long bytes may wait for a client that does not read.
    public var writeTime = TimeSpan.seconds(30)

    /// The defaults.
    public init() {}
}
