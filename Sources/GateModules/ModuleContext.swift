import GateBytes
public import GateRPC
public import GateSessions
public import Logging

/// What a module stands on, outside of a call.
public struct ModuleContext: Sendable {
    private let services: ModuleServices
    private let module: String
    private var ownTrace: TraceContext?

    package init(services: ModuleServices, module: String = "") {
        self.services = services
        self.module = module
    }

    /// Name of this node.
    public var node: String { services.node }
    /// All sessions.
    public var sessions: Sessions { services.sessions }

    /// The same under a trace of its own, which its log lines and all its calls carry: for one job that a module does by
    /// itself. Without it each call begins a trace.
    public func beginningTrace() -> ModuleContext {
        var copy = self
        copy.ownTrace = TraceContext(.random())
        return copy
    }

    /// Names the job in every log on its way; `nil` outside of ``beginningTrace()`` and of a recorded trace.
    public var trace: TraceID? { (services.tracing?.current ?? ownTrace)?.trace }

    /// The server's log; its lines carry the module, and ``trace`` where there is one.
    public var logger: Logger {
        var logger = services.logger
        logger[metadataKey: "module"] = "\(module)"
        if let trace { logger[metadataKey: "trace"] = "\(trace)" }
        return logger
    }

    /// The nodes that serve the modules of a type now, this one first: `call("\(type)@\(node.name)", …)` reaches one of
    /// them. Empty when there is none.
    public func nodes(of type: String) -> [RPCNode] { services.caller.nodes(of: type) }

    /// Calls a module and waits for its result, for `seconds` or the configured time. Without a session, a node is chosen at
    /// random unless `selection` says otherwise.
    public func call<Argument: Encodable & Sendable, Result: Decodable & Sendable>(
        _ module: String, _ function: String, _ argument: Argument, within seconds: Double? = nil,
        selecting selection: RPCSelection = .session, returning: Result.Type = Result.self
    ) async throws(RPCFault) -> Result {
        try await exchange(module, function, services.argument(argument), seconds, selection)
    }

    /// As ``call(_:_:_:within:selecting:returning:)`` of a handler that takes nothing.
    public func call<Result: Decodable & Sendable>(
        _ module: String, _ function: String, within seconds: Double? = nil,
        selecting selection: RPCSelection = .session, returning: Result.Type = Result.self
    ) async throws(RPCFault) -> Result {
        try await exchange(module, function, .several([]), seconds, selection)
    }

    /// As ``call(_:_:_:within:selecting:returning:)`` of a handler that takes several arguments.
    public func call<
        First: Encodable & Sendable, Second: Encodable & Sendable, each Rest: Encodable & Sendable,
        Result: Decodable & Sendable
    >(
        _ module: String, _ function: String, _ first: First, _ second: Second, _ rest: repeat each Rest,
        within seconds: Double? = nil, selecting selection: RPCSelection = .session,
        returning: Result.Type = Result.self
    ) async throws(RPCFault) -> Result {
        try await exchange(
            module, function, services.arguments(first, second, repeat each rest), seconds, selection)
    }

    /// Sends a message to a module and does not wait.
    public func notify<Argument: Encodable & Sendable>(
        _ module: String, _ function: String, _ argument: Argument, selecting selection: RPCSelection = .session
    ) throws(RPCFault) {
        try send(module, function, services.argument(argument), selection)
    }

    /// As ``notify(_:_:_:selecting:)`` to a handler that takes nothing.
    public func notify(
        _ module: String, _ function: String, selecting selection: RPCSelection = .session
    ) throws(RPCFault) {
        try send(module, function, .several([]), selection)
    }

    /// As ``notify(_:_:_:selecting:)`` to a handler that takes several arguments.
    public func notify<
        First: Encodable & Sendable, Second: Encodable & Sendable, each Rest: Encodable & Sendable
    >(
        _ module: String, _ function: String, _ first: First, _ second: Second, _ rest: repeat each Rest,
        selecting selection: RPCSelection = .session
    ) throws(RPCFault) {
        try send(module, function, services.arguments(first, second, repeat each rest), selection)
    }

    private func exchange<Result: Decodable & Sendable>(
        _ module: String, _ function: String, _ argument: RPCArgument, _ seconds: Double?, _ selection: RPCSelection
    ) async throws(RPCFault) -> Result {
        let value = try await services.caller.call(
            services.request(
                module, function, argument, session: nil, within: seconds, no: .never,
                trace: ownTrace ?? TraceContext(.random()), reply: true, depth: CallDepth.current + 1,
                selection: selection))
        return try PayloadCoding.result(value)
    }

    private func send(
        _ module: String, _ function: String, _ argument: RPCArgument, _ selection: RPCSelection
    ) throws(RPCFault) {
        try services.caller.notify(
            services.request(
                module, function, argument, session: nil, within: nil, no: .never,
                trace: ownTrace ?? TraceContext(.random()), reply: false, depth: CallDepth.current + 1,
                selection: selection))
    }
}
