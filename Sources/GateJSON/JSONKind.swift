/// The seven kinds of JSON value.
public enum JSONKind: String, Hashable, Sendable {
    case object, array, string, number
    case `true`, `false`, null

    /// The kind of the strict JSON value that starts with `byte`; `nil` when no value does.
    public init?(firstByte byte: UInt8) {
        switch byte {
        case ASCII.openBrace: self = .object
        case ASCII.openBracket: self = .array
        case ASCII.quote: self = .string
        case ASCII.minus, ASCII.zero...ASCII.nine: self = .number
        case UInt8(ascii: "t"): self = .true
        case UInt8(ascii: "f"): self = .false
        case UInt8(ascii: "n"): self = .null
        default: return nil
        }
    }
}

/// Which grammar a text is read with.
public enum JSONDialect: Hashable, Sendable {
    /// RFC 8259, strictly.
    case json
    /// JSON5 1.0.0 (spec.json5.org): comments, trailing commas, unquoted keys and the rest.
    case json5
}
