/// What a client says of itself when it opens a session. Bytes, because a peer's text is not yet to be trusted.
public struct Credentials: Sendable {
    /// What shall become of state that an earlier session of this client left behind.
    public enum Resumption: Sendable {
        /// The protocol keeps none.
        case unsupported
        /// Discard what there is; the new session ends with the connection (MQTT clean session 1).
        case discard
        /// Resume it or begin one, and keep it after the connection (MQTT clean session 0).
        case resume
    }

    /// The client's own id, UTF-8; empty when the protocol has none.
    public var clientID: [UInt8]
    /// User name, UTF-8, when given.
    public var userName: [UInt8]?
    /// Password, any bytes, when given. Never logged.
    public var password: [UInt8]?
    /// What shall become of stored state.
    public var resumption: Resumption
    /// Whether the client was asked who it is, so that an authenticate hook has something to judge. Not for protocols that
    /// name no login, or only a later one, see ``ProtocolEffects/logIn(_:)``.
    public var isLogin: Bool

    /// Credentials; everything may be left out.
    public init(
        clientID: [UInt8] = [], userName: [UInt8]? = nil, password: [UInt8]? = nil,
        resumption: Resumption = .unsupported, isLogin: Bool = true
    ) {
        self.clientID = clientID
        self.userName = userName
        self.password = password
        self.resumption = resumption
        self.isLogin = isLogin
    }
}
