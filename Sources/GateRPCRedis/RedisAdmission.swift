#if Redis
    import Synchronization

    /// Counts what waits for the loop or for the server, so that it is bounded. Any thread.
    final class RedisAdmission: Sendable {
        /// Messages that wait, for an answer of the server too.
        static let messagesMax = 65_536
        /// Bytes that wait for the connection: 64 MiB.
        static let bytesMax = 67_108_864

        private let messages = Atomic<Int>(0)
        private let bytes = Atomic<Int>(0)

        /// Counts a message in. `false` when there is no room.
        func admit(bytes count: Int) -> Bool {
            guard messages.add(1, ordering: .relaxed).newValue <= Self.messagesMax else {
                messages.subtract(1, ordering: .relaxed)
                return false
            }
            guard bytes.add(count, ordering: .relaxed).newValue <= Self.bytesMax else {
                bytes.subtract(count, ordering: .relaxed)
                messages.subtract(1, ordering: .relaxed)
                return false
            }
            return true
        }

        /// The connection has taken these bytes, or nobody will.
        func release(bytes count: Int) { bytes.subtract(count, ordering: .relaxed) }

        /// These messages are answered, or will never be.
        func release(messages count: Int) { messages.subtract(count, ordering: .relaxed) }

        /// Whether all messages are answered.
        var isEmpty: Bool { messages.load(ordering: .relaxed) == 0 }
    }
#endif
