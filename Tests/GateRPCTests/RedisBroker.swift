extension BrokerProgram {
    /// Debian's redis-server, which keeps nothing on disk.
    static let redis = redis(with: [])

    /// The same with further settings.
    static func redis(with settings: [String]) -> BrokerProgram {
        BrokerProgram(
            path: "/usr/bin/redis-server",
            arguments: { port, directory in
                [
                    "--bind", "127.0.0.1", "--port", "\(port)", "--dir", directory, "--save", "", "--appendonly", "no",
                    "--logfile", "redis.log",
                ] + settings
            },
            url: { port in "redis://127.0.0.1:\(port)" })
    }
}
