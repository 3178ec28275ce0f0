public import GateProtocol
public import GateRPC

/// Sessions as a module sees them, whether their gateways run in this process or in another.
public protocol SessionGateway: AnyObject, Sendable {
    /// Performs at once where the caller happens to run on the session's loop and nothing has to be waited for;
    /// `nil` when it did nothing.
    func performNow(_ operation: SessionOperation, on id: SessionID) throws(SessionFault) -> SessionSnapshot?

    /// Performs, and answers with the session as it is afterwards.
    func perform(_ operation: SessionOperation, on id: SessionID) async throws(SessionFault) -> SessionSnapshot

    /// Performs some time soon, in order with the caller's other posts; nobody learns how it went.
    func post(_ operation: SessionOperation, to id: SessionID)

    /// What a session counted.
    func counters(of id: SessionID) async throws(SessionFault) -> SessionCounters

    /// Sends to each of `ids`; one crossing for each loop or gateway, not for each session.
    /// - Returns: How many sessions were there.
    func send(_ message: OutgoingMessage, to ids: [SessionID]) async -> Int

    /// Sends to each of `ids` some time soon.
    func post(_ message: OutgoingMessage, to ids: [SessionID])

    /// Sends to every session. Returns how many there were.
    func broadcast(_ message: OutgoingMessage) async -> Int

    /// Sends to every session some time soon.
    func postBroadcast(_ message: OutgoingMessage)

    /// The sessions to which `user` is bound now.
    func sessions(of user: UserID) async -> [SessionID]

    /// Sends to all sessions of a user; one message for all gateways. Returns how many sessions there were.
    func send(_ message: OutgoingMessage, to user: UserID) async -> Int

    /// Sends to all sessions of a user some time soon.
    func post(_ message: OutgoingMessage, to user: UserID)

    /// Tells a user's clients why, then closes their connections. Returns how many there were.
    func kick(_ user: UserID, reason: String) async -> Int
}

extension SessionGateway {
    /// To those that are there now.
    public func send(_ message: OutgoingMessage, to user: UserID) async -> Int {
        await send(message, to: sessions(of: user))
    }

    /// To those that are there now.
    public func post(_ message: OutgoingMessage, to user: UserID) {
        Task { await send(message, to: user) }
    }

    /// Those that are there now.
    public func kick(_ user: UserID, reason: String) async -> Int {
        let ids = await sessions(of: user)
        for id in ids { post(.kick(reason: reason), to: id) }
        return ids.count
    }
}
