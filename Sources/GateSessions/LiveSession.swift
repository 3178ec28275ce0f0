package import GateBytes
import GateIO
package import GateProtocol
package import GateRPC

/// The gateway's half of a session. Owned by its loop's ``SessionTable``; 48 bytes of index and about 100 of its own.
package final class LiveSession {
    package let id: SessionID
    package private(set) var userID: UserID?
    package private(set) var settings: [String: String] = [:]
    package let connectedAtMilliseconds: Int64
    /// When its user was bound. Apart, since most sessions of most gateways have none.
    package var loginMark: LoginMark? {
        get { login?.mark }
        set { login = newValue.map { Login(mark: $0) } }
    }
    private final class Login {
        let mark: LoginMark
        init(mark: LoginMark) { self.mark = mark }
    }
    private var login: Login?
    /// When the storage hook last heard of activity.
    package var heartbeatAt = MonotonicTime(nanoseconds: 0)
    private let manager: SessionManager
    /// Broken by ``SessionTable/remove(_:)``.
    package private(set) var connection: (any SessionConnection)?
    private var cached: Session.Body?

    init(id: SessionID, manager: SessionManager, connection: any SessionConnection, connectedAtMilliseconds: Int64) {
        self.id = id
        self.manager = manager
        self.connection = connection
        self.connectedAtMilliseconds = connectedAtMilliseconds
    }

    /// The session as handlers get it; made at the first need and after changes.
    package var session: Session {
        if let cached { return Session(body: cached) }
        let body = Session.Body(snapshot: makeSnapshot(), gateway: manager.facade)
        cached = body
        return Session(body: body)
    }

    /// The session as it is now.
    package var snapshot: SessionSnapshot { session.body.snapshot }

    func setUser(_ user: UserID?) {
        userID = user
        cached = nil
    }

    func write(set: [String: String], remove: [String]) {
        settings.merge(set) { _, new in new }
        for key in remove { settings[key] = nil }
        cached = nil
    }

    /// Merges settings below those that are there.
    func mergeBelow(_ saved: [String: String]) {
        settings.merge(saved) { current, _ in current }
        cached = nil
    }

    func detach() {
        connection = nil
    }

    /// Sends a message through the outgoing hook; one that the hook suppresses counts as sent.
    func send(_ message: OutgoingMessage) -> PushOutcome {
        guard let connection else { return .ended }
        var message = message
        if let hook = manager.hooks.outgoing {
            guard let changed = hook(session, message) else { return .sent }
            message = changed
        }
        return connection.push(
            topic: message.topic.span, payload: message.payload, quality: message.quality, form: message.form)
    }

    private func makeSnapshot() -> SessionSnapshot {
        var snapshot = SessionSnapshot(
            id: id, node: manager.node, userID: userID, isGuest: userID == nil, settings: settings,
            remoteAddress: connection?.remoteAddress ?? SocketAddress(v4: 0, port: 0),
            protocolName: connection?.protocolName ?? "", connectedAtMilliseconds: connectedAtMilliseconds)
        if let judge = manager.hooks.isGuest { snapshot.isGuest = judge(snapshot) }
        return snapshot
    }
}

@available(*, unavailable)
extension LiveSession: Sendable {}
