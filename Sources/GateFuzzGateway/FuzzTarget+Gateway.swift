import GateBytes
public import GateFuzz

extension FuzzTarget {
    /// All targets but the canary, by name.
    public static let all: [FuzzTarget] = (codecs + [configuration, rpcEnvelope, topics, udpLink]).sorted {
        $0.name < $1.name
    }

    /// The target of that name; the canary counts.
    public static func named(_ name: String) -> FuzzTarget? {
        (all + [canary]).first { $0.name == name }
    }

    /// Any bytes as a topic and as a topic filter.
    public static let topics = FuzzTarget(
        name: "topics", summary: "any bytes as a topic to route, an MQTT topic name and a topic filter",
        run: fuzzTopics, allocation: FuzzAllocationBound(base: 65_536, perByte: 4_096))

    /// Any bytes as a message from another node.
    public static let rpcEnvelope = FuzzTarget(
        name: "rpc-envelope", summary: "any bytes as a message between nodes, or a part of one", run: fuzzRPCEnvelope,
        mutate: FuzzMutator(.fields(prefixBytes: 1)), allocation: FuzzAllocationBound(base: 1 << 20, perByte: 65_536))

    /// Any bytes as what the peers of a link over UDP send.
    public static let udpLink = FuzzTarget(
        name: "udp-link", summary: "any bytes as what comes over UDP from other nodes", run: fuzzUDPLink,
        allocation: FuzzAllocationBound(base: 1 << 20, perByte: 65_536))

    /// Any bytes as a configuration.
    public static let configuration = FuzzTarget(
        name: "configuration", summary: "any bytes as a configuration file and, behind a zero byte, an environment",
        run: fuzzConfiguration, allocation: FuzzAllocationBound(base: 4 << 20, perByte: 65_536))
}
