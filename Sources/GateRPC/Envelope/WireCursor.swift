import GateBytes

/// One field as it came.
package struct WireField {
    /// What a field holds.
    package enum Content {
        case integer(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        /// Offsets of bytes, of a text or of a message.
        case range(Range<Int>)
    }

    package var number: Int
    package var content: Content
}

/// Reads the fields of one message of the Protocol Buffers wire format from a span. It never reads behind its end and
/// takes no length on trust.
///
/// Source: protobuf.dev, "Encoding". Groups (wire types 3 and 4) are not part of proto3 and refused.
package struct WireCursor {
    private var offset: Int
    private let end: Int

    /// Reads the fields in `range`.
    package init(_ range: Range<Int>) {
        offset = range.lowerBound
        end = range.upperBound
    }

    /// The next field, `nil` behind the last one.
    package mutating func next(_ bytes: Span<UInt8>) throws(EnvelopeError) -> WireField? {
        if offset == end { return nil }
        let tag = try varint(bytes)
        let number = tag >> 3
        guard number != 0, number < 1 << 29 else { throw .invalidTag(tag) }
        switch tag & 7 {
        case 0: return WireField(number: Int(number), content: .integer(try varint(bytes)))
        case 1:
            let start = try take(8)
            var value: UInt64 = 0
            for index in 0..<8 { value |= UInt64(bytes[start + index]) << UInt64(8 * index) }
            return WireField(number: Int(number), content: .fixed64(value))
        case 2:
            let count = try varint(bytes)
            guard count <= UInt64(end - offset) else { throw .truncated }
            let start = try take(Int(count))
            return WireField(number: Int(number), content: .range(start..<offset))
        case 5:
            let start = try take(4)
            var value: UInt32 = 0
            for index in 0..<4 { value |= UInt32(bytes[start + index]) << UInt32(8 * index) }
            return WireField(number: Int(number), content: .fixed32(value))
        default: throw .invalidTag(tag)
        }
    }

    private mutating func take(_ count: Int) throws(EnvelopeError) -> Int {
        guard count <= end - offset else { throw .truncated }
        defer { offset += count }
        return offset
    }

    private mutating func varint(_ bytes: Span<UInt8>) throws(EnvelopeError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            guard offset < end else { throw .truncated }
            let byte = bytes[offset]
            offset += 1
            // The tenth byte holds one bit.
            if shift == 63 && byte > 1 { throw .integerTooLong }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
    }
}

extension Span where Element == UInt8 {
    /// A text of at most `limit` bytes.
    package func text(
        _ range: Range<Int>, limit: Int = EnvelopeLimits.nameBytesMax
    ) throws(EnvelopeError) -> String {
        guard range.count <= limit else { throw .tooLong(bytes: range.count, limit: limit) }
        let part = extracting(range)
        guard isWellFormedUTF8(part) else { throw .invalidText }
        return String(decoding: [UInt8](copying: part), as: UTF8.self)
    }
}

extension UInt64 {
    /// A number that fits a narrower field.
    package func narrowed<Integer: FixedWidthInteger & UnsignedInteger>(
        _ field: Int, to type: Integer.Type = Integer.self
    ) throws(EnvelopeError) -> Integer {
        guard let value = Integer(exactly: self) else { throw .invalidNumber(field: field) }
        return value
    }

    /// The signed number that zigzag form says.
    package var unzigzagged: Int64 {
        Int64(bitPattern: self >> 1) ^ -Int64(bitPattern: self & 1)
    }
}
