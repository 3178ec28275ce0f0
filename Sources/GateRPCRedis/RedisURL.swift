#if Redis
    package import GateRPC

    /// Where Redis is: `redis://[USER:PASSWORD@]HOST[:PORT][,HOST[:PORT]...][/DATABASE]`.
    ///
    /// Without a user, as in `:PASSWORD@` or `PASSWORD@`, the password is that of the default user. The port is 6379 unless it
    /// is named. The number of a database is read and not used: publish and subscribe know no databases.
    package struct RedisURL: Hashable, Sendable {
        /// The port of a server that names none.
        package static let portDefault: UInt16 = 6_379

        /// In the order of preference.
        package var servers: [BrokerAuthority.Server]
        /// `nil` for the default user.
        package var user: String?
        package var password: String?

        /// Reads a URL.
        package init(_ text: String) throws(RedisURLFault) {
            guard text.hasPrefix("redis://") else { throw text.hasPrefix("rediss://") ? .encrypted : .otherScheme }
            var rest = text.dropFirst(8)
            if let mark = rest.firstIndex(where: { $0 == "?" || $0 == "#" }) {
                try Self.refuse(rest[rest.index(after: mark)...].lowercased())
                rest = rest[..<mark]
            }
            if let slash = rest.firstIndex(of: "/") {
                let database = rest[rest.index(after: slash)...]
                guard database.isEmpty || UInt16(database) != nil else { throw .database }
                rest = rest[..<slash]
            }
            let authority: BrokerAuthority
            do throws(BrokerAuthorityFault) {
                authority = try BrokerAuthority(rest, port: Self.portDefault)
            } catch {
                throw .authority(error)
            }
            servers = authority.servers
            guard rest.contains("@") else { return }
            user = authority.password == nil || authority.user == "" ? nil : authority.user
            password = authority.password ?? authority.user
            guard password?.isEmpty == false else { throw .noPassword }
        }

        private static func refuse(_ parameters: String) throws(RedisURLFault) {
            if parameters.contains("cluster") { throw .cluster }
            if parameters.contains("sentinel") || parameters.contains("master") { throw .sentinel }
            if !parameters.isEmpty { throw .parameter }
        }
    }

    /// Why a URL leads to no Redis. Never has a user or a password in it.
    package enum RedisURLFault: Error, Hashable, Sendable {
        /// Something else than `redis://`.
        case otherScheme
        /// `rediss://`: TLS.
        case encrypted
        /// A parameter asks for Redis Cluster.
        case cluster
        /// A parameter asks for Redis Sentinel.
        case sentinel
        /// Any other parameter.
        case parameter
        /// What stands between `://` and the database.
        case authority(BrokerAuthorityFault)
        /// An `@` behind no password.
        case noPassword
        /// Something else than a number behind the `/`.
        case database
    }

    extension RedisURLFault: CustomStringConvertible {
        /// The fault in words.
        package var description: String {
            switch self {
            case .otherScheme: "expected redis://HOST:PORT"
            case .encrypted: "there is no TLS to Redis, use redis:// in a network that you trust"
            case .cluster: "Redis Cluster is not supported, name one Redis, or several of which one is used"
            case .sentinel: "Redis Sentinel is not supported, name the servers, as in redis://HOST1:6379,HOST2:6379"
            case .parameter: "expected no parameters behind a ?"
            case .authority(let fault): fault.description
            case .noPassword: "expected USER:PASSWORD@ or :PASSWORD@ before the first host"
            case .database: "expected the number of a database behind the /"
            }
        }
    }
#endif
