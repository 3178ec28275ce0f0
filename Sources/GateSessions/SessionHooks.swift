public import GateProtocol
public import GateRPC

/// What becomes of a login of a user who is bound to another session already.
public enum SecondLoginPolicy: String, Sendable, CaseIterable {
    /// Both stay.
    case allow
    /// The second bind fails.
    case refuse
    /// The first session gets a notice and is closed.
    case kick
}

/// Keeps the settings of users beyond their sessions.
public protocol SessionStorage: Sendable {
    /// The saved settings of a user; empty when there are none. Called when the user is bound.
    func load(_ user: UserID) async throws -> [String: String]

    /// Saves a user's settings. Called after changes, one call at a time for each user, the newest state last.
    func save(_ settings: [String: String], of user: UserID) async

    /// The user's session is still active; called at most once in the heartbeat interval.
    func heartbeat(_ session: Session) async
}

extension SessionStorage {
    /// Does nothing.
    public func heartbeat(_ session: Session) async {}
}

/// What a client shows before it is let in.
public struct LoginAttempt: Sendable {
    /// Client id; empty when the protocol has none. The protocol's name stands in ``session``.
    public var clientID: String
    /// User name, when given.
    public var userName: String?
    /// Password, any bytes, when given. Do not log it.
    public var password: [UInt8]?
    /// The session it is about to get.
    public var session: SessionSnapshot

    package init(clientID: String, userName: String?, password: [UInt8]?, session: SessionSnapshot) {
        self.clientID = clientID
        self.userName = userName
        self.password = password
        self.session = session
    }
}

/// The answer of an authenticate hook.
public enum Authentication: Sendable, Hashable {
    /// Let in; with a user, the session is bound to it before the client learns.
    case accepted(user: UserID? = nil)
    /// Not let in.
    case refused(Refusal)
}

/// Where an application looks into the life of sessions. Every hook may be left out.
public struct SessionHooks: Sendable {
    /// A session was opened. Ends before ``disconnected`` of the same session begins.
    public var connected: (@Sendable (Session) async -> Void)?
    /// A session has ended; its verbs fail with ``SessionFault/noSuchSession``. Exactly once for each ``connected``.
    public var disconnected: (@Sendable (Session, CloseReason) async -> Void)?
    /// Decides who comes in. Nothing that the client sent behind its login is handled before the answer.
    ///
    /// Called for each CONNECT of MQTT, and for each login that a descriptor names (`login`, as `kbengine` does), where the
    /// session is open by then and a refusal ends it. Not called for the clients of protocols that name no login: they come
    /// in as guests, and a module binds them to a user (`Session.bind`) once they have shown who they are in a request;
    /// see ``authenticatesWithoutLogin``.
    public var authenticate: (@Sendable (LoginAttempt) async -> Authentication)?
    /// Whether ``authenticate`` is also called when a client of a protocol without a login connects, with an empty client id,
    /// no user name and no password: to judge by the address, or to close listeners of such protocols altogether. Off by
    /// default.
    public var authenticatesWithoutLogin = false
    /// Judges who is a guest; without it, whoever has no user.
    public var isGuest: (@Sendable (SessionSnapshot) -> Bool)?
    /// Sees every push before it is encoded: changes it, or suppresses it with `nil`. Runs on the loop: it must not block.
    public var outgoing: (@Sendable (Session, OutgoingMessage) -> OutgoingMessage?)?
    /// Keeps users' settings.
    public var storage: (any SessionStorage)?

    /// No hooks.
    public init() {}
}
