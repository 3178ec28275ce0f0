package import GateBytes
package import GateIO
package import GateProtocol

/// What bounds a node's calls to others.
package struct RemoteLimits: Sendable, Hashable {
    /// Calls that wait for other nodes.
    package var pendingCallsMax = 65_536
    /// Calls of other nodes that run here at once.
    package var servingMax = 10_000
    /// How often a node announces itself.
    package var announceTime = TimeSpan.seconds(1)
    /// How long an announcement counts.
    package var timeToLive = TimeSpan.seconds(4)

    /// Questions to all gateways that wait for answers.
    static let gathersMax = 16_384
    /// Nodes that may join at once, and then each second; further ones are entered with a later announcement.
    static let joinsBurst = 1_024
    /// See ``joinsBurst``.
    static let joinsPerSecond = 64.0
    /// Questions for an announcement that are answered at once, and then each second.
    static let answersBurst = 512
    /// See ``answersBurst``.
    static let answersPerSecond = 128.0
    /// How long after the link came up the others may take to say that they are there.
    static let greetingTime = TimeSpan.seconds(1)
    /// How long a gateway that said that it goes is trusted to end its sessions itself.
    static let leaveTime = TimeSpan.seconds(60)
    /// How late a timer must be for the loop to count as having stood still.
    static let standstillMin = TimeSpan.milliseconds(500)

    package init() {}
}

/// What a node is to the others.
package struct RemoteSettings: Sendable {
    /// Its name and start.
    package var key: NodeKey
    /// Whether it announces itself; one that only looks does not.
    package var isVisible = true
    /// Whether it holds sessions.
    package var isGateway = false
    /// Its number in the ids of its sessions.
    package var sessionNode: UInt32 = 0
    /// What filters may ask for.
    package var labels: [String: String] = [:]
    /// The loops that its handlers run on; timers run on the first one.
    package var loops: [any EventLoop]
    package var clock: @Sendable () -> MonotonicTime
    package var limits = RemoteLimits()
    /// Hears who joins and who leaves. Any thread.
    package var changed: @Sendable (NodeChange) -> Void = { _ in }
    /// Hears of every call; `nil` when nobody wants to. Any thread.
    package var observe: (@Sendable (RemoteCall) -> Void)?

    package init(key: NodeKey, loops: [any EventLoop], clock: @escaping @Sendable () -> MonotonicTime) {
        self.key = key
        self.loops = loops
        self.clock = clock
    }
}

/// What answers other nodes for this one's sessions.
package protocol RPCSessionPeer: AnyObject, Sendable {
    /// Performs a `SessionRequest` that waits for its `SessionReply`.
    func answer(_ request: [UInt8]) async -> [UInt8]

    /// Performs a `SessionRequest` that nobody waits for, in order with others.
    func perform(_ request: [UInt8])

    /// A session of another node has ended.
    func sessionEnded(_ session: SessionSnapshot, reason: CloseReason)

    /// A module here is called on behalf of a session of another node.
    func sessionSeen(_ session: SessionSnapshot)

    /// A gateway has gone. After `time` its sessions count as ended unless it is met again before.
    func gatewayLeft(sessionNode: UInt32, start: UInt32, endsAfter time: TimeSpan)

    /// A gateway is there, or there again after this one could not reach anybody.
    func gatewayMet(_ gateway: RemoteTransport.GatewayAddress)
}

/// A call between nodes, for logs.
package enum RemoteCall: Sendable {
    /// It goes to a node.
    case sent(TraceContext, _ module: String, _ function: String, to: NodeKey)
    /// It ended here.
    case served(TraceContext, _ module: String, _ function: String, RPCFault?)
}

/// A node came or went.
package enum NodeChange: Sendable {
    /// Why a node went.
    package enum Reason: String, Sendable {
        /// It said so.
        case withdrew
        /// Its announcement ran out.
        case silent
        /// Nobody reads its inbox.
        case unreachable
        /// Another start has its inbox.
        case restarted
    }

    case joined(NodeStatus)
    case left(NodeKey, Reason)
    /// Somebody withdrew this node in its name.
    case forged(NodeKey)
}

/// A node as `gatehouse nodes` shows it.
package struct NodeStatus: Sendable {
    package var key: NodeKey
    package var announcement: NodeAnnouncement
}
