import GateBytes
import GateIO
import GateProtocol
import GateSessions

/// From actions to bytes.
extension Connection: SessionConnection {
    var remoteAddress: SocketAddress { stream.remoteAddress }
    var protocolName: String { listener.settings.protocolName }

    func push(
        topic: Span<UInt8>, payload: Span<UInt8>, quality: DeliveryQuality, form: PayloadForm
    ) -> PushOutcome {
        guard state == .open, !isMarked else {
            gate.metrics.add(.pushesDropped)
            return .ended
        }
        gate.tally.pushesSent += 1
        countSentMessage()
        if emit(.push(quality, form), topic: topic, payload: payload) { return .sent }
        return isMarked ? .ended : .unsayable
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
        }
        swap(&gate.effects.output, &output)
        let wish = gate.effects.close
        if gate.effects.answersReplaced > 0 { countReplacedAnswers() }
        if let wakeUp = gate.effects.wakeUp { setWireWakeUp(wakeUp) }
        markDirty()
        if isWriting || output.count > gate.limits.highWaterBytes { relieve() }
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
        for _ in 0..<gate.effects.answersReplaced { gate.metrics.addFault("not_encodable") }
        gate.effects.answersReplaced = 0
    }

    /// More waits than should: writes what the system takes, and stops reading, or ends the connection, when that does not
    /// help.
    private func relieve() {
        if !isWriting { flush() }
        let waiting = output.count + (isWriting ? stream.pendingBytes : 0)
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
        guard !isWriting, !output.isEmpty, state != .closed else { return }
        countSent(bytes: output.count)
        stream.write(&output)
        gate.pool.give(&output)
        if stream.pendingBytes > 0 {
            isWriting = true
            writeBegan = gate.now
            writePending = Int32(clamping: stream.pendingBytes)
            armTimer()
        }
    }

    func writeFinished() {
        isWriting = false
        writeBegan = .never
        if state == .flushing { return finishFlush() }
        flush()
        if !isWriting { resume(.highWater) }
    }
}
