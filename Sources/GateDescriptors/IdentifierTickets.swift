import GateBytes
import GateProtocol

/// Request ids of JSON bodies: given back byte for byte.
///
/// A whole number from 0 to 2^62 - 1 in its plain form is its own correlation and costs nothing. Any other number and each
/// string is kept as text under a ticket until it is answered.
struct IdentifierTickets {
    /// Marks a correlation that is a ticket.
    private static let ticketBit: UInt64 = 1 << 63

    private var texts: [[UInt8]] = []
    private var free: [Int] = []

    /// Whether a correlation stands for an id that is kept as text.
    static func isTicket(_ correlation: Correlation) -> Bool { correlation.rawValue & ticketBit != 0 }

    /// The correlation for an id that is no plain number.
    mutating func begin(_ identifier: Span<UInt8>) throws(WireError) -> Correlation {
        guard identifier.count <= DescriptorLimits.identifierBytesMax else {
            throw .limitReached(DescriptorLimits.identifierBytesMax)
        }
        if let place = free.popLast() {
            texts[place] = [UInt8](copying: identifier)
            return Correlation(rawValue: Self.ticketBit | UInt64(place))
        }
        guard texts.count < DescriptorLimits.outstandingMax else {
            throw .limitReached(DescriptorLimits.outstandingMax)
        }
        texts.append([UInt8](copying: identifier))
        return Correlation(rawValue: Self.ticketBit | UInt64(texts.count - 1))
    }

    /// The id of a ticket; `nil` when it was answered before.
    func identifier(_ correlation: Correlation) -> FrameIdentifier? {
        let place = Int(correlation.rawValue & ~Self.ticketBit)
        guard place < texts.count, !texts[place].isEmpty else { return nil }
        return .text(texts[place])
    }

    /// Frees a ticket.
    mutating func end(_ correlation: Correlation) {
        let place = Int(correlation.rawValue & ~Self.ticketBit)
        guard place < texts.count, !texts[place].isEmpty else { return }
        texts[place] = []
        free.append(place)
    }

    /// The value of a number that is written back as it was read; `nil` for any other id.
    static func plainNumber(_ text: Span<UInt8>) -> UInt64? {
        let zero = UInt8(ascii: "0")
        guard text.count >= 1, text.count <= 19, text.count == 1 || text[0] != zero else { return nil }
        var value: UInt64 = 0
        var index = 0
        while text.count &- index >= 8 {
            guard let eight = eightDigits(text, at: index) else { return nil }
            value = value &* 100_000_000 &+ eight
            index &+= 8
        }
        while index < text.count {
            let digit = text[index] &- zero
            guard digit < 10 else { return nil }
            value = value &* 10 &+ UInt64(digit)
            index &+= 1
        }
        return value < 1 << 62 ? value : nil
    }

    /// The number that eight digits say, worked out side by side in one word; `nil` when one of them is none.
    @inline(__always)
    private static func eightDigits(_ text: Span<UInt8>, at offset: Int) -> UInt64? {
        var word = text.littleEndianUInt64(at: offset)
        let highs: UInt64 = 0xF0F0_F0F0_F0F0_F0F0
        let zeros: UInt64 = 0x3030_3030_3030_3030
        guard word & highs == zeros, (word &+ 0x0606_0606_0606_0606) & highs == zeros else { return nil }
        word &-= zeros
        // Digits to pairs, pairs to fours, fours to eight; the first digit is lowest.
        word = word &* 10 &+ word >> 8
        let even = (word & 0x0000_00FF_0000_00FF) &* 0x000F_4240_0000_0064
        let odd = (word >> 16 & 0x0000_00FF_0000_00FF) &* 0x0000_2710_0000_0001
        return (even &+ odd) >> 32
    }
}
