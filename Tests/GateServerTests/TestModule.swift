import GateModules
import GateProtocol
import GateSessions
import Synchronization

/// A module of the test's own handlers.
struct TestModule: Module {
    let type: String
    private let registration: @Sendable (inout HandlerTable) -> Void
    /// Hears of the ends of sessions.
    var onEnd: @Sendable (Session, CloseReason) -> Void = { _, _ in }

    init(_ type: String, _ registration: @escaping @Sendable (inout HandlerTable) -> Void) {
        self.type = type
        self.registration = registration
    }

    func register(in handlers: inout HandlerTable) { registration(&handlers) }

    func sessionEnded(_ session: Session, reason: CloseReason) { onEnd(session, reason) }
}

/// What happened, in order. Safe to use from every thread.
final class Record<Entry: Sendable>: Sendable {
    private let entries = Mutex<[Entry]>([])

    func add(_ entry: Entry) { entries.withLock { $0.append(entry) } }

    var all: [Entry] { entries.withLock { $0 } }

    var count: Int { entries.withLock { $0.count } }
}

/// Where tasks wait until the test lets them through. It knows nothing of cancellation.
final class Turnstile: Sendable {
    private struct State {
        var waiting: [CheckedContinuation<Void, Never>] = []
        var passes = 0
    }

    private let state = Mutex(State())

    /// Tasks that wait.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Waits for a pass.
    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if state.passes > 0 {
                    state.passes -= 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isOpen { continuation.resume() }
        }
    }

    /// Lets `count` tasks through, first come first served; passes that nobody waits for are kept.
    func open(_ count: Int = 1) {
        let through = state.withLock { state in
            let through = Array(state.waiting.prefix(count))
            state.waiting.removeFirst(through.count)
            state.passes += count - through.count
            return through
        }
        for continuation in through { continuation.resume() }
    }
}
