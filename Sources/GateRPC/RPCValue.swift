public import GateJSON
import GateProtocol

/// An argument or a result as it travels between gateway and module.
public enum RPCValue: Hashable, Sendable {
    /// Nothing.
    case null
    case bool(Bool)
    case int32(Int32)
    case int64(Int64)
    case float(Float)
    case double(Double)
    case string(String)
    /// Bytes; inside a JSON envelope they become a base64 string.
    case bytes([UInt8])
    /// A JSON value.
    case json(JSONValue)
    /// One JSON value, already written; what an `Encodable` result becomes.
    case encodedJSON([UInt8])
    /// Bytes that reach the client as they are, without an envelope.
    case bare([UInt8])
    /// Values in a row.
    case array([RPCValue])
    /// Values by name.
    case map([String: RPCValue])
    /// A client's session, as it was at one moment.
    case session(SessionSnapshot)
}

extension RPCValue {
    /// Appends the value as one JSON value: bytes as base64, a number that JSON cannot say as null, maps by key.
    public func writeJSON(into output: inout [UInt8]) {
        switch self {
        case .null: output.append(contentsOf: "null".utf8)
        case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
        case .int32(let value): output.append(contentsOf: String(value).utf8)
        case .int64(let value): output.append(contentsOf: String(value).utf8)
        case .float(let value): output.append(contentsOf: (value.isFinite ? "\(value)" : "null").utf8)
        case .double(let value): output.append(contentsOf: (value.isFinite ? "\(value)" : "null").utf8)
        case .string(let text): JSONWriter.appendString(text, to: &output)
        case .bytes(let bytes), .bare(let bytes):
            output.append(UInt8(ascii: "\""))
            JSONWriter.appendBase64(bytes.span, to: &output)
            output.append(UInt8(ascii: "\""))
        case .json(let value): value.write(into: &output)
        case .encodedJSON(let bytes): output.append(contentsOf: bytes)
        case .array(let elements):
            output.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                element.writeJSON(into: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .session(let session): RPCValue.map(session.entries).writeJSON(into: &output)
        case .map(let entries):
            output.append(UInt8(ascii: "{"))
            for (index, entry) in entries.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                JSONWriter.appendString(entry.key, to: &output)
                output.append(UInt8(ascii: ":"))
                entry.value.writeJSON(into: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }
}

extension SessionSnapshot {
    /// What of a session a client may read.
    fileprivate var entries: [String: RPCValue] {
        [
            "id": .string("\(id)"), "node": .string(node), "user": userID.map { .string($0.rawValue) } ?? .null,
            "guest": .bool(isGuest), "settings": .map(settings.mapValues { .string($0) }),
        ]
    }
}
