import GateBytes
import Testing

@Suite struct ByteBufferPoolTests {
    private static func buffer(capacity: Int) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.append([UInt8](repeating: 1, count: capacity))
        return buffer
    }

    @Test func keepsTheMemoryOfABufferAndForgetsItsContent() {
        var pool = ByteBufferPool()
        var given = Self.buffer(capacity: 100)
        let capacity = given.capacity
        pool.give(&given)
        #expect(given.capacity == 0)
        let taken = pool.take()
        #expect(taken.count == 0)
        #expect(taken.capacity == capacity)
        #expect(pool.take().capacity == 0)
    }

    @Test(arguments: [-1, 0, 1])
    func keepsNoBlockAboveItsLimit(difference: Int) {
        var given = Self.buffer(capacity: 5_000)
        var pool = ByteBufferPool(blockBytesMax: given.capacity + difference)
        let capacity = given.capacity
        pool.give(&given)
        #expect(given.capacity == 0)
        #expect(pool.take().capacity == (difference < 0 ? 0 : capacity))
    }

    @Test func keepsNoMoreBlocksThanItsLimit() {
        var pool = ByteBufferPool(blocksMax: 2)
        for _ in 0..<3 {
            var given = Self.buffer(capacity: 100)
            pool.give(&given)
        }
        for isKept in [true, true, false] { #expect((pool.take().capacity > 0) == isKept) }
    }

    @Test func aBufferWithoutMemoryTakesNoPlace() {
        var pool = ByteBufferPool(blocksMax: 1)
        var empty = ByteBuffer()
        pool.give(&empty)
        var given = Self.buffer(capacity: 100)
        pool.give(&given)
        #expect(pool.take().capacity > 0)
    }
}
