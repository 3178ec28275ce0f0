import GateBytes
package import GateProtocol

/// MQTT 3.1 and 3.1.1 control packets, both directions.
///
/// Stricter than most: flags, trailing bytes, text and topic rules are all held, so whatever decodes may be sent on.
package struct MQTTCodec: FrameCodec {
    /// Largest Remaining Length that is read.
    package var frameBytesMax: Int

    /// A codec that reads packets of a Remaining Length up to `frameBytesMax`.
    package init(frameBytesMax: Int = 65_535) {
        self.frameBytesMax = frameBytesMax
    }

    /// Decodes one control packet.
    /// - Throws: Faults of the fixed header as soon as its bytes are there, others once the packet is whole.
    package func decode(_ input: Span<UInt8>, scanned: Int) throws(FramingError) -> DecodeStep<MQTTPacket> {
        if input.isEmpty { return .incomplete(needed: 2, scanned: 0) }
        let first = input[0]
        let type = try MQTTPacketType(firstByte: first)
        guard let length = try input.remainingLength(at: 1, limit: frameBytesMax) else {
            return .incomplete(needed: input.count + 1, scanned: 0)
        }
        let start = 1 + length.width
        let end = start + length.value
        if input.count < end { return .incomplete(needed: end, scanned: 0) }
        return .frame(try body(of: type, flags: first & 0x0F, input, start..<end), byteCount: end)
    }

    private func body(
        of type: MQTTPacketType, flags: UInt8, _ input: Span<UInt8>, _ body: Range<Int>
    ) throws(FramingError) -> MQTTPacket {
        switch type {
        case .connect: return try connect(input, body)
        case .connack: return try connack(input, body)
        case .publish: return try publish(input, body, flags: flags)
        case .puback: return .puback(try identifierOnly(input, body))
        case .pubrec: return .pubrec(try identifierOnly(input, body))
        case .pubrel: return .pubrel(try identifierOnly(input, body))
        case .pubcomp: return .pubcomp(try identifierOnly(input, body))
        case .subscribe: return try subscribe(input, body)
        case .suback: return try suback(input, body)
        case .unsubscribe: return try unsubscribe(input, body)
        case .unsuback: return .unsuback(try identifierOnly(input, body))
        case .pingreq: return try empty(.pingreq, body)
        case .pingresp: return try empty(.pingresp, body)
        case .disconnect: return try empty(.disconnect, body)
        }
    }

    private func connect(_ input: Span<UInt8>, _ body: Range<Int>) throws(FramingError) -> MQTTPacket {
        switch try MQTTConnect.read(input, body: body) {
        case .packet(let connect): return .connect(connect)
        case .unknownName: throw .invalidText
        case .unknownLevel(let level): throw .invalidValue(level)
        }
    }

    private func connack(_ input: Span<UInt8>, _ body: Range<Int>) throws(FramingError) -> MQTTPacket {
        var offset = body.lowerBound
        let flags = try input.byteField(at: &offset, end: body.upperBound)
        let code = try input.byteField(at: &offset, end: body.upperBound)
        try input.endOfFields(at: offset, end: body.upperBound)
        if flags > 1 { throw .reservedBits(flags) }
        // [MQTT-3.2.2-4]
        if code > 5 || code != 0 && flags != 0 { throw .invalidValue(Int(code)) }
        return .connack(sessionPresent: flags == 1, returnCode: code)
    }

    private func publish(
        _ input: Span<UInt8>, _ body: Range<Int>, flags: UInt8
    ) throws(FramingError) -> MQTTPacket {
        guard let qos = MQTTQoS(rawValue: flags >> 1 & 0x03) else { throw .invalidValue(3) }
        var offset = body.lowerBound
        let topic = try input.topicField(at: &offset, end: body.upperBound)
        // [MQTT-2.3.1-5]
        let identifier =
            qos == .atMostOnce ? 0 : try input.packetIdentifierField(at: &offset, end: body.upperBound)
        return .publish(
            MQTTPublish(
                topic: [UInt8](copying: input, range: topic),
                payload: [UInt8](copying: input, range: offset..<body.upperBound), qos: qos,
                packetIdentifier: identifier, isDuplicate: flags & 0x08 != 0, isRetained: flags & 0x01 != 0))
    }

    private func subscribe(_ input: Span<UInt8>, _ body: Range<Int>) throws(FramingError) -> MQTTPacket {
        var offset = body.lowerBound
        let identifier = try input.packetIdentifierField(at: &offset, end: body.upperBound)
        var subscriptions: [MQTTSubscription] = []
        repeat {
            // [MQTT-3.8.3-3]: the first round fails when there is no filter.
            let filter = try input.filterField(at: &offset, end: body.upperBound)
            let qos = try input.requestedQoSField(at: &offset, end: body.upperBound)
            subscriptions.append(MQTTSubscription(filter: [UInt8](copying: input, range: filter), qos: qos))
        } while offset < body.upperBound
        return .subscribe(identifier, subscriptions)
    }

    private func suback(_ input: Span<UInt8>, _ body: Range<Int>) throws(FramingError) -> MQTTPacket {
        var offset = body.lowerBound
        let identifier = try input.packetIdentifierField(at: &offset, end: body.upperBound)
        if offset == body.upperBound { throw .truncatedField }
        for index in offset..<body.upperBound where input[index] > 2 && input[index] != 0x80 {
            // [MQTT-3.9.3-2]
            throw .invalidValue(Int(input[index]))
        }
        return .suback(identifier, returnCodes: [UInt8](copying: input, range: offset..<body.upperBound))
    }

    private func unsubscribe(_ input: Span<UInt8>, _ body: Range<Int>) throws(FramingError) -> MQTTPacket {
        var offset = body.lowerBound
        let identifier = try input.packetIdentifierField(at: &offset, end: body.upperBound)
        var filters: [[UInt8]] = []
        repeat {
            // [MQTT-3.10.3-2]: as above.
            let filter = try input.filterField(at: &offset, end: body.upperBound)
            filters.append([UInt8](copying: input, range: filter))
        } while offset < body.upperBound
        return .unsubscribe(identifier, filters: filters)
    }

    private func identifierOnly(_ input: Span<UInt8>, _ body: Range<Int>) throws(FramingError) -> UInt16 {
        try input.identifierOnly(body)
    }

    private func empty(_ packet: MQTTPacket, _ body: Range<Int>) throws(FramingError) -> MQTTPacket {
        if !body.isEmpty { throw .trailingBytes(body.count) }
        return packet
    }
}

extension Span where Element == UInt8 {
    /// A body that is a packet identifier and nothing else.
    func identifierOnly(_ body: Range<Int>) throws(FramingError) -> UInt16 {
        var offset = body.lowerBound
        let identifier = try packetIdentifierField(at: &offset, end: body.upperBound)
        try endOfFields(at: offset, end: body.upperBound)
        return identifier
    }

    /// The quality behind a filter; anything but 0, 1 and 2 is refused [MQTT-3.8.3-4].
    func requestedQoSField(at offset: inout Int, end: Int) throws(FramingError) -> MQTTQoS {
        let byte = try byteField(at: &offset, end: end)
        guard let qos = MQTTQoS(rawValue: byte) else { throw .invalidValue(Int(byte)) }
        return qos
    }
}
