import GateBytes
import GateIO
import Synchronization

/// Clocks: announcements, the life of nodes, deadlines.
///
/// Time in which the loop did not turn (a process that was stopped, a machine that was paused) counts for nobody: what came
/// meanwhile waits in the sockets and is read behind the timers of the turn. Nor does time count in which the link is down or
/// hears nothing at all: that says nothing about the nodes behind it.
extension RemoteTransport {
    func keepTime() {
        let loop = settings.loops[0]
        loop.postReserved { [weak self] in
            guard let self, state.withLock({ $0.isOpen }) else { return }
            let due = loop.now + settings.limits.announceTime
            _ = loop.schedule(LoopTimer { [weak self] in self?.second(due: due) }, at: due)
        }
    }

    private func second(due: MonotonicTime) {
        let now = settings.clock()
        countStandstill(due: due, now: now)
        let (isUp, isQuiet) = (link.isUp, link.isQuiet)
        let (gone, lost) = state.withLock { state -> ([NodeDirectory.Entry], [PendingCalls.Entry]) in
            defer { state.wasQuiet = isQuiet }
            guard isUp, !isQuiet else { return ([], []) }
            // What the others said meanwhile is on its way.
            if state.wasQuiet { state.directory.renew(at: now) }
            let gone = state.directory.expire(at: now)
            let keys = Set(gone.map(\.key))
            return (gone, gone.isEmpty ? [] : state.pending.take { keys.contains($0.node) })
        }
        if !gone.isEmpty {
            counters.lostNodes.add(gone.count, ordering: .relaxed)
            left(gone, .silent)
            tellObservers()
        }
        for entry in lost { entry.done(.failure(.unreachable)) }
        announce()
        keepTime()
    }

    func arm(at deadline: MonotonicTime) {
        let loop = settings.loops[0]
        loop.postReserved { [weak self] in
            _ = loop.schedule(LoopTimer { [weak self] in self?.expire(due: deadline) }, at: deadline)
        }
    }

    /// Ends the calls whose time is up. Deadlines that are close together share a timer.
    private func expire(due: MonotonicTime) {
        let now = settings.clock()
        countStandstill(due: due, now: now)
        let (expired, gathered, next) = state.withLock {
            state -> ([PendingCalls.Entry], [Gathers.Entry], MonotonicTime) in
            let expired = state.pending.take { $0.deadline <= now }
            for entry in expired { state.directory.record(entry.node, isAnswered: false, at: now) }
            let gathered = state.gathers.expire(at: now)
            let next = min(state.pending.nextDeadline, state.gathers.nextDeadline)
            state.armedAt = next == .never ? .never : max(next, now + .milliseconds(10))
            return (expired, gathered, state.armedAt)
        }
        for entry in expired { entry.done(.failure(.deadlineExceeded)) }
        for entry in gathered { entry.done(entry.answers) }
        if next != .never { arm(at: next) }
    }

    /// A timer that was due at `due` fires now. Where that is late, the loop did not turn: all clocks stop for so long.
    private func countStandstill(due: MonotonicTime, now: MonotonicTime) {
        guard now - due >= RemoteLimits.standstillMin else { return }
        state.withLock { state in
            let from = max(due, state.stoodUntil)
            guard from < now else { return }
            state.stoodUntil = now
            state.pending.shift(by: now - from)
            state.gathers.shift(by: now - from)
            state.directory.shift(by: now - from)
        }
        counters.standstills.add(1, ordering: .relaxed)
    }
}

/// A timer that runs a closure.
final class LoopTimer: TimerTarget {
    private let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
    }

    func timerFired(at now: MonotonicTime) { body() }
}
