/// Names one request on its whole way: 16 bytes, 32 hex digits, never all zero.
///
/// Source: W3C Trace Context, section 3.2.2.3.
public struct TraceID: Hashable, Sendable {
    /// The first eight bytes.
    public var high: UInt64
    /// The last eight bytes.
    public var low: UInt64

    /// The id with these halves.
    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A fresh random id.
    public static func random() -> TraceID {
        var generator = SystemRandomNumberGenerator()
        return TraceID(high: generator.next() | 1, low: generator.next())
    }
}

extension TraceID: CustomStringConvertible {
    /// 32 lower-case hex digits.
    public var description: String {
        var digits: [UInt8] = []
        digits.reserveCapacity(32)
        writeHex(into: &digits)
        return String(decoding: digits, as: UTF8.self)
    }

    /// Appends 32 lower-case hex digits.
    public func writeHex(into output: inout [UInt8]) {
        for half in [high, low] {
            var shift: UInt64 = 64
            while shift > 0 {
                shift -= 4
                let digit = UInt8(truncatingIfNeeded: half >> shift & 0xF)
                output.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
            }
        }
    }
}

/// Makes trace ids fast on one loop: xorshift128+, seeded from the system. Unique, not secret.
public struct TraceSource {
    private var first: UInt64
    private var second: UInt64

    /// A source with a random seed.
    public init() {
        var generator = SystemRandomNumberGenerator()
        first = generator.next() | 1
        second = generator.next()
    }

    /// The next id.
    public mutating func next() -> TraceID {
        let high = step()
        return TraceID(high: high | 1, low: step())
    }

    private mutating func step() -> UInt64 {
        var mixed = first
        let kept = second
        first = kept
        mixed ^= mixed << 23
        second = mixed ^ kept ^ (mixed >> 17) ^ (kept >> 26)
        return second &+ kept
    }
}
