/// What one MQTT client may make the server keep.
public struct MQTTLimits: Sendable, Hashable {
    /// Bytes of a client id; a longer one is refused with CONNACK 2. 128 by default, at least 23 [MQTT-3.1.3-5].
    public var clientIDBytesMax = 128
    /// Topic filters a client may be subscribed to; one more gets the code 0x80. 1 000 by default.
    public var subscriptionsMax = 1_000
    /// Bytes of all topic filters of a client together; above it a filter gets the code 0x80. 65 536 by default.
    public var filterBytesMax = 65_536
    /// Incoming packet identifiers held at once: QoS 1 and 2 not yet accepted, QoS 2 not yet released. One more ends
    /// the connection. 1 024 by default.
    public var incomingIdentifiersMax = 1_024
    /// QoS 1 messages sent and not yet acknowledged; further ones wait. 20 by default.
    public var outgoingWindowMax = 20
    /// QoS 1 messages waiting behind the window; one more ends the connection. 1 000 by default.
    public var outgoingWaitingMax = 1_000
    /// Bytes of all QoS 1 messages sent and unacknowledged or waiting; more end the connection. 1 MiB by default.
    public var outgoingBytesMax = 1_048_576

    /// The defaults.
    public init() {}
}
