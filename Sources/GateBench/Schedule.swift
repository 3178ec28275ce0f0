package import GateBytes

/// When the requests of an open loop are due: evenly spaced on an absolute grid, however late the tool itself runs.
///
/// Request `n` of worker `index` of `count` is due at `start + (n * count + index) / rate`. Nothing accumulates: a late
/// request does not move the ones behind it, and its latency counts from here, so a stalled server is not spared
/// (coordinated omission).
package struct Schedule: Sendable, Hashable {
    /// When the first request of worker 0 is due.
    package let start: MonotonicTime
    /// Requests a second of all workers together, 1...10 000 000.
    package let rate: Int
    /// Which worker's share this is, from 0.
    package let index: Int
    /// Workers in all.
    package let count: Int

    /// Most requests a second that may be asked for.
    package static let rateMax = 10_000_000

    /// The share of worker `index` of `count` in `rate` requests a second.
    package init(start: MonotonicTime, rate: Int, index: Int = 0, of count: Int = 1) {
        precondition((1...Self.rateMax).contains(rate), "a schedule has 1...10 000 000 requests a second")
        precondition(count > 0 && (0..<count).contains(index), "a worker is one of those there are")
        self.start = start
        self.rate = rate
        self.index = index
        self.count = count
    }

    /// When this worker's request `number`, from 0, is due; rounded up to a nanosecond.
    package func time(of number: Int) -> MonotonicTime {
        let position = UInt64(number * count + index)
        // The seconds and their fraction apart: the product of a day's position with 10^9 would overflow.
        let (seconds, rest) = position.quotientAndRemainder(dividingBy: UInt64(rate))
        let fraction = (rest * 1_000_000_000 + UInt64(rate) - 1) / UInt64(rate)
        return start + TimeSpan(nanoseconds: Int64(seconds * 1_000_000_000 + fraction))
    }

    /// How many of this worker's requests are due at `now`, itself included.
    package func dueCount(at now: MonotonicTime) -> Int {
        let elapsed = now.nanoseconds - start.nanoseconds
        if elapsed < 0 { return 0 }
        let (seconds, rest) = UInt64(elapsed).quotientAndRemainder(dividingBy: 1_000_000_000)
        let positions = Int(seconds) * rate + Int(rest * UInt64(rate) / 1_000_000_000) + 1
        return positions <= index ? 0 : (positions - index - 1) / count + 1
    }
}
