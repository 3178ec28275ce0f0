package import GateIO
import GateRPCUDP

#if NATS
    package import GateRPCNATS
#endif
#if RabbitMQ
    package import GateRPCRabbitMQ
#endif
#if Redis
    package import GateRPCRedis
#endif

/// Where other nodes are found: the URL of a broker, or of a datagram socket.
package enum ClusterURL: Hashable, Sendable {
    /// `udp://HOST:PORT`, loopback only.
    case udp(SocketAddress)
    #if NATS
        /// `nats://[USER:PASSWORD@]HOST:PORT`, or `tls://`; several, separated by commas; then files behind a `?`.
        case nats(NATSURL)
    #endif
    #if Redis
        /// `redis://[USER:PASSWORD@]HOST:PORT[/DATABASE]`; several hosts, separated by commas.
        case redis(RedisURL)
    #endif
    #if RabbitMQ
        /// `amqp://[USER:PASSWORD@]HOST:PORT[/VHOST]`, or `amqps://`; several hosts, separated by commas.
        case rabbitMQ(RabbitMQURL)
    #endif

    /// Reads a URL.
    package init(_ text: String) throws(ClusterURLFault) {
        guard let mark = text.firstIndex(of: ":"), text[mark...].hasPrefix("://") else { throw .noScheme(text) }
        let scheme = String(text[..<mark])
        let rest = text[text.index(mark, offsetBy: 3)...]
        switch scheme {
        case "udp":
            guard let address = Self.loopback(rest) else { throw .notLoopback(text) }
            self = .udp(address)
        case "nats", "tls":
            #if NATS
                do throws(NATSURLFault) {
                    let url = try NATSURL(text)
                    try url.checkFiles()
                    self = .nats(url)
                } catch {
                    throw .malformed(scheme, reason: error.description)
                }
            #else
                throw .notBuiltIn(scheme, trait: "NATS", package: "libnats-dev")
            #endif
        case "redis", "rediss":
            #if Redis
                do throws(RedisURLFault) {
                    self = .redis(try RedisURL(text))
                } catch {
                    throw .malformed(scheme, reason: error.description)
                }
            #else
                if scheme == "rediss" { throw .notSupported(scheme) }
                throw .notBuiltIn(scheme, trait: "Redis", package: "libhiredis-dev")
            #endif
        case "amqp", "amqps":
            #if RabbitMQ
                do throws(RabbitMQURLFault) {
                    let url = try RabbitMQURL(text)
                    try url.checkFiles()
                    self = .rabbitMQ(url)
                } catch {
                    throw .malformed(scheme, reason: error.description)
                }
            #else
                throw .notBuiltIn(scheme, trait: "RabbitMQ", package: "librabbitmq-dev")
            #endif
        case "redis+sentinel", "redis-sentinel", "rediss+sentinel", "redis-cluster", "redis+cluster":
            throw .notSupported(scheme)
        default: throw .unknownScheme(scheme)
        }
    }

    private static func loopback(_ rest: Substring) -> SocketAddress? {
        if rest.hasPrefix("localhost:") { return SocketAddress(loopback: "127.0.0.1" + rest.dropFirst(9)) }
        return SocketAddress(loopback: rest)
    }
}

/// Why a URL leads to no other nodes.
public enum ClusterURLFault: Error, Hashable, Sendable {
    /// There is no `://`.
    case noScheme(String)
    /// No transport has this scheme.
    case unknownScheme(String)
    /// A transport that this build does not have.
    case notBuiltIn(String, trait: String, package: String)
    /// A way that no build has.
    case notSupported(String)
    /// UDP leaves this machine only once datagrams are authenticated.
    case notLoopback(String)
    /// A peer speaks another scheme than this node.
    case otherScheme(String)
    /// What stands behind the scheme; the reason names no password.
    case malformed(String, reason: String)
}

extension ClusterURLFault: CustomStringConvertible {
    /// The fault in words.
    public var description: String {
        switch self {
        case .noScheme(let text):
            "'\(Quoted.plain(ClusterURL.shown(text)))': expected SCHEME://HOST:PORT, as in udp://127.0.0.1:4001"
        case .unknownScheme(let scheme):
            "'\(Quoted.plain(scheme))' is no transport, expected udp, nats, tls, redis, amqp or amqps"
        case .notBuiltIn(let scheme, let trait, let package):
            "\(scheme):// is not built in; build with: apt-get install -y \(package) && "
                + "swift build -c release --traits \(trait)"
        case .notSupported(let scheme): "\(scheme):// is not supported"
        case .notLoopback(let text):
            "'\(Quoted.plain(ClusterURL.shown(text)))': expected a loopback address with a port, as in udp://127.0.0.1:4001"
        case .malformed(let scheme, let reason): "\(scheme)://: \(Quoted.plain(reason, scalarsMax: 200))"
        case .otherScheme(let text): "peer '\(Quoted.plain(ClusterURL.shown(text)))': only udp:// has peers"
        }
    }
}
