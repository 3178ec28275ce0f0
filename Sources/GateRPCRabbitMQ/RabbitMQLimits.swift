#if RabbitMQ
    import GateBytes
    import GateRPC

    /// What bounds a link over RabbitMQ.
    enum RabbitMQLimits {
        /// Bytes of a message: 16 MiB, as of every envelope; a server takes 128 MiB unless it is told otherwise.
        static let messageBytesMax = EnvelopeLimits.envelopeBytesMax
        /// Messages that wait to be sent.
        static let waitingMessagesMax = 65_536
        /// Bytes that wait to be sent: 64 MiB.
        static let waitingBytesMax = 67_108_864
        /// Bytes that wait in a node's queue on the server, the oldest dropped first: 64 MiB.
        static let queueBytesMax = 67_108_864
        /// How long a message waits to be sent, and again in the queue, before it is dropped: its caller has given up.
        static let waitTimeMax = TimeSpan.seconds(10)
        /// Both ends say something this often. Seconds, because the protocol has whole ones only.
        static let heartbeatSeconds: Int32 = 2
        /// A server that says nothing for so long is gone.
        static let silenceMax = TimeSpan.seconds(4)
        /// A server that says nothing for so long may hang: the silence of others says nothing about them.
        static let quietTime = TimeSpan.seconds(2)
        /// How long what was written may stay unacknowledged, after which the connection ends. Milliseconds.
        static let writeMillisecondsMax: Int32 = 5_000
        /// How long connecting, the handshake, and each answer of the server may take.
        static let answerSeconds = 2
        /// Bytes of a frame on the connection; larger messages go in several.
        static let frameBytesMax: Int32 = 131_072
        /// Bytes of a server's reason that are kept.
        static let reasonBytesMax = 160
        /// How long ``RabbitMQLink/close(by:)`` waits for the last messages to leave.
        static let closeTimeMax = TimeSpan.seconds(1)
    }
#endif
