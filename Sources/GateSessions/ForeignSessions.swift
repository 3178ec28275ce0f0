import GateProtocol
import GateRPC
import Synchronization

/// The sessions of other gateways that modules of this node were called for, by gateway: when one goes without a word, the
/// modules hear the end of each of them.
final class ForeignSessions: Sendable {
    /// One start of one gateway, as session ids name it.
    struct Gateway: Hashable {
        var node: UInt32
        var start: UInt32

        init(node: UInt32, start: UInt32) {
            self.node = node
            self.start = start
        }

        init(_ id: SessionID) { self.init(node: id.node, start: id.start) }
    }

    /// Sessions that are kept. Of further ones only the ends are heard that their gateway tells.
    static let sessionsMax = 262_144

    private struct State {
        var sessions: [Gateway: [SessionID: SessionSnapshot]] = [:]
        var count = 0
    }

    private let state = Mutex(State())
    /// Sessions that found no room.
    let untracked = Atomic<Int>(0)

    var count: Int { state.withLock { $0.count } }

    /// A module is called for a session; the newest state of it is kept.
    func enter(_ session: SessionSnapshot) {
        let hasRoom = state.withLock { state in
            let gateway = Gateway(session.id)
            if state.sessions[gateway]?[session.id] == nil {
                guard state.count < Self.sessionsMax else { return false }
                state.count += 1
            }
            state.sessions[gateway, default: [:]][session.id] = session
            return true
        }
        if !hasRoom { untracked.add(1, ordering: .relaxed) }
    }

    /// A session has ended.
    func remove(_ id: SessionID) {
        state.withLock { state in
            let gateway = Gateway(id)
            guard state.sessions[gateway]?.removeValue(forKey: id) != nil else { return }
            state.count -= 1
            if state.sessions[gateway]?.isEmpty == true { state.sessions[gateway] = nil }
        }
    }

    /// Takes out all sessions of a gateway.
    func take(_ gateway: Gateway) -> [SessionSnapshot] {
        state.withLock { state in
            let taken = state.sessions.removeValue(forKey: gateway) ?? [:]
            state.count -= taken.count
            return Array(taken.values)
        }
    }
}
