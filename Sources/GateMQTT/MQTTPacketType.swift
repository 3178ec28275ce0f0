import GateProtocol

/// The 14 kinds of MQTT control packet.
///
/// Source: MQTT 3.1.1, section 2.2.1.
package enum MQTTPacketType: UInt8, Sendable, CaseIterable {
    case connect = 1
    case connack, publish, puback, pubrec, pubrel, pubcomp
    case subscribe, suback, unsubscribe, unsuback
    case pingreq, pingresp, disconnect

    /// Reads the first byte of a fixed header.
    ///
    /// ```
    ///  bit   7 6 5 4   3 2 1 0
    ///        type      flags
    /// ```
    /// - Throws: ``FramingError/unknownKind(_:)``, ``FramingError/reservedBits(_:)`` for flags that the type does not
    ///   have [MQTT-2.2.2-2] and DUP at QoS 0 [MQTT-3.3.1-2], ``FramingError/invalidValue(_:)`` for QoS 3
    ///   [MQTT-3.3.1-4].
    init(firstByte: UInt8) throws(FramingError) {
        guard let type = MQTTPacketType(rawValue: firstByte >> 4) else { throw .unknownKind(Int(firstByte >> 4)) }
        let flags = firstByte & 0x0F
        if type == .publish {
            if flags & 0x06 == 0x06 { throw .invalidValue(3) }
            if flags & 0x0E == 0x08 { throw .reservedBits(flags) }
        } else if flags != type.reservedFlags {
            throw .reservedBits(flags)
        }
        self = type
    }

    /// The flags of every type but PUBLISH [MQTT-2.2.2-1].
    var reservedFlags: UInt8 {
        switch self {
        case .pubrel, .subscribe, .unsubscribe: 0b0010
        default: 0
        }
    }

    /// The first byte of a packet of this type, without the flags of PUBLISH.
    var firstByte: UInt8 { rawValue << 4 | reservedFlags }

    /// Whether only a server sends it.
    var isServerOnly: Bool {
        switch self {
        case .connack, .suback, .unsuback, .pingresp: true
        default: false
        }
    }
}

/// How surely a message arrives.
package enum MQTTQoS: UInt8, Sendable, CaseIterable {
    case atMostOnce, atLeastOnce, exactlyOnce
}
