package import GateProtocol
package import GateRPC

/// The sessions of all gateways, as one gateway among them sees them.
package protocol SessionCluster: SessionGateway {
    /// The sessions of a user at other gateways.
    func sessionsElsewhere(of user: UserID) async -> [SessionID]

    /// Ends the sessions of a user at other gateways, soon.
    func kickElsewhere(_ user: UserID, reason: String)

    /// Tells the modules of other nodes that a session of this gateway has ended.
    func tellEnded(_ session: SessionSnapshot, reason: CloseReason)
}
