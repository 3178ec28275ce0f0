package import GateBytes
package import GateModules
package import GateSessions

/// What a gateway is made with, apart from loops and modules.
package struct GatewaySettings: Sendable {
    /// Name of this node, what `type@node` means.
    package var node: String
    /// Tells this start from others, in session ids.
    package var startNumber: UInt32
    package var limits = GatewayLimits()
    package var hooks = SessionHooks()
    package var secondLogin = SecondLoginPolicy.allow
    package var topicRule = TopicRule.topic
    /// Prefixes of handler names that clients may call; empty for all.
    package var guards = ["HD_", "Handler_"]
    package var routeHandler: RouteHandler?
    /// What records traces.
    package var tracing: (any CallTracing)?
    /// Milliseconds since 1970; a manual clock in tests.
    package var wallClock: @Sendable () -> Int64
    /// The monotonic clock, for threads that are no loops.
    package var clock: @Sendable () -> MonotonicTime

    package init(
        node: String, startNumber: UInt32, wallClock: @escaping @Sendable () -> Int64,
        clock: @escaping @Sendable () -> MonotonicTime
    ) {
        self.node = node
        self.startNumber = startNumber
        self.wallClock = wallClock
        self.clock = clock
    }
}
