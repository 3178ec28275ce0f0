package import GateProtocol
package import GateRPC

/// The sessions of all gateways, as one gateway among them sees them.
package protocol SessionCluster: SessionGateway {
    /// Whether a session at another gateway stands against a login here.
    func isRefusedElsewhere(_ mark: LoginMark, of user: UserID) async -> Bool

    /// Ends the sessions of a user at other gateways that came before a login here, soon.
    func kickElsewhere(_ user: UserID, before mark: LoginMark, reason: String)

    /// Tells the modules of other nodes that a session of this gateway has ended.
    func tellEnded(_ session: SessionSnapshot, reason: CloseReason)
}
