extension BrokerProgram {
    /// Debian's nats-server.
    static let nats = BrokerProgram(
        path: "/usr/sbin/nats-server",
        arguments: { port, _ in ["-a", "127.0.0.1", "-p", "\(port)", "-l", "/dev/null"] },
        url: { port in "nats://127.0.0.1:\(port)" })
}
