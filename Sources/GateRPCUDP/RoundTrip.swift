import GateBytes

/// How long a message may go without an acknowledgement before it is sent again: what earlier ones took, and four times how
/// much they differ.
///
/// Source: RFC 6298, sections 2 and 3, with bounds for one machine. Pure.
struct RoundTrip {
    /// Before anything was measured.
    static let first = TimeSpan.milliseconds(200)
    /// The shortest wait; above what a busy loop takes for a turn.
    static let min = TimeSpan.milliseconds(40)
    /// The longest wait, also behind repeats that were not acknowledged.
    static let max = TimeSpan.seconds(2)

    private var smoothed: Int64 = 0
    private var variation: Int64 = 0
    private var isMeasured = false

    /// A message that was sent once was acknowledged after `time`. One that was repeated says nothing, since nobody knows
    /// which sending was acknowledged.
    mutating func measure(_ time: TimeSpan) {
        let sample = Swift.max(0, time.nanoseconds)
        if isMeasured {
            variation = (3 * variation + abs(smoothed - sample)) / 4
            smoothed = (7 * smoothed + sample) / 8
        } else {
            (smoothed, variation, isMeasured) = (sample, sample / 2, true)
        }
    }

    /// The wait behind a sending, doubled for each repeat.
    func wait(repeats: Int) -> TimeSpan {
        var wait = isMeasured ? TimeSpan(nanoseconds: smoothed + 4 * variation) : Self.first
        wait = Swift.max(Self.min, wait)
        for _ in 0..<Swift.min(repeats, 8) { wait = Swift.min(wait + wait, Self.max) }
        return Swift.min(wait, Self.max)
    }
}
