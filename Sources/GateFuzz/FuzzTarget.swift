/// One harness: a body, and what is known about it.
public struct FuzzTarget: Sendable {
    /// The name: of the corpus, of the command, in reports.
    public let name: String
    /// What its bytes are.
    public let summary: String
    /// Holds any bytes against the promises; an input that breaks one is a finding.
    public let run: @Sendable (Span<UInt8>) throws(FuzzFinding) -> Void
    /// Changes an input so that it keeps its structure; `nil` where only a dictionary helps.
    public let mutate: FuzzMutator?
    /// Bytes that one run may allocate in all, whatever the input says: a base, and so much for each byte of it.
    public let allocation: FuzzAllocationBound

    /// The targets of this library, by name. `GateFuzzGateway` has those of the gateway, and all of them.
    public static let codecs: [FuzzTarget] = [
        .descriptorCodec, .descriptorLoader, .descriptorMaker, .descriptorWorkbench, .json, .mqttCodec, .mqttProtocol,
        .nativeParts,
    ]

    package init(
        name: String, summary: String, run: @escaping @Sendable (Span<UInt8>) throws(FuzzFinding) -> Void,
        mutate: FuzzMutator? = nil, allocation: FuzzAllocationBound
    ) {
        self.name = name
        self.summary = summary
        self.run = run
        self.mutate = mutate
        self.allocation = allocation
    }
}

/// How much memory one run may ask for.
public struct FuzzAllocationBound: Sendable {
    /// Bytes for any input.
    public var base: Int
    /// Bytes more for each byte of the input.
    public var perByte: Int

    package init(base: Int, perByte: Int) {
        self.base = base
        self.perByte = perByte
    }

    /// The bytes for an input of `count` bytes.
    public func bytes(for count: Int) -> Int { base + perByte * count }

    /// Throws when a run took more.
    /// - Throws: ``FuzzFinding``.
    public func check(allocated: Int, for count: Int) throws(FuzzFinding) {
        if allocated > bytes(for: count) {
            throw FuzzFinding("\(allocated) bytes allocated for an input of \(count), at most \(bytes(for: count))")
        }
    }
}

extension FuzzTarget {
    /// Any bytes as a stream of MQTT packets.
    public static let mqttCodec = FuzzTarget(
        name: "mqtt-codec", summary: "any bytes as a stream of MQTT packets", run: fuzzMQTTCodec,
        mutate: FuzzMutator(.mqtt(prefixBytes: 1)), allocation: FuzzAllocationBound(base: 65_536, perByte: 4_096))

    /// Any bytes as what an MQTT client sends on two connections.
    public static let mqttProtocol = FuzzTarget(
        name: "mqtt-protocol", summary: "any bytes as what an MQTT client sends, on one connection and the next",
        run: fuzzMQTTProtocol, mutate: FuzzMutator(.mqtt(prefixBytes: 0)),
        allocation: FuzzAllocationBound(base: 262_144, perByte: 8_192))

    /// Any bytes as what a client of a descriptor's protocol sends.
    ///
    /// A compressed byte may become a thousand, each of which is copied some thirty times; who deflates an answer takes
    /// 256 KiB for it. Six bytes may stand for four whole frames.
    public static let descriptorCodec = FuzzTarget(
        name: "descriptor-codec", summary: "a descriptor, a frame limit, then any bytes as what a client sends",
        run: fuzzDescriptorCodec, mutate: FuzzMutator(.descriptors),
        allocation: FuzzAllocationBound(base: 4 << 20, perByte: 65_536))

    /// Any bytes as a descriptor file.
    public static let descriptorLoader = FuzzTarget(
        name: "descriptor-loader", summary: "any bytes as a descriptor file and, behind a zero byte, its client",
        run: fuzzDescriptorLoader, allocation: FuzzAllocationBound(base: 8 << 20, perByte: 65_536))

    /// Any bytes as the seed of a descriptor file and of its clients.
    public static let descriptorMaker = FuzzTarget(
        name: "descriptor-maker", summary: "any bytes as the seed of a descriptor file and of its clients",
        run: { (input) throws(FuzzFinding) in try fuzzDescriptorMaker(input) },
        allocation: FuzzAllocationBound(base: 128 << 20, perByte: 65_536))

    /// Any bytes as what people do with a descriptor.
    public static let descriptorWorkbench = FuzzTarget(
        name: "descriptor-workbench", summary: "any bytes as frames to take apart, values to put together, requests",
        run: fuzzDescriptorWorkbench, mutate: FuzzMutator(.descriptors),
        allocation: FuzzAllocationBound(base: 8 << 20, perByte: 65_536))

    /// Any bytes as JSON and JSON5.
    public static let json = FuzzTarget(
        name: "json", summary: "any bytes as JSON and as JSON5, for every reader", run: fuzzJSON,
        allocation: FuzzAllocationBound(base: 65_536, perByte: 16_384))

    /// Any bytes as what a native part of a descriptor reads.
    public static let nativeParts = FuzzTarget(
        name: "native-parts", summary: "any bytes as a packed body of sproto, and as a form of scut's",
        run: fuzzNativeParts, allocation: FuzzAllocationBound(base: 262_144, perByte: 65_536))

    /// Breaks on purpose; a set-up that does not find it finds nothing.
    public static let canary = FuzzTarget(
        name: "canary", summary: "breaks on purpose: a fuzzer with coverage finds it within seconds",
        run: fuzzCanary, allocation: FuzzAllocationBound(base: 65_536, perByte: 4_096))
}
