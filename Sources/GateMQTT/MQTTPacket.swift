/// One MQTT control packet as a value. Texts are UTF-8 bytes, never Strings.
///
/// Source: MQTT 3.1.1, chapter 3.
package enum MQTTPacket: Hashable, Sendable {
    case connect(MQTTConnect)
    case connack(sessionPresent: Bool, returnCode: UInt8)
    case publish(MQTTPublish)
    case puback(UInt16)
    case pubrec(UInt16)
    case pubrel(UInt16)
    case pubcomp(UInt16)
    case subscribe(UInt16, [MQTTSubscription])
    case suback(UInt16, returnCodes: [UInt8])
    case unsubscribe(UInt16, filters: [[UInt8]])
    case unsuback(UInt16)
    case pingreq
    case pingresp
    case disconnect
}

/// A message.
package struct MQTTPublish: Hashable, Sendable {
    /// Topic name, UTF-8, 1...65 535 bytes.
    package var topic: [UInt8]
    /// The message's bytes.
    package var payload: [UInt8]
    /// How surely it arrives.
    package var qos: MQTTQoS
    /// Never 0 above QoS 0; 0 and not on the wire at QoS 0.
    package var packetIdentifier: UInt16
    /// Sent before.
    package var isDuplicate: Bool
    /// To be kept for later subscribers.
    package var isRetained: Bool

    /// A message; see the properties.
    package init(
        topic: [UInt8], payload: [UInt8] = [], qos: MQTTQoS = .atMostOnce, packetIdentifier: UInt16 = 0,
        isDuplicate: Bool = false, isRetained: Bool = false
    ) {
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.packetIdentifier = packetIdentifier
        self.isDuplicate = isDuplicate
        self.isRetained = isRetained
    }
}

/// One line of a SUBSCRIBE.
package struct MQTTSubscription: Hashable, Sendable {
    /// Topic filter, UTF-8, 1...65 535 bytes.
    package var filter: [UInt8]
    /// The highest quality at which messages shall come.
    package var qos: MQTTQoS

    /// `filter` at `qos`.
    package init(filter: [UInt8], qos: MQTTQoS) {
        self.filter = filter
        self.qos = qos
    }
}
