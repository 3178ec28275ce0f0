package import GateRPC
import GateSessions

extension RPCFault {
    /// The fault that a caller sees of an error that a handler threw.
    package init(thrown error: any Error) {
        switch error {
        case let fault as RPCFault: self = fault
        case let fault as SessionFault: self = .handler(code: 0, message: fault.clientText)
        default: self = .internalError
        }
    }
}
