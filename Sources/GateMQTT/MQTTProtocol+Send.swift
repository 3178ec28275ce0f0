package import GateBytes
package import GateProtocol

/// What goes to the client.
extension MQTTProtocol {
    /// Encodes one action. Before the session is accepted only its acceptance or refusal goes out [MQTT-3.2.0-1].
    ///
    /// Messages that came before a fault are still handled, so answers to them are still written after it.
    /// - Throws: ``WireError/limitReached(_:)`` when a push at least once finds the waiting messages at their limit,
    ///   ``WireError/framing(_:)`` for a topic that may not be sent.
    package func send(
        _ action: ServerAction, topic: Span<UInt8>, payload: Span<UInt8>, at now: MonotonicTime,
        effects: inout ProtocolEffects
    ) throws(WireError) {
        switch action {
        case .accept(let sessionPresent): accept(sessionPresent: sessionPresent, at: now, effects: &effects)
        case .refuse(let refusal): refuse(refusal, effects: &effects)
        case .acknowledge(let identifier): incoming.accepted(identifier, into: &effects.output)
        case .goodbye: break
        case .reply, .push, .kick:
            guard isAccepted else { return }
            if payload.count >= ProtocolEffects.sharedPayloadBytesMin, effects.sharedPayload != nil {
                try sharedPush(action, topic: topic, payload: payload, effects: &effects)
            } else {
                try message(action, topic: topic, payload: payload, output: &effects.output)
            }
        }
    }

    /// A push of a payload that others get too.
    private func sharedPush(
        _ action: ServerAction, topic: Span<UInt8>, payload: Span<UInt8>, effects: inout ProtocolEffects
    ) throws(WireError) {
        try requireTopicName(topic)
        if case .push(.atLeastOnce, _) = action {
            return try outgoing.pushShared(topic: topic, limits: configuration.limits, effects: &effects)
        }
        do {
            try effects.output.appendPublishHead(
                flags: 0, topic: topic, packetIdentifier: 0, payloadCount: payload.count, room: 0)
        } catch {
            throw .framing(error)
        }
        effects.appendPayload(payload)
    }

    private func message(
        _ action: ServerAction, topic: Span<UInt8>, payload: Span<UInt8>, output: inout ByteBuffer
    ) throws(WireError) {
        switch action {
        case .push(.atLeastOnce, _):
            try requireTopicName(topic)
            try outgoing.push(topic: topic, payload: payload, limits: configuration.limits, into: &output)
        case .push(.atMostOnce, _):
            try requireTopicName(topic)
            try publish(topic: topic, payload: payload, output: &output)
        case .kick:
            let name: StaticString = "Gate/OnKick"
            // Sound: a StaticString's bytes are immortal, and its count is exact.
            let topic = unsafe Span(_unsafeStart: name.utf8Start, count: name.utf8CodeUnitCount)
            try publish(topic: topic, payload: payload, output: &output)
        default:
            // A reply's topic came from the client, so it was checked when it was read.
            try publish(topic: topic, payload: payload, output: &output)
        }
    }

    /// QoS 0, DUP 0, RETAIN 0 [MQTT-4.3.1-1], [MQTT-3.3.1-3], [MQTT-3.3.1-9].
    @inline(__always)
    private func publish(topic: Span<UInt8>, payload: Span<UInt8>, output: inout ByteBuffer) throws(WireError) {
        do {
            try output.appendPublish(flags: 0, topic: topic, packetIdentifier: 0, payload: payload)
        } catch {
            throw .framing(error)
        }
    }

    /// [MQTT-1.5.3-1], [MQTT-3.3.2-2], [MQTT-4.7.3-1]
    private func requireTopicName(_ topic: Span<UInt8>) throws(WireError) {
        if !topic.isTopicName { throw .framing(.invalidText) }
    }

    private func accept(sessionPresent: Bool, at now: MonotonicTime, effects: inout ProtocolEffects) {
        guard phase == .opening else { return }
        phase = .open
        isAccepted = true
        // Nothing was read from the client while it waited for this.
        lastReceived = now
        if !sessionPresent { forget() }
        // [MQTT-3.2.2-1], [MQTT-3.2.2-2], [MQTT-3.2.2-3]; in MQTT 3.1 the byte is reserved.
        effects.output.appendConnack(
            sessionPresent: sessionPresent && !cleanSession && version == .v311, returnCode: 0)
        outgoing.redeliver(limits: configuration.limits, into: &effects.output)
        if keepAliveSeconds > 0 { effects.wakeUp = keepAliveEnd }
    }

    private func refuse(_ refusal: Refusal, effects: inout ProtocolEffects) {
        guard phase == .opening else { return }
        phase = .ended
        let code: UInt8 =
            switch refusal {
            case .unavailable: 3
            case .badCredentials: 4
            case .notAuthorized: 5
            }
        // [MQTT-3.2.2-4], [MQTT-3.2.2-5]
        effects.output.appendConnack(sessionPresent: false, returnCode: code)
        effects.close = .refused
    }

    /// Begins with an empty session.
    private func forget() {
        subscriptions = [:]
        filterBytes = 0
        incoming = MQTTIncoming()
        outgoing = MQTTOutgoing()
    }
}
