package import GateBytes
package import GateProtocol

/// The server's side of MQTT 3.1 and 3.1.1 for one client.
///
/// ```
///                 CONNECT             accept
///  awaitingConnect ------> opening ------------> open
///         |                   | refuse            | DISCONNECT, fault
///         +---------------> ended <---------------+
/// ```
/// Per PUBLISH at QoS 0: the fixed header and the topic are read in place, one event of 40 bytes with two ranges is
/// appended; nothing is copied and nothing allocated. A reply copies topic and payload once, into the output.
/// About 100 bytes a client without subscriptions and QoS above 0.
///
/// Owned by one event loop. Source: MQTT 3.1.1, chapters 3 and 4.
package final class MQTTProtocol: WireProtocol {
    enum Phase: UInt8 {
        case awaitingConnect, opening, open, ended
    }

    let configuration: MQTTConfiguration
    /// When the last whole packet came, or the session was accepted.
    var lastReceived = MonotonicTime(nanoseconds: 0)
    var keepAliveSeconds: UInt16 = 0
    var phase = Phase.awaitingConnect
    var version = MQTTVersion.v311
    var cleanSession = true
    /// Whether the session was accepted; stays when the connection ends.
    var isAccepted = false
    var incoming = MQTTIncoming()
    var outgoing = MQTTOutgoing()
    var subscriptions: [[UInt8]: MQTTQoS] = [:]
    var filterBytes = 0

    /// A client that has said nothing yet.
    package init(_ configuration: MQTTConfiguration = MQTTConfiguration()) {
        self.configuration = configuration
    }

    package func receive(
        _ input: Span<UInt8>, at now: MonotonicTime, effects: inout ProtocolEffects
    ) throws(WireError) -> Int {
        if phase == .ended { return input.count }
        var offset = 0
        do {
            while offset < input.count && !effects.isFull && phase != .opening {
                guard let next = try packet(input, at: offset, effects: &effects) else { break }
                offset = next
            }
        } catch {
            phase = .ended
            throw error
        }
        if offset > 0 { lastReceived = now }
        return offset
    }

    package func timerFired(at now: MonotonicTime, effects: inout ProtocolEffects) throws(WireError) {
        guard phase == .open, keepAliveSeconds > 0 else { return }
        // [MQTT-3.1.2-24]
        if now >= keepAliveEnd {
            phase = .ended
            throw .keepAliveExpired
        }
        effects.wakeUp = keepAliveEnd
    }

    package func suspend(at now: MonotonicTime) -> (any Sendable)? {
        phase = .ended
        // [MQTT-3.1.2-6]
        guard isAccepted, !cleanSession else { return nil }
        return MQTTSessionState(subscriptions: subscriptions, heldIdentifiers: incoming.held, outgoing: outgoing)
    }

    package func resume(_ state: any Sendable, at now: MonotonicTime) {
        guard let state = state as? MQTTSessionState, !cleanSession else { return }
        subscriptions = state.subscriptions
        filterBytes = subscriptions.keys.reduce(0) { $0 + $1.count }
        incoming = MQTTIncoming(held: state.heldIdentifiers)
        outgoing = state.outgoing
    }

    /// One and a half times the keep-alive after the last packet.
    var keepAliveEnd: MonotonicTime {
        lastReceived + .milliseconds(Int(keepAliveSeconds) * 1_500)
    }

    /// Takes the packet at `start`.
    /// - Returns: The offset behind it, or `nil` when it is not whole.
    @inline(__always)
    private func packet(
        _ input: Span<UInt8>, at start: Int, effects: inout ProtocolEffects
    ) throws(WireError) -> Int? {
        let first = input[start]
        let type = try packetType(first)
        let length: (value: Int, width: Int)?
        do {
            length = try input.remainingLength(at: start + 1, limit: configuration.frameBytesMax)
        } catch {
            throw .framing(error)
        }
        guard let length else {
            effects.bytesNeeded = max(2, input.count - start + 1)
            return nil
        }
        let bodyStart = start + 1 + length.width
        let end = bodyStart + length.value
        if end > input.count {
            effects.bytesNeeded = end - start
            return nil
        }
        if type == .publish {
            try publish(input, body: bodyStart..<end, flags: first & 0x0F, effects: &effects)
        } else {
            try take(type, flags: first & 0x0F, input, body: bodyStart..<end, effects: &effects)
        }
        return end
    }

    /// What the first byte says, and whether it is allowed now; known before the packet is whole.
    @inline(__always)
    private func packetType(_ first: UInt8) throws(WireError) -> MQTTPacketType {
        // Everything but QoS 3 and DUP at QoS 0, without a switch for the most frequent packet.
        if phase == .open && first & 0xFE == 0x30 { return .publish }
        return try anyPacketType(first)
    }

    private func anyPacketType(_ first: UInt8) throws(WireError) -> MQTTPacketType {
        let type: MQTTPacketType
        do {
            type = try MQTTPacketType(firstByte: withoutUnusedFlags(first))
        } catch {
            throw .framing(error)
        }
        // [MQTT-3.1.0-1], [MQTT-3.1.0-2]
        if (type == .connect) != (phase == .awaitingConnect) || type.isServerOnly {
            throw .unexpectedFrame(kind: Int(type.rawValue))
        }
        return type
    }

    /// The first byte without what MQTT 3.1 does not use: all flags but those of PUBLISH. PUBREL, SUBSCRIBE and UNSUBSCRIBE
    /// have DUP there when they come again. Which version a CONNECT is of, its body says; see ``take(_:flags:_:body:effects:)``.
    private func withoutUnusedFlags(_ first: UInt8) -> UInt8 {
        guard let type = MQTTPacketType(rawValue: first >> 4), type != .publish else { return first }
        if phase == .awaitingConnect ? type == .connect : version == .v31 { return type.firstByte }
        return first
    }
}

/// Owned by the event loop of its connection.
@available(*, unavailable)
extension MQTTProtocol: Sendable {}
