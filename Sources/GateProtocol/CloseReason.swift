/// Why a connection ended. Every end has exactly one; each has its own counter.
public enum CloseReason: String, Sendable, CaseIterable {
    /// The client closed its side.
    case peerClosed = "peer_closed"
    /// The network failed.
    case peerReset = "peer_reset"
    /// The client said goodbye in its protocol's words (MQTT DISCONNECT).
    case clientGoodbye = "client_goodbye"
    /// Bytes that are no frame of the protocol.
    case malformedFrame = "malformed_frame"
    /// A frame larger than the limit, seen as soon as its length was.
    case frameTooLarge = "frame_too_large"
    /// A frame that is whole but not allowed here or now.
    case protocolViolation = "protocol_violation"
    /// A protocol or version that this listener does not speak.
    case unsupportedProtocol = "unsupported_protocol"
    /// The client id was refused.
    case identifierRejected = "identifier_rejected"
    /// Authentication said no.
    case refused = "refused"
    /// No session within the handshake time.
    case handshakeTimeout = "handshake_timeout"
    /// A frame was begun and not finished within the whole-frame time.
    case frameTimeout = "frame_timeout"
    /// Nothing came within the keep-alive or idle time.
    case keepAliveTimeout = "keep_alive_timeout"
    /// More bytes wait for the client than the limit allows.
    case slowReader = "slow_reader"
    /// The client took no byte within the write deadline.
    case writeTimeout = "write_timeout"
    /// Its ordered messages waited for handlers that do not return.
    case backlogTimeout = "backlog_timeout"
    /// The same client id connected again where take-over is on.
    case takenOver = "taken_over"
    /// The same user logged in elsewhere, or an operator kicked the session.
    case kicked = "kicked"
    /// A handler closed the session.
    case closedByModule = "closed_by_module"
    /// Above the limit of connections in all.
    case tooManyConnections = "too_many_connections"
    /// Above the limit of connections of one address.
    case tooManyFromAddress = "too_many_from_address"
    /// Above the limit of new connections in one second.
    case connectionRate = "connection_rate"
    /// The client's frames cannot be answered in its protocol, or a limit of the protocol's own state was reached.
    case protocolLimit = "protocol_limit"
    /// The server stops.
    case serverStopping = "server_stopping"
    /// A fault of ours; the log says which.
    case internalError = "internal_error"

    /// Position in ``allCases``, for tables of counters.
    public var index: Int { Self.indices[self] ?? 0 }

    private static let indices: [CloseReason: Int] = Dictionary(
        uniqueKeysWithValues: allCases.enumerated().map { ($1, $0) })
}
