public import GateIO
public import GateProtocol
public import GateRPC

/// A client's session as a handler holds it: a copy of what it was when the message arrived, with the verbs that act on
/// the gateway. It works the same when the gateway is another process.
///
/// ``set(_:_:)``, ``setBatch(_:)`` and ``remove(_:)`` change this copy; ``push()`` writes the changed keys to the gateway;
/// ``update()`` takes a fresh copy.
public struct Session: Sendable {
    /// What copies share. One reference, so that handing a session on costs one count.
    package final class Body: Sendable {
        package let snapshot: SessionSnapshot
        package let gateway: any SessionGateway

        package init(snapshot: SessionSnapshot, gateway: any SessionGateway) {
            self.snapshot = snapshot
            self.gateway = gateway
        }
    }

    package private(set) var body: Body
    /// Keys that this copy changed and did not push; `nil` for a removed one.
    private var changes: [String: String?]?

    package init(body: Body) {
        self.body = body
    }

    /// A session known by its snapshot alone, at a gateway.
    public init(snapshot: SessionSnapshot, gateway: any SessionGateway) {
        self.init(body: Body(snapshot: snapshot, gateway: gateway))
    }

    /// The session's name in the cluster.
    public var id: SessionID { body.snapshot.id }
    /// The bound user.
    public var userID: UserID? { body.snapshot.userID }
    /// Whether the session is a guest's, by the gateway's judge, else by the absence of a user.
    public var isGuest: Bool { body.snapshot.isGuest }
    /// The client's address.
    public var remoteAddress: SocketAddress { body.snapshot.remoteAddress }
    /// The protocol the client speaks.
    public var protocolName: String { body.snapshot.protocolName }
    /// When the session was opened, milliseconds since 1970.
    public var connectedAtMilliseconds: Int64 { body.snapshot.connectedAtMilliseconds }
    /// Name of the gateway's node.
    public var node: String { body.snapshot.node }
    /// All sessions, also those of other clients.
    public var everyone: Sessions { Sessions(gateway: body.gateway) }
    /// The same verbs as synchronous posts without an answer; all that an inline handler has.
    public var post: SessionPosts { SessionPosts(id: id, gateway: body.gateway, changes: changes) }

    /// A setting of this copy.
    public subscript(key: String) -> String? {
        if let change = changes?[key] { return change }
        return body.snapshot.settings[key]
    }

    /// All settings of this copy.
    public var settings: [String: String] {
        var merged = body.snapshot.settings
        for (key, value) in changes ?? [:] { merged[key] = value }
        return merged
    }

    /// Changes a setting of this copy.
    public mutating func set(_ key: String, _ value: String) {
        var changed = changes ?? [:]
        changed.updateValue(value, forKey: key)
        changes = changed
    }

    /// Changes several settings of this copy.
    public mutating func setBatch(_ settings: [String: String]) {
        for (key, value) in settings { set(key, value) }
    }

    /// Removes a setting of this copy.
    public mutating func remove(_ key: String) {
        var changed = changes ?? [:]
        changed.updateValue(nil, forKey: key)
        changes = changed
    }

    /// Writes the keys that this copy changed to the gateway, and only those.
    public mutating func push() async throws(SessionFault) {
        guard let changes, !changes.isEmpty else { return }
        try await apply(SessionPosts.write(changes))
        self.changes = nil
    }

    /// Takes a fresh copy from the gateway; unpushed changes are lost.
    public mutating func update() async throws(SessionFault) {
        try await apply(.read)
        changes = nil
    }

    /// Binds a user to the session. What the storage hook has of it is merged below the session's own settings.
    /// - Throws: ``SessionFault/alreadyLoggedIn`` where the policy refuses second logins.
    public mutating func bind(_ user: UserID) async throws(SessionFault) {
        try await apply(.bind(user))
    }

    /// Removes the bound user.
    public mutating func unbind() async throws(SessionFault) {
        try await apply(.unbind)
    }

    /// Sends a message to the client.
    public func send(_ message: OutgoingMessage) async throws(SessionFault) {
        _ = try await perform(.send(message))
    }

    /// Sends bytes to the client under a topic.
    public func send(_ topic: String, _ payload: [UInt8]) async throws(SessionFault) {
        try await send(OutgoingMessage(topic, payload))
    }

    /// Closes the connection once what was sent before is written.
    public func close() async throws(SessionFault) {
        _ = try await perform(.close)
    }

    /// Tells the client why, then closes the connection.
    public func kick(reason: String) async throws(SessionFault) {
        _ = try await perform(.kick(reason: reason))
    }

    /// What the session counted so far.
    public func counters() async throws(SessionFault) -> SessionCounters {
        try await body.gateway.counters(of: id)
    }

    private mutating func apply(_ operation: SessionOperation) async throws(SessionFault) {
        body = Body(snapshot: try await perform(operation), gateway: body.gateway)
    }

    private func perform(_ operation: SessionOperation) async throws(SessionFault) -> SessionSnapshot {
        if let snapshot = try body.gateway.performNow(operation, on: id) { return snapshot }
        return try await body.gateway.perform(operation, on: id)
    }
}
