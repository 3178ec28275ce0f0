import CUV
package import GateBytes
package import GateIO
import Synchronization

/// A thread that runs a libuv loop.
///
/// A turn: timers that are due; *before-wait work*; wait for the system; reads, writes and accepts; mail from other
/// threads; *before-wait work* again. Before-wait work is the parts of tasks that are ready, then the streams whose write
/// failed, then the turn observers; so what a timer or a callback appended is flushed before the loop sleeps.
// Sound: what other threads use is `mailbox`, `isStopping` and `streamCount` (atomic), `memory` (for uv_async_send only) and constants.
// Everything else is touched on the loop's own thread only.
@safe
package final class UVEventLoop: EventLoop, TaskExecutor, @unchecked Sendable {
    package let index: Int
    let limits: LoopLimits
    /// The libuv loop. Valid from init until `run` has returned, which the group's `shutDown` waits for.
    let memory: UnsafeMutablePointer<gatehouse_loop>
    private let mailbox: LoopMailbox
    /// Streams of this loop, and those that are on the way here.
    let streamCount = Atomic<Int>(0)
    private let isStopping = Atomic<Bool>(false)

    private var posts: [@Sendable () -> Void] = []
    private var jobs: [UnownedJob] = []
    private var runningJobs: [UnownedJob] = []
    private var failures: [(stream: UVStream, code: Int32)] = []
    private var observers: [any TurnObserver] = []
    private var wheel: TimerWheel
    /// Nanoseconds; 0 when this turn has not asked yet.
    private var turnTime: Int64 = 0
    /// What the libuv timer is set to.
    private var armedDeadline = MonotonicTime.never
    /// Whether `armedDeadline` may be later than the wheel's next deadline.
    private var needsArming = false
    private var isSpinning = false
    private var isClosing = false
    package private(set) var standstill = TimeSpan.zero

    /// A loop that does not run yet.
    init(index: Int, limits: LoopLimits) throws(LoopError) {
        self.index = index
        self.limits = limits
        mailbox = LoopMailbox(postsMax: limits.mailboxJobsMax)
        wheel = TimerWheel(now: MonotonicTime(nanoseconds: Int64(uv_hrtime())))
        var error: Int32 = 0
        // Sound: the callbacks are given `owner`, which is set below before the loop runs, and are only called while
        // `run` holds the loop.
        guard
            let memory = unsafe gatehouse_loop_create(
                nil, limits.readBufferBytes,
                { unsafe UVEventLoop.of($0) { $0.beforeWait() } },
                { unsafe UVEventLoop.of($0) { $0.afterPoll() } },
                { unsafe UVEventLoop.of($0) { $0.fireTimers() } },
                &error)
        else { throw .systemRefused(code: -error) }
        unsafe self.memory = memory
        unsafe memory.pointee.owner = Unmanaged.passUnretained(self).toOpaque()
    }

    // Sound: nothing refers to the libuv loop any more; see `memory`.
    deinit {
        let error = unsafe gatehouse_loop_destroy(memory)
        assert(error == 0, "every handle is closed before its loop ends")
    }

    /// The loop behind the pointer that libuv hands back.
    private static func of(_ owner: UnsafeMutableRawPointer?, _ body: (UVEventLoop) -> Void) {
        guard let owner = unsafe owner else { return }
        // Sound: `owner` is the loop itself, which its thread keeps while it runs.
        unsafe Unmanaged<UVEventLoop>.fromOpaque(owner)._withUnsafeGuaranteedRef { body($0) }
    }

    // MARK: For every thread

    package var isCurrent: Bool {
        // Sound: compares addresses, dereferences nothing.
        unsafe gatehouse_current_loop_load() == Unmanaged.passUnretained(self).toOpaque()
    }

    package var executor: any TaskExecutor { self }

    package func post(_ job: @escaping @Sendable () -> Void) -> Bool {
        settle(mailbox.leave(job, isReserved: false))
    }

    @discardableResult
    package func postReserved(_ job: @escaping @Sendable () -> Void) -> Bool {
        settle(mailbox.leave(job, isReserved: true))
    }

    package var hasEnded: Bool { mailbox.isClosed }

    /// Runs a part of a task: at the end of this turn when called on the loop. Once the loop has ended its tasks go on
    /// the global executor, so that none hangs.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent {
            jobs.append(job)
        } else if !settle(mailbox.leave(job)) {
            globalConcurrentExecutor.enqueue(job)
        }
    }

    private func settle(_ outcome: LoopMailbox.Outcome) -> Bool {
        switch outcome {
        case .accepted: return true
        case .acceptedFirst:
            // A post from the loop itself is seen by `beforeWait`, without a system call.
            // Sound: uv_async_send may be called from any thread while the handle lives; the mailbox refuses before the
            // handle is closed for good, and the memory lives as long as `self`.
            if !isCurrent { unsafe gatehouse_loop_wake(memory) }
            return true
        case .full, .closed: return false
        }
    }

    // MARK: On the loop

    package var now: MonotonicTime {
        if turnTime == 0 { turnTime = Int64(uv_hrtime()) }
        return MonotonicTime(nanoseconds: turnTime)
    }

    package func schedule(_ target: any TimerTarget, at time: MonotonicTime) -> TimerID {
        assert(isCurrent, "timers are set on their loop")
        if time == .never { return .none }
        if time < armedDeadline { needsArming = true }
        return wheel.schedule(target, at: time)
    }

    package func cancel(_ timer: TimerID) {
        assert(isCurrent, "timers are cancelled on their loop")
        // Let go of outside the wheel: the target's deinit may cancel another timer.
        _ = wheel.cancel(timer)
    }

    package func observeTurns(_ observer: any TurnObserver) {
        assert(isCurrent, "turns are observed on their loop")
        observers.append(observer)
    }

    /// Tells a stream at the end of the turn that its write failed, since a handler that writes does not expect to be
    /// called from inside its own call.
    func reportFailure(of stream: UVStream, code: Int32) {
        failures.append((stream, code))
    }

    // MARK: The turn

    private func fireTimers() {
        turnTime = 0
        let now = self.now
        if armedDeadline != .never && noteStandstill(of: now - armedDeadline) { return }
        armedDeadline = .never
        needsArming = true
        while let target = wheel.popDue(at: now) { target.timerFired(at: now) }
    }

    /// Whether the timers are so late that the loop has stood still. Then it first reads what came meanwhile.
    private func noteStandstill(of late: TimeSpan) -> Bool {
        guard late > limits.standstillTime, !isClosing else { return false }
        standstill = standstill + late
        for observer in observers { observer.loopStoodStill(for: late) }
        // Not at once: a timer that is due within its own callback fires before the loop looks at its sockets.
        armedDeadline = now + .milliseconds(2)
        needsArming = false
        // Sound: on the loop's thread, while it runs.
        unsafe gatehouse_loop_arm(memory, UInt64(armedDeadline.nanoseconds / 1_000_000))
        return true
    }

    private func afterPoll() {
        if mailbox.isSignalled { runMail() }
        finishTurn()
        if isStopping.load(ordering: .acquiring) && !isClosing { closeHandles() }
    }

    private func beforeWait() {
        finishTurn()
        let spins = !jobs.isEmpty || !failures.isEmpty || mailbox.isSignalled
        if spins != isSpinning {
            isSpinning = spins
            // Sound: on the loop's thread, while it runs.
            unsafe gatehouse_loop_spin(memory, spins && !isClosing ? 1 : 0)
        }
        armTimer()
        turnTime = 0
    }

    /// Sets the libuv timer when the earliest deadline came closer. One that was cancelled costs a turn for nothing.
    private func armTimer() {
        if !needsArming || isClosing { return }
        needsArming = false
        var next = wheel.nextDeadline
        // Never for long, so that a loop that does not turn is noticed whenever its next timer is due.
        if next != .never { next = min(next, now + limits.standstillTime) }
        if next >= armedDeadline { return }
        armedDeadline = next
        // Rounded up, so that the wheel's tick has come when the timer fires.
        // Sound: on the loop's thread, while it runs.
        unsafe gatehouse_loop_arm(memory, UInt64((next.nanoseconds + 999_999) / 1_000_000))
    }

    private func runMail() {
        mailbox.take(posts: &posts, jobs: &jobs)
        // Jobs posted by these wait for the next turn, so sockets are not starved.
        var index = 0
        while index < posts.count {
            posts[index]()
            index += 1
        }
        posts.removeAll(keepingCapacity: posts.capacity <= 4096)
    }

    private func finishTurn() {
        if !jobs.isEmpty { runJobs() }
        if !failures.isEmpty { tellFailures() }
        if observers.isEmpty { return }
        let now = self.now
        var index = 0
        while index < observers.count {
            observers[index].turnEnded(at: now)
            index += 1
        }
    }

    /// Runs parts of tasks until none is ready, or until the turn's bound; then the loop spins once.
    private func runJobs() {
        var budget = limits.executorJobsPerTurnMax
        while !jobs.isEmpty && budget > 0 {
            swap(&jobs, &runningJobs)
            var index = 0
            while index < runningJobs.count && budget > 0 {
                // Sound: the executor is `self`, which lives longer than this call.
                unsafe runningJobs[index].runSynchronously(on: asUnownedTaskExecutor())
                index += 1
                budget -= 1
            }
            if index < runningJobs.count { jobs.insert(contentsOf: runningJobs[index...], at: 0) }
            runningJobs.removeAll(keepingCapacity: true)
        }
    }

    private func tellFailures() {
        let told = failures
        failures.removeAll(keepingCapacity: true)
        for failure in told { failure.stream.writeFailed(code: failure.code) }
    }

    // MARK: Life

    /// Runs on the calling thread until `stop`.
    func run() {
        // Sound: the thread's own variable; the object outlives the thread.
        unsafe gatehouse_current_loop_store(Unmanaged.passUnretained(self).toOpaque())
        unsafe gatehouse_loop_run(memory)
        endJobs()
        observers.removeAll()
        gatehouse_current_loop_store(nil)
    }

    /// Asks the loop to end; the caller waits for its thread.
    func stop() {
        isStopping.store(true, ordering: .releasing)
        // Sound: as in `settle`; the handle is only closed after `isStopping` is set, and the memory is kept by `self`.
        unsafe gatehouse_loop_wake(memory)
    }

    /// Closes the handles of a loop that has got no thread.
    func endUnstarted() {
        stop()
        run()
    }

    private func closeHandles() {
        isClosing = true
        mailbox.close()
        runMail()
        // Sound: on the loop's thread; the data of every other handle of this loop is an object that is kept until its
        // close callback.
        unsafe gatehouse_loop_close_handles(memory) { data in
            guard let data = unsafe data else { return }
            let object = unsafe Unmanaged<AnyObject>.fromOpaque(data).takeUnretainedValue()
            (object as? any LoopHandle)?.closeHandle()
        }
    }

    /// Hands the parts of tasks that are left to the global executor.
    private func endJobs() {
        mailbox.take(posts: &posts, jobs: &jobs)
        posts.removeAll()
        for job in jobs { globalConcurrentExecutor.enqueue(job) }
        jobs.removeAll()
    }
}

/// An object that owns a libuv handle, whose `data` it is.
protocol LoopHandle: AnyObject {
    /// Closes the handle; the loop ends.
    func closeHandle()
}

/// Why loops cannot be made.
package enum LoopError: Error, Equatable, Sendable {
    /// The system has no file descriptors or memory for them; `code` is its errno.
    case systemRefused(code: Int32)
}
