import FoundationEssentials
import GateBytes
import GateJSON
package import GateRPC

/// Between bodies and the types that handlers take and return. Bytes and JSON values go through our own reader; only types
/// of the user's own go through Foundation's decoder.
package enum PayloadCoding {
    /// Decodes a body into what a handler takes; made once for each handler.
    package typealias Decode<Value> = @Sendable ([UInt8]) throws(RPCFault) -> Value

    /// How a body becomes a `Value`.
    package static func decoder<Value: Decodable & Sendable>(of type: Value.Type) -> Decode<Value> {
        if type == [UInt8].self {
            return { body throws(RPCFault) in try cast(body) }
        }
        if type == JSONValue.self {
            return { body throws(RPCFault) in try cast(json(body)) }
        }
        return { body throws(RPCFault) in try decode(body) }
    }

    /// The bytes of an argument.
    package static func body(of argument: RPCArgument) throws(RPCFault) -> [UInt8] {
        switch argument {
        case .body(let bytes): return bytes
        case .value(_, let encoded): return try encoded()
        case .several:
            var text: [UInt8] = []
            try argument.value().writeJSON(into: &text)
            return text
        }
    }

    /// The body that says `value`; throws what its own `encode` does.
    package static func encode<Value: Encodable>(_ value: Value) throws -> [UInt8] {
        // By type: an empty array of anything casts to an array of bytes.
        if Value.self == [UInt8].self, let bytes = value as? [UInt8] { return bytes }
        if let json = value as? JSONValue { return json.encoded() }
        return [UInt8](try JSONEncoder().encode(value))
    }

    /// A handler's result on its way home.
    package static func value<Output: Encodable>(_ output: Output) throws -> RPCValue {
        switch output {
        case let bytes as [UInt8] where Output.self == [UInt8].self: .bytes(bytes)
        case let json as JSONValue: .json(json)
        case let text as String: .string(text)
        case let value as RPCValue: value
        case let number as Int: .int64(Int64(number))
        case let flag as Bool: .bool(flag)
        case let number as Int32: .int32(number)
        case let number as Int64: .int64(number)
        case let number as Float: .float(number)
        case let number as Double: .double(number)
        default: .encodedJSON(try encode(output))
        }
    }

    /// What a caller gets of a result.
    package static func result<Value: Decodable & Sendable>(_ value: RPCValue) throws(RPCFault) -> Value {
        if let same = value as? Value { return same }
        switch value {
        case .bytes(let bytes), .bare(let bytes):
            if Value.self == [UInt8].self { return try cast(bytes) }
            return try decode(bytes)
        case .json(let json):
            if let same = json as? Value { return same }
            return try decode(json.encoded())
        case .encodedJSON(let bytes):
            if Value.self == JSONValue.self { return try cast(json(bytes)) }
            return try decode(bytes)
        case .string(let text):
            if let same = text as? Value { return same }
            return try plain(value)
        case .null, .bool, .int32, .int64, .float, .double, .array, .map, .session: return try plain(value)
        }
    }

    private static func plain<Value: Decodable>(_ value: RPCValue) throws(RPCFault) -> Value {
        if let same = value as? Value { return same }
        switch value {
        case .bool(let same as Value), .int32(let same as Value), .int64(let same as Value),
            .float(let same as Value), .double(let same as Value):
            return same
        default: break
        }
        var bytes: [UInt8] = []
        value.writeJSON(into: &bytes)
        return try decode(bytes)
    }

    /// The elements of a JSON array, each with its own text.
    package static func elements(_ body: [UInt8]) throws(RPCFault) -> [RPCArgument] {
        guard let elements = try json(body).array else { throw .badPayload(jsonSyntax: false) }
        return elements.map { element in .value(element) { () throws(RPCFault) in element.encoded() } }
    }

    private static func json(_ body: [UInt8]) throws(RPCFault) -> JSONValue {
        do {
            return try JSONValue(parsing: body.span)
        } catch {
            // What mqant takes: text that is no UTF-8, with what is wrong replaced.
            guard let repaired = repairedUTF8(body.span), let value = try? JSONValue(parsing: repaired.span) else {
                throw .badPayload(jsonSyntax: true)
            }
            return value
        }
    }

    private static func decode<Value: Decodable>(_ body: [UInt8]) throws(RPCFault) -> Value {
        var body = body
        do {
            if let normalized = try JSON.normalized(body.span) { body = normalized }
        } catch {
            guard let repaired = repairedUTF8(body.span), let value = try? JSONValue(parsing: repaired.span) else {
                throw .badPayload(jsonSyntax: true)
            }
            body = value.encoded()
        }
        do {
            return try JSONDecoder().decode(Value.self, from: Data(body))
        } catch {
            throw .badPayload(jsonSyntax: false)
        }
    }

    private static func cast<From, To>(_ value: From) throws(RPCFault) -> To {
        guard let same = value as? To else { throw .internalError }
        return same
    }
}
