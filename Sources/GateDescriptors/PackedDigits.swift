import GateBytes

/// Up to fourteen decimal digits in one word, as they were written: the id of nearly all requests in JSON or text.
///
/// ```
/// "123456789"     21 09 43 00 65 00 87 | 09
/// ```
///
/// The lowest byte is on the left, two digits are in each: those of bytes 0, 2, 4 and 6 are the first eight, those of bytes 1,
/// 3 and 5 the next six, and byte 7 says how many there are. To keep them so takes a third of the instructions
/// of a number that is read and written anew.
struct PackedDigits: Hashable, Sendable {
    static let countMax = 14

    /// Below 2^60.
    let rawValue: UInt64

    @inline(__always)
    init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// Packs the bytes `range` of `input`; `nil` when they are not one to fourteen digits.
    init?(_ input: Span<UInt8>, _ range: Range<Int>) {
        let start = range.lowerBound
        let count = range.upperBound &- start
        guard count > 0, count <= Self.countMax else { return nil }
        // The value of each digit, a byte each; what lies behind the last counts as 0.
        var low: UInt64 = 0
        var high: UInt64 = 0
        if input.count &- start >= 16 {
            low = input.littleEndianUInt64(at: start) ^ Self.zeros
            if count <= 8 {
                low = Self.first(count, of: low)
            } else {
                high = Self.first(count &- 8, of: input.littleEndianUInt64(at: start &+ 8) ^ Self.zeros)
            }
        } else {
            for index in 0..<count {
                let digit = UInt64(input[start &+ index] ^ UInt8(ascii: "0"))
                if index < 8 { low |= digit << UInt64(8 &* index) } else { high |= digit << UInt64(8 &* index &- 64) }
            }
        }
        // Ten and more reach the highest bit of their byte.
        let sixes: UInt64 = 0x7676_7676_7676_7676
        guard (low | (low &+ sixes) | high | (high &+ sixes)) & 0x8080_8080_8080_8080 == 0 else { return nil }
        rawValue = Self.pack(low) | Self.pack(high) << 8 | UInt64(count) << 56
    }

    /// How many digits there are.
    var count: Int { Int(rawValue >> 56 & 15) }

    /// Appends the digits as they were read.
    @inline(__always)
    func append(to output: inout ByteBuffer) {
        output.append(lowBytes: count, of: Self.unpack(rawValue), Self.unpack(rawValue >> 8))
    }

    /// Eight times the digit 0.
    private static let zeros: UInt64 = 0x3030_3030_3030_3030

    /// The first 1...8 bytes of a word, 0 behind them.
    @inline(__always)
    private static func first(_ count: Int, of word: UInt64) -> UInt64 {
        word & UInt64.max >> UInt64(64 &- 8 &* count)
    }

    /// Eight digits, a byte each, two to every other byte.
    @inline(__always)
    private static func pack(_ digits: UInt64) -> UInt64 { (digits | digits >> 4) & 0x00FF_00FF_00FF_00FF }

    /// The eight digits of every other byte, as text.
    @inline(__always)
    private static func unpack(_ packed: UInt64) -> UInt64 {
        let pairs = packed & 0x00FF_00FF_00FF_00FF
        return (pairs | pairs << 4) & 0x0F0F_0F0F_0F0F_0F0F | zeros
    }
}
