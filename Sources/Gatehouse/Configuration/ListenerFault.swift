/// Why a listener cannot be.
public enum ListenerFault: Error, Hashable, Sendable {
    /// There is no `://` in the URL.
    case noScheme(String)
    /// The name before `://` cannot be a protocol's.
    case invalidProtocol(String)
    /// The host is neither a name nor an address, or an IPv6 address without brackets.
    case invalidHost(String)
    /// No `:PORT` behind the host.
    case missingPort(String)
    /// The port is no number in 0...65535.
    case invalidPort(String)
    /// Something other than a query behind the port.
    case unexpectedPath(String)
    /// A `%` without two hexadecimal digits behind it, or bytes that are not UTF-8.
    case invalidEscape(String)
    /// A parameter without a name.
    case unnamedParameter
    /// A parameter that stands there twice.
    case repeatedParameter(String)
    /// A value that its parameter does not allow.
    case invalidParameter(String, value: String, expected: String)
    /// The listener asks for TLS.
    case tlsNotBuiltIn
    /// The listener asks for WebSocket.
    case webSocketNotBuiltIn
}

extension ListenerFault: CustomStringConvertible {
    /// The fault in words.
    public var description: String {
        switch self {
        case .noScheme(let text): "listener '\(Quoted.plain(text))': expected PROTOCOL://HOST:PORT"
        case .invalidProtocol(let name):
            "listener: '\(Quoted.plain(name))' is no protocol name, expected letters, digits, '-', '.' and '_'"
        case .invalidHost(let host):
            "listener: '\(Quoted.plain(host))' is no host, expected a name, 127.0.0.1, [::1], or * or nothing for all "
                + "addresses"
        case .missingPort(let text): "listener '\(Quoted.plain(text))': the port is missing, expected HOST:PORT"
        case .invalidPort(let port): "listener: '\(Quoted.plain(port))' is no port, expected 0...65535"
        case .unexpectedPath(let path):
            "listener: unexpected '\(Quoted.plain(path))' behind the port, expected '?' or the end"
        case .invalidEscape(let text): "listener: invalid percent-encoding in '\(Quoted.plain(text))'"
        case .unnamedParameter: "listener: a parameter without a name, expected name=value"
        case .repeatedParameter(let name): "listener: parameter '\(Quoted.plain(name))' stands there twice"
        case .invalidParameter(let name, let value, let expected):
            "listener: \(name): expected \(expected), found '\(Quoted.plain(value))'"
        case .tlsNotBuiltIn: "the listener asks for TLS, and TLS is not built in; leave it out or end TLS in a proxy"
        case .webSocketNotBuiltIn: "the listener asks for WebSocket, and WebSocket is not built in yet"
        }
    }
}
