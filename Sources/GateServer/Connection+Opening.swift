import GateBytes
import GateIO
import GateProtocol
import GateSessions

/// From credentials to a session.
extension Connection {
    /// The client asks for a session. What it sent behind is kept until it is answered.
    func open(_ credentials: Credentials) {
        precondition(state == .handshake, "a protocol opens one session")
        state = .opening
        let session = gate.sessions.open(self, atMilliseconds: gate.settings.wallClock())
        self.session = session
        let isAsked = credentials.isLogin || gate.sessionHooks.authenticatesWithoutLogin
        guard isAsked, let authenticate = gate.sessionHooks.authenticate else { return claim(credentials) }
        ask(authenticate, credentials) { $0.authenticated($1, credentials) }
    }

    /// The client of an open session says who it is. What it sent behind is kept until it is answered.
    func logIn(_ credentials: Credentials) {
        guard let authenticate = gate.sessionHooks.authenticate else {
            emit(.accept(sessionPresent: false))
            return
        }
        ask(authenticate, credentials) { connection, answer in
            guard connection.state == .open, !connection.isMarked else { return }
            switch answer {
            case .accepted:
                connection.emit(.accept(sessionPresent: false))
                connection.resume(.opening)
            case .refused(let refusal):
                connection.emit(.refuse(refusal))
                connection.close(.refused)
            }
        }
    }

    /// Asks the authenticate hook, and binds the session to the user that it names.
    private func ask(
        _ authenticate: @escaping @Sendable (LoginAttempt) async -> Authentication, _ credentials: Credentials,
        then answered: @escaping (Connection, Authentication) -> Void
    ) {
        guard let session else { return }
        pause(.opening)
        let attempt = LoginAttempt(
            clientID: String(decoding: credentials.clientID, as: UTF8.self),
            userName: credentials.userName.map { String(decoding: $0, as: UTF8.self) },
            password: credentials.password, session: session.snapshot)
        let manager = gate.sessionManager
        let id = session.id
        let me = LoopConfined((connection: self, answered: answered), to: gate.loop)
        let task = gate.startTask {
            var answer = await authenticate(attempt)
            if case .accepted(let user?) = answer {
                do throws(SessionFault) {
                    _ = try await manager.perform(.bind(user), on: id)
                } catch {
                    answer = .refused(error == .alreadyLoggedIn ? .notAuthorized : .unavailable)
                }
            }
            if let waiting = me.unlessEnded { waiting.answered(waiting.connection, answer) }
        }
        // Later, the hook of a session that was opened counts.
        if state == .opening { hook = task }
    }

    private func authenticated(_ answer: Authentication, _ credentials: Credentials) {
        guard state == .opening, !isMarked else { return }
        switch answer {
        case .accepted: claim(credentials)
        case .refused(let refusal):
            emit(.refuse(refusal))
            close(.refused)
        }
    }

    /// Takes the client id, when the protocol has one that names a session.
    private func claim(_ credentials: Credentials) {
        guard state == .opening, !isMarked, let session else { return }
        guard credentials.resumption != .unsupported, !credentials.clientID.isEmpty else {
            return accept(resuming: nil)
        }
        let key = clientKey ?? key(of: credentials, session)
        clientKey = key
        keepsState = credentials.resumption == .resume
        let me = LoopConfined(self, to: gate.loop)
        let loop = gate.loop
        let claim = gate.directory.claim(
            key, for: session.id, resumption: credentials.resumption, takeover: listener.settings.takeover, at: gate.now
        ) {
            loop.postReserved { me.value.claim(credentials) }
        }
        switch claim {
        case .granted(let state):
            ownsClientKey = true
            accept(resuming: state)
        case .shared: accept(resuming: nil)
        case .waits(let holder):
            if !pauses.contains(.opening) { pause(.opening) }
            gate.takeOver(holder)
        }
    }

    private func key(of credentials: Credentials, _ session: LiveSession) -> ClientDirectory.Key {
        var owner = ClientDirectory.Owner.anybody
        if gate.sessionHooks.authenticate != nil {
            let listener = listener.settings.name
            owner =
                session.userID.map { .user($0, listener: listener) }
                ?? .name(credentials.userName, listener: listener)
        }
        return ClientDirectory.Key(protocolName: protocolName, clientID: credentials.clientID, owner: owner)
    }

    private func accept(resuming stored: (any Sendable)?) {
        guard let session else { return }
        if let stored {
            wire.resume(stored, at: wireNow)
            gate.metrics.add(.sessionsResumed)
        }
        state = .open
        gate.sessionCount += 1
        emit(.accept(sessionPresent: stored != nil))
        if let connected = gate.sessionHooks.connected {
            let copy = session.session
            hook = gate.startHook { await connected(copy) }
        }
        resume(.opening)
    }
}
