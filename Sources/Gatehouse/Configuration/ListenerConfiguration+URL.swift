extension ListenerConfiguration {
    /// Reads `PROTOCOL://HOST:PORT[?name=value&…]`.
    ///
    /// An empty host means all addresses, an IPv6 address stands in brackets, host and query are percent-encoded (RFC
    /// 3986). `route`, `takeover`, `envelope`, `frameBytesMax` and `tls` are the gateway's; other names are the protocol's.
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
        case "frameBytesMax":
            let range = Self.frameBytesRange
            guard let bytes = SettingText.bytes(value), range.contains(bytes) else {
                throw .invalidParameter(name, value: value, expected: "a size in \(range) bytes")
            }
            frameBytesMax = bytes
        default: parameters[name] = value
        }
    }

    /// Splits `HOST:PORT`; the host may be empty and an IPv6 address stands in brackets.
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
            guard isHostName(name) else { throw .invalidHost(name) }
            (host, rest) = (name, whole[colon...])
        }
        guard rest.hasPrefix(":"), rest.count > 1 else { throw .missingPort(String(whole)) }
        let digits = rest.dropFirst()
        guard digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let port = UInt16(digits) else {
            throw .invalidPort(String(digits))
        }
        return (host, port)
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

    /// Whether a text has the letters of an IPv6 address, a zone behind `%` allowed; the system checks the rest at bind.
    private static func isIPv6(_ text: String) -> Bool {
        let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = parts.first, address.utf8.count <= 45, address.utf8.contains(UInt8(ascii: ":")) else {
            return false
        }
        if parts.count == 2, parts[1].isEmpty || parts[1].utf8.count > 15 { return false }
        return address.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
                UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: ":"), UInt8(ascii: "."):
                true
            default: false
            }
        }
    }

    private static func split(_ text: some StringProtocol, at mark: String) -> (Substring, Substring)? {
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
