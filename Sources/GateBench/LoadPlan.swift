import GateBytes
import GateDescriptors
import GateIO
import GateMQTT

/// A run's options, worked out: what every worker and connection shares and nobody changes.
struct LoadPlan: Sendable {
    /// Requests in flight per connection of an open loop that was not told.
    static let openDepth = 1_024

    let options: LoadOptions
    let address: SocketAddress
    /// Empty: the system chooses.
    let sources: [SocketAddress]
    let reader: ReplyReader
    /// Sent once after the opening, answered; `nil` for none.
    let login: RequestTemplate?
    /// By weight: request `index` is meant by a draw below `bounds[index]`.
    let requests: [RequestTemplate]
    let bounds: [UInt64]
    let depth: Int
    let hasTokens: Bool
    /// Tokens are 0..<tokenLimit, and start again.
    let tokenLimit: Int
    /// In fan-out: what is pushed to all.
    let cast: RequestTemplate?

    init(_ options: LoadOptions, address: SocketAddress, sources: [SocketAddress]) throws(LoadError) {
        try options.check()
        self.options = options
        self.address = address
        self.sources = sources
        let loadProtocol = options.target.loadProtocol
        var requests: [RequestTemplate] = []
        var bounds: [UInt64] = []
        var sum: UInt64 = 0
        let payload = options.body ?? RequestTemplate.payload(bytes: options.payloadBytes)
        let wanted = options.scenario?.requests ?? [.init(weight: 1, topic: options.topic, body: payload)]
        func template(_ topic: String, _ payload: [UInt8]) throws(LoadError) -> RequestTemplate {
            if let client = options.client {
                return try RequestTemplate(client, topic: topic, payload: payload)
            }
            return try RequestTemplate(loadProtocol, topic: topic, payload: payload)
        }
        for request in wanted {
            requests.append(try template(request.topic, request.body))
            sum += UInt64(request.weight)
            bounds.append(sum)
        }
        self.requests = requests
        self.bounds = bounds
        hasTokens = requests.allSatisfy { $0.tokenOffset != nil }
        tokenLimit = requests[0].tokenLimit
        // So that no two requests that wait share a token.
        let depthMax = hasTokens ? tokenLimit / 8 : LoadOptions.depthMax
        depth = options.depth ?? (options.rate == nil ? 1 : min(Self.openDepth, depthMax))
        if depth > depthMax { throw .invalidOption("--depth", allowed: "1...\(depthMax) with ids so short") }
        reader = ReplyReader(
            loadProtocol, rawFrameBytes: requests[0].bytes.count, client: options.client, request: requests[0])
        if options.mode == .fanout {
            login = try RequestTemplate(.mqtt, topic: "Echo/HD_Join", payload: Array("{}".utf8))
            cast = try RequestTemplate(
                casting: "Echo/HD_Cast", payload: FanoutTally.payload(bytes: options.payloadBytes))
        } else {
            if let first = options.scenario?.login {
                login = try template(first.topic, first.body)
            } else {
                login = nil
            }
            cast = nil
        }
    }

    /// Connections in all: in fan-out the readers, those that stall, and the one that speaks.
    var connectionCount: Int {
        options.mode == .fanout ? options.connections + options.stalledReaders + 1 : options.connections
    }

    /// What connection `number` is for.
    func role(of number: Int) -> LoadConnection.Role {
        guard options.mode == .fanout else { return .requester }
        if number < options.connections { return .reader }
        return number < options.connections + options.stalledReaders ? .stalled : .caster
    }

    /// What connection `number` says first; nothing where the protocol has no opening.
    func appendOpening(of number: Int, to output: inout ByteBuffer) throws(LoadError) {
        guard options.target.loadProtocol == .mqtt else { return }
        let name = "gatehouse-bench-\(processNumber)-\(number)"
        do {
            // Keep-alive 0: an idle session costs no traffic.
            try MQTTCodec().encode(
                .connect(MQTTConnect(clientID: Array(name.utf8), keepAliveSeconds: 0)), into: &output)
        } catch {
            throw .invalidOption("client id", allowed: "what MQTT can carry")
        }
    }

    /// The SUBSCRIBE before requests.
    func appendSubscription(_ filter: String, to output: inout ByteBuffer) throws(LoadError) {
        do {
            let line = MQTTSubscription(filter: Array(filter.utf8), qos: .atMostOnce)
            try MQTTCodec().encode(.subscribe(1, [line]), into: &output)
        } catch {
            throw .invalidOption("--subscribe", allowed: "an MQTT topic filter")
        }
    }
}
