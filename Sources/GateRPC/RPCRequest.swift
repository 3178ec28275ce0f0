public import GateBytes
public import GateIO

/// One call on its way to a module.
public struct RPCRequest: Sendable {
    /// Module type: `Chat`.
    public var module: String
    /// The node to call, when the caller chose one (`type@node`).
    public var node: String?
    /// Handler name: `HD_Say`.
    public var function: String
    /// The body.
    public var argument: RPCArgument
    /// The client on whose behalf the call is made, if any.
    public var session: SessionSnapshot?
    /// When the caller stops waiting.
    public var deadline: MonotonicTime
    /// Names the request in every log on its way.
    public var trace: TraceID
    /// The step that made the call, in W3C trace context; 0 for none.
    public var span: UInt64 = 0
    /// W3C trace flags.
    public var traceFlags: UInt8 = 0
    /// Whether the caller waits for an answer.
    public var expectsReply: Bool
    /// How many calls of handlers lead here: 0 for what a client sent or a module does by itself. A handler's calls are one
    /// deeper than the handler; more than ``depthMax`` is ``RPCFault/tooDeep(limit:)``.
    public var depth = 0
    /// Which node gets the call when several of other processes serve the module.
    public var selection: RPCSelection

    /// How deep calls may lead into each other, over all nodes: 64.
    public static let depthMax = 64

    /// A request; see the properties.
    public init(
        module: String, node: String? = nil, function: String, argument: RPCArgument, session: SessionSnapshot?,
        deadline: MonotonicTime, trace: TraceID, expectsReply: Bool, selection: RPCSelection = RPCSelection()
    ) {
        self.module = module
        self.node = node
        self.function = function
        self.argument = argument
        self.session = session
        self.deadline = deadline
        self.trace = trace
        self.expectsReply = expectsReply
        self.selection = selection
    }
}

extension RPCRequest {
    /// ``trace``, ``span`` and ``traceFlags`` as one.
    public var traceContext: TraceContext {
        get { TraceContext(trace, span: span, flags: traceFlags) }
        set { (trace, span, traceFlags) = (newValue.trace, newValue.span, newValue.flags) }
    }
}

/// Gets the end of a call.
public typealias RPCCompletion = @Sendable (Result<RPCValue, RPCFault>) -> Void

/// What a call hands over.
public enum RPCArgument: Sendable {
    /// A body as bytes: what a client sent.
    case body([UInt8])
    /// A value. Within a process a handler that takes this very type gets it without a byte being made; `encoded` makes
    /// the body for everyone else.
    case value(any Sendable, encoded: @Sendable () throws(RPCFault) -> [UInt8])
    /// Several in a row, for a handler that takes as many; as a body, a JSON array of them.
    case several([RPCArgument])
}

/// Carries calls to modules of other processes. The router calls one only for modules that are not here.
public protocol RPCTransport: AnyObject, Sendable {
    /// Whether some node serves `module` (on `node`, when one is named).
    func serves(module: String, node: String?) -> Bool

    /// Whether other nodes can be reached now; while they cannot, nobody knows what they serve.
    var isReachable: Bool { get }

    /// Calls and waits for the result until the request's deadline.
    func call(_ request: RPCRequest) async throws(RPCFault) -> RPCValue

    /// Hands the request over and does not wait.
    func notify(_ request: RPCRequest) throws(RPCFault)

    /// As ``call(_:)``, on `loop`, where this is called; `done` gets the end, once, on any thread.
    func start(_ request: RPCRequest, on loop: any EventLoop, done: @escaping RPCCompletion)

    /// How a client's messages to a handler run beside each other, when its nodes say so.
    func kind(module: String, node: String?, function: String) -> RPCHandlerKind?

    /// Calls `body`, on any thread, whenever what other nodes serve has changed.
    func observeChanges(_ body: @escaping @Sendable () -> Void)

    /// The other nodes that serve `module`, by name.
    func nodes(of module: String) -> [RPCNode]
}

extension RPCTransport {
    /// In a task.
    public func start(_ request: RPCRequest, on loop: any EventLoop, done: @escaping RPCCompletion) {
        Task.immediate(executorPreference: loop.executor) {
            do throws(RPCFault) {
                done(.success(try await call(request)))
            } catch {
                done(.failure(error))
            }
        }
    }

    /// Always.
    public var isReachable: Bool { true }

    /// Nobody says.
    public func kind(module: String, node: String?, function: String) -> RPCHandlerKind? { nil }

    /// None that are known.
    public func nodes(of module: String) -> [RPCNode] { [] }

    /// Nothing changes.
    public func observeChanges(_ body: @escaping @Sendable () -> Void) {}
}
