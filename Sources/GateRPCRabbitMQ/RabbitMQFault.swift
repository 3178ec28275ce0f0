#if RabbitMQ
    import CRabbitMQ

    /// Why there is no way to a server, or none any more.
    package enum RabbitMQFault: Error, Hashable, Sendable {
        /// The library's status, as of a name that does not resolve or a certificate that is not trusted.
        case library(status: Int32)
        /// The certificates to trust, or our own with its key, cannot be used.
        case certificates(path: String)
        /// The server closed the connection or a channel, with its code and its reason: 403 for a wrong password.
        case closed(code: UInt16, reason: String)
        /// The server is silent.
        case silent(milliseconds: Int)
        /// Frames in an order that the protocol does not have.
        case malformed
        /// A message longer than any of ours.
        case tooLarge(bytes: UInt64, limit: Int)
        /// Somebody deleted this node's queue.
        case queueDeleted
        /// What is published does not come back.
        case noEcho
    }

    extension RabbitMQFault: CustomStringConvertible {
        /// The fault in words.
        package var description: String {
            switch self {
            // Sound: the library answers with constant texts.
            case .library(let status): unsafe String(cString: amqp_error_string2(status))
            case .certificates(let path): "the certificates in \(path) cannot be used"
            case .closed(let code, let reason): "closed by the server: \(code) \(reason)"
            case .silent(let milliseconds): "the server is silent for \(milliseconds) ms"
            case .malformed: "the server speaks something else"
            case .tooLarge(let bytes, let limit): "a message of \(bytes) bytes, at most \(limit) are read"
            case .queueDeleted: "somebody deleted this node's queue"
            case .noEcho: "what is published to this node's own queue does not come back"
            }
        }

        /// What the server says is its longest message, where one of ours was longer.
        ///
        /// RabbitMQ tells it nowhere else. Source: `rabbit_channel:check_msg_size`, in 3.10: "message size 5 is larger than
        /// configured max size 4".
        var messageBytesMax: Int? {
            guard case .closed(406, let reason) = self, reason.contains("larger than") else { return nil }
            return reason.split { !("0"..."9").contains($0) }.last.flatMap { Int($0) }
        }
    }
#endif
