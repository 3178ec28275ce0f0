public import GateBytes
public import GateRPC

/// Looks at every call of a module before and after its handler: authorisation, timing, accounting.
public struct Interceptor: Sendable {
    /// Runs before the handler, at once and on its thread; what it throws is the answer and the handler does not run.
    public var before: (@Sendable (borrowing Call) throws(RPCFault) -> Void)?
    /// Runs after the handler with its fault, if any, and the time it took.
    public var after: (@Sendable (borrowing Call, RPCFault?, TimeSpan) -> Void)?

    /// An interceptor; either half may be left out.
    public init(
        before: (@Sendable (borrowing Call) throws(RPCFault) -> Void)? = nil,
        after: (@Sendable (borrowing Call, RPCFault?, TimeSpan) -> Void)? = nil
    ) {
        self.before = before
        self.after = after
    }
}
