public import GateProtocol

/// All sessions of all gateways, for modules that speak to more than the client at hand.
public struct Sessions: Sendable {
    private let gateway: any SessionGateway

    /// The sessions behind `gateway`.
    public init(gateway: any SessionGateway) {
        self.gateway = gateway
    }

    /// Sends to each of `ids`. Returns how many of them were there.
    @discardableResult
    public func send(_ message: OutgoingMessage, to ids: [SessionID]) async -> Int {
        await gateway.send(message, to: ids)
    }

    /// Sends to each of `ids`, soon, without an answer.
    public func post(_ message: OutgoingMessage, to ids: [SessionID]) {
        gateway.post(message, to: ids)
    }

    /// Sends to every session of every gateway. Returns how many there were.
    @discardableResult
    public func broadcast(_ message: OutgoingMessage) async -> Int {
        await gateway.broadcast(message)
    }

    /// Sends to every session, soon, without an answer.
    public func postBroadcast(_ message: OutgoingMessage) {
        gateway.postBroadcast(message)
    }

    /// Sends to a user wherever it is connected. Returns to how many sessions.
    @discardableResult
    public func send(_ message: OutgoingMessage, to user: UserID) async -> Int {
        await gateway.send(message, to: user)
    }

    /// Sends to a user wherever it is connected, soon, without an answer: one message for all gateways.
    public func post(_ message: OutgoingMessage, to user: UserID) {
        gateway.post(message, to: user)
    }

    /// Whether the user is connected anywhere.
    public func isConnected(_ user: UserID) async -> Bool {
        await !gateway.sessions(of: user).isEmpty
    }

    /// The sessions to which the user is bound.
    public func sessions(of user: UserID) async -> [SessionID] {
        await gateway.sessions(of: user)
    }

    /// A fresh copy of a session.
    public func session(_ id: SessionID) async throws(SessionFault) -> Session {
        let snapshot = try await gateway.perform(.read, on: id)
        return Session(snapshot: snapshot, gateway: gateway)
    }

    /// Tells a user's clients why, then closes their connections. Returns how many there were.
    @discardableResult
    public func kick(_ user: UserID, reason: String) async -> Int {
        await gateway.kick(user, reason: reason)
    }
}
