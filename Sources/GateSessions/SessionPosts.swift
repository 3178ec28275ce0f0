public import GateProtocol

/// A session's verbs as synchronous posts: they happen soon, in order, and nobody learns how they went.
public struct SessionPosts: Sendable {
    let id: SessionID
    let gateway: any SessionGateway
    let changes: [String: String?]?

    /// Sends a message to the client.
    public func send(_ message: OutgoingMessage) {
        gateway.post(.send(message), to: id)
    }

    /// Sends bytes to the client under a topic.
    public func send(_ topic: String, _ payload: [UInt8]) {
        send(OutgoingMessage(topic, payload))
    }

    /// Binds a user.
    public func bind(_ user: UserID) {
        gateway.post(.bind(user), to: id)
    }

    /// Removes the bound user.
    public func unbind() {
        gateway.post(.unbind, to: id)
    }

    /// Writes the changed settings of the copy this came from.
    public func push() {
        guard let changes, !changes.isEmpty else { return }
        gateway.post(Self.write(changes), to: id)
    }

    /// Closes the connection.
    public func close() {
        gateway.post(.close, to: id)
    }

    /// Tells the client why, then closes the connection.
    public func kick(reason: String) {
        gateway.post(.kick(reason: reason), to: id)
    }

    static func write(_ changes: [String: String?]) -> SessionOperation {
        var set: [String: String] = [:]
        var remove: [String] = []
        for (key, value) in changes {
            if let value { set[key] = value } else { remove.append(key) }
        }
        return .write(set: set, remove: remove)
    }
}
