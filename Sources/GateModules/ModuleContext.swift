import GateBytes
public import GateRPC
public import GateSessions

/// What a module stands on, outside of a call.
public struct ModuleContext: Sendable {
    private let services: ModuleServices

    package init(services: ModuleServices) {
        self.services = services
    }

    /// Name of this node.
    public var node: String { services.node }
    /// All sessions.
    public var sessions: Sessions { services.sessions }

    /// Calls a module and waits for its result, for `seconds` or the configured time. Without a session, a node is chosen at
    /// random unless `selection` says otherwise.
    public func call<Argument: Encodable & Sendable, Result: Decodable & Sendable>(
        _ module: String, _ function: String, _ argument: Argument, within seconds: Double? = nil,
        selecting selection: RPCSelection = .session, returning: Result.Type = Result.self
    ) async throws(RPCFault) -> Result {
        let value = try await services.caller.call(
            services.request(
                module, function, argument, session: nil, within: seconds, no: .never, trace: TraceContext(.random()),
                reply: true, depth: CallDepth.current + 1, selection: selection))
        return try PayloadCoding.result(value)
    }

    /// Sends a message to a module and does not wait.
    public func notify<Argument: Encodable & Sendable>(
        _ module: String, _ function: String, _ argument: Argument, selecting selection: RPCSelection = .session
    ) throws(RPCFault) {
        try services.caller.notify(
            services.request(
                module, function, argument, session: nil, within: nil, no: .never, trace: TraceContext(.random()),
                reply: false, depth: CallDepth.current + 1, selection: selection))
    }
}
