import GateBytes

extension ByteBuffer {
    /// Appends an integer of `width` bytes, at most eight; none writes nothing.
    @inline(__always)
    mutating func append(_ value: UInt64, width: UInt8, isLittleEndian: Bool) {
        if width > 0 { append(lowBytes: Int(width), of: Self.word(value, width, isLittleEndian)) }
    }

    /// Overwrites the bytes from `place` on with an integer of `width` bytes, at most eight; none changes nothing.
    @inline(__always)
    mutating func set(_ place: Int, to value: UInt64, width: UInt8, isLittleEndian: Bool) {
        if width > 0 { set(place, toLowBytes: Int(width), of: Self.word(value, width, isLittleEndian)) }
    }

    /// An integer of `width` bytes, one or more, as it is written: the first byte lowest.
    @inline(__always)
    private static func word(_ value: UInt64, _ width: UInt8, _ isLittleEndian: Bool) -> UInt64 {
        isLittleEndian ? value : value.byteSwapped >> UInt64(64 &- 8 &* Int(width))
    }
}
