/// Writes fields in the Protocol Buffers wire format. Fields that have their default are left out unless a method says
/// otherwise.
///
/// Source: protobuf.dev, "Encoding".
package struct WireWriter {
    /// What was written.
    package private(set) var bytes: [UInt8] = []

    /// A writer with room for `bytes`.
    package init(reserving bytes: Int = 256) {
        self.bytes.reserveCapacity(bytes)
    }

    /// An integer: `uint32`, `uint64`, `bool`, an enumeration.
    package mutating func integer(_ field: Int, _ value: UInt64) {
        if value != 0 { presentInteger(field, value) }
    }

    /// A flag.
    package mutating func flag(_ field: Int, _ value: Bool) {
        if value { presentInteger(field, 1) }
    }

    /// An integer that stands there also when it is 0.
    package mutating func presentInteger(_ field: Int, _ value: UInt64) {
        append(varint: UInt64(field) << 3)
        append(varint: value)
    }

    /// A signed integer in zigzag form (`sint32`, `sint64`), also when it is 0.
    package mutating func presentSigned(_ field: Int, _ value: Int64) {
        presentInteger(field, UInt64(bitPattern: value << 1 ^ value >> 63))
    }

    /// Four bytes, little-endian.
    package mutating func fixed32(_ field: Int, _ value: UInt32) {
        if value != 0 { presentFixed32(field, value) }
    }

    /// Four bytes, also when they are 0.
    package mutating func presentFixed32(_ field: Int, _ value: UInt32) {
        append(varint: UInt64(field) << 3 | 5)
        for shift: UInt32 in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    /// Eight bytes, little-endian.
    package mutating func fixed64(_ field: Int, _ value: UInt64) {
        if value != 0 { presentFixed64(field, value) }
    }

    /// Eight bytes, also when they are 0.
    package mutating func presentFixed64(_ field: Int, _ value: UInt64) {
        append(varint: UInt64(field) << 3 | 1)
        for shift: UInt64 in stride(from: 0, to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    /// A text.
    package mutating func text(_ field: Int, _ value: String) {
        if !value.isEmpty { presentText(field, value) }
    }

    /// A text that stands there also when it is empty.
    package mutating func presentText(_ field: Int, _ value: String) {
        append(varint: UInt64(field) << 3 | 2)
        append(varint: UInt64(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }

    /// Bytes.
    package mutating func blob(_ field: Int, _ value: [UInt8]) {
        if !value.isEmpty { presentBlob(field, value) }
    }

    /// Bytes that stand there also when there are none.
    package mutating func presentBlob(_ field: Int, _ value: [UInt8]) {
        append(varint: UInt64(field) << 3 | 2)
        append(varint: UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    /// A message, also when it is empty.
    package mutating func message(_ field: Int, _ body: (inout WireWriter) -> Void) {
        append(varint: UInt64(field) << 3 | 2)
        // One byte of length is guessed; a longer one moves the body.
        let place = bytes.count
        bytes.append(0)
        body(&self)
        let length = bytes.count - place - 1
        if length < 0x80 {
            bytes[place] = UInt8(length)
        } else {
            var prefix = WireWriter(reserving: 10)
            prefix.append(varint: UInt64(length))
            bytes.replaceSubrange(place...place, with: prefix.bytes)
        }
    }

    private mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
