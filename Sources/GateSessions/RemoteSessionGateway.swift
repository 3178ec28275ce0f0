package import GateBytes
package import GateProtocol
package import GateRPC
import Synchronization

/// The sessions of all gateways, on any node: those of this node directly, the others over the link. A handler gets this
/// one and works unchanged wherever it runs.
package final class RemoteSessionGateway: SessionCluster, RPCSessionPeer {
    let local: SessionManager
    let transport: RemoteTransport
    /// How long a gateway may take to answer a verb.
    let answerTime: TimeSpan
    /// Hears of ended sessions of other gateways.
    let ended: @Sendable (Session, CloseReason) -> Void
    /// Sessions that modules here were called for.
    let foreign = ForeignSessions()
    /// Gateways that said that they go, and until when they are trusted to end their sessions.
    let leaving = Mutex<[ForeignSessions.Gateway: MonotonicTime]>([:])

    package init(
        local: SessionManager, transport: RemoteTransport, answerTime: TimeSpan,
        ended: @escaping @Sendable (Session, CloseReason) -> Void
    ) {
        self.local = local
        self.transport = transport
        self.answerTime = answerTime
        self.ended = ended
    }

    // MARK: One session

    package func performNow(
        _ operation: SessionOperation, on id: SessionID
    ) throws(SessionFault) -> SessionSnapshot? {
        local.isHere(id) ? try local.performNow(operation, on: id) : nil
    }

    package func perform(
        _ operation: SessionOperation, on id: SessionID
    ) async throws(SessionFault) -> SessionSnapshot {
        if local.isHere(id) { return try await local.perform(operation, on: id) }
        guard case .session(let session) = try await ask(.operate(id, operation), gateway(of: id)) else {
            throw .unreachable
        }
        return session
    }

    package func post(_ operation: SessionOperation, to id: SessionID) {
        if local.isHere(id) { return local.post(operation, to: id) }
        guard let gateway = try? gateway(of: id) else { return }
        tell(.operate(id, operation), gateway)
    }

    package func counters(of id: SessionID) async throws(SessionFault) -> SessionCounters {
        if local.isHere(id) { return try await local.counters(of: id) }
        guard case .counters(let counters) = try await ask(.counters(id), gateway(of: id)) else {
            throw .unreachable
        }
        return counters
    }

    // MARK: Many sessions

    package func send(_ message: OutgoingMessage, to ids: [SessionID]) async -> Int {
        let here = ids.filter { local.isHere($0) }
        let reached = here.isEmpty ? 0 : await local.send(message, to: here)
        if here.count == ids.count { return reached }
        let elsewhere = await withTaskGroup(of: Int.self) { group in
            for (gateway, theirs) in split(ids) {
                for part in Self.parts(theirs) {
                    group.addTask { [self] in await count(.batch(part, message), gateway) }
                }
            }
            return await group.reduce(0, +)
        }
        return reached + elsewhere
    }

    package func post(_ message: OutgoingMessage, to ids: [SessionID]) {
        let here = ids.filter { local.isHere($0) }
        if !here.isEmpty { local.post(message, to: here) }
        if here.count == ids.count { return }
        for (gateway, theirs) in split(ids) {
            for part in Self.parts(theirs) { tell(.batch(part, message), gateway) }
        }
    }

    package func broadcast(_ message: OutgoingMessage) async -> Int {
        await local.broadcast(message) + total(.broadcast(message))
    }

    package func postBroadcast(_ message: OutgoingMessage) {
        local.postBroadcast(message)
        for gateway in transport.gateways { tell(.broadcast(message), gateway) }
    }

    package func sessions(of user: UserID) async -> [SessionID] {
        let here = await local.sessions(of: user)
        return await askAll(.sessions(of: user)).values.reduce(into: here) { ids, answer in
            if case .success(.ids(let theirs)) = answer { ids += theirs }
        }
    }

    package func send(_ message: OutgoingMessage, to user: UserID) async -> Int {
        await local.send(message, to: user) + countAll(.sendToUser(user, message))
    }

    package func post(_ message: OutgoingMessage, to user: UserID) {
        local.post(message, to: user)
        transport.tellGateways(SessionRequest.sendToUser(user, message).encoded())
    }

    package func kick(_ user: UserID, reason: String) async -> Int {
        await local.kick(user, reason: reason) + countAll(.kickUser(user, reason: reason))
    }

    // MARK: SessionCluster

    package func verdictElsewhere(_ mark: LoginMark, of user: UserID) async -> SessionFault? {
        // Without a way to the others nobody can log in at all, or everybody: the latter, and it is settled once they meet.
        guard transport.isUp else { return nil }
        var verdict: SessionFault?
        for answer in await askAll(.claim(user, mark)).values {
            switch answer {
            case .success(.count(0)): continue
            case .success: return .alreadyLoggedIn
            // One that is there and does not say so may hold the user.
            case .failure: verdict = .unreachable
            }
        }
        return transport.isUp ? verdict : nil
    }

    package func kickElsewhere(_ user: UserID, before mark: LoginMark, reason: String) {
        transport.tellGateways(SessionRequest.kickOthers(user, before: mark, reason: reason).encoded())
    }

    package func tellEnded(_ session: SessionSnapshot, reason: CloseReason) {
        transport.tellEnded(session, reason: reason)
    }

    // MARK: RPCSessionPeer

    package func answer(_ request: [UInt8]) async -> [UInt8] {
        let reply: SessionReply
        do {
            reply = try await perform(SessionRequest(decoding: request.span))
        } catch let fault as SessionFault {
            reply = .fault(fault)
        } catch {
            // Bytes that we do not understand name no session of ours.
            reply = .fault(.noSuchSession)
        }
        return reply.encoded()
    }

    package func perform(_ request: [UInt8]) {
        // Nobody waits, so what is not understood is dropped like an envelope that is none.
        guard let request = try? SessionRequest(decoding: request.span) else { return }
        switch request {
        case .operate(let id, let operation): local.post(operation, to: id)
        case .batch(let ids, let message): local.post(message, to: ids)
        case .broadcast(let message): local.postBroadcast(message)
        case .kickOthers(let user, let mark, let reason): local.kick(user, before: mark, reason: reason)
        case .sendToUser(let user, let message): local.post(message, to: user)
        case .kickUser(let user, let reason): Task { await local.kick(user, reason: reason) }
        case .settle(let logins): _ = local.settle(logins)
        case .counters, .sessions, .claim: return
        }
    }

    package func sessionEnded(_ session: SessionSnapshot, reason: CloseReason) {
        foreign.remove(session.id)
        ended(Session(snapshot: session, gateway: self), reason)
    }

    private func perform(_ request: SessionRequest) async throws(SessionFault) -> SessionReply {
        switch request {
        case .operate(let id, let operation):
            if let now = try local.performNow(operation, on: id) { return .session(now) }
            return .session(try await local.perform(operation, on: id))
        case .counters(let id): return .counters(try await local.counters(of: id))
        case .batch(let ids, let message): return .count(await local.send(message, to: ids))
        case .broadcast(let message): return .count(await local.broadcast(message))
        case .sessions(let user): return .ids(await local.sessions(of: user))
        case .kickOthers(let user, let mark, let reason):
            local.kick(user, before: mark, reason: reason)
            return .count(0)
        case .claim(let user, let mark): return .count(local.stands(against: mark, of: user) ? 1 : 0)
        case .sendToUser(let user, let message): return .count(await local.send(message, to: user))
        case .kickUser(let user, let reason): return .count(await local.kick(user, reason: reason))
        case .settle(let logins): return .logins(local.settle(logins))
        }
    }

    // MARK: Ways to gateways

    private func gateway(of id: SessionID) throws(SessionFault) -> RemoteTransport.GatewayAddress {
        guard transport.isUp else { throw .unreachable }
        guard let gateway = transport.gateway(of: id) else {
            local.staleIDs.add(1, ordering: .relaxed)
            throw .noSuchSession
        }
        return gateway
    }

    func ask(
        _ request: SessionRequest, _ gateway: RemoteTransport.GatewayAddress
    ) async throws(SessionFault) -> SessionReply {
        let bytes: [UInt8]
        do throws(RPCFault) {
            bytes = try await transport.ask(gateway, request.encoded(), until: transport.now + answerTime)
        } catch {
            throw SessionFault(error)
        }
        return try Self.reply(bytes)
    }

    static func reply(_ bytes: [UInt8]) throws(SessionFault) -> SessionReply {
        guard let reply = try? SessionReply(decoding: bytes.span) else { throw .unreachable }
        if case .fault(let fault) = reply { throw fault }
        return reply
    }

    private func count(_ request: SessionRequest, _ gateway: RemoteTransport.GatewayAddress) async -> Int {
        guard case .count(let count)? = try? await ask(request, gateway) else { return 0 }
        return count
    }

    /// What all other gateways count, asked side by side.
    private func total(_ request: SessionRequest) async -> Int {
        await withTaskGroup(of: Int.self) { group in
            for gateway in transport.gateways {
                group.addTask { [self] in await count(request, gateway) }
            }
            return await group.reduce(0, +)
        }
    }

    private func tell(_ request: SessionRequest, _ gateway: RemoteTransport.GatewayAddress) {
        // A post has no answer; a link that is away loses it.
        try? transport.tell(gateway, request.encoded())
    }

    /// The sessions of other nodes by their gateways; those of none are stale.
    private func split(_ ids: [SessionID]) -> [(RemoteTransport.GatewayAddress, [SessionID])] {
        var byStart: [[UInt32]: [SessionID]] = [:]
        for id in ids where !local.isHere(id) { byStart[[id.node, id.start], default: []].append(id) }
        return byStart.values.compactMap { ids in
            guard let first = ids.first, let gateway = try? gateway(of: first) else { return nil }
            return (gateway, ids)
        }
    }

    /// As many ids as one message holds.
    private static func parts(_ ids: [SessionID]) -> [[SessionID]] {
        if ids.count <= idsOfOneMessageMax { return [ids] }
        return stride(from: 0, to: ids.count, by: idsOfOneMessageMax).map { start in
            [SessionID](ids[start..<min(start + idsOfOneMessageMax, ids.count)])
        }
    }

    /// 2 000 ids take at most 64 000 bytes; brokers and datagrams hold that beside a message.
    private static let idsOfOneMessageMax = 2_000
}
