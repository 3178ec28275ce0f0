import GateBytes
import GateProtocol

/// Writes packets without building a value of them first.
extension ByteBuffer {
    /// A fixed header.
    @inline(__always)
    mutating func appendHeader(_ first: UInt8, remainingLength: Int) throws(FramingError) {
        if remainingLength > mqttRemainingLengthMax {
            throw .notEncodable(bytes: remainingLength, limit: mqttRemainingLengthMax)
        }
        append(first)
        var rest = remainingLength
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    /// Bytes behind a length of two bytes.
    mutating func appendField(_ bytes: Span<UInt8>) throws(FramingError) {
        if bytes.count > 65_535 { throw .notEncodable(bytes: bytes.count, limit: 65_535) }
        append(bigEndian: UInt16(truncatingIfNeeded: bytes.count))
        append(bytes)
    }

    /// A packet that is a packet identifier and nothing else.
    mutating func appendIdentifierPacket(_ type: MQTTPacketType, _ identifier: UInt16) {
        append(bigEndian: UInt32(type.firstByte) << 24 | 2 << 16 | UInt32(identifier))
    }

    /// CONNACK.
    mutating func appendConnack(sessionPresent: Bool, returnCode: UInt8) {
        append(bigEndian: 0x2002_0000 | UInt32(sessionPresent ? 1 : 0) << 8 | UInt32(returnCode))
    }

    /// PUBLISH with a topic that is known to be one; at QoS 0 `packetIdentifier` does not count.
    ///
    /// Topic and payload are copied once; one growth at most.
    @inline(__always)
    mutating func appendPublish(
        flags: UInt8, topic: Span<UInt8>, packetIdentifier: UInt16, payload: Span<UInt8>
    ) throws(FramingError) {
        try appendPublishHead(
            flags: flags, topic: topic, packetIdentifier: packetIdentifier, payloadCount: payload.count,
            room: payload.count)
        append(payload)
    }

    /// PUBLISH up to its payload, with `room` for bytes behind it.
    @inline(__always)
    mutating func appendPublishHead(
        flags: UInt8, topic: Span<UInt8>, packetIdentifier: UInt16, payloadCount: Int, room: Int
    ) throws(FramingError) {
        if topic.count > 65_535 { throw .notEncodable(bytes: topic.count, limit: 65_535) }
        let hasIdentifier = flags & 0x06 != 0
        let length = 2 + topic.count + (hasIdentifier ? 2 : 0) + payloadCount
        if length <= mqttRemainingLengthMax { reserve(5 + length - payloadCount + room) }
        try appendHeader(MQTTPacketType.publish.firstByte | flags, remainingLength: length)
        append(bigEndian: UInt16(truncatingIfNeeded: topic.count))
        append(topic)
        if hasIdentifier { append(bigEndian: packetIdentifier) }
    }
}

extension Span where Element == UInt8 {
    /// Whether the bytes are a topic name that may be sent; their number is checked where they are written.
    var isTopicName: Bool { !isEmpty && isText(0..<count, wildcards: false) }
}
