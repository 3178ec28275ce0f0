package import GateBytes
package import GateProtocol

extension MQTTCodec {
    /// Appends one control packet.
    /// - Throws: ``FramingError/notEncodable(bytes:limit:)`` for a text or a packet too long for its length field,
    ///   ``FramingError/invalidText`` and ``FramingError/invalidValue(_:)`` for what may not be sent. Nothing is
    ///   appended then.
    package func encode(_ packet: MQTTPacket, into output: inout ByteBuffer) throws(FramingError) {
        let mark = output.count
        do {
            try write(packet, into: &output)
        } catch {
            output.truncate(to: mark)
            throw error
        }
    }

    private func write(_ packet: MQTTPacket, into output: inout ByteBuffer) throws(FramingError) {
        switch packet {
        case .connect(let connect): try write(connect, into: &output)
        case .connack(let sessionPresent, let code):
            if code > 5 || code != 0 && sessionPresent { throw .invalidValue(Int(code)) }
            output.appendConnack(sessionPresent: sessionPresent, returnCode: code)
        case .publish(let publish): try write(publish, into: &output)
        case .puback(let identifier): try write(.puback, identifier, into: &output)
        case .pubrec(let identifier): try write(.pubrec, identifier, into: &output)
        case .pubrel(let identifier): try write(.pubrel, identifier, into: &output)
        case .pubcomp(let identifier): try write(.pubcomp, identifier, into: &output)
        case .unsuback(let identifier): try write(.unsuback, identifier, into: &output)
        case .subscribe(let identifier, let subscriptions):
            let bytes = subscriptions.reduce(2) { $0 + 3 + $1.filter.count }
            try begin(.subscribe, identifier, items: subscriptions.count, bytes: bytes, into: &output)
            for subscription in subscriptions {
                try write(filter: subscription.filter, into: &output)
                output.append(subscription.qos.rawValue)
            }
        case .suback(let identifier, let codes):
            try begin(.suback, identifier, items: codes.count, bytes: 2 + codes.count, into: &output)
            if let wrong = codes.first(where: { $0 > 2 && $0 != 0x80 }) { throw .invalidValue(Int(wrong)) }
            output.append(codes)
        case .unsubscribe(let identifier, let filters):
            let bytes = filters.reduce(2) { $0 + 2 + $1.count }
            try begin(.unsubscribe, identifier, items: filters.count, bytes: bytes, into: &output)
            for filter in filters { try write(filter: filter, into: &output) }
        case .pingreq: output.append(bigEndian: UInt16(0xC000))
        case .pingresp: output.append(bigEndian: UInt16(0xD000))
        case .disconnect: output.append(bigEndian: UInt16(0xE000))
        }
    }

    private func write(_ connect: MQTTConnect, into output: inout ByteBuffer) throws(FramingError) {
        if connect.password != nil && connect.userName == nil { throw .invalidValue(0) }
        try output.appendHeader(MQTTPacketType.connect.firstByte, remainingLength: connect.bodyByteCount)
        output.append(bigEndian: UInt16(connect.version.name.utf8CodeUnitCount))
        output.append(connect.version.name)
        output.append(connect.version.rawValue)
        output.append(connect.flags)
        output.append(bigEndian: connect.keepAliveSeconds)
        try write(text: connect.clientID, into: &output)
        if let will = connect.will {
            try write(topic: will.topic, into: &output)
            try output.appendField(will.payload.span)
        }
        if let userName = connect.userName { try write(text: userName, into: &output) }
        if let password = connect.password { try output.appendField(password.span) }
    }

    private func write(_ publish: MQTTPublish, into output: inout ByteBuffer) throws(FramingError) {
        if publish.isDuplicate && publish.qos == .atMostOnce { throw .reservedBits(0x08) }
        if (publish.packetIdentifier == 0) != (publish.qos == .atMostOnce) {
            throw .invalidValue(Int(publish.packetIdentifier))
        }
        let topic = publish.topic.span
        if !topic.isTopicName { throw .invalidText }
        let flags = (publish.isDuplicate ? 0x08 : 0) | publish.qos.rawValue << 1 | (publish.isRetained ? 1 : 0)
        try output.appendPublish(
            flags: flags, topic: topic, packetIdentifier: publish.packetIdentifier, payload: publish.payload.span)
    }

    private func write(_ type: MQTTPacketType, _ identifier: UInt16, into output: inout ByteBuffer) throws(FramingError)
    {
        if identifier == 0 { throw .invalidValue(0) }
        output.appendIdentifierPacket(type, identifier)
    }

    private func begin(
        _ type: MQTTPacketType, _ identifier: UInt16, items: Int, bytes: Int, into output: inout ByteBuffer
    ) throws(FramingError) {
        if identifier == 0 { throw .invalidValue(0) }
        if items == 0 { throw .invalidValue(0) }
        try output.appendHeader(type.firstByte, remainingLength: bytes)
        output.append(bigEndian: identifier)
    }

    private func write(text: [UInt8], into output: inout ByteBuffer) throws(FramingError) {
        if !text.span.isText(text.indices, wildcards: true) { throw .invalidText }
        try output.appendField(text.span)
    }

    private func write(topic: [UInt8], into output: inout ByteBuffer) throws(FramingError) {
        if !topic.span.isTopicName { throw .invalidText }
        try output.appendField(topic.span)
    }

    private func write(filter: [UInt8], into output: inout ByteBuffer) throws(FramingError) {
        let span = filter.span
        if !span.isText(filter.indices, wildcards: true) || !span.isTopicFilter(filter.indices) { throw .invalidText }
        try output.appendField(span)
    }
}
