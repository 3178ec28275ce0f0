public import GateIO
public import GateProtocol

/// What a session was at one moment: the part of it that travels with every call.
public struct SessionSnapshot: Sendable, Hashable {
    /// The session's name.
    public var id: SessionID
    /// Name of the gateway node that holds the connection.
    public var node: String
    /// The bound user, if any.
    public var userID: UserID?
    /// Whether the gateway judges the session a guest's: by its hook, else by the absence of a user.
    public var isGuest: Bool
    /// Settings: small texts that modules keep with the session.
    public var settings: [String: String]
    /// The client's address.
    public var remoteAddress: SocketAddress
    /// The protocol the client speaks.
    public var protocolName: String
    /// When the session was opened, milliseconds since 1970.
    public var connectedAtMilliseconds: Int64

    /// A snapshot; see the properties.
    public init(
        id: SessionID, node: String, userID: UserID?, isGuest: Bool, settings: [String: String],
        remoteAddress: SocketAddress, protocolName: String, connectedAtMilliseconds: Int64
    ) {
        self.id = id
        self.node = node
        self.userID = userID
        self.isGuest = isGuest
        self.settings = settings
        self.remoteAddress = remoteAddress
        self.protocolName = protocolName
        self.connectedAtMilliseconds = connectedAtMilliseconds
    }
}
