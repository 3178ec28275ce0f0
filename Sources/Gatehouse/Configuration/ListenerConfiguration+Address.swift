import Glibc

/// Addresses of listeners: the one place that says what a host and a port may be, for files, flags and variables.
extension ListenerConfiguration {
    /// Splits `HOST:PORT`. Nothing in the place of the host, or `*`, is all addresses of IPv4 and IPv6 and becomes an empty
    /// host; `0.0.0.0` is all of IPv4 and `[::]` all of IPv6. An IPv6 address stands in brackets.
    static func hostAndPort(_ text: some StringProtocol) throws(ListenerFault) -> (host: String, port: UInt16) {
        let host: String
        let rest: Substring
        let whole = Substring(text)
        if whole.hasPrefix("[") {
            guard let (inner, behind) = split(whole.dropFirst(), at: "]") else { throw .invalidHost(String(whole)) }
            guard let address = PercentCoding.decoded(inner) else { throw .invalidEscape(String(inner)) }
            guard isIPv6(address) else { throw .invalidHost("[\(address)]") }
            (host, rest) = (address, behind)
        } else {
            let colon = whole.lastIndex(of: ":") ?? whole.endIndex
            guard let name = PercentCoding.decoded(whole[..<colon]) else {
                throw .invalidEscape(String(whole[..<colon]))
            }
            guard name == "*" || isHostName(name) else { throw .invalidHost(name) }
            (host, rest) = (name == "*" ? "" : name, whole[colon...])
        }
        guard rest.hasPrefix(":"), rest.count > 1 else { throw .missingPort(String(whole)) }
        let digits = rest.dropFirst()
        guard digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let port = UInt16(digits) else {
            throw .invalidPort(String(digits))
        }
        return (host, port)
    }

    /// The same for mqant's `TCPAddr`. Go takes `0.0.0.0` and `[::]` for all addresses of IPv4 and IPv6, so that files are
    /// written with that in mind.
    static func mqantHostAndPort(_ text: String) throws(ListenerFault) -> (host: String, port: UInt16) {
        let (host, port) = try hostAndPort(text)
        let isUnspecified = host == "0.0.0.0" || host.contains(":") && host.allSatisfy { $0 == ":" || $0 == "0" }
        return (isUnspecified ? "" : host, port)
    }

    /// The same for a host and a port that stand apart; an IPv6 address may stand in brackets.
    static func address(host: String, port: Int) throws(ListenerFault) -> (host: String, port: UInt16) {
        let isBare = host.contains(":") && !host.hasPrefix("[")
        return try hostAndPort(isBare ? "[\(PercentCoding.encoded(host))]:\(port)" : "\(host):\(port)")
    }

    private static func isHostName(_ host: String) -> Bool {
        host.utf8.count <= 253
            && host.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// Whether a text is an IPv6 address, a zone behind `%` allowed.
    private static func isIPv6(_ text: String) -> Bool {
        let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = parts.first else { return false }
        if parts.count == 2, parts[1].isEmpty || parts[1].utf8.count > 15 { return false }
        var bytes = in6_addr()
        // Sound: inet_pton reads the NUL-terminated copy of the text and fills the value whose address it gets.
        return unsafe inet_pton(AF_INET6, String(address), &bytes) == 1
    }
}
