#if RabbitMQ
    import Glibc
    import Synchronization

    extension BrokerProgram {
        /// Debian's rabbitmq-server, whether or not one runs here already.
        static let rabbitMQ = rabbitMQ(lines: [])

        /// The same with further lines of configuration; with TLS, its certificate for `localhost` is signed by `ca.pem`.
        static func rabbitMQ(lines: [String], isEncrypted: Bool = false) -> BrokerProgram {
            BrokerProgram(
                path: "/usr/lib/rabbitmq/bin/rabbitmq-server",
                arguments: { _, _ in [] },
                environment: { port, directory in
                    let names = ErlangNames.ports(of: port)
                    return [
                        "HOME=\(directory)", "LANG=C.UTF-8",
                        // Under systemd the script becomes the server instead of waiting for it.
                        "RUNNING_UNDER_SYSTEMD=1", "ERL_EPMD_ADDRESS=127.0.0.1", "ERL_EPMD_PORT=\(names.own)",
                        "ERL_CRASH_DUMP=/dev/null", "RABBITMQ_CONF_ENV_FILE=/dev/null",
                        "RABBITMQ_NODENAME=gatehouse\(port)@localhost",
                        "RABBITMQ_DIST_PORT=\(names.distribution)", "RABBITMQ_MNESIA_BASE=\(directory)",
                        "RABBITMQ_LOG_BASE=\(directory)", "RABBITMQ_PID_FILE=\(directory)/pid",
                        "RABBITMQ_CONFIG_FILE=\(directory)/rabbitmq.conf",
                        "RABBITMQ_ADVANCED_CONFIG_FILE=\(directory)/advanced.config",
                        "RABBITMQ_ENABLED_PLUGINS_FILE=\(directory)/plugins",
                        "RABBITMQ_FEATURE_FLAGS_FILE=\(directory)/features",
                        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-kernel inet_dist_use_interface {127,0,0,1} +S 1 +sbwt none",
                    ]
                },
                prepare: { port, directory in
                    try ErlangNames.start(port)
                    var configuration = ["log.file = false"] + lines
                    if isEncrypted {
                        try TestCertificates.make(in: directory)
                        configuration += [
                            "listeners.tcp = none", "listeners.ssl.1 = 127.0.0.1:\(port)",
                            "ssl_options.cacertfile = \(directory)/ca.pem",
                            "ssl_options.certfile = \(directory)/own.pem",
                            "ssl_options.keyfile = \(directory)/own.key",
                        ]
                    } else {
                        configuration.append("listeners.tcp.1 = 127.0.0.1:\(port)")
                    }
                    try TestFile.write(
                        configuration.joined(separator: "\n") + "\n", to: directory + "/rabbitmq.conf")
                },
                cleanUp: { port, _ in ErlangNames.end(port) },
                url: { port in "amqp://127.0.0.1:\(port)" })
        }
    }

    extension Broker {
        /// Gives the server an order with rabbitmqctl and waits until it is carried out.
        func control(_ words: String...) async throws {
            let child = try ChildServer(
                ["/usr/lib/rabbitmq/bin/rabbitmqctl", "-n", "gatehouse\(port)@localhost"] + words,
                program.environment(port, directory) + ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"])
            while !child.isEnded { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    /// Certificates for a server under test.
    private enum TestCertificates {
        /// Makes `ca.pem`, `own.pem` with `own.key` for `localhost`, signed by it, and `other.pem`, which signed nothing.
        static func make(in directory: String) throws {
            let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
            for name in ["ca", "other"] {
                try openssl(
                    ["req", "-x509", "-subj", "/CN=\(name)", "-keyout", "\(name).key", "-out", "\(name).pem"] + key,
                    directory)
            }
            try openssl(
                [
                    "req", "-x509", "-subj", "/CN=own", "-keyout", "own.key", "-out", "own.pem", "-CA", "ca.pem",
                    "-CAkey", "ca.key", "-addext", "subjectAltName=DNS:localhost",
                    "-addext", "basicConstraints=critical,CA:FALSE",
                ] + key, directory)
        }

        private static func openssl(_ words: [String], _ directory: String) throws {
            let paths = words.map { word in
                word.hasSuffix(".pem") || word.hasSuffix(".key") ? "\(directory)/\(word)" : word
            }
            let child = try ChildServer(["/usr/bin/openssl"] + paths, ["PATH=/usr/bin:/bin", "HOME=\(directory)"])
            while !child.isEnded { usleep(1_000) }
        }
    }

    /// The name server that each Erlang node of a test has for itself; a shared one would outlive the tests.
    private enum ErlangNames {
        private struct Server {
            var process: ChildServer
            var own: UInt16
            var distribution: UInt16
        }

        private static let all = Mutex<[UInt16: Server]>([:])

        /// The ports of the name server and of the node's own protocol; 0 when none is started.
        static func ports(of port: UInt16) -> (own: UInt16, distribution: UInt16) {
            all.withLock { all in all[port].map { ($0.own, $0.distribution) } ?? (0, 0) }
        }

        static func start(_ port: UInt16) throws {
            let (own, distribution) = (try Broker.freePort(), try Broker.freePort())
            let process = try ChildServer(
                ["/usr/bin/epmd", "-port", "\(own)", "-address", "127.0.0.1"], ["PATH=/usr/bin:/bin"])
            all.withLock { $0[port] = Server(process: process, own: own, distribution: distribution) }
        }

        static func end(_ port: UInt16) {
            let server = all.withLock { $0.removeValue(forKey: port) }
            server?.process.end()
        }
    }

    /// Files for a server under test.
    enum TestFile {
        /// Writes a text to a file, which is made or replaced.
        static func write(_ text: String, to path: String) throws {
            let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
            guard file >= 0 else { throw TestFailure.unexpected }
            defer { close(file) }
            let count = unsafe Array(text.utf8).withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
            guard count == text.utf8.count else { throw TestFailure.unexpected }
        }
    }
#endif
