public import GateProtocol

extension FramingError {
    /// The fault in words, for those who look at frames.
    public var text: String {
        switch self {
        case .malformedLength: "a length that has no valid reading"
        case .varintTooLong(let bytesMax): "a number that goes on behind its \(bytesMax) bytes"
        case .varintOverlong: "a number with a last byte that says nothing"
        case .negativeLength: "a length below zero"
        case .wrongConstant(let byte): "the byte \(byte) stands where another one must stand"
        case .wrongTerminator(let byte): "the byte \(byte) stands where the frame must end with another one"
        case .versionUnsupported(let version): "the version \(version) is not spoken here"
        case .malformedBody(let offset): "the body is malformed at its byte \(offset)"
        case .duplicateKey: "a key stands twice in the body"
        case .badSignature: "the signature is missing or wrong"
        case .badChecksum: "the checksum is wrong"
        case .compressionUnsupported: "compressed, which is not read here"
        case .encryptionUnsupported: "asks for encryption, which is not spoken here"
        case .inflatedTooLarge(let limit): "becomes larger than \(limit) bytes when it is inflated"
        case .corruptCompression: "compressed bytes that are cut off or broken"
        case .frameTooLarge(let bytes, let limit): "too large: \(bytes) bytes, at most \(limit) are allowed"
        case .frameTooSmall(let bytes, let minimum): "a length of \(bytes), at least \(minimum) is needed"
        case .truncatedField: "the field reaches past the end of its frame"
        case .trailingBytes(let count):
            "\(count) \(count == 1 ? "byte is" : "bytes are") left over behind the last field"
        case .reservedBits(let bits): "bits that must have one value have another: \(bits)"
        case .invalidText: "not well-formed UTF-8"
        case .invalidValue(let value): "the value \(value) is not allowed here"
        case .unknownKind(let value):
            value == 0 ? "a frame of no kind that is described" : "no name for the value \(value)"
        case .notEncodable(let bytes, let limit): "\(bytes) does not fit: at most \(limit)"
        case .notExpressible: "it holds the terminator of its field, or a key of the protocol's own"
        }
    }
}
