package import GateBytes

/// Which of several servers of one broker is tried next, and after which wait. Pure.
///
/// Every node begins with the first server of its list, so that nodes with one list meet. One that does not serve is
/// followed by the next at once; behind the last of them comes a wait, which doubles from round to round up to its maximum.
package struct BrokerRota: Sendable {
    /// The first wait after all servers failed.
    package static let waitMin = TimeSpan.milliseconds(100)
    /// The longest wait, so that service is back soon after a server is.
    package static let waitMax = TimeSpan.seconds(1)
    /// A connection that held so long ends a row of failures.
    package static let steadyTime = TimeSpan.seconds(5)

    /// The place in the list of the server that is tried next.
    package private(set) var next = 0
    private var rounds = 0

    package init() {}

    /// The server that was tried does not serve.
    /// - Parameters:
    ///   - servers: How many there are.
    ///   - jitter: From 0 to 1.
    /// - Returns: How long to wait before the next attempt.
    package mutating func failed(servers: Int, jitter: Double) -> TimeSpan {
        next += 1
        if next < servers { return .zero }
        next = 0
        return wait(jitter)
    }

    /// The server that served for `time` does so no more.
    /// - Returns: As ``failed(servers:jitter:)``.
    package mutating func lost(after time: TimeSpan, servers: Int, jitter: Double) -> TimeSpan {
        if time >= Self.steadyTime {
            (next, rounds) = (0, 0)
        } else {
            // One that takes us and ends us at once is like one that does not take us.
            next = (next + 1) % max(1, servers)
        }
        return wait(jitter)
    }

    /// From half of the span to all of it.
    private mutating func wait(_ jitter: Double) -> TimeSpan {
        var span = Self.waitMin
        for _ in 0..<min(rounds, 8) { span = min(span + span, Self.waitMax) }
        rounds = min(rounds + 1, 8)
        return .seconds(span.seconds * (0.5 + jitter / 2))
    }
}
