import GateBytes
import GateIO
import GateProtocol
import GateSessions

/// From bytes to events.
extension Connection: ByteStreamHandler {
    /// Lets the protocol begin.
    func start() {
        armTimer()
        callWire { (wire, now, effects) throws(WireError) in
            try wire.connected(at: now, effects: &effects)
            return 0
        } walking: { _, _ in
        }
        stream.start(self)
        applyPauses()
    }

    func received(_ bytes: Span<UInt8>) {
        guard !isMarked else { return }
        countReceived(bytes: bytes.count)
        noteActivity()
        if let kept, !kept.bytes.isEmpty {
            kept.bytes.append(bytes)
            if kept.bytes.count >= kept.needed { consumeKept() }
        } else {
            let used = consume(bytes)
            if used < bytes.count && !isMarked {
                keep(bytes.extracting(used..<bytes.count))
                noteKept(progressed: used > 0)
            } else if let kept {
                kept.began = .never
            }
        }
    }

    private func keep(_ bytes: Span<UInt8>) {
        let kept = kept ?? Kept()
        self.kept = kept
        if kept.bytes.capacity == 0 { kept.bytes = gate.pool.take() }
        kept.bytes.append(bytes)
        kept.needed = gate.bytesNeeded
    }

    /// Hands the kept bytes over, as far as they are whole frames.
    func consumeKept() {
        guard let kept, !kept.bytes.isEmpty, !isMarked, !isConsuming else { return }
        // The buffer moves out, because handlers run while its bytes are lent.
        var lent = ByteBuffer()
        swap(&lent, &kept.bytes)
        let used = lent.withBytes { bytes in consume(bytes) }
        lent.removeFirst(used)
        swap(&lent, &kept.bytes)
        kept.needed = gate.bytesNeeded
        noteKept(progressed: used > 0)
    }

    /// Hands bytes over until they are used up, nothing more may be handled, or the rest is no whole frame.
    /// - Returns: The bytes used.
    private func consume(_ bytes: Span<UInt8>) -> Int {
        isConsuming = true
        defer { isConsuming = false }
        var used = 0
        while used < bytes.count && !isMarked && pauses.isEmpty {
            let room = gate.limits.inFlightMax - (work?.waitingCount ?? 0)
            if room <= 0 {
                pause(.backlog)
                break
            }
            gate.effects.eventsMax = room
            let rest = bytes.extracting(used..<bytes.count)
            var handled = 0
            let taken = callWire { (wire, now, effects) throws(WireError) in
                try wire.receive(rest, at: now, effects: &effects)
            } walking: { event, scratch in
                handled += 1
                self.take(event, input: rest, scratch: scratch)
            }
            used += taken
            if taken == 0 && handled == 0 { break }
        }
        return used
    }

    /// One call into the protocol with everything that follows from it. Events are walked after the call, when nothing is
    /// held that a handler's sends could need.
    @discardableResult
    private func callWire(
        _ call: (any WireProtocol, MonotonicTime, inout ProtocolEffects) throws(WireError) -> Int,
        walking walk: (ClientEvent, Span<UInt8>) -> Void
    ) -> Int {
        let gate = gate
        gate.effects.beginCall()
        if output.capacity == 0 { output = gate.pool.take() }
        swap(&gate.effects.output, &output)
        var fault: WireError?
        var taken = 0
        do throws(WireError) {
            taken = try call(wire, wireNow, &gate.effects)
        } catch {
            fault = error
        }
        swap(&gate.effects.output, &output)
        gate.bytesNeeded = gate.effects.bytesNeeded
        let wish = gate.effects.close
        if let wakeUp = gate.effects.wakeUp { setWireWakeUp(wakeUp) }
        if !output.isEmpty { markDirty() }
        let credentials = gate.effects.credentials
        let events = gate.effects.takeEvents()
        if !events.isEmpty {
            var scratch = ByteBuffer()
            if !gate.effects.scratch.isEmpty { swap(&scratch, &gate.effects.scratch) }
            scratch.withBytes { scratchBytes in
                for event in events {
                    if isMarked { break }
                    switch event {
                    case .opening: open(credentials ?? Credentials())
                    case .login: logIn(credentials ?? Credentials())
                    case .message: break
                    }
                    walk(event, scratchBytes)
                }
            }
            if scratch.capacity > 0 {
                scratch.removeAll()
                swap(&scratch, &gate.effects.scratch)
            }
        }
        gate.effects.returnEvents(events)
        if let fault {
            if fault != .keepAliveExpired { listener.countProtocolError() }
            endInput(fault.closeReason)
        } else if let wish {
            endInput(wish)
        }
        return taken
    }

    private func take(_ event: ClientEvent, input: Span<UInt8>, scratch: Span<UInt8>) {
        guard case .message(let message) = event else { return }
        switch (message.topic.region, message.payload.region) {
        case (.input, .input):
            dispatch(message, input.extracting(message.topic.offsets), input.extracting(message.payload.offsets))
        case (.scratch, .input):
            dispatch(message, scratch.extracting(message.topic.offsets), input.extracting(message.payload.offsets))
        case (.input, .scratch):
            dispatch(message, input.extracting(message.topic.offsets), scratch.extracting(message.payload.offsets))
        case (.scratch, .scratch):
            dispatch(message, scratch.extracting(message.topic.offsets), scratch.extracting(message.payload.offsets))
        }
    }

    /// Calls the protocol's timer.
    func fireWire() {
        callWire { (wire, now, effects) throws(WireError) in
            try wire.timerFired(at: now, effects: &effects)
            return 0
        } walking: { _, _ in
        }
    }

    /// Keeps the whole-frame clock: a frame's time runs from its first byte.
    private func noteKept(progressed: Bool) {
        guard let kept else { return }
        if kept.bytes.isEmpty {
            kept.began = .never
            gate.pool.give(&kept.bytes)
        } else if progressed || kept.began == .never {
            kept.began = gate.now
            armTimer()
        }
    }

    private func noteActivity() {
        guard let storage = gate.sessionHooks.storage, let session, session.userID != nil else { return }
        let now = gate.now
        if now - session.heartbeatAt >= gate.limits.heartbeatTime {
            session.heartbeatAt = now
            let copy = session.session
            Task { await storage.heartbeat(copy) }
        }
    }

    // MARK: Pausing

    /// Stops handing over and reading.
    func pause(_ reason: Pauses) {
        if pauses.isEmpty {
            pausedAt = gate.now
            gate.metrics.add(.readPauses)
        }
        pauses.insert(reason)
        if reason == .backlog { armTimer() }
        applyPauses()
    }

    /// Takes one reason away; with the last one, what was kept is handed over and reading goes on.
    func resume(_ reason: Pauses) {
        guard pauses.contains(reason) else { return }
        pauses.remove(reason)
        guard pauses.isEmpty else { return }
        pausedTotal = pausedTotal + (gate.now - pausedAt)
        if let kept, kept.began != .never { kept.began = gate.now }
        armTimer()
        if !isConsuming { consumeKept() }
        applyPauses()
    }

    private func applyPauses() {
        guard state != .closed, state != .flushing else { return }
        if pauses.isEmpty { stream.resumeReading() } else { stream.pauseReading() }
    }
}
