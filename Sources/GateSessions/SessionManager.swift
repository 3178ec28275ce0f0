package import GateBytes
package import GateIO
package import GateProtocol
package import GateRPC
package import Synchronization

/// All sessions of this gateway, over its loops.
package final class SessionManager: SessionGateway {
    package let node: String
    /// The node's number in session ids: a hash of its name.
    package let nodeNumber: UInt32
    /// This start's number in session ids.
    package let startNumber: UInt32
    package let hooks: SessionHooks
    package let policy: SecondLoginPolicy
    /// Verbs that met a stale session id.
    package let staleIDs = Atomic<Int>(0)
    private let loops: [any EventLoop]
    private let users = UserIndex()
    private let clock: @Sendable () -> MonotonicTime
    private let saver: SessionSaver?
    private let cluster = Mutex<(any SessionCluster)?>(nil)
    /// Is told what the storage hook threw.
    private let storageFailed: @Sendable (SessionID, any Error) -> Void
    // Sound: written once, at the end of init, before any other thread can know the manager.
    private nonisolated(unsafe) var tables: [LoopConfined<SessionTable>] = []

    package init(
        node: String, startNumber: UInt32, loops: [any EventLoop], hooks: SessionHooks, policy: SecondLoginPolicy,
        clock: @escaping @Sendable () -> MonotonicTime,
        storageFailed: @escaping @Sendable (SessionID, any Error) -> Void = { _, _ in }
    ) {
        self.storageFailed = storageFailed
        self.clock = clock
        self.node = node
        self.startNumber = startNumber
        self.loops = loops
        self.hooks = hooks
        self.policy = policy
        saver = hooks.storage.map(SessionSaver.init)
        nodeNumber = Self.nodeNumber(of: node)
        unsafe tables = loops.map { LoopConfined(SessionTable(manager: self, loop: $0.index), to: $0) }
    }

    /// The number in session ids of the node with this name: FNV-1a, 32 bits.
    package static func nodeNumber(of node: String) -> UInt32 {
        var hash: UInt32 = 0x811c_9dc5
        for byte in node.utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        return hash
    }

    /// The table of a loop. On that loop.
    package func table(of loop: any EventLoop) -> SessionTable {
        unsafe tables[loop.index].value
    }

    /// Waits until every change of settings is with the storage hook, or until `end`.
    package func drainStorage(until end: MonotonicTime) async {
        await saver?.drain { [clock] in clock() < end }
    }

    // MARK: Other gateways

    /// Joins the sessions of other gateways; `nil` leaves them.
    package func join(_ cluster: (any SessionCluster)?) {
        self.cluster.withLock { $0 = cluster }
    }

    /// What handlers get: the sessions of all gateways, where there are others.
    package var facade: any SessionGateway { cluster.withLock { $0 } ?? self }

    /// Tells the modules of other nodes that a session has ended.
    package func tellEnded(_ session: SessionSnapshot, reason: CloseReason) {
        cluster.withLock { $0 }?.tellEnded(session, reason: reason)
    }

    /// Whether the session is or was one of this start of this node.
    package func isHere(_ id: SessionID) -> Bool { id.node == nodeNumber && id.start == startNumber }

    /// Ends the sessions of a user here, for one that another gateway has bound later.
    package func kick(_ user: UserID, before mark: LoginMark, reason: String) {
        for id in users.sessions(of: user, before: mark) { post(.kick(reason: reason), to: id) }
    }

    /// The logins here, for a gateway that is met; none where second ones are allowed.
    package var logins: [UserLogin] { policy == .allow ? [] : users.logins }

    /// Ends the sessions here that lose against logins of another gateway.
    /// - Returns: The logins here that win.
    package func settle(_ theirs: [UserLogin]) -> [UserLogin] {
        if policy == .allow { return [] }
        let (losers, winners) = users.settle(theirs, policy: policy)
        for id in losers { post(.kick(reason: "second login"), to: id) }
        return winners
    }

    /// Whether a session here stands against a login at another gateway.
    package func stands(against mark: LoginMark, of user: UserID) -> Bool {
        users.stands(against: mark, of: user)
    }

    /// Whether a bind has to wait for something beyond its loop.
    private var bindWaits: Bool { hooks.storage != nil || isSettledElsewhere }

    /// Whether other gateways have a say in a login.
    private var isSettledElsewhere: Bool { policy != .allow && cluster.withLock { $0 } != nil }

    /// The policy on second logins, held against the other gateways.
    private func settleElsewhere(_ user: UserID, _ id: SessionID) async throws(SessionFault) {
        guard policy != .allow, let cluster = cluster.withLock({ $0 }) else { return }
        let loop = try loop(of: id)
        let found = await onLoop(loop) { manager in manager.table(of: loop).session(id)?.loginMark }
        guard let mark = found ?? nil else { throw .noSuchSession }
        if policy == .kick { return cluster.kickElsewhere(user, before: mark, reason: "second login") }
        let verdict = await cluster.verdictElsewhere(mark, of: user)
        // Whoever answered no knows the mark by now, so a later login elsewhere meets this one.
        if verdict == nil, users.settle(mark, as: user) { return }
        post(.unbind, to: id)
        throw verdict ?? .alreadyLoggedIn
    }

    // MARK: SessionGateway

    package func performNow(
        _ operation: SessionOperation, on id: SessionID
    ) throws(SessionFault) -> SessionSnapshot? {
        let loop = try loop(of: id)
        guard loop.isCurrent else { return nil }
        if case .bind = operation, bindWaits { return nil }
        return try apply(operation, to: id, on: loop)
    }

    package func perform(
        _ operation: SessionOperation, on id: SessionID
    ) async throws(SessionFault) -> SessionSnapshot {
        let bound = try await applyOnLoop(operation, to: id)
        guard case .bind(let user) = operation else { return bound }
        try await settleElsewhere(user, id)
        guard let storage = hooks.storage else { return bound }
        let saved: [String: String]
        do {
            saved = try await storage.load(user)
        } catch {
            storageFailed(id, error)
            let loop = try loop(of: id)
            loop.postReserved { [self] in
                if let session = table(of: loop).session(id), session.userID == user { unbind(session) }
            }
            throw .storageFailed
        }
        return try await onLoop(of: id) { manager, loop throws(SessionFault) in
            let session = try manager.session(id, on: loop)
            // Whoever was bound meanwhile gets nothing of this user's.
            if session.userID == user {
                session.mergeBelow(saved)
                manager.save(session)
            }
            return session.snapshot
        }
    }

    package func post(_ operation: SessionOperation, to id: SessionID) {
        guard let loop = try? loop(of: id) else { return }
        if case .bind = operation, bindWaits {
            Task { _ = try? await perform(operation, on: id) }
        } else if loop.isCurrent {
            _ = try? apply(operation, to: id, on: loop)
        } else {
            enqueue(operation, on: loop) { [self] in _ = try? apply(operation, to: id, on: loop) }
        }
    }

    package func counters(of id: SessionID) async throws(SessionFault) -> SessionCounters {
        try await onLoop(of: id) { manager, loop throws(SessionFault) in
            guard let connection = try manager.session(id, on: loop).connection else { throw .noSuchSession }
            return connection.counters
        }
    }

    package func send(_ message: OutgoingMessage, to ids: [SessionID]) async -> Int {
        var reached = 0
        countForeign(ids)
        for loop in loops {
            let here = ids.filter { isOurs($0) && Int($0.loop) == loop.index }
            if here.isEmpty { continue }
            reached += await onLoop(loop) { manager in manager.deliver(message, to: here, on: loop) } ?? 0
        }
        return reached
    }

    package func post(_ message: OutgoingMessage, to ids: [SessionID]) {
        countForeign(ids)
        for loop in loops {
            if loop.isCurrent {
                _ = deliver(message, to: ids, on: loop)
            } else if ids.contains(where: { isOurs($0) && Int($0.loop) == loop.index }) {
                _ = loop.post { [self] in _ = deliver(message, to: ids, on: loop) }
            }
        }
    }

    package func broadcast(_ message: OutgoingMessage) async -> Int {
        var reached = 0
        for loop in loops {
            reached += await onLoop(loop) { manager in manager.deliverToAll(message, on: loop) } ?? 0
        }
        return reached
    }

    package func postBroadcast(_ message: OutgoingMessage) {
        for loop in loops {
            if loop.isCurrent {
                _ = deliverToAll(message, on: loop)
            } else {
                _ = loop.post { [self] in _ = deliverToAll(message, on: loop) }
            }
        }
    }

    package func sessions(of user: UserID) async -> [SessionID] {
        users.sessions(of: user)
    }

    package func send(_ message: OutgoingMessage, to user: UserID) async -> Int {
        let ids = users.sessions(of: user)
        return ids.isEmpty ? 0 : await send(message, to: ids)
    }

    package func post(_ message: OutgoingMessage, to user: UserID) {
        let ids = users.sessions(of: user)
        if !ids.isEmpty { post(message, to: ids) }
    }

    package func kick(_ user: UserID, reason: String) async -> Int {
        let ids = users.sessions(of: user)
        for id in ids { post(.kick(reason: reason), to: id) }
        return ids.count
    }

    // MARK: On a loop

    /// A session has ended: its user is free again.
    func ended(_ session: LiveSession) {
        if let user = session.userID { users.leave(session.id, as: user) }
    }

    private func apply(
        _ operation: SessionOperation, to id: SessionID, on loop: any EventLoop
    ) throws(SessionFault) -> SessionSnapshot {
        let session = try session(id, on: loop)
        guard let connection = session.connection else { throw .noSuchSession }
        switch operation {
        case .read: break
        case .bind(let user): try bind(session, to: user)
        case .unbind: unbind(session)
        case .write(let set, let remove):
            session.write(set: set, remove: remove)
            save(session)
        case .send(let message):
            switch session.send(message) {
            case .sent: break
            case .ended: throw .noSuchSession
            case .unsayable: throw .notSendable
            }
        case .close: connection.close(.closedByModule, notice: nil)
        case .kick(let reason): connection.close(.kicked, notice: reason)
        }
        return session.snapshot
    }

    /// Binds without the storage hook, whose settings come later. On the session's loop.
    package func bind(_ session: LiveSession, to user: UserID) throws(SessionFault) {
        if session.userID == user { return }
        let entered = users.enter(session.id, as: user, policy: policy, isSettled: !isSettledElsewhere)
        guard let (mark, kicked) = entered else { throw .alreadyLoggedIn }
        if let before = session.userID { users.leave(session.id, as: before) }
        session.setUser(user)
        session.loginMark = mark
        for id in kicked { post(.kick(reason: "second login"), to: id) }
    }

    private func unbind(_ session: LiveSession) {
        if let user = session.userID { users.leave(session.id, as: user) }
        session.setUser(nil)
    }

    private func save(_ session: LiveSession) {
        if let user = session.userID { saver?.save(session.settings, of: user) }
    }

    private func deliver(_ message: OutgoingMessage, to ids: [SessionID], on loop: any EventLoop) -> Int {
        let table = table(of: loop)
        var reached = 0
        for id in ids where Int(id.loop) == loop.index && isOurs(id) {
            if let session = table.session(id) {
                if session.send(message) == .sent { reached += 1 }
            } else {
                staleIDs.add(1, ordering: .relaxed)
            }
        }
        return reached
    }

    private func deliverToAll(_ message: OutgoingMessage, on loop: any EventLoop) -> Int {
        var reached = 0
        table(of: loop).forEach { session in
            if session.send(message) == .sent { reached += 1 }
        }
        return reached
    }

    private func session(_ id: SessionID, on loop: any EventLoop) throws(SessionFault) -> LiveSession {
        if let session = table(of: loop).session(id) { return session }
        staleIDs.add(1, ordering: .relaxed)
        throw .noSuchSession
    }

    // MARK: Ways to a loop

    private func isOurs(_ id: SessionID) -> Bool {
        id.node == nodeNumber && id.start == startNumber && Int(id.loop) < loops.count
    }

    private func countForeign(_ ids: [SessionID]) {
        for id in ids where !isOurs(id) { staleIDs.add(1, ordering: .relaxed) }
    }

    private func loop(of id: SessionID) throws(SessionFault) -> any EventLoop {
        if isOurs(id) { return loops[Int(id.loop)] }
        staleIDs.add(1, ordering: .relaxed)
        throw .noSuchSession
    }

    private func applyOnLoop(
        _ operation: SessionOperation, to id: SessionID
    ) async throws(SessionFault) -> SessionSnapshot {
        try await onLoop(of: id) { manager, loop throws(SessionFault) in
            try manager.apply(operation, to: id, on: loop)
        }
    }

    /// Runs `body` on the loop of a session and waits for its result.
    private func onLoop<Value: Sendable>(
        of id: SessionID, _ body: @escaping @Sendable (SessionManager, any EventLoop) throws(SessionFault) -> Value
    ) async throws(SessionFault) -> Value {
        let loop = try loop(of: id)
        let result: Result<Value, SessionFault>? = await onLoop(loop) { manager in
            do throws(SessionFault) {
                return .success(try body(manager, loop))
            } catch {
                return .failure(error)
            }
        }
        // Sessions end with their loop.
        guard let result else { throw loop.hasEnded ? .noSuchSession : .overloaded }
        return try result.get()
    }

    /// Runs `body` on a loop and waits for its result; `nil` when the loop's mailbox is full or the loop has ended.
    private func onLoop<Value: Sendable>(
        _ loop: any EventLoop, _ body: @escaping @Sendable (SessionManager) -> Value
    ) async -> Value? {
        if loop.isCurrent { return body(self) }
        return await withCheckedContinuation { continuation in
            let posted = loop.post { [self] in continuation.resume(returning: body(self)) }
            if !posted { continuation.resume(returning: nil) }
        }
    }

    /// Closes and kicks use the reserved lane: there is at most one that matters for each session.
    private func enqueue(_ operation: SessionOperation, on loop: any EventLoop, _ job: @escaping @Sendable () -> Void) {
        switch operation {
        case .close, .kick: loop.postReserved(job)
        default: _ = loop.post(job)
        }
    }
}
