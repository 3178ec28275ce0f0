import GateProtocol
import Synchronization

/// Which sessions each user is bound to, over all loops of this gateway. Bounded by the number of sessions.
final class UserIndex: Sendable {
    private let table = Mutex<[UserID: [SessionID]]>([:])

    /// Enters a session under the policy.
    /// - Returns: The sessions to be kicked for it, or `nil` when the policy refuses.
    func enter(_ id: SessionID, as user: UserID, policy: SecondLoginPolicy) -> [SessionID]? {
        table.withLock { table in
            let others = (table[user] ?? []).filter { $0 != id }
            if others.isEmpty || policy == .allow {
                table[user] = others + [id]
                return []
            }
            if policy == .refuse { return nil }
            table[user] = [id]
            return others
        }
    }

    /// Removes a session; one that is not there is ignored.
    func leave(_ id: SessionID, as user: UserID) {
        table.withLock { table in
            guard var ids = table[user], let position = ids.firstIndex(of: id) else { return }
            ids.remove(at: position)
            table[user] = ids.isEmpty ? nil : ids
        }
    }

    /// The sessions of a user.
    func sessions(of user: UserID) -> [SessionID] {
        table.withLock { table in table[user] ?? [] }
    }
}
