import Synchronization

/// Where tasks wait until the test lets them through. It knows nothing of cancellation.
public final class Turnstile: Sendable {
    private struct State {
        var waiting: [CheckedContinuation<Void, Never>] = []
        var passes = 0
    }

    private let state = Mutex(State())

    /// A closed one.
    public init() {}

    /// Tasks that wait.
    public var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Waits for a pass.
    public func pass() async {
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
    public func open(_ count: Int = 1) {
        let through = state.withLock { state in
            let through = Array(state.waiting.prefix(count))
            state.waiting.removeFirst(through.count)
            state.passes += count - through.count
            return through
        }
        for continuation in through { continuation.resume() }
    }
}
