public import GateBytes
import GateIO
public import GateRPC
public import GateSessions

/// What a handler knows of the message it handles, and its way to other modules.
public struct Call: Sendable {
    /// What all calls of one handler share.
    package final class Context: Sendable {
        let module: String
        let function: String
        let services: ModuleServices

        init(module: String, function: String, services: ModuleServices) {
            self.module = module
            self.function = function
            self.services = services
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

    /// Calls another module on behalf of the same session and waits for its result, until the deadline of this call or for
    /// `seconds`, whichever ends first. Calls that lead into each other deeper than ``RPCRequest/depthMax`` fail with
    /// ``RPCFault/tooDeep(limit:)``, on whichever nodes they run.
    /// - Parameters:
    ///   - module: The module's type, or `type@node`. A module of this process comes first.
    ///   - argument: What the handler takes; several as an array of ``RPCValue``.
    ///   - selection: Which of several nodes gets the call.
    public func call<Argument: Encodable & Sendable, Result: Decodable & Sendable>(
        _ module: String, _ function: String, _ argument: Argument, within seconds: Double? = nil,
        selecting selection: RPCSelection = .session, returning: Result.Type = Result.self
    ) async throws(RPCFault) -> Result {
        let value = try await context.services.caller.call(
            context.services.request(
                module, function, argument, session: session, within: seconds, no: deadline, trace: traceContext,
                reply: true, depth: depth + 1, selection: selection))
        return try PayloadCoding.result(value)
    }

    /// Sends a message to another module and does not wait.
    public func notify<Argument: Encodable & Sendable>(
        _ module: String, _ function: String, _ argument: Argument, selecting selection: RPCSelection = .session
    ) throws(RPCFault) {
        try context.services.caller.notify(
            context.services.request(
                module, function, argument, session: session, within: nil, no: deadline, trace: traceContext,
                reply: false, depth: depth + 1, selection: selection))
    }
}
