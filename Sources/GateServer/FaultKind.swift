package import GateRPC

/// What is counted when a message has no result. ``name`` is what counters are called.
package enum FaultKind: Int, CaseIterable, Sendable {
    case noSuchModule
    case noSuchHandler
    case deadlineExceeded
    case overloaded
    case linkFull
    case unreachable
    case tooLarge
    case badPayload
    case wouldDeadlock
    case tooDeep
    case handler
    case internalError
    /// A topic that says no module and handler.
    case badTopic
    /// A handler that clients may not call.
    case guarded
    /// An answer that its protocol could not say.
    case notEncodable

    /// The kind of a fault.
    package init(_ fault: RPCFault) {
        self =
            switch fault {
            case .noSuchModule: .noSuchModule
            case .noSuchHandler: .noSuchHandler
            case .deadlineExceeded: .deadlineExceeded
            case .overloaded: .overloaded
            case .linkFull: .linkFull
            case .unreachable: .unreachable
            case .tooLarge: .tooLarge
            case .badPayload: .badPayload
            case .wouldDeadlock: .wouldDeadlock
            case .tooDeep: .tooDeep
            case .handler: .handler
            case .internalError: .internalError
            }
    }

    /// The counter's name.
    package var name: String {
        switch self {
        case .noSuchModule: "no_such_module"
        case .noSuchHandler: "no_such_handler"
        case .deadlineExceeded: "deadline_exceeded"
        case .overloaded: "overloaded"
        case .linkFull: "link_full"
        case .unreachable: "unreachable"
        case .tooLarge: "too_large"
        case .badPayload: "bad_payload"
        case .wouldDeadlock: "would_deadlock"
        case .tooDeep: "too_deep"
        case .handler: "handler"
        case .internalError: "internal_error"
        case .badTopic: "bad_topic"
        case .guarded: "guarded"
        case .notEncodable: "not_encodable"
        }
    }
}
