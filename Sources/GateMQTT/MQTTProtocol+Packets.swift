import GateBytes
import GateProtocol

/// What comes from the client.
extension MQTTProtocol {
    /// A PUBLISH, the bytes `body` of `input`.
    @inline(__always)
    func publish(
        _ input: Span<UInt8>, body: Range<Int>, flags: UInt8, effects: inout ProtocolEffects
    ) throws(WireError) {
        var offset = body.lowerBound
        let topic: Range<Int>
        do {
            topic = try input.topicField(at: &offset, end: body.upperBound)
        } catch {
            throw .framing(error)
        }
        var identifier: UInt16 = 0
        if flags & 0x06 != 0 {
            do {
                identifier = try input.packetIdentifierField(at: &offset, end: body.upperBound)
            } catch {
                throw .framing(error)
            }
            guard try isNewMessage(identifier, flags: flags, output: &effects.output) else { return }
        }
        effects.append(
            .message(
                ClientMessage(
                    kind: .publish, topic: ByteRange(topic), payload: ByteRange(offset..<body.upperBound),
                    acknowledgement: identifier)))
    }

    private func isNewMessage(
        _ identifier: UInt16, flags: UInt8, output: inout ByteBuffer
    ) throws(WireError) -> Bool {
        let limit = configuration.limits.incomingIdentifiersMax
        if flags & 0x06 == 0x02 {
            try incoming.publishedAtLeastOnce(identifier, limit: limit)
            return true
        }
        return try incoming.publishedExactlyOnce(identifier, limit: limit, into: &output)
    }

    /// Any packet but PUBLISH; `flags` are the low bits of its first byte.
    func take(
        _ type: MQTTPacketType, flags: UInt8, _ input: Span<UInt8>, body: Range<Int>, effects: inout ProtocolEffects
    ) throws(WireError) {
        switch type {
        case .connect: try connect(input, flags: flags, body: body, effects: &effects)
        case .pingreq:
            try requireEmpty(body)
            // [MQTT-3.12.4-1]
            effects.output.append(bigEndian: UInt16(0xD000))
        case .disconnect:
            // [MQTT-3.14.1-1], [MQTT-3.14.4-2]
            try requireEmpty(body)
            phase = .ended
            effects.close = .clientGoodbye
        case .subscribe: try subscribe(input, body: body, output: &effects.output)
        case .unsubscribe: try unsubscribe(input, body: body, output: &effects.output)
        case .puback, .pubrec, .pubrel, .pubcomp:
            try acknowledgement(type, input, body: body, output: &effects.output)
        case .publish, .connack, .suback, .unsuback, .pingresp:
            preconditionFailure("packets of the server and PUBLISH are dealt with before")
        }
    }

    private func requireEmpty(_ body: Range<Int>) throws(WireError) {
        if !body.isEmpty { throw .framing(.trailingBytes(body.count)) }
    }

    private func acknowledgement(
        _ type: MQTTPacketType, _ input: Span<UInt8>, body: Range<Int>, output: inout ByteBuffer
    ) throws(WireError) {
        let identifier: UInt16
        do {
            identifier = try input.identifierOnly(body)
        } catch {
            throw .framing(error)
        }
        let limits = configuration.limits
        switch type {
        case .puback: outgoing.acknowledged(identifier, limits: limits, into: &output)
        // Nothing goes out at QoS 2, so this ends an exchange that only the client knows of.
        case .pubrec: output.appendIdentifierPacket(.pubrel, identifier)
        case .pubrel: try incoming.released(identifier, limit: limits.incomingIdentifiersMax, into: &output)
        default: break
        }
    }

    private func connect(
        _ input: Span<UInt8>, flags: UInt8, body: Range<Int>, effects: inout ProtocolEffects
    ) throws(WireError) {
        let reading: MQTTConnectReading
        do {
            reading = try MQTTConnect.read(input, body: body)
        } catch {
            // [MQTT-3.1.4-1]
            throw .framing(error)
        }
        // [MQTT-2.2.2-2]; in MQTT 3.1 the flags are not used.
        if flags != 0, !reading.isVersion31 { throw .framing(.reservedBits(flags)) }
        switch reading {
        // [MQTT-3.1.2-1]
        case .unknownName: throw .unsupportedProtocol(level: 0)
        case .unknownLevel(let level):
            // [MQTT-3.1.2-2]
            effects.output.appendConnack(sessionPresent: false, returnCode: 1)
            throw .unsupportedProtocol(level: level)
        case .packet(let connect): try open(connect, effects: &effects)
        }
    }

    private func open(_ connect: MQTTConnect, effects: inout ProtocolEffects) throws(WireError) {
        var clientID = connect.clientID
        // [MQTT-3.1.3-7], [MQTT-3.1.3-8]; MQTT 3.1 knows no empty id.
        let mayBeEmpty = connect.cleanSession && connect.version == .v311
        if clientID.isEmpty && !mayBeEmpty || clientID.count > configuration.limits.clientIDBytesMax {
            // [MQTT-3.1.3-9]
            effects.output.appendConnack(sessionPresent: false, returnCode: 2)
            throw .identifierRejected
        }
        // [MQTT-3.1.3-6]
        if clientID.isEmpty { clientID = configuration.makeClientID() }
        version = connect.version
        keepAliveSeconds = connect.keepAliveSeconds
        cleanSession = connect.cleanSession
        phase = .opening
        effects.open(
            Credentials(
                clientID: clientID, userName: connect.userName, password: connect.password,
                resumption: cleanSession ? .discard : .resume))
    }
}
