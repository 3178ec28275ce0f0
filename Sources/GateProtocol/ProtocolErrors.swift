/// Bytes that are no frame, or a frame that cannot be written.
public enum FramingError: Error, Equatable, Sendable {
    /// A length field that has no valid reading.
    case malformedLength
    /// A frame above the limit; known as soon as its length is.
    case frameTooLarge(bytes: Int, limit: Int)
    /// A length smaller than what it must cover.
    case frameTooSmall(bytes: Int, minimum: Int)
    /// A field reaches past the end of its frame.
    case truncatedField
    /// Bytes are left over behind the last field.
    case trailingBytes(Int)
    /// Bits that must have one value have another.
    case reservedBits(UInt8)
    /// Text that is not well-formed UTF-8, or holds U+0000 where that is forbidden.
    case invalidText
    /// A field whose value is not allowed.
    case invalidValue(Int)
    /// No such kind of frame.
    case unknownKind(Int)
    /// The value does not fit the field of a frame to be sent.
    case notEncodable(bytes: Int, limit: Int)
}

/// Why a protocol gives a connection up. Everything behind the fault is not processed.
public enum WireError: Error, Equatable, Sendable {
    /// The bytes are no frame.
    case framing(FramingError)
    /// A whole frame that is not allowed here or now; `kind` is the protocol's own number.
    case unexpectedFrame(kind: Int)
    /// A value that the protocol forbids in an otherwise well-formed frame.
    case violation(kind: Int)
    /// A protocol name or level that is not spoken here.
    case unsupportedProtocol(level: Int)
    /// A client id that is refused.
    case identifierRejected
    /// Nothing came in time.
    case keepAliveExpired
    /// A bounded table of the protocol's own state is full.
    case limitReached(Int)

    /// The reason under which the connection's end is counted.
    public var closeReason: CloseReason {
        switch self {
        case .framing(.frameTooLarge): .frameTooLarge
        case .framing(.notEncodable): .protocolLimit
        case .framing: .malformedFrame
        case .unexpectedFrame, .violation: .protocolViolation
        case .unsupportedProtocol: .unsupportedProtocol
        case .identifierRejected: .identifierRejected
        case .keepAliveExpired: .keepAliveTimeout
        case .limitReached: .protocolLimit
        }
    }
}
