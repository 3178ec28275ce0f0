#if Redis
    import GateBytes

    /// Keeps a burst from outrunning the server: it takes in whole messages and passes on 64 KiB of each at a time, and cuts
    /// off a reader for whom it keeps more than its limit, however fast that one reads. Pure.
    struct RedisPace {
        /// Bytes that may go at once.
        static let burstBytes = 1_048_576
        /// Bytes that may go in a millisecond beyond those: 128 MiB a second, a gigabit line and a little more. At twice as
        /// much a server that shared its cores with others was outrun.
        static let millisecondBytes = 134_217

        private var level = burstBytes
        private var at: MonotonicTime

        init(now: MonotonicTime) {
            at = now
        }

        /// Whether a message may go; a long one may leave a debt.
        func isOpen(at now: MonotonicTime) -> Bool { refilled(at: now).level > 0 }

        /// When the next one may go, once none may.
        var opensAt: MonotonicTime { at + .milliseconds((-level) / Self.millisecondBytes + 1) }

        /// A message goes.
        mutating func spend(_ bytes: Int, at now: MonotonicTime) {
            (level, at) = refilled(at: now)
            level -= bytes
        }

        private func refilled(at now: MonotonicTime) -> (level: Int, at: MonotonicTime) {
            let milliseconds = (now - at).nanoseconds / 1_000_000
            if milliseconds <= 0 { return (level, at) }
            // Longer than any debt lasts.
            let counted = min(Int(milliseconds), 1_000_000)
            return (
                min(Self.burstBytes, level + counted * Self.millisecondBytes),
                at + TimeSpan(nanoseconds: milliseconds * 1_000_000)
            )
        }
    }
#endif
