public import GateBytes
public import GateIO
import Glibc
import Synchronization

/// An event loop that runs when the test says so, on the test's own thread, at the time that the test sets.
///
/// A turn: timers that are due, posts, the parts of tasks that are ready, then the turn observers. Other threads may post
/// and resume tasks; what they bring waits for the next ``run()``.
// Sound: `inbox` and `runner` are safe from every thread. Everything else is touched only by the thread that entered the
// loop, and `perform` lets one thread in at a time.
public final class ManualEventLoop: EventLoop, TaskExecutor, @unchecked Sendable {
    private struct Inbox {
        var posts: [@Sendable () -> Void] = []
        var jobs: [UnownedJob] = []
        var postsMax = 1_024
        var hasEnded = false
    }

    private struct Timer {
        var time: MonotonicTime
        var target: any TimerTarget
        var generation: UInt32
    }

    public let index: Int
    /// The loop's time.
    public let clock: ManualClock
    /// How many turns have ended.
    public private(set) var turnCount = 0
    public private(set) var standstill = TimeSpan.zero
    private let inbox = Mutex(Inbox())
    /// The thread inside of the loop, 0 for none.
    private let runner = Atomic<UInt>(0)
    private var timers: [Timer] = []
    private var lastTimer: UInt32 = 0
    private var observers: [any TurnObserver] = []

    /// A loop at position `index` of its group.
    public init(index: Int = 0, clock: ManualClock = ManualClock()) {
        self.index = index
        self.clock = clock
    }

    // MARK: What the test does

    /// Runs `body` as if the loop did: ``isCurrent`` is true meanwhile. The turn is not ended by it.
    public func perform<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
        if isCurrent { return try body() }
        let entered = runner.compareExchange(expected: 0, desired: pthread_self(), ordering: .acquiringAndReleasing)
        precondition(entered.exchanged, "one thread at a time is inside of a loop")
        defer { runner.store(0, ordering: .releasing) }
        return try body()
    }

    /// Runs turns until nothing is left to do at this time; at least one.
    public func run() {
        perform {
            repeat { turn() } while hasWork
        }
    }

    /// Ends the loop, behind one more turn: posts are dropped from now on, and tasks go on elsewhere.
    public func end() {
        run()
        let jobs = inbox.withLock { inbox in
            inbox.hasEnded = true
            defer { inbox.jobs = [] }
            return inbox.jobs
        }
        for job in jobs { globalConcurrentExecutor.enqueue(job) }
        timers = []
        observers = []
    }

    /// The loop finds that it has stood still for `span`; the caller has moved the clock.
    func noteStandstill(of span: TimeSpan) {
        standstill = standstill + span
        perform { for observer in observers { observer.loopStoodStill(for: span) } }
    }

    /// Whether a turn would find something to do.
    public var hasWork: Bool {
        inbox.withLock { !$0.posts.isEmpty || !$0.jobs.isEmpty } || nextDeadline <= clock.now
    }

    /// When the earliest timer fires; `.never` without one.
    public var nextDeadline: MonotonicTime { timers.first?.time ?? .never }

    /// Timers that wait.
    public var timerCount: Int { timers.count }

    /// How many posts may wait for the loop; more are refused. 1 024 by default.
    public var postsMax: Int {
        get { inbox.withLock { $0.postsMax } }
        set { inbox.withLock { $0.postsMax = newValue } }
    }

    // MARK: For every thread

    public var isCurrent: Bool { runner.load(ordering: .acquiring) == pthread_self() }

    public var executor: any TaskExecutor { self }

    public func post(_ job: @escaping @Sendable () -> Void) -> Bool {
        inbox.withLock { inbox in
            if inbox.hasEnded || inbox.posts.count >= inbox.postsMax { return false }
            inbox.posts.append(job)
            return true
        }
    }

    @discardableResult
    public func postReserved(_ job: @escaping @Sendable () -> Void) -> Bool {
        inbox.withLock { inbox in
            if !inbox.hasEnded { inbox.posts.append(job) }
            return !inbox.hasEnded
        }
    }

    public var hasEnded: Bool { inbox.withLock { $0.hasEnded } }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isLeft = inbox.withLock { inbox in
            if !inbox.hasEnded { inbox.jobs.append(job) }
            return !inbox.hasEnded
        }
        if !isLeft { globalConcurrentExecutor.enqueue(job) }
    }

    // MARK: On the loop

    public var now: MonotonicTime { clock.now }

    public func schedule(_ target: any TimerTarget, at time: MonotonicTime) -> TimerID {
        precondition(isCurrent, "timers are set on their loop")
        if time == .never { return .none }
        lastTimer += 1
        let timer = Timer(time: time, target: target, generation: lastTimer)
        // Behind all of its own time, so that equal ones fire in the order in which they were set.
        timers.insert(timer, at: timers.firstIndex { $0.time > time } ?? timers.count)
        return TimerID(slot: 0, generation: lastTimer)
    }

    public func cancel(_ timer: TimerID) {
        precondition(isCurrent, "timers are cancelled on their loop")
        guard let place = timers.firstIndex(where: { $0.generation == timer.generation }) else { return }
        // Let go of outside of the list: the target's deinit may cancel another timer.
        _ = timers.remove(at: place)
    }

    public func observeTurns(_ observer: any TurnObserver) {
        precondition(isCurrent, "turns are observed on their loop")
        observers.append(observer)
    }

    // MARK: The turn

    private func turn() {
        let now = clock.now
        // Timers set meanwhile wait for the next turn, so that one that sets itself again does not keep this one.
        let newest = lastTimer
        while let due = timers.firstIndex(where: { $0.time <= now && $0.generation <= newest }) {
            timers.remove(at: due).target.timerFired(at: now)
        }
        var posts: [@Sendable () -> Void] = []
        inbox.withLock { swap(&$0.posts, &posts) }
        for post in posts { post() }
        runJobs()
        for observer in observers { observer.turnEnded(at: now) }
        turnCount += 1
    }

    private func runJobs() {
        while true {
            var jobs: [UnownedJob] = []
            inbox.withLock { swap(&$0.jobs, &jobs) }
            if jobs.isEmpty { return }
            // Sound: the executor is `self`, which lives longer than this call.
            for job in jobs { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
        }
    }
}
