import GateBytes
import GateIO
import GateModules
import GateProtocol
import GateRPC
import GateSessions

/// Messages of a client that has gone, and the end of the server.
extension Work {
    /// How long handlers may go on for a client that has gone once the server stops.
    static let drainTime = TimeSpan.seconds(1)

    /// The connection has ended. What runs or waits is still handled.
    func connectionEnded(_ session: Session) {
        lastSession = session
        connection = nil
        if isDone { return }
        gate.orphans[ObjectIdentifier(self)] = self
        if gate.isDraining { shortenDeadlines() } else { armTimer() }
    }

    /// The server stops, and nobody waits for an answer of these handlers.
    func shortenDeadlines() {
        let latest = gate.now + Self.drainTime
        for index in running.indices { running[index].deadline = min(running[index].deadline, latest) }
        nextDeadline = running.map(\.deadline).min() ?? .never
        armTimer()
    }

    /// The time of the server is over: what still runs is told.
    func cancelAll() {
        for entry in running { entry.handler?.cancel() }
    }

    /// Its memory is needed: what waits is dropped, what runs is told to end.
    func discard() {
        let waits = waiting[firstWaiting...] + waitingInline[firstInline...] + held[...]
        for message in waits { keep(-message.bytes) }
        gate.pendingWork -= waits.count
        (waiting, waitingInline, held) = ([], [], [])
        (firstWaiting, firstInline) = (0, 0)
        cancelAll()
        endIfDone()
    }

    /// Whether nothing waits or runs but what is overdue, which has been cancelled.
    var isDone: Bool {
        running.isEmpty && firstWaiting == waiting.count && firstInline == waitingInline.count && held.isEmpty
    }

    func endIfDone() {
        guard connection == nil, isDone else { return }
        gate.orphans[ObjectIdentifier(self)] = nil
        gate.loop.cancel(timer)
        timer = .none
        timerAt = .never
    }

    func armTimer() {
        if let connection { return connection.armTimer() }
        guard nextDeadline < timerAt else { return }
        gate.loop.cancel(timer)
        timerAt = nextDeadline
        timer = gate.loop.schedule(self, at: nextDeadline)
    }
}

extension Work: TimerTarget {
    func timerFired(at now: MonotonicTime) {
        timer = .none
        timerAt = .never
        expire(at: now)
        if connection == nil { armTimer() }
    }
}
