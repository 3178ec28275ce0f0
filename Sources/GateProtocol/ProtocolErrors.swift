/// Bytes that are no frame, or a frame that cannot be written.
public enum FramingError: Error, Equatable, Sendable {
    /// A length field that has no valid reading, such as digits that are none.
    case malformedLength
    /// A number of seven bits a byte that goes on behind its last allowed byte.
    case varintTooLong(bytesMax: Int)
    /// A number of seven bits a byte whose last group says nothing: each number has one form.
    case varintOverlong
    /// A frame above the limit; known as soon as its length is.
    case frameTooLarge(bytes: Int, limit: Int)
    /// A length smaller than what it must cover.
    case frameTooSmall(bytes: Int, minimum: Int)
    /// A signed length below zero.
    case negativeLength
    /// A field reaches past the end of its frame.
    case truncatedField
    /// Bytes are left over behind the last field.
    case trailingBytes(Int)
    /// Bits that must have one value have another.
    case reservedBits(UInt8)
    /// A byte that must have one value has another, as in a magic number.
    case wrongConstant(UInt8)
    /// Another byte stands where a frame must end with one.
    case wrongTerminator(UInt8)
    /// A version that is not spoken here.
    case versionUnsupported(Int)
    /// Text that is not well-formed UTF-8, or holds U+0000 where that is forbidden.
    case invalidText
    /// A body within a frame that does not have the form it must have (JSON, keys and values, a form).
    case malformedBody(offset: Int)
    /// A key that stands twice in a body, where one value is asked for.
    case duplicateKey
    /// A signature that is missing or not that of the bytes it covers.
    case badSignature
    /// A checksum that is not that of the bytes it covers.
    case badChecksum
    /// A field whose value is not allowed.
    case invalidValue(Int)
    /// No such kind of frame.
    case unknownKind(Int)
    /// A compressed body, which this build or this protocol does not read.
    case compressionUnsupported
    /// An encrypted body, or the wish for encryption.
    case encryptionUnsupported
    /// A compressed body that becomes larger than allowed; known before more than that is written.
    case inflatedTooLarge(limit: Int)
    /// A compressed body that is cut off or broken.
    case corruptCompression
    /// The value does not fit the field of a frame to be sent.
    case notEncodable(bytes: Int, limit: Int)
    /// The value holds what its field of a frame to be sent cannot say: the terminator it ends with, or a key that has a
    /// meaning of its own.
    case notExpressible
}

extension FramingError {
    /// The reason under which the end of a connection with such bytes is counted.
    public var closeReason: CloseReason {
        switch self {
        case .malformedLength: .malformedLength
        case .varintTooLong: .varintTooLong
        case .varintOverlong: .varintOverlong
        case .frameTooLarge: .frameTooLarge
        case .frameTooSmall(0, _): .emptyFrame
        case .frameTooSmall: .frameTooSmall
        case .negativeLength: .negativeLength
        case .truncatedField: .truncatedField
        case .trailingBytes: .trailingBytes
        case .reservedBits: .malformedFrame
        case .wrongConstant: .wrongConstant
        case .wrongTerminator: .wrongTerminator
        case .versionUnsupported: .unsupportedProtocol
        case .invalidText: .invalidText
        case .malformedBody: .malformedBody
        case .duplicateKey: .duplicateKey
        case .badSignature: .badSignature
        case .badChecksum: .badChecksum
        case .invalidValue: .invalidValue
        case .unknownKind: .unknownKind
        case .compressionUnsupported: .compressionUnsupported
        case .encryptionUnsupported: .encryptionUnsupported
        case .inflatedTooLarge: .inflatedTooLarge
        case .corruptCompression: .corruptCompression
        case .notEncodable, .notExpressible: .notEncodable
        }
    }
}

/// Why a protocol gives a connection up. Everything behind the fault is not processed.
public enum WireError: Error, Equatable, Sendable {
    /// The bytes are no frame.
    case framing(FramingError)
    /// A whole frame that is never allowed from a client; `kind` is the protocol's own number.
    case unexpectedFrame(kind: Int)
    /// A whole frame that is not allowed now; `kind` is the protocol's own number.
    case wrongState(kind: Int)
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
        case .framing(let fault): fault.closeReason
        case .unexpectedFrame, .violation: .protocolViolation
        case .wrongState: .wrongState
        case .unsupportedProtocol: .unsupportedProtocol
        case .identifierRejected: .identifierRejected
        case .keepAliveExpired: .keepAliveTimeout
        case .limitReached: .protocolLimit
        }
    }
}
