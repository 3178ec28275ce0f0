import GateBytes
import GateJSON

/// `Value` of rpc.proto.
extension RPCValue {
    /// Writes the one field that says the value.
    package func write(to writer: inout WireWriter) {
        switch self {
        case .null: writer.presentInteger(1, 1)
        case .bool(let value): writer.presentInteger(2, value ? 1 : 0)
        case .int32(let value): writer.presentSigned(3, Int64(value))
        case .int64(let value): writer.presentSigned(4, value)
        case .float(let value): writer.presentFixed32(5, value.bitPattern)
        case .double(let value): writer.presentFixed64(6, value.bitPattern)
        case .string(let text): writer.presentText(7, text)
        case .bytes(let bytes): writer.presentBlob(8, bytes)
        case .json(let value): writer.presentBlob(9, value.encoded())
        case .encodedJSON(let bytes): writer.presentBlob(9, bytes)
        case .bare(let bytes): writer.presentBlob(10, bytes)
        case .session(let session): writer.message(13) { session.write(to: &$0) }
        case .array(let elements):
            writer.message(11) { writer in
                for element in elements { writer.message(1) { element.write(to: &$0) } }
            }
        case .map(let entries):
            writer.message(12) { writer in
                for (key, value) in entries.sorted(by: { $0.key < $1.key }) {
                    writer.message(1) { writer in
                        writer.text(1, key)
                        writer.message(2) { value.write(to: &$0) }
                    }
                }
            }
        }
    }

    /// The value that `range` of `bytes` says.
    package static func read(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(EnvelopeError) -> RPCValue {
        var budget = EnvelopeLimits.valuesMax
        return try read(bytes, range, depth: 1, &budget)
    }

    private static func read(
        _ bytes: Span<UInt8>, _ range: Range<Int>, depth: Int, _ budget: inout Int
    ) throws(EnvelopeError) -> RPCValue {
        guard depth <= EnvelopeLimits.valueDepthMax else { throw .tooDeep(limit: EnvelopeLimits.valueDepthMax) }
        budget -= 1
        guard budget >= 0 else { throw .tooMany(limit: EnvelopeLimits.valuesMax) }
        var cursor = WireCursor(range)
        var value: RPCValue?
        while let field = try cursor.next(bytes) {
            switch (field.number, field.content) {
            case (1, .integer): value = .null
            case (2, .integer(let number)): value = .bool(number != 0)
            case (3, .integer(let number)):
                guard let narrow = Int32(exactly: number.unzigzagged) else { throw .invalidNumber(field: 3) }
                value = .int32(narrow)
            case (4, .integer(let number)): value = .int64(number.unzigzagged)
            case (5, .fixed32(let bits)): value = .float(Float(bitPattern: bits))
            case (6, .fixed64(let bits)): value = .double(Double(bitPattern: bits))
            case (7, .range(let text)):
                value = .string(try bytes.text(text, limit: EnvelopeLimits.envelopeBytesMax))
            case (8, .range(let blob)): value = .bytes([UInt8](copying: bytes, range: blob))
            case (9, .range(let json)): value = .encodedJSON(try readJSON(bytes, json))
            case (10, .range(let blob)): value = .bare([UInt8](copying: bytes, range: blob))
            case (11, .range(let array)): value = .array(try readArray(bytes, array, depth: depth, &budget))
            case (12, .range(let map)): value = .map(try readMap(bytes, map, depth: depth, &budget))
            case (13, .range(let session)): value = .session(try SessionSnapshot.read(bytes, session))
            default: continue
            }
        }
        guard let value else { throw .missing(field: 1) }
        return value
    }

    /// JSON goes into clients' envelopes as it is, so it is checked here.
    private static func readJSON(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(EnvelopeError) -> [UInt8] {
        do {
            try JSON.validate(bytes.extracting(range))
        } catch {
            throw .invalidText
        }
        return [UInt8](copying: bytes, range: range)
    }

    private static func readArray(
        _ bytes: Span<UInt8>, _ range: Range<Int>, depth: Int, _ budget: inout Int
    ) throws(EnvelopeError) -> [RPCValue] {
        var cursor = WireCursor(range)
        var elements: [RPCValue] = []
        while let field = try cursor.next(bytes) {
            guard case (1, .range(let element)) = (field.number, field.content) else { continue }
            elements.append(try read(bytes, element, depth: depth + 1, &budget))
        }
        return elements
    }

    private static func readMap(
        _ bytes: Span<UInt8>, _ range: Range<Int>, depth: Int, _ budget: inout Int
    ) throws(EnvelopeError) -> [String: RPCValue] {
        var cursor = WireCursor(range)
        var entries: [String: RPCValue] = [:]
        while let field = try cursor.next(bytes) {
            guard case (1, .range(let entry)) = (field.number, field.content) else { continue }
            var inner = WireCursor(entry)
            var key = ""
            var value: RPCValue?
            while let part = try inner.next(bytes) {
                switch (part.number, part.content) {
                case (1, .range(let text)): key = try bytes.text(text)
                case (2, .range(let body)): value = try read(bytes, body, depth: depth + 1, &budget)
                default: continue
                }
            }
            guard let value else { throw .missing(field: 2) }
            entries[key] = value
        }
        return entries
    }
}
