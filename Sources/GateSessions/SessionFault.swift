/// Why a session verb had no effect.
public enum SessionFault: Error, Hashable, Sendable {
    /// The session has ended, or its gateway was restarted since.
    case noSuchSession
    /// The user is logged in elsewhere and the policy refuses a second login.
    case alreadyLoggedIn
    /// The client's protocol has no way to say the message: a topic with wildcards, a body too long for its frame.
    case notSendable
    /// The gateway of the session has no room for the request.
    case overloaded
    /// The link to the gateway of the session has no room.
    case linkFull
    /// The gateway of the session is away.
    case unreachable
    /// The storage hook failed to load the user's settings; the session is not bound.
    case storageFailed

    /// What a client may read of it.
    public var clientText: String {
        switch self {
        case .noSuchSession: "No Sesssion found"
        case .alreadyLoggedIn: "user is logged in elsewhere"
        case .notSendable: "the message cannot be sent to this client"
        case .overloaded: "the work queue is full!"
        case .linkFull: "the link to other nodes is full"
        case .unreachable: "service unreachable"
        case .storageFailed: "session storage failed"
        }
    }
}
