import GateBytes

extension Setting {
    /// The settings that have one value, with the ranges they may be in.
    static let all: [Setting] = [
        .name("node.name", "node", \.node),
        .text("node.processGroup", "process-group", \.processGroup),
        .integer("node.loops", "loops", 1...1_024, \.loops),
        .text("node.portsFile", "ports-file", \.portsFile),
        .time("node.drainSeconds", "drain-seconds", .zero ... .seconds(3_600), \.drainTime),
        .integer("node.drainRateMax", "drain-rate-max", 1...1_000_000, \.limits.drainRateMax),
        .choice("log.level", "log-level", \.logLevel),
        .text("log.directory", "log-dir", \.logDirectory),
        .list("protocols.directories", "protocols", separators: [":"], \.protocolDirectories),
        .choice("routing.rule", "route-rule", \.routeRule),
        .list("routing.guard", "guard", separators: [",", " "], \.guardPrefixes),
        .choice("sessions.secondLogin", "second-login", \.secondLogin),
        .time(
            "sessions.heartbeatSeconds", "heartbeat-seconds", .seconds(1) ... .seconds(86_400), \.limits.heartbeatTime),
        .integer("sessions.storedMax", "stored-max", 0...10_000_000, \.limits.storedSessionsMax),
        .bytes("sessions.storedBytesMax", "stored-bytes-max", 0...1_099_511_627_776, \.limits.storedBytesMax),
        .bytes(
            "sessions.storedBytesPerOwnerMax", "stored-bytes-per-owner-max", 0...1_099_511_627_776,
            \.limits.storedBytesPerOwnerMax),
        .time(
            "sessions.storedSeconds", "stored-seconds", .seconds(1) ... .seconds(31_536_000), \.limits.storedSessionTime
        ),
        .time("rpc.timeoutSeconds", "rpc-timeout-seconds", .milliseconds(1) ... .seconds(3_600), \.limits.callTime),
        .url("rpc.url", "rpc", \.clusterURL),
        .list("rpc.peers", "peer", separators: [",", " "], \.clusterPeers),
        .time("rpc.announceSeconds", "announce-seconds", .milliseconds(100) ... .seconds(20), \.announceTime),
        .time("rpc.nodeLifeSeconds", "node-life-seconds", .milliseconds(300) ... .seconds(60), \.nodeLifeTime),
        .list("rpc.labels", "label", separators: [",", " "], \.labels),
        .text("rpc.modulesVersion", "modules-version", \.modulesVersion),
        .integer("limits.connectionsMax", "connections-max", 1...10_000_000, \.limits.connectionsMax),
        .integer(
            "limits.connectionsPerAddressMax", "connections-per-address-max", 0...10_000_000,
            \.limits.connectionsPerAddressMax),
        .integer("limits.connectionRateMax", "connection-rate-max", 0...1_000_000, \.limits.connectionRateMax),
        .bytes(
            "limits.frameBytesMax", "frame-bytes-max", ListenerConfiguration.frameBytesRange, \.limits.frameBytesMax),
        .integer("limits.inFlightMax", "in-flight-max", 1...65_535, \.limits.inFlightMax),
        .bytes("limits.queuedBytesMax", "queued-bytes-max", 1_024...1_073_741_824, \.limits.queuedBytesMax),
        .bytes(
            "limits.queuedBytesTotalMax", "queued-bytes-total-max", 1_048_576...1_099_511_627_776,
            \.limits.queuedBytesTotalMax),
        .integer("limits.moduleSharePercent", "module-share-percent", 1...100, \.limits.moduleSharePercent),
        .bytes("limits.highWaterBytes", "high-water-bytes", 1...1_073_741_824, \.limits.highWaterBytes),
        .time("limits.handshakeSeconds", "handshake-seconds", connectionTimes, \.limits.handshakeTime),
        .time("limits.frameSeconds", "frame-seconds", connectionTimes, \.limits.frameTime),
        .time("limits.writeSeconds", "write-seconds", connectionTimes, \.limits.writeTime),
    ]

    /// How long a client may be waited for.
    private static let connectionTimes: ClosedRange<TimeSpan> = .milliseconds(10) ... .seconds(86_400)

    /// The settings of one section of a file.
    static func section(_ name: String) -> [Setting] { all.filter { $0.section == name } }

    /// The setting with this path in a file.
    static func at(_ path: String) -> Setting? { all.first { $0.path == path } }

    /// The setting with this name outside of files.
    static func named(_ name: some StringProtocol) -> Setting? { all.first { $0.name == name } }

    /// The settings by their environment variables.
    static let byVariable = Dictionary(uniqueKeysWithValues: all.map { ($0.variable, $0) })
}
