/// Keeps the memory of buffers that are not needed for the moment, so that an idle owner holds none and a busy one
/// allocates none.
///
/// Bounded by `blocksMax` blocks of at most `blockBytesMax` bytes; anything above is freed.
@safe
public struct ByteBufferPool: ~Copyable {
    private var blocks: [(UnsafeMutablePointer<UInt8>, Int)] = unsafe []
    private let blocksMax: Int
    private let blockBytesMax: Int

    /// An empty pool.
    public init(blocksMax: Int = 1_024, blockBytesMax: Int = 65_536) {
        self.blocksMax = blocksMax
        self.blockBytesMax = blockBytesMax
        unsafe blocks.reserveCapacity(64)
    }

    deinit {
        // Sound: each block is in the pool once, and nobody else has it.
        for unsafe(base, _) in unsafe blocks { unsafe base.deallocate() }
    }

    /// An empty buffer, with memory where there is some to spare.
    public mutating func take() -> ByteBuffer {
        guard let (base, capacity) = unsafe blocks.popLast() else { return ByteBuffer() }
        return unsafe ByteBuffer(adopting: base, capacity: capacity)
    }

    /// Takes the memory of `buffer` and forgets its content.
    public mutating func give(_ buffer: inout ByteBuffer) {
        guard buffer.capacity > 0 else { return }
        if unsafe buffer.capacity > blockBytesMax || blocks.count >= blocksMax {
            buffer = ByteBuffer()
            return
        }
        unsafe blocks.append(buffer.surrender())
    }
}
