package import GateBytes

/// How often something may happen: so many times at once, then so many times a second. Pure.
package struct RateBudget: Sendable {
    private let burst: Double
    private let perSecond: Double
    private var left: Double
    private var at: MonotonicTime?

    /// A full budget.
    package init(burst: Int, perSecond: Double) {
        self.burst = Double(burst)
        self.perSecond = perSecond
        left = Double(burst)
    }

    /// Takes one. `false` when nothing is left now.
    package mutating func take(at now: MonotonicTime) -> Bool {
        if let at { left = min(burst, left + max(0, (now - at).seconds) * perSecond) }
        at = now
        guard left >= 1 else { return false }
        left -= 1
        return true
    }
}
