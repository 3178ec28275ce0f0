import GateBytes
import GateIO
import GateProtocol

/// One timer for all that may come too late. It is armed for the earliest deadline and not moved when a later one takes its
/// place, so that traffic costs nothing here.
extension Connection: TimerTarget {
    func setWireWakeUp(_ time: MonotonicTime) {
        wireWakeUp = time
        armTimer()
    }

    /// Arms the timer when the next deadline is earlier than what it is armed for.
    func armTimer() {
        let next = nextDeadline
        guard next < timerAt else { return }
        if timer != .none { gate.loop.cancel(timer) }
        timerAt = next
        timer = gate.loop.schedule(self, at: next)
    }

    /// The earliest time at which something may be due.
    private var nextDeadline: MonotonicTime {
        var next = MonotonicTime.never
        if state == .handshake || state == .opening { next = phaseBegan + gate.limits.handshakeTime }
        if state == .flushing { return phaseBegan + gate.limits.lingerTime }
        if pauses.isEmpty {
            next = min(next, wireWakeUp + pausedTotal)
            if let kept { next = min(next, kept.began + gate.limits.frameTime) }
        }
        if writeBegan != .never { next = min(next, writeBegan + gate.limits.writeTime) }
        if let work { next = min(next, work.nextDeadline) }
        if endingReason != nil { next = min(next, phaseBegan + gate.limits.callTime) }
        if pauses.contains(.backlog) { next = min(next, pausedAt + backlogTime) }
        return next
    }

    /// How long a backlog may last: as long as all that waits may take. A client that is not read from cannot even be seen
    /// to leave.
    private var backlogTime: TimeSpan {
        TimeSpan(nanoseconds: gate.limits.callTime.nanoseconds * Int64(gate.limits.inFlightMax + 1))
    }

    /// The loop stood still for `span`, which is nobody's silence: all clocks of the connection stood still with it.
    func moveClocks(by span: TimeSpan) {
        phaseBegan = phaseBegan + span
        writeBegan = writeBegan + span
        pausedTotal = pausedTotal + span
        if !pauses.isEmpty { pausedAt = pausedAt + span }
        if let kept { kept.began = kept.began + span }
        work?.moveDeadlines(by: span)
    }

    func timerFired(at now: MonotonicTime) {
        timer = .none
        timerAt = .never
        check(at: now)
        if state != .closed { armTimer() }
    }

    private func check(at now: MonotonicTime) {
        if state == .flushing {
            if now >= phaseBegan + gate.limits.lingerTime { abandon() }
            return
        }
        if isMarked { return }
        if state != .open && now >= phaseBegan + gate.limits.handshakeTime { return close(.handshakeTimeout) }
        if writeBegan != .never && now >= writeBegan + gate.limits.writeTime {
            let pending = stream.pendingBytes
            if pending >= writePending { return close(.writeTimeout) }
            writePending = Int32(clamping: pending)
            writeBegan = now
        }
        if let work, now >= work.nextDeadline { work.expire(at: now) }
        if let endingReason, now >= phaseBegan + gate.limits.callTime { return close(endingReason) }
        if pauses.contains(.backlog) && now >= pausedAt + backlogTime { return close(.backlogTimeout) }
        guard pauses.isEmpty else { return }
        if let kept, now >= kept.began + gate.limits.frameTime { return close(.frameTimeout) }
        if now >= wireWakeUp + pausedTotal {
            wireWakeUp = .never
            fireWire()
        }
    }
}
