#if NATS
    package import GateRPC

    /// Where NATS is: `nats://[USER:PASSWORD@|TOKEN@]HOST[:PORT]`, or `tls://`; several, separated by commas, the first with
    /// its scheme. The library reads the text once more and connects; this says at the start what it would never reach.
    package struct NATSURL: Hashable, Sendable {
        /// The port of a server that names none.
        package static let portDefault: UInt16 = 4_222

        /// The text as it is, for the library.
        package let text: String
        /// The servers, without what lets one in.
        package let servers: [BrokerAuthority.Server]

        /// Reads a URL.
        package init(_ text: String) throws(NATSURLFault) {
            self.text = text
            var servers: [BrokerAuthority.Server] = []
            let parts = text.split(separator: ",", omittingEmptySubsequences: false)
            guard parts.count <= BrokerAuthority.serversMax else {
                throw .authority(.tooManyServers(limit: BrokerAuthority.serversMax))
            }
            for (index, part) in parts.enumerated() {
                var rest = part
                if let scheme = ["nats://", "tls://"].first(where: part.hasPrefix) {
                    rest = part.dropFirst(scheme.count)
                } else if index == 0 || part.contains("://") {
                    throw .otherScheme
                }
                if rest.hasSuffix("/") { rest = rest.dropLast() }
                do throws(BrokerAuthorityFault) {
                    servers += try BrokerAuthority(rest, port: Self.portDefault).servers
                } catch {
                    throw .authority(error)
                }
            }
            self.servers = servers
        }

        /// The servers as reports show them.
        package var shown: String { servers.map { "nats://\($0)" }.joined(separator: ",") }
    }

    /// Why a URL leads to no NATS. Never has a user, a password or a token in it.
    package enum NATSURLFault: Error, Hashable, Sendable {
        /// A server with something else than `nats://` or `tls://`.
        case otherScheme
        case authority(BrokerAuthorityFault)
    }

    extension NATSURLFault: CustomStringConvertible {
        /// The fault in words.
        package var description: String {
            switch self {
            case .otherScheme: "expected nats://HOST:PORT or tls://HOST:PORT"
            case .authority(let fault): fault.description
            }
        }
    }
#endif
