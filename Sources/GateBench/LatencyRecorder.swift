import Histogram

/// Latencies in nanoseconds, in an HDR histogram of three significant digits.
///
/// Answers of one burst mostly share their latency, so runs of equal values are recorded at once.
package struct LatencyRecorder: Sendable {
    /// Longest latency that is told apart: one hour; longer ones count as that.
    package static let nanosecondsMax: UInt64 = 3_600_000_000_000

    private var histogram = Histogram<UInt64>(
        highestTrackableValue: LatencyRecorder.nanosecondsMax, numberOfSignificantValueDigits: .three)
    private var runValue: UInt64 = 0
    private var runCount: UInt64 = 0

    /// No latency yet.
    package init() {}

    /// Notes one latency.
    @inline(__always)
    package mutating func record(_ nanoseconds: Int64) {
        let value = UInt64(max(1, nanoseconds))
        if value == runValue {
            runCount += 1
            return
        }
        endRun()
        runValue = value
        runCount = 1
    }

    private mutating func endRun() {
        if runCount == 0 { return }
        // Within the range by `min`, so the histogram takes it.
        _ = histogram.record(min(runValue, Self.nanosecondsMax), count: runCount)
        runCount = 0
    }

    /// Takes over the latencies of another recorder.
    package mutating func add(_ other: LatencyRecorder) {
        endRun()
        var other = other
        other.endRun()
        histogram.add(other.histogram)
    }

    /// What was recorded, as numbers.
    package func summary() -> LatencySummary {
        var copy = self
        copy.endRun()
        return LatencySummary(copy.histogram)
    }
}

/// Latencies as a report shows them, in nanoseconds.
package struct LatencySummary: Sendable, Hashable {
    /// The percentiles that are reported.
    package static let percentiles: [Double] = [50, 75, 90, 95, 99, 99.9, 99.99]

    /// How many latencies.
    package var count: UInt64
    /// The shortest, 0 without any.
    package var min: UInt64
    /// The longest, 0 without any.
    package var max: UInt64
    /// The arithmetic mean, 0 without any.
    package var mean: Double
    /// The standard deviation, 0 without any.
    package var deviation: Double
    /// One value for each of ``percentiles``: at most the largest latency that so many percent did not exceed, in the
    /// histogram's resolution.
    package var values: [UInt64]

    init(_ histogram: Histogram<UInt64>) {
        count = histogram.totalCount
        let isEmpty = count == 0
        min = isEmpty ? 0 : histogram.min
        max = isEmpty ? 0 : histogram.max
        mean = isEmpty ? 0 : histogram.mean
        deviation = isEmpty ? 0 : histogram.stdDeviation
        let top = max
        values = Self.percentiles.map { isEmpty ? 0 : Swift.min(top, histogram.valueAtPercentile($0)) }
    }
}
