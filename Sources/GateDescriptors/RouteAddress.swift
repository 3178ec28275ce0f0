/// How a client names a route, in 32 bits of a correlation.
///
/// ```
/// 0                    as the topic says
/// 1...0x3FFF_FFFF      an entry of the listener's routes, its place and one
/// 0x4000_0000 | n      the name that is kept under ticket n
/// 0x7FFF_FFFF          none of these: the other half is a ticket of ``OpenCalls``
/// 0x8000_0000 | code   a code without an entry, below 0x7FFF_FFFF
/// 0xFFFF_FFFF          a larger code without an entry, which ``OpenCalls`` keeps
/// ```
struct Address {
    static let named: UInt32 = 0x4000_0000
    static let coded: UInt32 = 0x8000_0000

    static let wideCode: UInt32 = 0xFFFF_FFFF
    /// Stands where the other half of a correlation is a ticket.
    static let ticketed: UInt32 = 0x7FFF_FFFF

    var rawValue: UInt32 = 0

    init(_ entry: Int?) { rawValue = entry.map { UInt32($0 + 1) } ?? 0 }
    init(rawValue: UInt32) { self.rawValue = rawValue }

    var entry: Int? { rawValue > 0 && rawValue < Self.named ? Int(rawValue) - 1 : nil }
    /// A code without an entry.
    init(code: UInt64) { rawValue = code < 0x7FFF_FFFF ? Self.coded | UInt32(code) : Self.wideCode }

    /// Whether it is a code that does not fit here.
    var isWideCode: Bool { rawValue == Self.wideCode }
    var code: UInt64? { rawValue & Self.coded != 0 && !isWideCode ? UInt64(rawValue & ~Self.coded) : nil }
    var ticket: UInt32? {
        rawValue & Self.coded == 0 && rawValue & Self.named != 0 ? rawValue & ~Self.named : nil
    }
}
