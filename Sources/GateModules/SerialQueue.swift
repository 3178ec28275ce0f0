package import GateIO
import Synchronization

/// Runs jobs one at a time, in order. Bounded; a job that waits for its own queue is refused by ``SerialChain``.
final class SerialQueue: Sendable {
    typealias Job = @Sendable () async -> Void

    private struct State {
        var waiting: [Job] = []
        var next = 0
        var running = false
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) {
        self.limit = limit
    }

    /// Jobs that wait.
    var count: Int { state.withLock { $0.waiting.count - $0.next } }

    /// Adds a job. `false` when the queue is full.
    func add(on loop: any EventLoop, _ job: @escaping Job) -> Bool {
        let (added, starts) = state.withLock { state in
            if state.waiting.count - state.next >= limit { return (false, false) }
            state.waiting.append(job)
            if state.running { return (true, false) }
            state.running = true
            return (true, true)
        }
        if starts { startTask(on: loop) { await self.drain() } }
        return added
    }

    private func drain() async {
        var done = 0
        while let job = take() {
            await job()
            done += 1
            // Other work of the loop gets its turn.
            if done % 64 == 0 { await Task.yield() }
        }
    }

    private func take() -> Job? {
        state.withLock { state in
            if state.next == state.waiting.count {
                state.waiting.removeAll(keepingCapacity: state.waiting.capacity <= 1_024)
                state.next = 0
                state.running = false
                return nil
            }
            let job = state.waiting[state.next]
            state.next += 1
            if state.next >= 256 && state.next * 2 > state.waiting.count {
                state.waiting.removeFirst(state.next)
                state.next = 0
            }
            return job
        }
    }
}

/// Which serial modules the current task waits inside of, so that one that calls itself is told at once.
enum SerialChain {
    @TaskLocal static var modules: [String] = []
}

/// Starts a task whose synchronous parts run on `loop`; the first of them at once where the caller is on it.
@discardableResult
package func startTask(on loop: any EventLoop, _ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
    loop.isCurrent
        ? Task.immediate(executorPreference: loop.executor, operation: body)
        : Task(executorPreference: loop.executor, operation: body)
}
