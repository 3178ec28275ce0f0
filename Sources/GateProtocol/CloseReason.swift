/// Why a connection ended. Every end has exactly one; each has its own counter.
public enum CloseReason: String, Sendable, CaseIterable {
    /// The client closed its side.
    case peerClosed = "peer_closed"
    /// The network failed.
    case peerReset = "peer_reset"
    /// The client said goodbye in its protocol's words (MQTT DISCONNECT).
    case clientGoodbye = "client_goodbye"
    /// Bytes that are no frame of the protocol, where no reason of its own says why.
    case malformedFrame = "malformed_frame"
    /// A frame larger than the limit, seen as soon as its length was.
    case frameTooLarge = "frame_too_large"
    /// A length of zero where there must be something.
    case emptyFrame = "empty_frame"
    /// A length that is smaller than what it must cover.
    case frameTooSmall = "frame_too_small"
    /// A signed length below zero.
    case negativeLength = "negative_length"
    /// A length that cannot be read: digits that are none, a zero in front.
    case malformedLength = "malformed_length"
    /// A number of seven bits a byte with more bytes than it may have.
    case varintTooLong = "varint_too_long"
    /// A number of seven bits a byte with a last group that says nothing.
    case varintOverlong = "varint_overlong"
    /// A field that reaches past the end of its frame.
    case truncatedField = "truncated_field"
    /// Bytes behind the last field of a frame.
    case trailingBytes = "trailing_bytes"
    /// A byte that must have one value, as in a magic number, and has another.
    case wrongConstant = "wrong_constant"
    /// A frame that does not end with the byte it must end with.
    case wrongTerminator = "wrong_terminator"
    /// Text that is not UTF-8.
    case invalidText = "invalid_text"
    /// A value that its field does not allow.
    case invalidValue = "invalid_value"
    /// A kind of frame that there is not.
    case unknownKind = "unknown_kind"
    /// A body (JSON, keys and values, a form) that does not have the form it must have.
    case malformedBody = "malformed_body"
    /// A key that stands twice in a body.
    case duplicateKey = "duplicate_key"
    /// A signature that is missing or wrong.
    case badSignature = "bad_signature"
    /// A checksum that is wrong.
    case badChecksum = "bad_checksum"
    /// A compressed frame that this build or this protocol does not read.
    case compressionUnsupported = "compression_unsupported"
    /// The wish for encryption, or a frame that is encrypted.
    case encryptionUnsupported = "encryption_unsupported"
    /// A compressed frame that becomes larger than allowed.
    case inflatedTooLarge = "inflated_too_large"
    /// A compressed frame that is cut off or broken.
    case corruptCompression = "corrupt_compression"
    /// A frame that is whole but never allowed from a client.
    case protocolViolation = "protocol_violation"
    /// A frame that is whole but not allowed in the state that the connection is in.
    case wrongState = "wrong_state"
    /// An answer or a push that does not fit the fields of its frame.
    case notEncodable = "not_encodable"
    /// A request failed, where the protocol has no place for an error and its connections are to end then.
    case requestFailed = "request_failed"
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
    /// The bytes that are kept for all clients together were above the limit, and most of them for this one.
    case queuedBytesTotal = "queued_bytes_total"
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
    /// A limit of the protocol's own state was reached.
    case protocolLimit = "protocol_limit"
    /// The server stops.
    case serverStopping = "server_stopping"
    /// The gateway that held the session was not heard any more; what became of the connection is not known.
    case gatewayLost = "gateway_lost"
    /// A fault of ours; the log says which.
    case internalError = "internal_error"

    /// Position in ``allCases``, for tables of counters.
    public var index: Int { Self.indices[self] ?? 0 }

    private static let indices: [CloseReason: Int] = Dictionary(
        uniqueKeysWithValues: allCases.enumerated().map { ($1, $0) })
}
