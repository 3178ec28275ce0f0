public import GateBytes
public import GateIO
import Synchronization

/// Loops that a test runs by hand, on one clock; all on the test's own thread, one after another.
public final class ManualEventLoopGroup: Sendable {
    /// The loops, by index.
    public let manualLoops: [ManualEventLoop]
    /// The time of all of them.
    public let clock: ManualClock

    /// A group of `loopCount` loops, at least one.
    public init(loopCount: Int = 1) {
        let clock = ManualClock()
        self.clock = clock
        manualLoops = (0..<max(1, loopCount)).map { ManualEventLoop(index: $0, clock: clock) }
    }

    /// The loops, by index.
    public var loops: [any EventLoop] { manualLoops }

    /// Runs all loops until none has anything left to do at this time; each at least one turn.
    public func run() {
        repeat {
            for loop in manualLoops { loop.run() }
        } while manualLoops.contains(where: \.hasWork)
    }

    /// Moves the time on by `span`, and runs the loops at each time at which a timer fires on the way, and at the end.
    public func advance(by span: TimeSpan) {
        run()
        let end = clock.now + span
        while let next = manualLoops.map(\.nextDeadline).min(), next <= end {
            clock.move(to: max(next, clock.now))
            run()
        }
        clock.move(to: end)
        run()
    }

    /// All loops stand still for `span`: no timer fires. What the test brings before the next ``run()`` is what waits in
    /// the sockets and is read first.
    public func standStill(for span: TimeSpan) {
        run()
        clock.move(to: clock.now + span)
        for loop in manualLoops { loop.noteStandstill(of: span) }
    }

    /// Ends all loops; see ``ManualEventLoop/end()``.
    public func end() {
        run()
        for loop in manualLoops { loop.end() }
    }

    /// Starts `body` on a loop and runs all loops until nothing is left to do.
    /// - Returns: Where its value is found, at once or after later turns.
    public func start<Value: Sendable>(
        onLoop index: Int = 0, _ body: @escaping @Sendable () async -> Value
    ) -> PendingValue<Value> {
        let pending = PendingValue<Value>()
        Task(executorPreference: manualLoops[index].executor) { pending.put(await body()) }
        run()
        return pending
    }

    /// Runs the loops, and lets tasks that run elsewhere go on, until `condition` holds.
    public func run(until condition: () -> Bool) async {
        run()
        while !condition() {
            await Task.yield()
            run()
        }
    }
}

/// What a task that the test started comes to.
public final class PendingValue<Value: Sendable>: Sendable {
    private let box = Mutex<Value?>(nil)

    /// The value, once the task has ended.
    public var value: Value? { box.withLock { $0 } }

    func put(_ value: Value) {
        box.withLock { $0 = value }
    }
}
