#if Redis
    /// What was read and is not handed over yet. Reading goes before handling, since the server keeps little for a reader;
    /// a turn of the loop therefore hands over some, and the next one reads first.
    struct RedisInbound {
        /// Bytes that are handed over in one turn; one message at least.
        static let turnBytesMax = 262_144
        /// Bytes that may wait: 64 MiB. Above, the link stops reading until half of them are handed over.
        static let bytesMax = 67_108_864

        private var messages = RedisFIFO<[UInt8]>()
        private(set) var bytes = 0

        var isEmpty: Bool { messages.isEmpty }
        var isFull: Bool { bytes >= Self.bytesMax }
        var isHalfEmpty: Bool { bytes <= Self.bytesMax / 2 }

        mutating func append(_ message: [UInt8]) {
            bytes += message.count
            messages.append(message)
        }

        mutating func popFirst() -> [UInt8]? {
            guard let message = messages.popFirst() else { return nil }
            bytes -= message.count
            return message
        }
    }
#endif
