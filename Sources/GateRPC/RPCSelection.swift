/// Which of several nodes gets a call.
public struct RPCSelection: Sendable, Hashable {
    /// How one is chosen.
    public enum Strategy: String, Sendable, CaseIterable {
        /// The same node for all calls of a session, so that one client's messages stay in order; at random for calls
        /// without a session.
        case session
        /// The same node for all calls on behalf of a user; like ``session`` for guests.
        case user
        /// Any.
        case random
        /// One after another.
        case roundRobin
        /// The one that runs the fewest calls, as far as known.
        case leastLoaded
    }

    /// How one is chosen.
    public var strategy: Strategy
    /// Only nodes that serve this version of the module.
    public var version: String?
    /// Only nodes with all of these labels.
    public var labels: [String: String]

    /// The same node for all calls of a session.
    public static let session = RPCSelection(.session)
    /// The same node for all calls on behalf of a user.
    public static let user = RPCSelection(.user)
    /// Any node.
    public static let random = RPCSelection(.random)
    /// One node after another.
    public static let roundRobin = RPCSelection(.roundRobin)
    /// The node that runs the fewest calls.
    public static let leastLoaded = RPCSelection(.leastLoaded)

    /// By session, of all nodes, unless told otherwise.
    public init(_ strategy: Strategy = .session, version: String? = nil, labels: [String: String] = [:]) {
        self.strategy = strategy
        self.version = version
        self.labels = labels
    }
}
