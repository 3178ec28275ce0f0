import GateBytes
import GateProtocol

/// Outgoing QoS 1 messages until their PUBACK [MQTT-4.3.2-1].
///
/// At most ``MQTTLimits/outgoingWindowMax`` are sent and unacknowledged; the rest wait without an identifier, in order.
/// Nothing is sent twice but on a later connection [MQTT-4.4.0-1]. Empty arrays, which hold no memory, until then.
struct MQTTOutgoing: Sendable {
    /// One PUBLISH as it goes out, DUP clear.
    private struct Message {
        var identifier: UInt16
        var identifierOffset: Int
        /// The whole packet, or all of it up to ``tail``.
        var frame: [UInt8]
        /// A payload that others get too.
        var tail: [UInt8] = []

        var bytes: Int { frame.count + tail.count }
    }

    private var sent: [Message] = []
    private var waiting: [Message] = []
    /// Messages at the front of `waiting` that are gone; removed in one go once they are the larger part.
    private var waitingStart: Int32 = 0
    private var lastIdentifier: UInt16 = 0
    private var bytes = 0

    /// Messages behind the window.
    var waitingCount: Int { waiting.count - Int(waitingStart) }

    /// Messages sent and not acknowledged.
    var sentCount: Int { sent.count }

    /// Bytes of memory that the messages hold, about.
    var byteCount: Int { bytes + (sent.count + waiting.count) * 80 }

    /// Keeps a message, and writes it when the window has room.
    mutating func push(
        topic: Span<UInt8>, payload: Span<UInt8>, limits: MQTTLimits, into output: inout ByteBuffer
    ) throws(WireError) {
        let mark = output.count
        do {
            try output.appendPublish(flags: 0x02, topic: topic, packetIdentifier: 0, payload: payload)
        } catch {
            output.truncate(to: mark)
            throw .framing(error)
        }
        let frame = output.withBytes { [UInt8](copying: $0, range: mark..<$0.count) }
        output.truncate(to: mark)
        let message = Message(identifier: 0, identifierOffset: frame.count - payload.count - 2, frame: frame)
        try keep(message, limits: limits)
        fillWindow(limits: limits, into: &output)
    }

    /// The same for ``ProtocolEffects/sharedPayload``, which is kept as the array that it is. Where the window has room it is
    /// not copied to be written either.
    mutating func pushShared(
        topic: Span<UInt8>, limits: MQTTLimits, effects: inout ProtocolEffects
    ) throws(WireError) {
        guard let payload = effects.sharedPayload else { return }
        let mark = effects.output.count
        do {
            try effects.output.appendPublishHead(
                flags: 0x02, topic: topic, packetIdentifier: 0, payloadCount: payload.count, room: 0)
        } catch {
            effects.output.truncate(to: mark)
            throw .framing(error)
        }
        let frame = effects.output.withBytes { [UInt8](copying: $0, range: mark..<$0.count) }
        effects.output.truncate(to: mark)
        try keep(
            Message(identifier: 0, identifierOffset: frame.count - 2, frame: frame, tail: payload), limits: limits)
        guard sent.count < limits.outgoingWindowMax, waitingCount == 1 else { return }
        let message = takeFirst()
        effects.output.append(message.frame)
        effects.appendPayload(payload.span)
    }

    private mutating func keep(_ message: Message, limits: MQTTLimits) throws(WireError) {
        if bytes + message.bytes > limits.outgoingBytesMax { throw .limitReached(limits.outgoingBytesMax) }
        let hasRoom = sent.count < limits.outgoingWindowMax && waitingCount == 0
        if !hasRoom && waitingCount >= limits.outgoingWaitingMax { throw .limitReached(limits.outgoingWaitingMax) }
        bytes += message.bytes
        waiting.append(message)
    }

    /// A PUBACK has come; the window moves on. An identifier that is not in the window means nothing.
    mutating func acknowledged(_ identifier: UInt16, limits: MQTTLimits, into output: inout ByteBuffer) {
        guard let index = sent.firstIndex(where: { $0.identifier == identifier }) else { return }
        bytes -= sent.remove(at: index).bytes
        fillWindow(limits: limits, into: &output)
    }

    /// Writes again what an earlier connection sent, same identifiers, same order, with DUP [MQTT-3.3.1-1]; then what
    /// the window has room for.
    mutating func redeliver(limits: MQTTLimits, into output: inout ByteBuffer) {
        for message in sent {
            output.append(message.frame[0] | 0x08)
            output.append(message.frame.span, range: 1..<message.frame.count)
            output.append(message.tail)
        }
        fillWindow(limits: limits, into: &output)
    }

    private mutating func fillWindow(limits: MQTTLimits, into output: inout ByteBuffer) {
        while sent.count < limits.outgoingWindowMax && waitingCount > 0 {
            let message = takeFirst()
            output.append(message.frame)
            output.append(message.tail)
        }
    }

    /// Moves the first message that waits into the window.
    private mutating func takeFirst() -> Message {
        var message = waiting[Int(waitingStart)]
        waiting[Int(waitingStart)].frame = []
        waiting[Int(waitingStart)].tail = []
        waitingStart += 1
        message.identifier = freeIdentifier()
        message.frame[message.identifierOffset] = UInt8(message.identifier >> 8)
        message.frame[message.identifierOffset + 1] = UInt8(truncatingIfNeeded: message.identifier)
        sent.append(message)
        if Int(waitingStart) * 2 >= waiting.count {
            waiting.removeFirst(Int(waitingStart))
            waitingStart = 0
        }
        return message
    }

    /// The next identifier that no unacknowledged message has [MQTT-2.3.1-4].
    private mutating func freeIdentifier() -> UInt16 {
        repeat {
            lastIdentifier = lastIdentifier == .max ? 1 : lastIdentifier + 1
        } while sent.contains { $0.identifier == lastIdentifier }
        return lastIdentifier
    }
}
