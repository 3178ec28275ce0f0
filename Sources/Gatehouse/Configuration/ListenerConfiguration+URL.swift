extension ListenerConfiguration {
    /// Reads `PROTOCOL://HOST:PORT[?name=value&…]`.
    ///
    /// An empty host and `*` mean all addresses of IPv4 and IPv6, an IPv6 address stands in brackets, host and query are
    /// percent-encoded (RFC 3986). `route`, `takeover`, `unrouted`, `envelope`, `frameBytesMax` and `tls` are the
    /// gateway's; other names are the protocol's.
    public init(url: String) throws(ListenerFault) {
        guard let (scheme, rest) = Self.split(url, at: "://") else { throw .noScheme(url) }
        try self.init(scheme: scheme)
        let (authority, query) = Self.split(rest, at: "?").map { ($0.0, Optional($0.1)) } ?? (rest, nil)
        if let path = authority.firstIndex(where: { $0 == "/" || $0 == "#" }) {
            throw .unexpectedPath(String(authority[path...]))
        }
        (host, port) = try Self.hostAndPort(authority)
        var seen: Set<String> = []
        for pair in query?.split(separator: "&", omittingEmptySubsequences: true) ?? [] {
            let (rawName, rawValue) = Self.split(pair, at: "=") ?? (pair, "")
            guard let name = PercentCoding.decoded(rawName), let value = PercentCoding.decoded(rawValue) else {
                throw .invalidEscape(String(pair))
            }
            guard !name.isEmpty else { throw .unnamedParameter }
            guard seen.insert(name).inserted else { throw .repeatedParameter(name) }
            try setParameter(name, to: value)
        }
    }

    /// A listener that speaks `scheme`, without an address.
    init(scheme: some StringProtocol) throws(ListenerFault) {
        switch scheme {
        case "mqtts", "wss", "tls", "ssl": throw .tlsNotBuiltIn
        case "ws": throw .webSocketNotBuiltIn
        default: break
        }
        let isName = scheme.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard !scheme.isEmpty, isName else { throw .invalidProtocol(String(scheme)) }
        self.init(protocolName: String(scheme), host: "", port: 0)
    }

    /// Takes one name and value; the gateway's own are checked, others are kept for the protocol.
    mutating func setParameter(_ name: String, to value: String) throws(ListenerFault) {
        switch name {
        case "route":
            guard Self.isRoute(value) else {
                throw .invalidParameter(name, value: value, expected: "type/handler")
            }
            route = value
        case "takeover": takeover = try Self.truth(name, value)
        case "tls": if try Self.truth(name, value) { throw .tlsNotBuiltIn }
        case "envelope":
            guard let envelope = Envelope(rawValue: value) else {
                throw .invalidParameter(name, value: value, expected: "mqant or bare")
            }
            self.envelope = envelope
        case "unrouted":
            guard let unrouted = Unrouted(rawValue: value) else {
                throw .invalidParameter(name, value: value, expected: "drop or answer")
            }
            self.unrouted = unrouted
        case "frameBytesMax":
            let range = Self.frameBytesRange
            guard let bytes = SettingText.bytes(value), range.contains(bytes) else {
                throw .invalidParameter(name, value: value, expected: "a size in \(range) bytes")
            }
            frameBytesMax = bytes
        default: parameters[name] = value
        }
    }

    /// Whether a text is `type/handler` with both parts there.
    static func isRoute(_ text: String) -> Bool {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy { !$0.isEmpty }
    }

    private static func truth(_ name: String, _ value: String) throws(ListenerFault) -> Bool {
        switch value {
        case "true": return true
        case "false": return false
        default: throw .invalidParameter(name, value: value, expected: "true or false")
        }
    }

    static func split(_ text: some StringProtocol, at mark: String) -> (Substring, Substring)? {
        let utf8 = Substring(text).utf8
        let wanted = Array(mark.utf8)
        var start = utf8.startIndex
        while start != utf8.endIndex {
            if utf8[start...].starts(with: wanted) {
                let end = utf8.index(start, offsetBy: wanted.count)
                return (Substring(utf8[..<start]), Substring(utf8[end...]))
            }
            start = utf8.index(after: start)
        }
        return nil
    }
}
