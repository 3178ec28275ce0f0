import GateBytes
import GateIO
import GateProtocol
import GateSessions

/// From actions to bytes.
extension Connection: SessionConnection {
    var remoteAddress: SocketAddress { stream.remoteAddress }
    var protocolName: String { listener.settings.protocolName }

    func push(
        topic: Span<UInt8>, payload: [UInt8], quality: DeliveryQuality, form: PayloadForm
    ) -> PushOutcome {
        // What a client is to find again is not given to one that has left; its state is stored already.
        guard state == .open, !isMarked, quality == .atMostOnce || endingReason == nil || !keepsState else {
            gate.metrics.add(.pushesDropped)
            return .ended
        }
        unsafe gate.tally.pushesSent += 1
        countSentMessage()
        let isSent =
            payload.count < ProtocolEffects.sharedPayloadBytesMin
            ? emit(.push(quality, form), topic: topic, payload: payload.span)
            : emitShared(.push(quality, form), topic: topic, payload: payload)
        if isSent { return .sent }
        return isMarked ? .ended : .unsayable
    }

    /// Encodes a push whose payload is sent from where it is.
    @inline(never)
    private func emitShared(_ push: ServerAction, topic: Span<UInt8>, payload: [UInt8]) -> Bool {
        gate.effects.sharedPayload = payload
        defer { gate.effects.sharedPayload = nil }
        return emit(push, topic: topic, payload: payload.span)
    }

    /// Whether a fault of `send` is the message's: a topic or a payload that the protocol cannot say. The client is not
    /// to blame for it and stays.
    private static func isMessages(_ fault: WireError) -> Bool {
        switch fault {
        case .framing, .violation: true
        default: false
        }
    }

    /// Encodes an action that has neither topic nor payload.
    @discardableResult
    func emit(_ action: ServerAction) -> Bool {
        emit(action, topic: Span(), payload: Span())
    }

    /// Encodes an action behind what waits already. `false` when the connection ends of it.
    @discardableResult
    func emit(_ action: ServerAction, topic: Span<UInt8>, payload: Span<UInt8>) -> Bool {
        let gate = gate
        if output.capacity == 0 { output = gate.pool.take() }
        gate.effects.wakeUp = nil
        gate.effects.close = nil
        swap(&gate.effects.output, &output)
        let before = gate.effects.output.count
        var fault: WireError?
        do throws(WireError) {
            try wire.send(action, topic: topic, payload: payload, at: wireNow, effects: &gate.effects)
        } catch {
            fault = error
            gate.effects.output.truncate(to: before)
            gate.effects.sharedAt = -1
        }
        swap(&gate.effects.output, &output)
        if gate.effects.sharedAt >= 0 { share() }
        let wish = gate.effects.close
        if gate.effects.answersReplaced > 0 { countReplacedAnswers() }
        if let wakeUp = gate.effects.wakeUp { setWireWakeUp(wakeUp) }
        markDirty()
        if isWriting || output.count > gate.limits.highWaterBytes
            || segments != nil && waitingBytes > gate.limits.highWaterBytes
        {
            relieve()
        }
        if let fault {
            if case .push = action, Self.isMessages(fault) {
                gate.metrics.add(.pushesDropped)
            } else {
                close(fault.closeReason)
            }
            return false
        }
        if let wish { close(wish) }
        return !isMarked
    }

    /// Answers that their protocol could not say: somebody should hear of it, the client was told.
    private func countReplacedAnswers() {
        for _ in 0..<gate.effects.answersReplaced { gate.metrics.addFault(.notEncodable) }
        gate.effects.answersReplaced = 0
    }

    /// More waits than should: writes what the system takes, and stops reading, or ends the connection, when that does not
    /// help.
    private func relieve() {
        if !isWriting { flush() }
        account()
        let waiting = waitingBytes
        if waiting > gate.limits.queuedBytesMax {
            close(.slowReader)
        } else if waiting > gate.limits.highWaterBytes && !pauses.contains(.highWater) {
            pause(.highWater)
        }
    }

    func markDirty() {
        guard !isDirty else { return }
        isDirty = true
        gate.dirty.append(self)
    }

    /// Gives the stream what waits, once for each turn.
    func flush() {
        if segments != nil { flushSegments() }
        guard !isWriting, !output.isEmpty, state != .closed else { return }
        countSent(bytes: output.count)
        stream.write(&output)
        gate.pool.give(&output)
        noteWriting()
    }

    private func noteWriting() {
        if stream.pendingBytes > 0 {
            isWriting = true
            writeBegan = gate.now
            writePending = Int32(clamping: stream.pendingBytes)
            armTimer()
        }
        if isWriting || accounted != 0 { account() }
    }

    // MARK: Shared payloads

    /// Bytes that wait for the client, with payloads that others get too.
    var waitingBytes: Int { output.count + (segments?.bytes ?? 0) + (isWriting ? stream.pendingBytes : 0) }

    /// The push that was just encoded ends with a payload that was not copied.
    private func share() {
        let place = gate.effects.sharedAt
        gate.effects.sharedAt = -1
        guard let payload = gate.effects.sharedPayload else { return }
        var head = ByteBuffer()
        swap(&head, &output)
        if head.count > place {
            var rest = gate.pool.take()
            head.withBytes { rest.append($0.extracting(place..<$0.count)) }
            head.truncate(to: place)
            swap(&rest, &output)
        }
        let segments = segments ?? OutputSegments()
        self.segments = segments
        segments.append(head, gate.shared(payload))
    }

    /// Gives the stream what waits in front of the output, as far as it goes.
    private func flushSegments() {
        while !isWriting, state != .closed, let segments, segments.first != nil {
            segments.changeFirst { segment in
                let payload = segment.payload.bytes
                let rest = payload.span.extracting(segment.sent..<payload.count)
                let head = segment.head.count
                let taken = stream.write(&segment.head, rest)
                segment.sent += taken
                countSent(bytes: head + taken)
                gate.pool.give(&segment.head)
            }
            noteWriting()
        }
        if segments?.first == nil { segments = nil }
    }

    /// Tells the ledger what waits for this client alone.
    func account() {
        let own =
            state == .closed ? 0 : output.count + (segments?.ownBytes ?? 0) + (isWriting ? stream.pendingBytes : 0)
        if own == accounted { return }
        gate.queuedDelta += own - accounted
        accounted = own
    }

    func writeFinished() {
        isWriting = false
        writeBegan = .never
        if state == .flushing { return finishFlush() }
        flush()
        if !isWriting && accounted != 0 { account() }
        if !isWriting { resume(.highWater) }
    }
}
