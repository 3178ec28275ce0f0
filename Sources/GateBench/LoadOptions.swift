package import GateBytes
package import GateDescriptors

/// What to do with the connections.
package enum LoadMode: Sendable, Hashable {
    /// Requests and their answers.
    case requests
    /// Connect and hold.
    case idle
    /// One message pushed to all.
    case fanout
}

/// Everything a load run can be told.
package struct LoadOptions: Sendable {
    /// Most connections of a run.
    package static let connectionsMax = 1_000_000
    /// Most requests that one connection may have in flight.
    package static let depthMax = 65_536
    /// Bytes of the largest payload; 8 MiB.
    package static let payloadBytesMax = 8_388_608

    /// Whom to load.
    package var target: LoadTarget
    /// What speaks the target's protocol, when a descriptor says it.
    package var client: DescriptorClient?
    /// What the connections do.
    package var mode = LoadMode.requests
    /// Where requests go, `Type/Function`.
    package var topic = "Echo/HD_Raw"
    /// Connections, 1...``connectionsMax``; in fan-out the readers.
    package var connections = 1
    /// Requests in flight per connection, 1...``depthMax``; `nil`: 1 in a closed loop, 1 024 in an open one.
    package var depth: Int?
    /// Requests a second of an open loop; `nil` is a closed loop.
    package var rate: Int?
    /// The request's bytes; `nil` makes `payloadBytes` of them.
    package var body: [UInt8]?
    /// Bytes of a payload, 0...``payloadBytesMax``; in fan-out at least 10.
    package var payloadBytes = 64
    /// How long is measured.
    package var duration = TimeSpan.seconds(10)
    /// How long requests run before anything is measured.
    package var warmup = TimeSpan.seconds(1)
    /// New connections a second; `nil` is as fast as they come.
    package var ramp: Int?
    /// Local addresses that the connections take in turn.
    package var sourceAddresses: [String] = []
    /// How long an answer may take, and a connection to come about.
    package var timeout = TimeSpan.seconds(5)
    /// Event loops.
    package var threads = 1
    /// The server's process, for its CPU and memory.
    package var serverPID: Int32?
    /// Processes whose CPU counts with the server's.
    package var moreServerPIDs: [Int32] = []
    /// Messages pushed at once in fan-out.
    package var castsInFlight = 16
    /// Connections that join in fan-out and never read.
    package var stalledReaders = 0
    /// Log in, then weighted requests.
    package var scenario: Scenario?
    /// An MQTT topic filter to subscribe to before requests; for brokers that are no gateway.
    package var subscription: String?

    /// The defaults, for `target`.
    package init(target: LoadTarget) {
        self.target = target
    }

    /// Refuses what cannot be.
    package func check() throws(LoadError) {
        func hold(_ isRight: Bool, _ name: String, _ allowed: String) throws(LoadError) {
            if !isRight { throw .invalidOption(name, allowed: allowed) }
        }
        try hold((1...Self.connectionsMax).contains(connections), "--connections", "1...\(Self.connectionsMax)")
        try hold((1...Self.depthMax).contains(depth ?? 1), "--depth", "1...\(Self.depthMax)")
        try hold((1...Schedule.rateMax).contains(rate ?? 1), "--rate", "1...\(Schedule.rateMax)")
        try hold((1...Schedule.rateMax).contains(ramp ?? 1), "--ramp", "1...\(Schedule.rateMax)")
        try hold((0...Self.payloadBytesMax).contains(payloadBytes), "--payload", "0...\(Self.payloadBytesMax)")
        try hold(
            body.map { $0.count <= Self.payloadBytesMax } ?? true, "--body", "at most \(Self.payloadBytesMax) bytes")
        try hold((1...64).contains(threads), "--threads", "1...64")
        try hold(duration > .zero && duration <= .seconds(86_400), "--duration", "more than 0 s, at most 86400 s")
        try hold(warmup >= .zero && warmup <= .seconds(86_400), "--warmup", "0...86400 s")
        try hold(timeout > .zero && timeout <= .seconds(3_600), "--timeout", "more than 0 s, at most 3600 s")
        try hold(!topic.isEmpty && topic.utf8.count <= 1_024, "--topic", "1...1024 bytes")
        try hold(subscription == nil || target.loadProtocol == .mqtt, "--subscribe", "only with mqtt")
        try hold((target.loadProtocol == .descriptor) == (client != nil), "--protocol", "a name or a file")
        try hold(
            scenario == nil || (target.loadProtocol.namesTopics && target.loadProtocol != .raw), "--scenario",
            "only with protocols whose requests name their topic")
        guard mode == .fanout else { return }
        try hold(target.loadProtocol == .mqtt, "--fanout", "only with mqtt")
        try hold(threads == 1, "--fanout", "only with --threads 1")
        try hold(scenario == nil && rate == nil && body == nil, "--fanout", "not with --scenario, --rate or --body")
        try hold(payloadBytes >= FanoutTally.payloadBytesMin, "--payload", "at least 10 bytes with --fanout")
        try hold((1...FanoutTally.inFlightMax).contains(castsInFlight), "--casts-in-flight", "1...1024")
        try hold((0...Self.connectionsMax).contains(stalledReaders), "--stalled-readers", "0...1000000")
    }
}
