public import GateProtocol

extension FramingError {
    /// The fault in words, for those who look at frames.
    public var text: String {
        switch self {
        case .malformedLength: "a length that has no valid reading"
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
        }
    }
}
