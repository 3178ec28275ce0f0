/// The part of a broker's URL that says who asks, and where: `[USER[:PASSWORD]@]HOST[:PORT][,HOST[:PORT]...]`.
///
/// User and password are for all servers; what is special in them is written as in `%40`.
package struct BrokerAuthority: Hashable, Sendable {
    /// One of the servers.
    package struct Server: Hashable, Sendable {
        /// A name, an IPv4 address, or an IPv6 address without its brackets.
        package var host: String
        package var port: UInt16

        package init(host: String, port: UInt16) {
            self.host = host
            self.port = port
        }
    }

    /// Servers in one URL.
    package static let serversMax = 16
    /// Bytes of a user, of a password, and of any other text that is written with percent signs.
    package static let textBytesMax = 255
    /// Bytes of a host's name. Source: RFC 1035, section 2.3.4.
    package static let hostBytesMax = 253

    /// In the order of the URL.
    package var servers: [Server]
    package var user: String?
    package var password: String?

    /// Reads the text between `://` and the path. A server without a port has `port`.
    package init(_ text: Substring, port: UInt16) throws(BrokerAuthorityFault) {
        var rest = text
        if let at = rest.firstIndex(of: "@") {
            let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let decoded = parts.compactMap(Self.decoded)
            guard decoded.count == parts.count else { throw .credentials }
            user = decoded.first
            password = decoded.count == 2 ? decoded[1] : nil
            rest = rest[rest.index(after: at)...]
        }
        if rest.contains("@") { throw .credentials }
        let hosts = rest.split(separator: ",", maxSplits: Self.serversMax, omittingEmptySubsequences: false)
        guard hosts.count <= Self.serversMax else { throw .tooManyServers(limit: Self.serversMax) }
        servers = []
        for host in hosts { servers.append(try Self.server(host, port)) }
    }

    private static func server(_ text: Substring, _ port: UInt16) throws(BrokerAuthorityFault) -> Server {
        var host = text
        var number = port
        let end = text.hasPrefix("[") ? text.firstIndex(of: "]") ?? text.startIndex : text.startIndex
        if let colon = text[end...].firstIndex(of: ":") {
            let digits = text[text.index(after: colon)...]
            guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let read = UInt16(digits), read > 0 else {
                throw .port
            }
            number = read
            host = text[..<colon]
        }
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        let name = isBracketed ? host.dropFirst().dropLast() : host
        guard !name.isEmpty, name.utf8.count <= hostBytesMax, name.utf8.allSatisfy({ isOfHost($0, isBracketed) })
        else { throw .host(String(host)) }
        return Server(host: String(name), port: number)
    }

    private static func isOfHost(_ byte: UInt8, _ isAddress: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "."):
            true
        case UInt8(ascii: ":"): isAddress
        case UInt8(ascii: "g")...UInt8(ascii: "z"), UInt8(ascii: "G")...UInt8(ascii: "Z"), UInt8(ascii: "-"),
            UInt8(ascii: "_"):
            !isAddress
        default: false
        }
    }

    /// The text behind its percent signs; `nil` when that is none, is too long, or has a NUL, which C would end at.
    package static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while var byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard let high = rest.popFirst().flatMap(hexDigit), let low = rest.popFirst().flatMap(hexDigit) else {
                    return nil
                }
                byte = high << 4 | low
            }
            guard byte != 0, bytes.count < textBytesMax else { return nil }
            bytes.append(byte)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        Character(UnicodeScalar(byte)).hexDigitValue.map { UInt8($0) }
    }
}

extension BrokerAuthority.Server: CustomStringConvertible {
    /// `127.0.0.1:6379`, `[::1]:6379`.
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// Why a text names no servers. Never has a user or a password in it.
package enum BrokerAuthorityFault: Error, Hashable, Sendable {
    case host(String)
    case port
    case credentials
    case tooManyServers(limit: Int)
}

extension BrokerAuthorityFault: CustomStringConvertible {
    /// The fault in words.
    package var description: String {
        switch self {
        case .host(let text): "'\(text)' is no host, expected HOST:PORT"
        // Perhaps the half of a password with a slash in it, so it is not shown.
        case .port: "what stands behind the colon of a host is no port, expected 1 to 65535"
        case .credentials: "expected USER:PASSWORD@ once, before the first host, with %40 for an @ in them"
        case .tooManyServers(let limit): "more than \(limit) servers"
        }
    }
}
