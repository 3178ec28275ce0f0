public import GateBytes

/// A thread that runs callbacks one after another. Everything that is marked "on the loop" is called on that thread only.
public protocol EventLoop: AnyObject, Sendable {
    /// Position in its group, from 0.
    var index: Int { get }

    /// Whether the caller runs on this loop's thread.
    var isCurrent: Bool { get }

    /// The time of the current turn. On the loop.
    var now: MonotonicTime { get }

    /// Runs `job` on the loop, in order with other posts. Never blocks.
    /// - Returns: `false` when the mailbox is full; the caller answers with "overloaded".
    func post(_ job: @escaping @Sendable () -> Void) -> Bool

    /// Runs `job` on the loop also when the mailbox is full. For replies and closes, whose number is bounded by what was
    /// admitted before: one for each call in flight, one for each session.
    /// - Returns: `false` when the loop has ended; the job is dropped.
    @discardableResult
    func postReserved(_ job: @escaping @Sendable () -> Void) -> Bool

    /// Whether the loop has ended: it runs nothing any more, and tasks that preferred it go on elsewhere. What the loop
    /// owned is touched by nobody then.
    var hasEnded: Bool { get }

    /// How long the loop has stood still, in all: the time by which it went on too late because the process was stopped,
    /// the machine was paused, or a callback blocked it. Only what is longer than a second at a time counts. On the loop.
    ///
    /// Before its timers fire the loop reads once what came meanwhile, so that a peer that spoke all the time is not taken
    /// for silent; and whoever measures the silence of others leaves this time out.
    var standstill: TimeSpan { get }

    /// Runs the suspended parts of tasks on this loop. Its jobs never wait in the bounded mailbox.
    ///
    /// `Task.immediate(executorPreference:)` runs its first part on the caller's thread, whatever it prefers; so it is
    /// called on the loop that it names.
    var executor: any TaskExecutor { get }

    /// Calls `target` at or soon after `time`, once. On the loop. The target is kept until then or until `cancel`.
    ///
    /// A time that has come already means soon, after this call. `.never` sets no timer and answers ``TimerID/none``.
    func schedule(_ target: any TimerTarget, at time: MonotonicTime) -> TimerID

    /// Forgets a timer; one that has fired or was cancelled before is ignored. On the loop.
    func cancel(_ timer: TimerID)

    /// Calls `observer` at the end of each turn, when all events of the turn are handled and before the loop waits.
    /// On the loop.
    func observeTurns(_ observer: any TurnObserver)
}

/// What a timer calls.
public protocol TimerTarget: AnyObject {
    /// The time has come. On the loop.
    func timerFired(at now: MonotonicTime)
}

/// What the end of a turn calls.
public protocol TurnObserver: AnyObject {
    /// All events of this turn are handled. On the loop.
    func turnEnded(at now: MonotonicTime)

    /// The loop goes on after it stood still for `span`; see ``EventLoop/standstill``. Comes before anything that waits is
    /// read and before any timer fires, so that clocks can be moved. On the loop.
    func loopStoodStill(for span: TimeSpan)
}

extension TurnObserver {
    /// Nothing is measured.
    public func loopStoodStill(for span: TimeSpan) {}
}

/// Names one scheduled call; 8 bytes, valid until it fires.
public struct TimerID: Hashable, Sendable {
    /// Slot in the loop's wheel.
    public var slot: UInt32
    /// Tells a slot's uses apart; 0 names no timer.
    public var generation: UInt32

    /// A name; only the loop makes valid ones.
    public init(slot: UInt32, generation: UInt32) {
        self.slot = slot
        self.generation = generation
    }

    /// No timer.
    public static let none = TimerID(slot: 0, generation: 0)
}
