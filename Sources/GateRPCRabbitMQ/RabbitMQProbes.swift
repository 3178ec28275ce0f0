#if RabbitMQ
    import GateBytes

    /// Which inboxes are asked whether they are still there. Pure.
    ///
    /// The server takes a message for a queue whose reader has just died, and drops it with the queue without a word. So an
    /// empty message follows what was sent to an inbox, after a short while and once more: it comes back when the queue is
    /// gone. Of many messages to an inbox only the last ones are followed.
    struct RabbitMQProbes {
        /// How long after a message the first probe goes out; the server needs some milliseconds to see a reader die.
        static let firstTime = TimeSpan.milliseconds(150)
        /// How long after the first one the second goes out.
        static let secondTime = TimeSpan.milliseconds(850)
        /// Inboxes at a time; messages to others are not followed.
        static let inboxesMax = 4_096

        private struct Entry {
            var at: MonotonicTime
            var isSecond: Bool
        }

        private var entries: [String: Entry] = [:]
        /// When ``due(_:)`` has something; not before.
        private(set) var next = MonotonicTime.never

        /// A message was sent to an inbox.
        mutating func sent(to inbox: String, at now: MonotonicTime) {
            if let entry = entries[inbox] {
                if !entry.isSecond { return }
            } else if entries.count >= Self.inboxesMax {
                return
            }
            entries[inbox] = Entry(at: now + Self.firstTime, isSecond: false)
            next = min(next, now + Self.firstTime)
        }

        /// The inboxes that are to be probed now.
        mutating func due(_ now: MonotonicTime) -> [String] {
            if now < next { return [] }
            var due: [String] = []
            next = .never
            for (inbox, entry) in entries {
                if entry.at > now {
                    next = min(next, entry.at)
                    continue
                }
                due.append(inbox)
                entries[inbox] = entry.isSecond ? nil : Entry(at: now + Self.secondTime, isSecond: true)
                if !entry.isSecond { next = min(next, now + Self.secondTime) }
            }
            return due
        }
    }
#endif
