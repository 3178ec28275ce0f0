public import GateBytes
import GateIO
public import GateRPC
public import GateSessions
public import Logging

/// What a handler knows of the message it handles, and its way to other modules.
public struct Call: Sendable {
    /// What all calls of one handler share.
    package final class Context: Sendable {
        let module: String
        let function: String
        let services: ModuleServices
        let failures: HandlerFailures

        init(
            module: String, function: String, services: ModuleServices,
            failures: HandlerFailures = HandlerFailures()
        ) {
            self.module = module
            self.function = function
            self.services = services
            self.failures = failures
        }
    }

    package let context: Context
    /// The client on whose behalf the call is made. For a call that no client caused, a session whose verbs fail with
    /// ``SessionFault/noSuchSession``.
    public let session: Session
    /// When the caller stops waiting.
    public let deadline: MonotonicTime
    /// Names the request in every log on its way, and the step that made the call.
    public let traceContext: TraceContext
    /// Names the request in every log on its way.
    public var trace: TraceID { traceContext.trace }

    /// See ``RPCRequest/depth``.
    package let depth: Int

    package init(
        context: Context, session: Session, deadline: MonotonicTime, trace: TraceContext, depth: Int = 0
    ) {
        self.depth = depth
        self.context = context
        self.session = session
        self.deadline = deadline
        traceContext = trace
    }

    /// Whose share of a module's room the call takes; `nil` when no client caused it.
    var network: ClientNetwork? {
        let address = session.remoteAddress
        return address.port == 0 && address.low == 0 ? nil : ClientNetwork(address)
    }

    /// Type of the module that handles the call.
    public var module: String { context.module }
    /// Name of the handler.
    public var function: String { context.function }
    /// All sessions, also those of other clients.
    public var sessions: Sessions { context.services.sessions }

    /// A session that came as an argument, with its verbs.
    public func session(_ snapshot: SessionSnapshot) -> Session { context.services.session(snapshot) }

    /// The server's log; its lines carry module, handler and trace.
    public var logger: Logger {
        var logger = context.services.logger
        logger[metadataKey: "module"] = "\(module)"
        // Names that nobody registered are the client's.
        logger[metadataKey: "function"] = "\(shortened(function, bytes: 256))"
        logger[metadataKey: "trace"] = "\(trace)"
        return logger
    }

    /// Calls another module on behalf of the same session and waits for its result, until the deadline of this call or for
    /// `seconds`, whichever ends first. Calls that lead into each other deeper than ``RPCRequest/depthMax`` fail with
    /// ``RPCFault/tooDeep(limit:)``, on whichever nodes they run.
    /// - Parameters:
    ///   - module: The module's type, or `type@node`. A module of this process comes first.
    ///   - argument: What the handler takes.
    ///   - selection: Which of several nodes gets the call.
    public func call<Argument: Encodable & Sendable, Result: Decodable & Sendable>(
        _ module: String, _ function: String, _ argument: Argument, within seconds: Double? = nil,
        selecting selection: RPCSelection = .session, returning: Result.Type = Result.self
    ) async throws(RPCFault) -> Result {
        try await exchange(module, function, context.services.argument(argument), seconds, selection)
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
        let arguments = context.services.arguments(first, second, repeat each rest)
        return try await exchange(module, function, arguments, seconds, selection)
    }

    /// Sends a message to another module and does not wait.
    public func notify<Argument: Encodable & Sendable>(
        _ module: String, _ function: String, _ argument: Argument, selecting selection: RPCSelection = .session
    ) throws(RPCFault) {
        try send(module, function, context.services.argument(argument), selection)
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
        try send(module, function, context.services.arguments(first, second, repeat each rest), selection)
    }

    private func exchange<Result: Decodable & Sendable>(
        _ module: String, _ function: String, _ argument: RPCArgument, _ seconds: Double?, _ selection: RPCSelection
    ) async throws(RPCFault) -> Result {
        let value = try await context.services.caller.call(
            context.services.request(
                module, function, argument, session: session, within: seconds, no: deadline, trace: traceContext,
                reply: true, depth: depth + 1, selection: selection))
        return try PayloadCoding.result(value)
    }

    private func send(
        _ module: String, _ function: String, _ argument: RPCArgument, _ selection: RPCSelection
    ) throws(RPCFault) {
        try context.services.caller.notify(
            context.services.request(
                module, function, argument, session: session, within: nil, no: deadline, trace: traceContext,
                reply: false, depth: depth + 1, selection: selection))
    }
}
