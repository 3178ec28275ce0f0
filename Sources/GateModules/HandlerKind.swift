/// How the messages of a handler are run beside each other.
public enum HandlerKind: String, Sendable, CaseIterable {
    /// One client's messages one after another, clients side by side. The default.
    case ordered
    /// One message of the whole module at a time, in a queue of the module's own. A serial module that calls itself fails
    /// at once.
    case serial
    /// All side by side, up to the module's limit.
    case concurrent
}

/// What bounds a module.
public struct ModuleLimits: Sendable, Hashable {
    /// Messages waiting for the module's serial queue.
    public var serialQueueMax = 1_024
    /// Concurrent handlers of the module that run at once.
    public var concurrentMax = 10_000
    /// How much of either the clients of one address, or of one IPv6 /64 network, may take, in percent; 100 for all. Also
    /// handlers of clients that have gone count, until they return. `nil` for what the configuration says
    /// (`limits.moduleSharePercent`), else 25.
    public var addressSharePercent: Int?

    /// The defaults.
    public init() {}
}
