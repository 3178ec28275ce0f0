/// The versions of MQTT that are spoken here; the raw value is the protocol level on the wire.
package enum MQTTVersion: UInt8, Sendable, CaseIterable {
    /// MQTT 3.1, named `MQIsdp`.
    case v31 = 3
    /// MQTT 3.1.1, named `MQTT`.
    case v311 = 4

    /// The name on the wire.
    var name: StaticString {
        switch self {
        case .v31: "MQIsdp"
        case .v311: "MQTT"
        }
    }
}

/// A message that the server shall publish when the connection ends without DISCONNECT.
package struct MQTTWill: Hashable, Sendable {
    /// Topic name, UTF-8, 1...65 535 bytes.
    package var topic: [UInt8]
    /// The message's bytes, at most 65 535.
    package var payload: [UInt8]
    /// How surely it arrives.
    package var qos: MQTTQoS
    /// To be kept for later subscribers.
    package var isRetained: Bool

    /// A will; see the properties.
    package init(topic: [UInt8], payload: [UInt8], qos: MQTTQoS = .atMostOnce, isRetained: Bool = false) {
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.isRetained = isRetained
    }
}

/// The first packet of a client.
package struct MQTTConnect: Hashable, Sendable {
    /// Protocol name and level.
    package var version: MQTTVersion
    /// Whether the session begins empty and ends with the connection.
    package var cleanSession: Bool
    /// Seconds within which the client says something, 0 for no such promise.
    package var keepAliveSeconds: UInt16
    /// UTF-8, may be empty.
    package var clientID: [UInt8]
    /// What to publish when the client is lost.
    package var will: MQTTWill?
    /// UTF-8.
    package var userName: [UInt8]?
    /// Any bytes; only with a user name.
    package var password: [UInt8]?

    /// A CONNECT; see the properties.
    package init(
        clientID: [UInt8], version: MQTTVersion = .v311, cleanSession: Bool = true, keepAliveSeconds: UInt16 = 60,
        will: MQTTWill? = nil, userName: [UInt8]? = nil, password: [UInt8]? = nil
    ) {
        self.version = version
        self.cleanSession = cleanSession
        self.keepAliveSeconds = keepAliveSeconds
        self.clientID = clientID
        self.will = will
        self.userName = userName
        self.password = password
    }
}
