#if Redis
    /// Why there is no way to a server, or none any more.
    enum RedisFault: Error, Hashable, Sendable {
        /// The system's error number.
        case system(code: Int32)
        /// The name means no address; the system's reason.
        case notResolved(String)
        /// The library's reason why it did not begin to connect.
        case notConnected(String)
        /// The server closed the connection: it stopped, or this node read too slowly.
        case closed
        /// The server is silent.
        case silent(milliseconds: Int)
        /// Bytes that are no reply, or one that belongs to no command.
        case malformed
        /// A reply longer than any message of ours.
        case replyTooLarge(bytes: Int, limit: Int)
        /// User and password, or none of them, were refused; the first word of the server's reason.
        case authentication(String)
        /// A command was refused; the server's reason.
        case refused(String)
        /// It is a node of Redis Cluster.
        case cluster
        /// It is a Redis Sentinel.
        case sentinel
        /// It follows another server, which does not hear what is published here.
        case replica
        /// The node's two connections do not reach the same server, or others may not publish to it.
        case divided

        /// Whether the server lacks a command, or the user may not give it.
        var isOfMissingCommand: Bool {
            guard case .refused(let reason) = self else { return false }
            return ["NOPERM", "ERR unknown", "ERR Unknown"].contains { reason.hasPrefix($0) }
        }

        /// Bytes of a server's reason that are kept.
        static let reasonBytesMax = 160

        /// The fault that a server's error is. `hidesReason` where the error may repeat a password.
        init(reason: [UInt8], hidesReason: Bool = false) {
            let plain = reason.prefix(Self.reasonBytesMax).map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }
            let word = plain.prefix { $0 != UInt8(ascii: " ") }
            let text = String(decoding: plain, as: UTF8.self)
            switch String(decoding: word, as: UTF8.self) {
            case "MOVED", "ASK", "CLUSTERDOWN", "CROSSSLOT": self = .cluster
            case "NOAUTH", "WRONGPASS": self = .authentication(String(decoding: word, as: UTF8.self))
            case let first where hidesReason: self = .authentication(first)
            default: self = .refused(text)
            }
        }
    }

    extension RedisFault: CustomStringConvertible {
        /// The fault in words.
        var description: String {
            switch self {
            case .system(let code): RedisSystem.text(code)
            case .notResolved(let reason), .notConnected(let reason): reason
            case .closed: "the server closed the connection"
            case .silent(let milliseconds): "the server is silent for \(milliseconds) ms"
            case .malformed: "the server speaks something else"
            case .replyTooLarge(let bytes, let limit): "a message of \(bytes) bytes or more, at most \(limit) are read"
            case .authentication(let word): "user or password refused (\(word))"
            case .refused(let reason): "refused: \(reason)"
            case .cluster: "Redis Cluster is not supported"
            case .sentinel: "Redis Sentinel is not supported"
            case .replica: "this is a replica, name its master"
            case .divided: "what is published there does not come back"
            }
        }
    }
#endif
