import GateBytes
import GateIO
import GateUV
import Glibc
import Synchronization

/// Hears the signals of a server: the first SIGTERM or SIGINT is handed on, a second one ends the process at once.
final class SignalBox: Sendable {
    private struct State {
        var first: Int32?
        var waiter: CheckedContinuation<Int32, Never>?
    }

    private final class Heard: Sendable {
        let state = Mutex(State())
    }

    private let heard = Heard()
    private let watcher: SignalWatcher
    private let loop: UVEventLoop

    /// Listens on the loop of `group`; `report` runs at each SIGQUIT. SIGHUP is heard and has no effect.
    init(_ group: UVEventLoopGroup, report: @escaping @Sendable () -> Void) throws(SystemError) {
        guard let loop = group.loops[0] as? UVEventLoop else { throw SystemError(code: EINVAL) }
        self.loop = loop
        watcher = try SignalWatcher(loop: loop, signals: [SIGTERM, SIGINT, SIGQUIT, SIGHUP]) { [heard] signal in
            switch signal {
            case SIGQUIT: report()
            case SIGHUP: break
            default: Self.end(signal, heard)
            }
        }
    }

    private static func end(_ signal: Int32, _ heard: Heard) {
        let (isSecond, waiter) = heard.state.withLock { state in
            let isSecond = state.first != nil
            if !isSecond { state.first = signal }
            defer { state.waiter = nil }
            return (isSecond, state.waiter)
        }
        if isSecond { _exit(128 + signal) }
        waiter?.resume(returning: signal)
    }

    /// Ends the process with 0 after `seconds`, whatever a module or a hook still waits for.
    func exit(after seconds: Double) {
        loop.postReserved { [loop] in
            _ = loop.schedule(ProcessEnd(), at: loop.now + .seconds(seconds))
        }
    }

    /// Waits for the first signal that ends the server.
    func ending() async -> Int32 {
        await withCheckedContinuation { continuation in
            let first = heard.state.withLock { state -> Int32? in
                if let first = state.first { return first }
                state.waiter = continuation
                return nil
            }
            if let first { continuation.resume(returning: first) }
        }
    }
}

/// The end of patience.
private final class ProcessEnd: TimerTarget {
    func timerFired(at now: MonotonicTime) {
        _exit(0)
    }
}
