package import GateProtocol
package import GateRPC

/// The sessions of all gateways, as one gateway among them sees them.
package protocol SessionCluster: SessionGateway {
    /// Why a login here may not be, as far as other gateways know: a session of theirs stands against it, or one of them is
    /// there and does not answer. `nil` when nothing does.
    func verdictElsewhere(_ mark: LoginMark, of user: UserID) async -> SessionFault?

    /// Ends the sessions of a user at other gateways that came before a login here, soon.
    func kickElsewhere(_ user: UserID, before mark: LoginMark, reason: String)

    /// Tells the modules of other nodes that a session of this gateway has ended.
    func tellEnded(_ session: SessionSnapshot, reason: CloseReason)
}
