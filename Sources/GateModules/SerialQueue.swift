package import GateIO
import Synchronization

/// Runs jobs one at a time, in order. Bounded; a job that waits for its own queue is refused by ``SerialChain``.
///
/// One task runs all jobs. A job that is cancelled takes that task with it: the jobs behind it go on in a fresh one.
final class SerialQueue: Sendable {
    typealias Job = @Sendable () async -> Void

    private struct Entry {
        var number: UInt64
        var job: Job
    }

    private struct State {
        var waiting: [Entry] = []
        var next = 0
        var lastNumber: UInt64 = 0
        /// The job that runs, 0 for none.
        var current: UInt64 = 0
        /// Which use of `task` runs the jobs, 0 for none.
        var runner: UInt64 = 0
        var lastRunner: UInt64 = 0
        var task: Task<Void, Never>?
        var isCancelled = false

        var count: Int { waiting.count - next }
    }

    private enum Step {
        case job(Job)
        case end
        /// The task was cancelled; another one goes on under this number.
        case goOn(UInt64)
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) {
        self.limit = limit
    }

    /// Jobs that wait.
    var count: Int { state.withLock { $0.count } }

    /// Adds a job.
    /// - Returns: Its number, for ``cancel(_:)``; `nil` when the queue is full.
    func add(on loop: any EventLoop, _ job: @escaping Job) -> UInt64? {
        let (number, runner) = state.withLock { state -> (UInt64?, UInt64?) in
            if state.count >= limit { return (nil, nil) }
            state.lastNumber += 1
            state.waiting.append(Entry(number: state.lastNumber, job: job))
            if state.runner != 0 { return (state.lastNumber, nil) }
            return (state.lastNumber, Self.nextRunner(&state))
        }
        if let runner { start(runner, on: loop) }
        return number
    }

    /// Cancels a job that runs. One that waits or has ended is left alone.
    func cancel(_ number: UInt64) {
        state.withLock { state in
            guard state.current == number else { return }
            state.isCancelled = true
            state.task?.cancel()
        }
    }

    private static func nextRunner(_ state: inout State) -> UInt64 {
        state.lastRunner += 1
        state.runner = state.lastRunner
        state.task = nil
        return state.runner
    }

    private func start(_ runner: UInt64, on loop: any EventLoop) {
        // The jobs bring their own chains; that of whoever happens to start the task is none of theirs.
        let task = SerialChain.$modules.withValue([]) {
            startTask(on: loop) { await self.drain(runner, on: loop) }
        }
        state.withLock { state in
            guard state.runner == runner else { return }
            state.task = task
            if state.isCancelled { task.cancel() }
        }
    }

    private func drain(_ runner: UInt64, on loop: any EventLoop) async {
        var done = 0
        while true {
            switch take() {
            case .job(let job):
                await job()
                done += 1
                // Other work of the loop gets its turn.
                if done % 64 == 0 { await Task.yield() }
            case .goOn(let next): return start(next, on: loop)
            case .end: return
            }
        }
    }

    private func take() -> Step {
        state.withLock { state in
            let wasCancelled = state.isCancelled
            state.isCancelled = false
            state.current = 0
            if state.count == 0 {
                state.waiting.removeAll(keepingCapacity: state.waiting.capacity <= 1_024)
                state.next = 0
                state.runner = 0
                state.task = nil
                return .end
            }
            if wasCancelled { return .goOn(Self.nextRunner(&state)) }
            let entry = state.waiting[state.next]
            state.next += 1
            state.current = entry.number
            if state.next >= 256 && state.next * 2 > state.waiting.count {
                state.waiting.removeFirst(state.next)
                state.next = 0
            }
            return .job(entry.job)
        }
    }
}

/// A handler that runs beside its caller, or waits to.
package enum RunningHandler: Sendable {
    /// It has a task of its own.
    case task(Task<Void, Never>)
    /// It is a job of a serial module's queue.
    case job(SerialJob)

    /// Tells the handler that nobody waits for it any more.
    package func cancel() {
        switch self {
        case .task(let task): task.cancel()
        case .job(let job): job.queue.cancel(job.number)
        }
    }
}

/// A job of a serial queue.
package struct SerialJob: Sendable {
    let queue: SerialQueue
    let number: UInt64
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
