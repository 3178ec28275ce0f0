import GateBytes
import GateIO
import GateProtocol
import GateSessions

/// The end of a connection. It is marked first, which stops delivery at once; the rest happens at the end of the turn.
extension Connection {
    func close(_ reason: CloseReason, notice: String?) {
        guard !isMarked, state != .closed else { return }
        closeReason = reason
        gate.closing.append((self, notice))
    }

    func close(_ reason: CloseReason) {
        close(reason, notice: nil)
    }

    /// The client said its last word, or one that nobody understands: nothing more is handed over. What was accepted is
    /// still answered, whether its handler runs here or elsewhere; the connection ends with the last answer, after one call
    /// time at the latest.
    func endInput(_ reason: CloseReason) {
        guard !isMarked, endingReason == nil else { return }
        guard state == .open, let work, !work.isIdle else { return close(reason) }
        endingReason = reason
        phaseBegan = gate.now
        // Its client may be back before the last answer.
        if let session { releaseClientID(of: session) }
        pause(.ending)
        armTimer()
    }

    /// A client that closed its side may still read.
    func inputEnded() -> Bool {
        endInput(.peerClosed)
        return endingReason != nil && !isMarked
    }

    func ended(_ end: StreamEnd) {
        if closeReason == nil {
            closeReason = endingReason ?? (end == .endOfFile ? .peerClosed : .peerReset)
        }
        // A peer that only said its last word may still wait for answers.
        if end == .endOfFile && (isWriting || !output.isEmpty || segments != nil) && state != .closed {
            return finishFlush()
        }
        finish()
    }

    /// The end of the turn has come for a marked connection.
    func performClose(notice: String?) {
        guard state != .closed, state != .flushing else { return }
        let wasOpen = state == .open
        // A client that asked and was not answered in time hears that it may try again [MQTT-3.2.2-5].
        if state == .opening, closeReason == .handshakeTimeout || closeReason == .serverStopping {
            emit(.refuse(.unavailable))
        }
        if wasOpen, let notice { kick(notice) }
        if wasOpen, closeReason == .serverStopping { emit(.goodbye) }
        finishSession()
        // Whoever is closed for the bytes that wait for it gets no time to take them.
        if closeReason == .queuedBytesTotal { return abandon() }
        state = .flushing
        phaseBegan = gate.now
        if isWriting { armTimer() } else { finishFlush() }
    }

    /// Passes on the last bytes, where the stream is free to take them, and lets go.
    func finishFlush() {
        if segments != nil {
            flush()
            // The next part follows when the stream has room; the linger time bounds that.
            if segments != nil && state == .flushing { return armTimer() }
        }
        if !output.isEmpty && !isWriting {
            countSent(bytes: output.count)
            stream.write(&output)
        }
        stream.closeAfterFlush(linger: gate.limits.lingerTime)
        finish()
    }

    /// The client did not take its last bytes in time.
    func abandon() {
        stream.close()
        finish()
    }

    private func kick(_ reason: String) {
        var notice: [UInt8] = []
        gate.writeReason(reason, into: &notice)
        emit(.kick, topic: Span(), payload: notice.span)
    }

    private func finish() {
        guard state != .closed else { return }
        finishSession()
        state = .closed
        if timer != .none { gate.loop.cancel(timer) }
        timer = .none
        output = ByteBuffer()
        segments = nil
        kept = nil
        account()
        gate.remove(self, reason: closeReason ?? .internalError)
    }

    /// Gives the client id back, once, with what the client shall find when it returns.
    private func releaseClientID(of session: LiveSession) {
        guard let key = clientKey else { return }
        clientKey = nil
        let left = ownsClientKey && keepsState && state == .open ? wire.suspend(at: wireNow) : nil
        let user = session.session.userID
        let owner = user.map { StoredSessions.Owner.user($0) } ?? .network(ClientNetwork(remoteAddress))
        gate.directory.release(key, by: session.id, storing: left, of: owner, at: gate.now)
    }

    /// Ends the session, once: state that outlives it is stored, hooks run, its id is stale.
    private func finishSession() {
        guard let session else { return }
        self.session = nil
        let wasOpen = state == .open
        let copy = session.session
        let reason = closeReason ?? .internalError
        gate.sessions.remove(session)
        releaseClientID(of: session)
        // Nobody waits for who comes in any more.
        if state == .opening { hook?.cancel() }
        work?.connectionEnded(copy)
        guard wasOpen else { return }
        gate.sessionCount -= 1
        if let disconnected = gate.sessionHooks.disconnected {
            let before = hook
            gate.startHook {
                await before?.value
                await disconnected(copy, reason)
            }
        }
        gate.sessionEnded(copy, reason: reason)
    }
}
