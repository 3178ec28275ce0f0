import GateBytes
public import GateRPC
import GateSessions

/// An inline handler: synchronous, on whichever loop the client lives, on all loops at once. Shared state belongs behind a
/// `Mutex`; it must not block.
public typealias InlineHandler =
    @Sendable (_ call: borrowing Call, _ payload: Span<UInt8>, _ reply: inout ReplyWriter) throws(RPCFault) -> Void

/// One named handler of one module.
package final class Handler: Sendable {
    /// What runs.
    package enum Body: Sendable {
        case inline(InlineHandler)
        case suspending(HandlerKind, @Sendable (Call, RPCArgument) async throws(RPCFault) -> RPCValue)
    }

    package let name: String
    package let body: Body

    init(name: String, body: Body) {
        self.name = name
        self.body = body
    }
}
