/// A point on the process's monotonic clock, in nanoseconds since an arbitrary start.
public struct MonotonicTime: Comparable, Hashable, Sendable {
    /// Nanoseconds since the clock's start.
    public var nanoseconds: Int64

    /// A time `nanoseconds` after the clock's start.
    @inlinable
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// Later than every time that comes.
    public static let never = MonotonicTime(nanoseconds: .max)

    @inlinable
    public static func < (left: MonotonicTime, right: MonotonicTime) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The time `span` later; ``never`` stays ``never``.
    @inlinable
    public static func + (time: MonotonicTime, span: TimeSpan) -> MonotonicTime {
        let (sum, overflow) = time.nanoseconds.addingReportingOverflow(span.nanoseconds)
        return MonotonicTime(nanoseconds: overflow ? .max : sum)
    }

    /// The time `span` earlier; ``never`` stays ``never``.
    @inlinable
    public static func - (time: MonotonicTime, span: TimeSpan) -> MonotonicTime {
        time == .never ? time : MonotonicTime(nanoseconds: time.nanoseconds - span.nanoseconds)
    }

    /// From `earlier` to `later`.
    @inlinable
    public static func - (later: MonotonicTime, earlier: MonotonicTime) -> TimeSpan {
        TimeSpan(nanoseconds: later.nanoseconds - earlier.nanoseconds)
    }
}

/// A length of time in whole nanoseconds; eight bytes, where `Duration` takes sixteen.
public struct TimeSpan: Comparable, Hashable, Sendable {
    /// Nanoseconds, negative for a span into the past.
    public var nanoseconds: Int64

    /// A span of `nanoseconds`.
    @inlinable
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// No time at all.
    public static let zero = TimeSpan(nanoseconds: 0)

    /// A span of `count` milliseconds.
    @inlinable
    public static func milliseconds(_ count: Int) -> TimeSpan {
        TimeSpan(nanoseconds: Int64(count) * 1_000_000)
    }

    /// A span of `count` seconds.
    @inlinable
    public static func seconds(_ count: Int) -> TimeSpan {
        TimeSpan(nanoseconds: Int64(count) * 1_000_000_000)
    }

    /// A span of fractional seconds, rounded down to a nanosecond.
    @inlinable
    public static func seconds(_ count: Double) -> TimeSpan {
        TimeSpan(nanoseconds: Int64(count * 1e9))
    }

    /// The span in seconds.
    @inlinable public var seconds: Double { Double(nanoseconds) / 1e9 }

    @inlinable
    public static func < (left: TimeSpan, right: TimeSpan) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    @inlinable
    public static func + (left: TimeSpan, right: TimeSpan) -> TimeSpan {
        TimeSpan(nanoseconds: left.nanoseconds + right.nanoseconds)
    }
}
