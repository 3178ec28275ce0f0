import GateModules
import GateProtocol
import GateSessions

/// A module of the test's own handlers.
struct TestModule: Module {
    let type: String
    private let registration: @Sendable (inout HandlerTable) -> Void
    /// Hears of the ends of sessions.
    var onEnd: @Sendable (Session, CloseReason) -> Void = { _, _ in }

    init(_ type: String, _ registration: @escaping @Sendable (inout HandlerTable) -> Void) {
        self.type = type
        self.registration = registration
    }

    func register(in handlers: inout HandlerTable) { registration(&handlers) }

    func sessionEnded(_ session: Session, reason: CloseReason) { onEnd(session, reason) }
}
