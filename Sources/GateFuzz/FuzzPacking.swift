import GateBytes
import GateDescriptors
import GateTestKit

/// Compressed ends of frames, for a mutator: what they hold is changed, and compressed again.
///
/// Streams with a head of their own only. Where a build cannot inflate, no frame has such an end.
struct FuzzPacking {
    /// Bytes of a content that was made longer on purpose.
    private static let contentBytesMax = 1 << 17
    /// The offset of the compressed bytes in their frame.
    private let start: Int
    private let method: CompressionMethod
    private let content: [UInt8]

    /// The compressed end of a frame; `nil` when it has none.
    init?(endOf frame: [UInt8]) {
        for start in frame.indices.prefix(64) {
            guard let method = Self.method(frame[start...]) else { continue }
            var output = ByteBuffer()
            guard
                (try? Compression.inflate(
                    frame.span.extracting(start..<frame.count), method, bytesMax: Self.contentBytesMax, into: &output))
                    != nil
            else { continue }
            (self.start, self.method, content) = (start, method, output.array())
            return
        }
        return nil
    }

    /// The frame with another content, changed in any way or many times as long; `nil` when it would be too long.
    /// - Parameter plain: Changes bytes in any way; gets the most bytes that it may return.
    func changed(
        _ frame: [UInt8], _ random: inout SeededGenerator, bytesMax: Int, plain: ([UInt8], Int) -> [UInt8]
    ) -> [UInt8]? {
        var content = self.content
        if random.below(4) == 0 {
            for _ in 0...random.below(12) where content.count < Self.contentBytesMax { content += content }
        } else {
            content = plain(content, max(1, min(content.count + 64, 4_096)))
        }
        let whole = frame[..<start] + Self.packed(content, method)
        return whole.count > bytesMax ? nil : Array(whole)
    }

    /// The format that bytes begin like.
    private static func method(_ bytes: ArraySlice<UInt8>) -> CompressionMethod? {
        let head = bytes.prefix(3)
        if head.elementsEqual([0x1F, 0x8B, 0x08]) { return .gzip }
        // RFC 1950, section 2.2: the method is 8, and both bytes together a multiple of 31.
        guard let first = head.first, first & 0x0F == 8, let second = head.dropFirst().first else { return nil }
        return (Int(first) << 8 | Int(second)) % 31 == 0 ? .zlib : nil
    }

    /// The content compressed; as one stored block where that makes it no shorter.
    private static func packed(_ content: [UInt8], _ method: CompressionMethod) -> [UInt8] {
        if let short = Compression.deflate(content.span, method) { return short }
        let count = UInt16(truncatingIfNeeded: content.count)
        let block = [1] + littleEndian(UInt32(count), 2) + littleEndian(UInt32(~count), 2) + content
        switch method {
        case .raw: return block
        case .zlib: return [0x78, 0x01] + block + littleEndian(adler32(content), 4).reversed()
        case .gzip:
            return [0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0, 0, 3] + block + littleEndian(crc32(content), 4)
                + littleEndian(UInt32(content.count), 4)
        }
    }

    private static func littleEndian(_ value: UInt32, _ width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
    }

    private static func adler32(_ bytes: [UInt8]) -> UInt32 {
        var (low, high): (UInt32, UInt32) = (1, 0)
        for byte in bytes {
            low = (low + UInt32(byte)) % 65_521
            high = (high + low) % 65_521
        }
        return high << 16 | low
    }

    private static func crc32(_ bytes: [UInt8]) -> UInt32 {
        var value: UInt32 = .max
        for byte in bytes {
            value ^= UInt32(byte)
            for _ in 0..<8 { value = value >> 1 ^ (value & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
        return ~value
    }
}
