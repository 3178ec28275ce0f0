import GateJSON

/// A handler may return an `RPCValue` itself, where it wants to choose its form.
extension RPCValue: Encodable {
    public func encode(to encoder: any Encoder) throws {
        var single = encoder.singleValueContainer()
        switch self {
        case .null: try single.encodeNil()
        case .bool(let value): try single.encode(value)
        case .int32(let value): try single.encode(value)
        case .int64(let value): try single.encode(value)
        case .float(let value): try single.encode(value)
        case .double(let value): try single.encode(value)
        case .string(let text): try single.encode(text)
        case .bytes(let bytes), .bare(let bytes): try single.encode(bytes)
        case .json(let value): try single.encode(value)
        case .encodedJSON(let bytes): try single.encode(JSONValue(parsing: bytes.span))
        case .array(let elements): try single.encode(elements)
        case .map(let entries): try single.encode(entries)
        case .session:
            var text: [UInt8] = []
            writeJSON(into: &text)
            try single.encode(JSONValue(parsing: text.span))
        }
    }
}

/// A handler may take an `RPCValue`, or several as an array. From a client's body it is one of JSON.
extension RPCValue: Decodable {
    public init(from decoder: any Decoder) throws {
        self = .json(try JSONValue(from: decoder))
    }
}
