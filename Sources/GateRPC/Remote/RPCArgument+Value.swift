import GateJSON

extension RPCArgument {
    /// The argument as it travels: scalars and texts keep their type, everything else is its body.
    package func value() throws(RPCFault) -> RPCValue {
        switch self {
        case .body(let bytes): return .bytes(bytes)
        case .several(let arguments):
            var values: [RPCValue] = []
            for argument in arguments { values.append(try argument.value()) }
            return .array(values)
        case .value(let value, let encoded):
            switch value {
            case let value as RPCValue: return value
            case let flag as Bool: return .bool(flag)
            case let number as Int32: return .int32(number)
            case let number as Int64: return .int64(number)
            case let number as Float: return .float(number)
            case let number as Double: return .double(number)
            case let text as String: return .string(text)
            case let values as [RPCValue] where type(of: value) == [RPCValue].self: return .array(values)
            case let session as SessionSnapshot: return .session(session)
            default:
                let body = try encoded()
                // By type: an empty array of anything casts to an array of bytes.
                return type(of: value) == [UInt8].self ? .bytes(body) : .encodedJSON(body)
            }
        }
    }

    /// The argument that a value from another node is to a handler.
    package init(_ value: RPCValue) {
        switch value {
        case .bytes(let bytes), .bare(let bytes), .encodedJSON(let bytes): self = .body(bytes)
        case .bool(let flag): self = .value(flag, encoded: { value.json })
        case .int32(let number): self = .value(number, encoded: { value.json })
        case .int64(let number): self = .value(number, encoded: { value.json })
        case .float(let number): self = .value(number, encoded: { value.json })
        case .double(let number): self = .value(number, encoded: { value.json })
        case .string(let text): self = .value(text, encoded: { value.json })
        case .null, .json, .array, .map, .session: self = .value(value, encoded: { value.json })
        }
    }
}

extension RPCValue {
    fileprivate var json: [UInt8] {
        var text: [UInt8] = []
        writeJSON(into: &text)
        return text
    }
}
