import GateBytes
import GateProtocol

/// Request ids of JSON bodies and other texts: given back byte for byte.
///
/// One to fourteen digits are their own correlation, see ``PackedDigits``, and cost nothing. Any other id is kept as text
/// under a ticket until it is answered.
struct IdentifierTickets {
    /// Marks a correlation that is a ticket.
    private static let ticketBit: UInt64 = 1 << 63

    /// By ticket; `nil` for those that are free.
    private var texts: [[UInt8]?] = []
    private var free: [Int] = []

    /// Whether a correlation stands for an id that is kept as text.
    static func isTicket(_ correlation: Correlation) -> Bool { correlation.rawValue & ticketBit != 0 }

    /// The correlation for an id that is not of a few digits.
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
        guard place < texts.count, let text = texts[place] else { return nil }
        return .text(text)
    }

    /// Frees a ticket.
    mutating func end(_ correlation: Correlation) {
        let place = Int(correlation.rawValue & ~Self.ticketBit)
        guard place < texts.count, texts[place] != nil else { return }
        texts[place] = nil
        free.append(place)
    }

    /// The value of a number that is written back as it was read; `nil` for any other id.
    static func plainNumber(_ text: Span<UInt8>) -> UInt64? {
        let zero = UInt8(ascii: "0")
        guard text.count >= 1, text.count <= 19, text.count == 1 || text[0] != zero else { return nil }
        var value: UInt64 = 0
        for index in text.indices {
            let digit = text[index] &- zero
            guard digit < 10 else { return nil }
            value = value &* 10 &+ UInt64(digit)
        }
        return value < 1 << 62 ? value : nil
    }
}
