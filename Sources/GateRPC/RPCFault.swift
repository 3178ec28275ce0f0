/// Why a call has no result. What a client sees of it is ``clientText`` and nothing else.
public enum RPCFault: Error, Hashable, Sendable {
    /// No module of that type is known here or elsewhere.
    case noSuchModule(String)
    /// The module has no handler of that name.
    case noSuchHandler(String)
    /// The deadline passed before there was a result.
    case deadlineExceeded
    /// A bounded queue on the way is full.
    case overloaded
    /// The link to other nodes has no room, or too many calls wait for them.
    case linkFull
    /// The node or the link to it is away.
    case unreachable
    /// The message does not fit on the way to the module.
    case tooLarge(bytes: Int, limit: Int)
    /// The body is not what the handler takes; `jsonSyntax` tells broken JSON from JSON of another shape.
    case badPayload(jsonSyntax: Bool)
    /// A serial module waits for itself, directly or through others.
    case wouldDeadlock(String)
    /// Handlers have called each other, or themselves, deeper than may be; see ``RPCRequest/depthMax``.
    case tooDeep(limit: Int)
    /// The handler's own fault: a code of its choice and a text for the client. A code that is not 0 reaches clients whose
    /// protocol has a place for it (`fault_code` in a descriptor), the text all others too.
    case handler(code: Int, message: String)
    /// A fault of the server's that a client gets no details of.
    case internalError

    /// A handler's fault with a text for the client.
    public static func message(_ text: String) -> RPCFault {
        .handler(code: 0, message: text)
    }

    /// What a client may read; the texts of the first six kinds are those that mqant's clients know.
    public var clientText: String {
        switch self {
        case .noSuchModule(let type): "Service(type:\(type)) not found"
        case .noSuchHandler(let name): "Remote function(\(name)) not found"
        case .deadlineExceeded: "deadline exceeded"
        case .overloaded: "the work queue is full!"
        case .linkFull: "the link to other nodes is full"
        case .unreachable: "service unreachable"
        case .tooLarge(let bytes, let limit): "message of \(bytes) bytes is above the limit of \(limit)"
        case .badPayload(jsonSyntax: true): "The JSON format is incorrect"
        case .badPayload(jsonSyntax: false): "The parameters do not match"
        case .wouldDeadlock(let type): "Service(type:\(type)) is busy with this call"
        case .tooDeep(let limit): "calls lead into each other deeper than \(limit)"
        case .handler(_, let message): message
        case .internalError: "internal error"
        }
    }

    /// The name under which faults of this kind are counted.
    public var kind: String {
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
        }
    }
}
