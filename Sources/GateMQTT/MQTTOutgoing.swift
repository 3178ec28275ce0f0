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
        var frame: [UInt8]
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
        if bytes + frame.count > limits.outgoingBytesMax { throw .limitReached(limits.outgoingBytesMax) }
        let hasRoom = sent.count < limits.outgoingWindowMax && waitingCount == 0
        if !hasRoom && waitingCount >= limits.outgoingWaitingMax { throw .limitReached(limits.outgoingWaitingMax) }
        bytes += frame.count
        waiting.append(
            Message(identifier: 0, identifierOffset: frame.count - payload.count - 2, frame: frame))
        fillWindow(limits: limits, into: &output)
    }

    /// A PUBACK has come; the window moves on. An identifier that is not in the window means nothing.
    mutating func acknowledged(_ identifier: UInt16, limits: MQTTLimits, into output: inout ByteBuffer) {
        guard let index = sent.firstIndex(where: { $0.identifier == identifier }) else { return }
        bytes -= sent.remove(at: index).frame.count
        fillWindow(limits: limits, into: &output)
    }

    /// Writes again what an earlier connection sent, same identifiers, same order, with DUP [MQTT-3.3.1-1]; then what
    /// the window has room for.
    mutating func redeliver(limits: MQTTLimits, into output: inout ByteBuffer) {
        for message in sent {
            output.append(message.frame[0] | 0x08)
            output.append(message.frame.span, range: 1..<message.frame.count)
        }
        fillWindow(limits: limits, into: &output)
    }

    private mutating func fillWindow(limits: MQTTLimits, into output: inout ByteBuffer) {
        while sent.count < limits.outgoingWindowMax && waitingCount > 0 {
            var message = waiting[Int(waitingStart)]
            waiting[Int(waitingStart)].frame = []
            waitingStart += 1
            message.identifier = freeIdentifier()
            message.frame[message.identifierOffset] = UInt8(message.identifier >> 8)
            message.frame[message.identifierOffset + 1] = UInt8(truncatingIfNeeded: message.identifier)
            output.append(message.frame)
            sent.append(message)
        }
        if Int(waitingStart) * 2 >= waiting.count {
            waiting.removeFirst(Int(waitingStart))
            waitingStart = 0
        }
    }

    /// The next identifier that no unacknowledged message has [MQTT-2.3.1-4].
    private mutating func freeIdentifier() -> UInt16 {
        repeat {
            lastIdentifier = lastIdentifier == .max ? 1 : lastIdentifier + 1
        } while sent.contains { $0.identifier == lastIdentifier }
        return lastIdentifier
    }
}
