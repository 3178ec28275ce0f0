/// A growable run of bytes with a read end and a write end; owns its memory and is never copied by accident.
///
/// ```
///  storage   [ consumed | readable ............ | free ]
///                       ^ start                 ^ end      ^ capacity
/// ```
///
/// An empty buffer holds no memory. Moving one (`swap`, `consume`) moves the pointer only.
@safe
public struct ByteBuffer: ~Copyable {
    @usableFromInline var base: UnsafeMutablePointer<UInt8>?
    @usableFromInline var start: Int
    @usableFromInline var end: Int
    /// Bytes of memory held, 0 for a buffer without storage.
    public private(set) var capacity: Int

    /// An empty buffer without storage.
    @inlinable
    public init() {
        self.init(minimumCapacity: 0)
    }

    /// An empty buffer with room for `minimumCapacity` bytes.
    public init(minimumCapacity: Int) {
        unsafe base = nil
        start = 0
        end = 0
        capacity = 0
        if minimumCapacity > 0 { grow(toHold: minimumCapacity) }
    }

    /// A buffer holding a copy of `bytes`.
    public init(_ bytes: some Collection<UInt8>) {
        self.init(minimumCapacity: bytes.count)
        for byte in bytes { append(byte) }
    }

    /// An empty buffer that owns a block from ``surrender()``.
    init(adopting block: UnsafeMutablePointer<UInt8>, capacity: Int) {
        unsafe base = block
        start = 0
        end = 0
        self.capacity = capacity
    }

    /// Gives its memory away; the buffer is empty and without storage afterwards. Only called with storage.
    mutating func surrender() -> (UnsafeMutablePointer<UInt8>, Int) {
        guard let block = unsafe base else { preconditionFailure("only a buffer with storage has some to give") }
        let size = capacity
        unsafe base = nil
        start = 0
        end = 0
        capacity = 0
        return unsafe (block, size)
    }

    // Sound: `base` was allocated by `grow` with this type and is freed nowhere else.
    deinit { unsafe base?.deallocate() }

    /// Readable bytes.
    @inlinable public var count: Int { end - start }

    /// Whether nothing is readable.
    @inlinable public var isEmpty: Bool { end == start }

    /// Appends one byte.
    @inlinable
    public mutating func append(_ byte: UInt8) {
        reserve(1)
        // Sound: `reserve` made room for the byte behind `end`.
        unsafe base.unsafelyUnwrapped[end] = byte
        end += 1
    }

    /// Appends a copy of `bytes`.
    @inlinable
    public mutating func append(_ bytes: Span<UInt8>) {
        let added = bytes.count
        if added == 0 { return }
        reserve(added)
        // Sound: room for `added` bytes was reserved, and a span of another owner cannot overlap our storage.
        unsafe bytes.withUnsafeBufferPointer { source in
            if let from = source.baseAddress {
                unsafe (base.unsafelyUnwrapped + end).update(from: from, count: added)
            }
        }
        end += added
    }

    /// Appends the bytes `range` of `bytes`, a copy.
    @inlinable
    public mutating func append(_ bytes: Span<UInt8>, range: Range<Int>) {
        append(bytes.extracting(range))
    }

    /// Appends a copy of an array's bytes.
    @inlinable
    public mutating func append(_ bytes: [UInt8]) {
        append(bytes.span)
    }

    /// Appends the bytes of a literal that lives as long as the program.
    @inlinable
    public mutating func append(_ text: StaticString) {
        // Sound: a StaticString's bytes are immortal, and its count is exact.
        unsafe append(Span(_unsafeStart: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends the UTF-8 of `text`.
    @inlinable
    public mutating func append(utf8 text: String) {
        append(text.utf8Span.span)
    }

    /// Appends an integer, most significant byte first.
    @inlinable
    public mutating func append<Integer: FixedWidthInteger>(bigEndian value: Integer) {
        reserve(MemoryLayout<Integer>.size)
        // Sound: room was reserved; `storeBytes` needs no alignment.
        unsafe UnsafeMutableRawPointer(base.unsafelyUnwrapped + end).storeBytes(
            of: value.bigEndian, as: Integer.self)
        end += MemoryLayout<Integer>.size
    }

    /// Appends an integer, least significant byte first.
    @inlinable
    public mutating func append<Integer: FixedWidthInteger>(littleEndian value: Integer) {
        append(bigEndian: value.byteSwapped)
    }

    /// Appends the lowest `count` bytes of a word, 0...8, the lowest first.
    @inlinable @inline(__always)
    public mutating func append(lowBytes count: Int, of word: UInt64) {
        precondition(count >= 0 && count <= 8, "a word has eight bytes")
        reserve(8)
        // Sound: room for all eight was reserved; those behind the first `count` are not kept.
        unsafe UnsafeMutableRawPointer(base.unsafelyUnwrapped + end).storeBytes(of: word.littleEndian, as: UInt64.self)
        end += count
    }

    /// Appends the lowest `count` bytes of two words, 0...16, the lowest of the first one first.
    @inlinable @inline(__always)
    public mutating func append(lowBytes count: Int, of word: UInt64, _ next: UInt64) {
        precondition(count >= 0 && count <= 16, "two words have sixteen bytes")
        reserve(16)
        // Sound: room for all sixteen was reserved; those behind the first `count` are not kept.
        let place = unsafe UnsafeMutableRawPointer(base.unsafelyUnwrapped + end)
        unsafe place.storeBytes(of: word.littleEndian, as: UInt64.self)
        unsafe place.storeBytes(of: next.littleEndian, toByteOffset: 8, as: UInt64.self)
        end += count
    }

    /// Appends a number seven bits a byte, the lowest first; all bytes but the last have the highest bit set (LEB128).
    public mutating func append(varint value: UInt64) {
        var rest = value
        while rest > 0x7F {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    /// Overwrites the byte at `offset` from the first readable byte.
    @inlinable
    public mutating func set(_ offset: Int, to byte: UInt8) {
        precondition(offset >= 0 && offset < count, "a byte is only overwritten inside the buffer")
        // Sound: bounds checked above.
        unsafe base.unsafelyUnwrapped[start + offset] = byte
    }

    /// Overwrites the `count` bytes from `offset` on, 1...8, with the lowest of a word, the lowest first.
    @inlinable
    public mutating func set(_ offset: Int, toLowBytes count: Int, of word: UInt64) {
        precondition(count > 0 && count <= 8, "a word has eight bytes")
        precondition(offset >= 0 && offset + count <= self.count, "bytes are only overwritten inside the buffer")
        // Sound: the bytes are inside the buffer, checked above; `storeBytes` needs no alignment.
        let place = unsafe UnsafeMutableRawPointer(base.unsafelyUnwrapped + (start + offset))
        switch count {
        case 2: unsafe place.storeBytes(of: UInt16(truncatingIfNeeded: word).littleEndian, as: UInt16.self)
        case 4: unsafe place.storeBytes(of: UInt32(truncatingIfNeeded: word).littleEndian, as: UInt32.self)
        case 8: unsafe place.storeBytes(of: word.littleEndian, as: UInt64.self)
        default:
            for index in 0..<count {
                let byte = UInt8(truncatingIfNeeded: word >> UInt64(8 * index))
                unsafe place.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
            }
        }
    }

    /// The byte at `offset` from the first readable byte.
    @inlinable
    public subscript(offset: Int) -> UInt8 {
        precondition(offset >= 0 && offset < count, "a byte is only read inside the buffer")
        // Sound: bounds checked above.
        return unsafe base.unsafelyUnwrapped[start + offset]
    }

    /// Drops `count` bytes from the read end.
    @inlinable
    public mutating func removeFirst(_ count: Int) {
        precondition(count >= 0 && count <= self.count, "no more is dropped than is there")
        start += count
        if start == end {
            start = 0
            end = 0
        }
    }

    /// Drops everything behind the first `count` readable bytes.
    @inlinable
    public mutating func truncate(to count: Int) {
        precondition(count >= 0 && count <= self.count, "a buffer is only truncated to less")
        end = start + count
    }

    /// Forgets the content, keeps the memory.
    @inlinable
    public mutating func removeAll() {
        start = 0
        end = 0
    }

    /// Frees the memory when more than `bytes` of it are held and nothing is readable.
    public mutating func releaseStorage(above bytes: Int = 0) {
        if isEmpty && capacity > bytes { self = ByteBuffer() }
    }

    /// Lends the readable bytes.
    @inlinable
    public func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard let base = unsafe base else { return try body(Span()) }
        // Sound: `start..<end` is initialised, and the buffer is borrowed while `body` runs.
        return try unsafe body(Span(_unsafeStart: UnsafePointer(base + start), count: count))
    }

    /// Lends the readable bytes as a pointer, for C.
    @inlinable
    public func withUnsafeBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard let base = unsafe base else { return try unsafe body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        // Sound: as in `withBytes`.
        return try unsafe body(UnsafeRawBufferPointer(start: base + start, count: count))
    }

    /// A copy of the readable bytes.
    public func array() -> [UInt8] {
        withBytes { bytes in [UInt8](copying: bytes) }
    }

    /// Makes room for `added` bytes behind the write end.
    @inlinable
    public mutating func reserve(_ added: Int) {
        if end + added > capacity { makeRoom(for: added) }
    }

    @usableFromInline
    mutating func makeRoom(for added: Int) {
        let readable = count
        if start > 0 && readable + added <= capacity && start >= readable {
            // Sound: the halves do not overlap, both lie inside the storage.
            unsafe base.unsafelyUnwrapped.update(from: base.unsafelyUnwrapped + start, count: readable)
            start = 0
            end = readable
        } else {
            grow(toHold: readable + added)
        }
    }

    private mutating func grow(toHold needed: Int) {
        var size = max(256, capacity)
        while size < needed { size *= 2 }
        let readable = count
        // Sound: fresh memory of `size` >= `readable` bytes; the old block is freed exactly once.
        let fresh = UnsafeMutablePointer<UInt8>.allocate(capacity: size)
        if let old = unsafe base {
            unsafe fresh.update(from: old + start, count: readable)
            unsafe old.deallocate()
        }
        unsafe base = fresh
        start = 0
        end = readable
        capacity = size
    }
}

/// Owned by whoever holds it: a buffer may be handed to another thread when nobody else keeps it.
// Sound: the struct is not copyable, so its memory has one owner at a time.
extension ByteBuffer: @unchecked Sendable {}

extension Array where Element == UInt8 {
    /// A copy of a span's bytes.
    @inlinable
    public init(copying bytes: Span<UInt8>) {
        self = unsafe bytes.withUnsafeBufferPointer { unsafe [UInt8]($0) }
    }

    /// A copy of the bytes `range` of a span.
    @inlinable
    public init(copying bytes: Span<UInt8>, range: Range<Int>) {
        self.init(copying: bytes.extracting(range))
    }
}
