import GateBytes
import GateIO
import GateUV
import Glibc
import Synchronization

/// Hears the signals of a server: the first SIGTERM or SIGINT is handed on, a second one ends the process at once.
final class SignalBox: Sendable {
    /// What happens at signals that do not end the server.
    struct Actions: Sendable {
        /// At SIGQUIT.
        var report: @Sendable () -> Void
        /// At SIGHUP.
        var reload: @Sendable () -> Void
        /// At SIGUSR1.
        var reopenLogs: @Sendable () -> Void
        /// At SIGUSR2.
        var ignore: @Sendable () -> Void
        /// Once a second.
        var look: @Sendable () -> Void
    }

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

    /// Listens on the loop of `group`, where the actions run too.
    init(_ group: UVEventLoopGroup, _ actions: Actions) throws(SystemError) {
        guard let loop = group.loops[0] as? UVEventLoop else { throw SystemError(code: EINVAL) }
        self.loop = loop
        watcher = try SignalWatcher(loop: loop, signals: [SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2]) {
            [heard] signal in
            switch signal {
            case SIGQUIT: actions.report()
            case SIGHUP: actions.reload()
            case SIGUSR1: actions.reopenLogs()
            case SIGUSR2: actions.ignore()
            default: Self.end(signal, heard)
            }
        }
        loop.postReserved { [loop] in EverySecond(loop, actions.look).arm() }
    }

    /// How long the last lines of the log may take where the process ends at once, in seconds.
    static let logSeconds = 0.1

    private static func end(_ signal: Int32, _ heard: Heard) {
        let (isSecond, waiter) = heard.state.withLock { state in
            let isSecond = state.first != nil
            if !isSecond { state.first = signal }
            defer { state.waiter = nil }
            return (isSecond, state.waiter)
        }
        if isSecond {
            LogWriter.flushAll(within: logSeconds)
            _exit(128 + signal)
        }
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
        LogWriter.flushAll(within: SignalBox.logSeconds)
        _exit(0)
    }
}

/// Calls a closure once a second, until its loop ends.
private final class EverySecond: TimerTarget {
    private let loop: UVEventLoop
    private let action: @Sendable () -> Void

    init(_ loop: UVEventLoop, _ action: @escaping @Sendable () -> Void) {
        self.loop = loop
        self.action = action
    }

    func arm() {
        _ = loop.schedule(self, at: loop.now + .seconds(1))
    }

    func timerFired(at now: MonotonicTime) {
        action()
        arm()
    }
}
