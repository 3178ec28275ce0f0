public import GateProtocol
import GateRPC

/// One thing a module asks of one session's gateway. A value, so that it can cross loops and processes.
public enum SessionOperation: Sendable, Hashable {
    /// Binds the user; settings that the storage hook has for it are merged below the session's own.
    case bind(UserID)
    /// Removes the user.
    case unbind
    /// Writes some settings and removes others.
    case write(set: [String: String], remove: [String])
    /// Sends a message to the client.
    case send(OutgoingMessage)
    /// Closes the connection once what was sent before is written.
    case close
    /// Sends a notice with the reason, then closes.
    case kick(reason: String)
    /// Changes nothing; asks for a fresh copy.
    case read
}

/// What a session counted so far.
public struct SessionCounters: Sendable, Hashable {
    /// Messages from the client.
    public var messagesReceived: UInt64
    /// Messages to the client: replies and pushes.
    public var messagesSent: UInt64
    /// Bytes from the client.
    public var bytesReceived: UInt64
    /// Bytes to the client.
    public var bytesSent: UInt64

    /// Counters; see the properties.
    public init(messagesReceived: UInt64, messagesSent: UInt64, bytesReceived: UInt64, bytesSent: UInt64) {
        self.messagesReceived = messagesReceived
        self.messagesSent = messagesSent
        self.bytesReceived = bytesReceived
        self.bytesSent = bytesSent
    }
}
