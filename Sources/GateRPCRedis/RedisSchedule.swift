#if Redis
    import GateBytes

    /// Which server is tried when. Pure.
    ///
    /// The first of the list is the one that all nodes shall meet at. A node that is connected to a later one therefore goes
    /// on trying those before it, and moves when it can.
    struct RedisSchedule {
        /// The first wait after all servers failed; doubled each round.
        static let waitMin = TimeSpan.milliseconds(100)
        /// The longest wait, so that service is back soon after the servers are.
        static let waitMax = TimeSpan.seconds(1)
        /// A connection that held so long ends a row of failures.
        static let steadyTime = TimeSpan.seconds(5)
        /// How often an earlier server is tried while a later one serves.
        static let preferTime = TimeSpan.seconds(2)

        private let count: Int
        private var rounds = 0
        private var connected: (server: Int, at: MonotonicTime)?
        /// The server that is tried next.
        private(set) var next = 0
        /// When; never while the first server serves.
        private(set) var at: MonotonicTime

        init(servers: Int, now: MonotonicTime) {
            count = servers
            at = now
        }

        /// The server serves from now on.
        mutating func succeeded(_ server: Int, now: MonotonicTime, jitter: Double) {
            connected = (server, now)
            next = 0
            at = server == 0 ? .never : now + Self.jittered(Self.preferTime, jitter)
        }

        /// The server that was tried does not serve. `jitter` is from 0 to 1.
        mutating func failed(now: MonotonicTime, jitter: Double) {
            next += 1
            at = now
            guard next >= connected?.server ?? count else { return }
            next = 0
            if connected != nil {
                at = now + Self.jittered(Self.preferTime, jitter)
            } else {
                wait(now, jitter)
            }
        }

        /// The server that served does so no more.
        mutating func lost(now: MonotonicTime, jitter: Double) {
            if let connected, now - connected.at >= Self.steadyTime { rounds = 0 }
            connected = nil
            next = 0
            wait(now, jitter)
        }

        private mutating func wait(_ now: MonotonicTime, _ jitter: Double) {
            var span = Self.waitMin
            for _ in 0..<min(rounds, 8) { span = min(span + span, Self.waitMax) }
            rounds += 1
            at = now + Self.jittered(span, jitter)
        }

        /// From half of the span to all of it.
        private static func jittered(_ span: TimeSpan, _ jitter: Double) -> TimeSpan {
            .seconds(span.seconds * (0.5 + jitter / 2))
        }
    }
#endif
