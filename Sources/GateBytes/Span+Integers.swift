extension Span where Element == UInt8 {
    /// The 16-bit integer at `offset`, most significant byte first.
    @inlinable
    public func bigEndianUInt16(at offset: Int) -> UInt16 {
        UInt16(self[offset]) << 8 | UInt16(self[offset + 1])
    }

    /// The 32-bit integer at `offset`, most significant byte first.
    @inlinable
    public func bigEndianUInt32(at offset: Int) -> UInt32 {
        UInt32(bigEndianUInt16(at: offset)) << 16 | UInt32(bigEndianUInt16(at: offset + 2))
    }

    /// The 64-bit integer at `offset`, least significant byte first.
    @inlinable
    public func littleEndianUInt64(at offset: Int) -> UInt64 {
        precondition(offset >= 0 && offset <= count - 8, "an integer lies inside its span")
        // Sound: checked above; no alignment is asked for.
        return unsafe UInt64(
            littleEndian: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
    }

    /// Whether both spans hold the same bytes.
    @inlinable
    public func equals(_ other: Span<UInt8>) -> Bool {
        if count != other.count { return false }
        var index = 0
        while count - index >= 8 {
            // Sound: both have eight bytes from here on; no alignment is asked for.
            let one = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self)
            let two = unsafe other.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self)
            if one != two { return false }
            index &+= 8
        }
        while index < count {
            if self[index] != other[index] { return false }
            index &+= 1
        }
        return true
    }

    /// Whether the span begins with `prefix`.
    @inlinable
    public func starts(with prefix: Span<UInt8>) -> Bool {
        count >= prefix.count && extracting(0..<prefix.count).equals(prefix)
    }

    /// The offset of the first `byte` at or behind `offset`, or `nil`.
    @inlinable
    public func firstOffset(of byte: UInt8, from offset: Int = 0) -> Int? {
        var index = offset
        while index < count {
            if self[index] == byte { return index }
            index += 1
        }
        return nil
    }

    /// FNV-1a of the bytes, 64 bits. Not for keys that a peer may choose freely without a bound on the table.
    @inlinable
    public var fnv1a: UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in 0..<count {
            hash = (hash ^ UInt64(self[index])) &* 0x0000_0100_0000_01b3
        }
        return hash
    }
}
