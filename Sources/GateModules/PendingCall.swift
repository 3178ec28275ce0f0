import GateBytes
import GateIO
import GateRPC
import Synchronization

/// One call that waits for its result or its deadline, whichever comes first.
final class PendingCall: TimerTarget, Sendable {
    private struct State {
        var done: RPCCompletion?
        var result: Result<RPCValue, RPCFault>?
        var running: RunningHandler?
    }

    private let state = Mutex(State())

    /// Lets `body` start a handler and waits for its end, until `deadline` at most; then what it started is cancelled.
    static func run(
        on loop: any EventLoop, until deadline: MonotonicTime,
        _ body: @escaping @Sendable (PendingCall) -> RunningHandler?
    ) async throws(RPCFault) -> RPCValue {
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<RPCValue, RPCFault>, Never>) in
            start(on: loop, until: deadline, done: { continuation.resume(returning: $0) }, body)
        }
        return try result.get()
    }

    /// The same without waiting; `done` gets the end.
    static func start(
        on loop: any EventLoop, until deadline: MonotonicTime, done: @escaping RPCCompletion,
        _ body: (PendingCall) -> RunningHandler?
    ) {
        let pending = PendingCall()
        let running = body(pending)
        pending.state.withLock { $0.running = running }
        // A handler that never waited has ended by now and needs no timer.
        if pending.isFinished { return pending.wait(done) }
        let holder = TimerHolder()
        if !onLoop(loop, { holder.id = loop.schedule(pending, at: deadline) }) {
            // The server has stopped: nobody would end the call at its deadline.
            pending.finish(.failure(.unreachable))
            running?.cancel()
        }
        pending.wait { result in
            _ = onLoop(loop) { loop.cancel(holder.id) }
            done(result)
        }
    }

    /// Ends the call; only the first end counts.
    func finish(_ result: Result<RPCValue, RPCFault>) {
        let done = state.withLock { state -> RPCCompletion? in
            guard state.result == nil else { return nil }
            state.result = result
            defer { state.done = nil }
            return state.done
        }
        done?(result)
    }

    func timerFired(at now: MonotonicTime) {
        finish(.failure(.deadlineExceeded))
        state.withLock { $0.running }?.cancel()
    }

    private var isFinished: Bool { state.withLock { $0.result != nil } }

    private func wait(_ done: @escaping RPCCompletion) {
        let ready = state.withLock { state -> Result<RPCValue, RPCFault>? in
            if state.result == nil { state.done = done }
            return state.result
        }
        if let ready { done(ready) }
    }

    /// At once where the caller is on the loop, else in order with its other reserved posts; `false` when the loop has
    /// ended.
    private static func onLoop(_ loop: any EventLoop, _ job: @escaping @Sendable () -> Void) -> Bool {
        if loop.isCurrent {
            job()
            return true
        }
        return loop.postReserved(job)
    }
}

/// A timer's name, set and read on one loop only.
// Sound: both jobs that touch `id` run on the same loop, one after the other.
private final class TimerHolder: @unchecked Sendable {
    var id = TimerID.none
}
