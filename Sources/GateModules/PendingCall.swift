import GateBytes
import GateIO
import GateRPC
import Synchronization

/// One call that waits for its result or its deadline, whichever comes first.
final class PendingCall: TimerTarget, Sendable {
    private struct State {
        var continuation: CheckedContinuation<Result<RPCValue, RPCFault>, Never>?
        var result: Result<RPCValue, RPCFault>?
        var running: RunningHandler?
    }

    private let state = Mutex(State())

    /// Lets `body` start a handler and waits for its end, until `deadline` at most; then what it started is cancelled.
    static func run(
        on loop: any EventLoop, until deadline: MonotonicTime,
        _ body: @escaping @Sendable (PendingCall) -> RunningHandler?
    ) async throws(RPCFault) -> RPCValue {
        let pending = PendingCall()
        let running = body(pending)
        pending.state.withLock { $0.running = running }
        if pending.isFinished { return try await pending.result().get() }
        let holder = TimerHolder()
        onLoop(loop) { holder.id = loop.schedule(pending, at: deadline) }
        let result = await pending.result()
        onLoop(loop) { loop.cancel(holder.id) }
        return try result.get()
    }

    /// Ends the call; only the first end counts.
    func finish(_ result: Result<RPCValue, RPCFault>) {
        let waiting = state.withLock { state -> CheckedContinuation<Result<RPCValue, RPCFault>, Never>? in
            guard state.result == nil else { return nil }
            state.result = result
            defer { state.continuation = nil }
            return state.continuation
        }
        waiting?.resume(returning: result)
    }

    func timerFired(at now: MonotonicTime) {
        finish(.failure(.deadlineExceeded))
        state.withLock { $0.running }?.cancel()
    }

    private var isFinished: Bool { state.withLock { $0.result != nil } }

    private func result() async -> Result<RPCValue, RPCFault> {
        await withCheckedContinuation { continuation in
            let ready = state.withLock { state -> Result<RPCValue, RPCFault>? in
                if let result = state.result { return result }
                state.continuation = continuation
                return nil
            }
            if let ready { continuation.resume(returning: ready) }
        }
    }

    /// At once where the caller is on the loop, else in order with its other reserved posts.
    private static func onLoop(_ loop: any EventLoop, _ job: @escaping @Sendable () -> Void) {
        if loop.isCurrent { job() } else { loop.postReserved(job) }
    }
}

/// A timer's name, set and read on one loop only.
// Sound: both jobs that touch `id` run on the same loop, one after the other.
private final class TimerHolder: @unchecked Sendable {
    var id = TimerID.none
}
