#if NATS
    package import GateRPC

    /// Where NATS is: `nats://[USER:PASSWORD@|TOKEN@]HOST[:PORT]`, or `tls://`; several, separated by commas, the first with
    /// its scheme; then perhaps `?cacert=FILE`, `&cert=FILE&key=FILE` and `&creds=FILE`.
    ///
    /// What is special in a user, a password or a token is written as in `%40`. A server that names none has those of the
    /// first. With `tls://`, or with one of the certificates, the connection is encrypted and the server's certificate is
    /// held against its host name and the trusted ones: `cacert`, else those of the system (`SSL_CERT_FILE` and
    /// `SSL_CERT_DIR` name others). `creds` is a file with a JWT and an NKEY seed, as `nsc generate creds` writes it.
    package struct NATSURL: Hashable, Sendable {
        /// One of the servers, with what lets one in.
        package struct Place: Hashable, Sendable {
            package var server: BrokerAuthority.Server
            package var isEncrypted: Bool
            /// A user, or without a password a token.
            package var user: String?
            package var password: String?
            /// The name that the certificate must have.
            package var certificateName: String

            /// The server as reports show it.
            package var shown: String { (isEncrypted ? "tls://" : "nats://") + "\(server)" }
        }

        /// The port of a server that names none.
        package static let portDefault: UInt16 = 4_222

        /// In the order of the URL, which is that in which they are tried.
        package private(set) var places: [Place] = []
        /// `cacert`, `cert`, `key` and `creds`, as far as named.
        package private(set) var files = BrokerParameters()

        /// Reads a URL.
        package init(_ text: String) throws(NATSURLFault) {
            var rest = Substring(text)
            if let mark = rest.firstIndex(of: "?") {
                do throws(BrokerParametersFault) {
                    files = try BrokerParameters(
                        rest[rest.index(after: mark)...], names: ["cacert", "cert", "key", "creds"])
                } catch {
                    throw .parameters(error)
                }
                rest = rest[..<mark]
            }
            guard (files["cert"] == nil) == (files["key"] == nil) else { throw .loneCertificate }
            let parts = rest.split(separator: ",", omittingEmptySubsequences: false)
            guard parts.count <= BrokerAuthority.serversMax else {
                throw .authority(.tooManyServers(limit: BrokerAuthority.serversMax))
            }
            let isEncrypted = text.hasPrefix("tls://") || files["cacert"] != nil || files["cert"] != nil
            for (index, part) in parts.enumerated() {
                places.append(try place(part, isFirst: index == 0, isEncrypted))
            }
        }

        private func place(_ text: Substring, isFirst: Bool, _ isEncrypted: Bool) throws(NATSURLFault) -> Place {
            var (rest, isEncrypted) = (text, isEncrypted)
            if let scheme = ["nats://", "tls://"].first(where: text.hasPrefix) {
                rest = text.dropFirst(scheme.count)
                isEncrypted = isEncrypted || scheme == "tls://"
            } else if isFirst || text.contains("://") {
                throw .otherScheme
            }
            if rest.hasSuffix("/") { rest = rest.dropLast() }
            let authority: BrokerAuthority
            do throws(BrokerAuthorityFault) {
                authority = try BrokerAuthority(rest, port: Self.portDefault)
            } catch {
                throw .authority(error)
            }
            let server = authority.servers[0]
            return Place(
                server: server, isEncrypted: isEncrypted, user: authority.user ?? places.first?.user,
                password: authority.user == nil ? places.first?.password : authority.password,
                certificateName: server.host)
        }

        /// Looks at the files that the URL names.
        package func checkFiles() throws(NATSURLFault) {
            if let path = files.unreadable { throw .file(path) }
        }

        /// A server that the first one has named, `HOST:PORT`, perhaps behind a scheme; it lets in whom the first lets in.
        package func place(discovered text: String) -> Place? {
            guard var place = places.first else { return nil }
            var rest = Substring(text)
            for scheme in ["nats://", "tls://"] where rest.hasPrefix(scheme) { rest = rest.dropFirst(scheme.count) }
            if let at = rest.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
            guard let server = try? BrokerAuthority(rest, port: Self.portDefault).servers.first else { return nil }
            place.server = server
            return place
        }
    }

    /// Why a URL leads to no NATS. Never has a user, a password or a token in it.
    package enum NATSURLFault: Error, Hashable, Sendable {
        /// A server with something else than `nats://` or `tls://`.
        case otherScheme
        case authority(BrokerAuthorityFault)
        case parameters(BrokerParametersFault)
        /// A certificate without its key, or the other way round.
        case loneCertificate
        /// A file that cannot be read.
        case file(String)
    }

    extension NATSURLFault: CustomStringConvertible {
        /// The fault in words.
        package var description: String {
            switch self {
            case .otherScheme: "expected nats://HOST:PORT or tls://HOST:PORT"
            case .authority(let fault): fault.description
            case .parameters(.parameter(let name)):
                "'\(name)' is no parameter, expected each of cacert, cert, key, creds at most once"
            case .parameters(.value(let name)): "expected a file, as in \(name)=/etc/gatehouse/FILE"
            case .loneCertificate: "cert and key are named together or not at all"
            case .file(let path): "the file '\(path)' cannot be read"
            }
        }
    }
#endif
