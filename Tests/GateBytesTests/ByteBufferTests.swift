import GateBytes
import Testing

@Suite struct ByteBufferTests {
    /// A buffer of 256 bytes, as many as its storage has, 0 to 255.
    private static func full() -> ByteBuffer { ByteBuffer((0...255).map { UInt8($0) }) }

    @Test func overwritesOneToEightBytesWhereverTheyStand() {
        var wrong: [String] = []
        for count in 1...8 {
            for place in 0...(256 - count) {
                var buffer = Self.full()
                var expected = (0...255).map { UInt8($0) }
                buffer.set(place, toLowBytes: count, of: 0xA8A7_A6A5_A4A3_A2A1)
                for index in 0..<count { expected[place + index] = 0xA1 + UInt8(index) }
                if buffer.array() != expected { wrong.append("\(count) bytes at \(place)") }
            }
        }
        #expect(wrong == [])
    }

    @Test func appendsZeroToSixteenBytesOfTwoWords() {
        let all = (0..<16).map { 0xA1 + UInt8($0) }
        for held in [0, 250] {
            for count in 0...16 {
                var buffer = ByteBuffer(repeatElement(7, count: held))
                buffer.append(lowBytes: count, of: 0xA8A7_A6A5_A4A3_A2A1, 0xB0AF_AEAD_ACAB_AAA9)
                #expect(buffer.array() == [UInt8](repeating: 7, count: held) + all.prefix(count))
            }
        }
    }

    @Test func countsPlacesFromTheFirstReadableByte() {
        var buffer = Self.full()
        buffer.removeFirst(250)
        buffer.set(1, toLowBytes: 2, of: 0xBBAA)
        #expect(buffer.array() == [250, 0xAA, 0xBB, 253, 254, 255])
    }

    @Test(
        arguments: [
            (0, [0]), (0x7F, [0x7F]), (0x80, [0x80, 0x01]), (300, [0xAC, 0x02]),
            (.max, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]),
        ] as [(UInt64, [UInt8])])
    func writesNumbersSevenBitsAByte(number: UInt64, bytes: [UInt8]) {
        var buffer = ByteBuffer()
        buffer.append(varint: number)
        #expect(buffer.array() == bytes)
    }

    @Test func grownStorageKeepsWhatWasWritten() {
        var buffer = ByteBuffer()
        #expect(buffer.capacity == 0)
        for number in 0..<1_000 { buffer.append(bigEndian: UInt16(number)) }
        #expect(buffer.count == 2_000)
        #expect(buffer.withBytes { $0.bigEndianUInt16(at: 1_998) } == 999)
        buffer.truncate(to: 3)
        #expect(buffer.array() == [0, 0, 0])
        buffer.removeAll()
        buffer.releaseStorage()
        #expect(buffer.capacity == 0)
    }
}

@Suite struct SpanIntegerTests {
    @Test func readsIntegersInBothOrders() {
        let bytes: [UInt8] = [9, 1, 2, 3, 4, 5, 6, 7, 8]
        #expect(bytes.span.bigEndianUInt16(at: 7) == 0x0708)
        #expect(bytes.span.bigEndianUInt32(at: 1) == 0x0102_0304)
        #expect(bytes.span.littleEndianUInt64(at: 1) == 0x0807_0605_0403_0201)
        #expect(bytes.span.littleEndianUInt64(at: 0) == 0x0706_0504_0302_0109)
    }
}
