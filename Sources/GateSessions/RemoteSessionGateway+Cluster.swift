package import GateBytes
import GateProtocol
package import GateRPC
import Synchronization

/// All other gateways at once, and what becomes of the sessions of one that comes or goes.
extension RemoteSessionGateway {
    /// Bytes of logins in one message; a datagram holds them.
    static let loginBytesOfOneMessageMax = 32_768
    /// Sessions of a lost gateway whose end is told to the modules in one turn of the loop.
    static let endsOfOneTurnMax = 256

    // MARK: Questions

    /// Asks all other gateways, with one message where the link reaches all at once.
    func askAll(_ request: SessionRequest) async -> [NodeKey: Result<SessionReply, SessionFault>] {
        await transport.askGateways(request.encoded(), until: transport.now + answerTime).mapValues { answer in
            switch answer {
            case .failure(let fault): return .failure(SessionFault(fault))
            case .success(let bytes):
                do throws(SessionFault) {
                    return .success(try Self.reply(bytes))
                } catch {
                    return .failure(error)
                }
            }
        }
    }

    /// The sum of what all other gateways count.
    func countAll(_ request: SessionRequest) async -> Int {
        await askAll(request).values.reduce(0) { sum, answer in
            if case .success(.count(let count)) = answer { sum + count } else { sum }
        }
    }

    // MARK: Gateways that come and go

    /// Sessions of other gateways that modules here were called for and whose end was not heard.
    package var foreignCount: Int { foreign.count }

    /// Of further ones than are kept, how often one was seen.
    package var untrackedSessions: Int { foreign.untracked.load(ordering: .relaxed) }

    package func sessionSeen(_ session: SessionSnapshot) {
        if !local.isHere(session.id) { foreign.enter(session) }
    }

    package func gatewayLeft(sessionNode: UInt32, start: UInt32, endsAfter time: TimeSpan) {
        let gateway = ForeignSessions.Gateway(node: sessionNode, start: start)
        if time > .zero {
            let until = transport.now + time
            leaving.withLock { $0[gateway] = until }
            transport.later(at: until) { [weak self] in self?.left(gateway, at: until) }
        } else {
            leaving.withLock { $0[gateway] = nil }
            tellEnds(foreign.take(gateway)[...])
        }
    }

    /// A gateway had its time to end its sessions; it may have been killed meanwhile.
    private func left(_ gateway: ForeignSessions.Gateway, at time: MonotonicTime) {
        let isGone = leaving.withLock { leaving in
            guard leaving[gateway] == time else { return false }
            leaving[gateway] = nil
            return true
        }
        if isGone { tellEnds(foreign.take(gateway)[...]) }
    }

    /// Some in each turn, so that the loop serves others between them.
    private func tellEnds(_ sessions: ArraySlice<SessionSnapshot>) {
        if sessions.isEmpty { return }
        transport.later { [self] in
            for session in sessions.prefix(Self.endsOfOneTurnMax) {
                ended(Session(snapshot: session, gateway: self), .gatewayLost)
            }
            tellEnds(sessions.dropFirst(Self.endsOfOneTurnMax))
        }
    }

    /// Two gateways that meet, first or again, hold their logins against each other; the policy says which ones stay.
    package func gatewayMet(_ gateway: RemoteTransport.GatewayAddress) {
        let key = ForeignSessions.Gateway(
            node: SessionManager.nodeNumber(of: gateway.key.name), start: gateway.key.start)
        leaving.withLock { $0[key] = nil }
        let logins = local.logins
        if logins.isEmpty { return }
        Task {
            for part in Self.parts(logins) {
                // A gateway that does not answer now is met again when it is back.
                guard case .logins(let winners)? = try? await ask(.settle(part), gateway) else { return }
                if !winners.isEmpty { _ = local.settle(winners) }
            }
        }
    }

    private static func parts(_ logins: [UserLogin]) -> [[UserLogin]] {
        var parts: [[UserLogin]] = [[]]
        var bytes = 0
        for login in logins {
            if bytes + login.bytes > loginBytesOfOneMessageMax {
                parts.append([])
                bytes = 0
            }
            bytes += login.bytes
            parts[parts.count - 1].append(login)
        }
        return parts
    }
}
