public import GateBytes
import Synchronization

/// A monotonic clock that only a test moves. Safe to read from every thread.
public final class ManualClock: Sendable {
    private let nanoseconds: Atomic<Int64>

    /// A clock at `now`; 1 000 seconds after its start by default.
    public init(now: MonotonicTime = MonotonicTime(nanoseconds: 1_000_000_000_000)) {
        nanoseconds = Atomic(now.nanoseconds)
    }

    /// The time.
    public var now: MonotonicTime { MonotonicTime(nanoseconds: nanoseconds.load(ordering: .relaxed)) }

    /// Moves on to `time`; never back.
    public func move(to time: MonotonicTime) {
        precondition(time >= now, "a monotonic clock does not go back")
        nanoseconds.store(time.nanoseconds, ordering: .relaxed)
    }
}
