public import GateProtocol

/// Why values make no frame.
public enum FrameComposingFault: Error, Equatable, Sendable {
    /// The values are no JSON object.
    case notAnObject
    /// No kind of that name; `known` lists those that there are.
    case unknownKind(String, known: [String])
    /// No field of that name; `known` lists those that there are.
    case unknownField(String, known: [String])
    /// A length is counted, not given.
    case lengthIsFilledIn(String)
    /// Frames of this kind do not carry it.
    case noPlace(String)
    /// A value of another kind is needed.
    case wrongValue(String, expected: String)
    /// The descriptor has no place for what was given, or lacks something; in its own words.
    case notEncodable(String)
    /// A value does not fit.
    case framing(FramingError)
    /// The frame is longer than the limit.
    case frameTooLarge(bytes: Int, limit: Int)
    /// The bytes are not read as the frame that was asked for, so the values contradict each other.
    case readsDifferently(String)
}

extension FrameComposingFault: CustomStringConvertible {
    /// The fault in words, with what would be valid.
    public var description: String {
        switch self {
        case .notAnObject: "expected an object such as {kind: \"request\", payload: \"hi\"}"
        case .unknownKind(let kind, let known): "unknown kind '\(kind)'; valid: \(known.joined(separator: ", "))"
        case .unknownField(let name, let known): "unknown field '\(name)'; valid: \(known.joined(separator: ", "))"
        case .lengthIsFilledIn(let name): "'\(name)' is a length, which is filled in; valid: to leave it out"
        case .noPlace(let name): "frames of this kind have no place for '\(name)'; valid: to leave it out"
        case .wrongValue(let name, let expected): "'\(name)': expected \(expected)"
        case .notEncodable(let reason): reason
        case .framing(let fault): fault.text
        case .frameTooLarge(let bytes, let limit): "the frame has \(bytes) bytes; valid: at most \(limit)"
        case .readsDifferently(let reading): "these values contradict each other: the frame would be read as \(reading)"
        }
    }
}

/// A frame that was put together.
public struct ComposedFrame: Equatable, Sendable {
    /// The kind that was asked for.
    public var kind: String
    /// Who sends such frames.
    public var sender: Dissection.Sender
    /// The frame.
    public var bytes: [UInt8]
}
