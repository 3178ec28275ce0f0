#if RabbitMQ
    package import GateRPC

    /// Where RabbitMQ is: `amqp://[USER:PASSWORD@]HOST[:PORT][,HOST[:PORT]...][/VHOST]`, or `amqps://` with TLS and then
    /// perhaps `?cacert=FILE` and `&cert=FILE&key=FILE`.
    ///
    /// Without them the user is `guest`, the password `guest`, the port 5672 or 5671, the virtual host `/`, and the trusted
    /// certificates are those of the system. What is special in a name is written as in `%2F`.
    /// Source: RabbitMQ URI Specification; that an empty virtual host means `/` is ours, because nobody has an empty one.
    package struct RabbitMQURL: Hashable, Sendable {
        package typealias Server = BrokerAuthority.Server

        /// A certificate that the server may ask for, with its key; paths of PEM files.
        package struct OwnCertificate: Hashable, Sendable {
            package var certificate: String
            package var key: String
        }

        /// Tried one after another.
        package var servers: [Server]
        package var user: String
        package var password: String
        package var virtualHost: String
        package var isEncrypted: Bool
        /// A PEM file; `nil` for the system's.
        package var trustedCertificates: String?
        package var ownCertificate: OwnCertificate?
        private let parameters: BrokerParameters

        /// Reads a URL.
        package init(_ text: String) throws(RabbitMQURLFault) {
            isEncrypted = text.hasPrefix("amqps://")
            guard isEncrypted || text.hasPrefix("amqp://") else { throw .otherScheme }
            var rest = text.dropFirst(isEncrypted ? 8 : 7)
            var parameters = BrokerParameters()
            if let mark = rest.firstIndex(where: { $0 == "?" || $0 == "#" }) {
                do throws(BrokerParametersFault) {
                    parameters = try BrokerParameters(
                        rest[rest.index(after: mark)...], names: ["cacert", "cert", "key"])
                } catch {
                    switch error {
                    case .parameter(let name): throw .parameter(name)
                    case .value(let name): throw .value(name)
                    }
                }
                rest = rest[..<mark]
            }
            virtualHost = "/"
            if let slash = rest.firstIndex(of: "/") {
                let path = rest[rest.index(after: slash)...]
                guard !path.contains("/"), let decoded = BrokerAuthority.decoded(path) else { throw .virtualHost }
                if !decoded.isEmpty { virtualHost = decoded }
                rest = rest[..<slash]
            }
            let authority: BrokerAuthority
            do throws(BrokerAuthorityFault) {
                authority = try BrokerAuthority(rest, port: isEncrypted ? 5_671 : 5_672)
            } catch {
                throw .authority(error)
            }
            servers = authority.servers
            user = authority.user ?? "guest"
            password = authority.password ?? "guest"
            if let user = authority.user, user.isEmpty || authority.password == nil { throw .authority(.credentials) }
            self.parameters = parameters
            trustedCertificates = parameters["cacert"]
            switch (parameters["cert"], parameters["key"]) {
            case (let certificate?, let key?): ownCertificate = OwnCertificate(certificate: certificate, key: key)
            case (nil, nil): ownCertificate = nil
            default: throw .loneCertificate
            }
            if !isEncrypted, let first = parameters.names.first { throw .unencrypted(first) }
        }

        /// Looks at the files that the URL names.
        package func checkFiles() throws(RabbitMQURLFault) {
            if let path = parameters.unreadable { throw .file(path) }
        }
    }

    /// Why a URL leads to no RabbitMQ. Never has a user or a password in it.
    package enum RabbitMQURLFault: Error, Hashable, Sendable {
        /// Something else than `amqp://` and `amqps://`.
        case otherScheme
        case authority(BrokerAuthorityFault)
        case virtualHost
        /// A parameter that is not known, or comes twice.
        case parameter(String)
        /// A parameter without a value.
        case value(String)
        /// A parameter of TLS without TLS.
        case unencrypted(String)
        /// A certificate without its key, or the other way round.
        case loneCertificate
        /// A file that cannot be read.
        case file(String)
    }

    extension RabbitMQURLFault: CustomStringConvertible {
        /// The fault in words.
        package var description: String {
            switch self {
            case .otherScheme: "expected amqp://HOST:PORT or amqps://HOST:PORT"
            case .authority(let fault): fault.description
            case .virtualHost: "expected one virtual host behind the host, with %2F for a / in its name"
            case .parameter(let name): "'\(name)' is no parameter, expected each of cacert, cert, key at most once"
            case .value(let name): "expected a file, as in \(name)=/etc/ssl/private/FILE.pem"
            case .unencrypted(let name): "'\(name)' belongs to TLS, expected amqps://"
            case .loneCertificate: "cert and key are named together or not at all"
            case .file(let path): "the file '\(path)' cannot be read"
            }
        }
    }
#endif
