import GateBytes
public import GateRPC
public import GateSessions

/// Where a client's message goes.
public struct Route: Hashable, Sendable {
    /// Module type: `Chat`.
    public var module: String
    /// The node, when the client named one (`Chat@node`).
    public var node: String?
    /// Handler name.
    public var function: String
    /// Whether the topic says that an answer is wanted.
    public var wantsReply: Bool

    /// A route; see the properties.
    public init(module: String, node: String? = nil, function: String, wantsReply: Bool) {
        self.module = module
        self.node = node
        self.function = function
        self.wantsReply = wantsReply
    }
}

/// Why a topic leads nowhere. Its text is what a client may read.
public enum RouteFault: Error, Hashable, Sendable {
    /// Fewer than two parts.
    case badTopic
    /// The handler's name has none of the prefixes that clients may call.
    case guarded(prefix: String, function: String)

    /// The texts that mqant's clients know.
    public var clientText: String {
        switch self {
        case .badTopic:
            "Topic must be [moduleType@moduleID]/[handler]|[moduleType@moduleID]/[handler]/[msgid]"
        case .guarded(let prefix, let function): "Method(\(function)) must begin with '\(prefix)'"
        }
    }
}

/// A message that leads to no handler: what its client may read, and the name under which it is counted, once.
struct NoRoute: Error {
    let fault: RPCFault
    let kind: FaultKind
    /// Whether it was meant as a call: only then is a message of a protocol with topics answered. See
    /// ``LoopGateway/looksLikeCall(_:keyEnd:)``.
    var looksLikeCall = true
    /// Whether it is the name itself that says no module and handler, and nobody gave it a route.
    let isUnrouted: Bool

    /// What a client reads whose messages have no topics.
    static let unroutedFault = RPCFault.message("no route for this message")

    /// No module or no handler.
    init(_ fault: RPCFault) {
        self.fault = fault
        kind = FaultKind(fault)
        isUnrouted = false
    }

    /// A topic that says nothing or too much.
    init(_ fault: RouteFault) {
        self.fault = .message(fault.clientText)
        kind = fault == .badTopic ? .badTopic : .guarded
        isUnrouted = fault == .badTopic
    }
}

/// Which grammar topics follow.
public enum TopicRule: String, Sendable, CaseIterable {
    /// `type[@node]/handler[/token]`; with a token, an answer is wanted.
    case topic
    /// `type://host/path[?msg_id=n]`; the path with its leading slash is the handler's name, the host a node or one of
    /// `modulus`, `cache`, `random`. With `msg_id`, an answer is wanted.
    case uri
}

/// What a custom route handler decides about a message.
public enum RouteDecision: Sendable {
    /// The usual rule decides.
    case `default`
    /// This route, whatever the topic says.
    case route(Route)
    /// Answered here and now; `wantsReply` as in ``Route``.
    case answer(Result<RPCValue, RPCFault>, wantsReply: Bool)
    /// Nothing happens.
    case drop
}

/// Decides about messages before the usual rule does. Runs on the loop: it must not block.
public typealias RouteHandler =
    @Sendable (_ session: Session, _ topic: Span<UInt8>, _ payload: Span<UInt8>) -> RouteDecision
