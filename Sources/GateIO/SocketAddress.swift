/// An IPv4 or IPv6 address with a port; a small value, made into text only where a person reads it.
public struct SocketAddress: Hashable, Sendable {
    /// The version of the Internet Protocol.
    public enum Family: UInt8, Sendable {
        case v4, v6
    }

    /// Which version `high` and `low` belong to.
    public var family: Family
    /// Port, 0...65 535.
    public var port: UInt16
    /// IPv6: the first eight bytes as a big-endian integer; 0 for IPv4.
    public var high: UInt64
    /// IPv6: the last eight bytes; IPv4: the four bytes as a big-endian integer.
    public var low: UInt64

    /// An IPv4 address from its four bytes as a big-endian integer.
    public init(v4 address: UInt32, port: UInt16) {
        family = .v4
        self.port = port
        high = 0
        low = UInt64(address)
    }

    /// An IPv6 address from its two halves as big-endian integers.
    public init(v6 high: UInt64, _ low: UInt64, port: UInt16) {
        family = .v6
        self.port = port
        self.high = high
        self.low = low
    }

    /// The address without its port: `127.0.0.1`, `::1`.
    public var host: String {
        switch family {
        case .v4: "\(low >> 24 & 0xFF).\(low >> 16 & 0xFF).\(low >> 8 & 0xFF).\(low & 0xFF)"
        case .v6: Self.text(high, low)
        }
    }

    /// RFC 5952: the longest run of at least two zero groups becomes `::`, the first of equal ones.
    private static func text(_ high: UInt64, _ low: UInt64) -> String {
        var groups: [UInt64] = []
        for half in [high, low] {
            for shift: UInt64 in [48, 32, 16, 0] { groups.append(half >> shift & 0xFFFF) }
        }
        var best = 0..<0
        var index = 0
        while index < 8 {
            var end = index
            while end < 8 && groups[end] == 0 { end += 1 }
            if end - index > max(1, best.count) { best = index..<end }
            index = max(end, index + 1)
        }
        let hex = groups.map { String($0, radix: 16) }
        if best.isEmpty { return hex.joined(separator: ":") }
        return hex[..<best.lowerBound].joined(separator: ":") + "::" + hex[best.upperBound...].joined(separator: ":")
    }
}

extension SocketAddress: CustomStringConvertible {
    /// `127.0.0.1:1883`, `[::1]:1883`.
    public var description: String {
        family == .v4 ? "\(host):\(port)" : "[\(host)]:\(port)"
    }
}
