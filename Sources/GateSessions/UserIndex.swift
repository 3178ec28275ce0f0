package import GateProtocol
import Synchronization

/// When a session was bound, as far as gateways can tell: the order in which they saw each other's logins, and the
/// session's id where they saw neither. Of two, one always comes first, on every gateway the same.
package struct LoginMark: Hashable, Sendable, Comparable {
    /// A counter that every gateway sets above all that it hears of.
    package var count: UInt64
    /// The session.
    package var id: SessionID

    package init(count: UInt64, id: SessionID) {
        self.count = count
        self.id = id
    }

    package static func < (one: LoginMark, other: LoginMark) -> Bool { one.order < other.order }

    private typealias Order = (UInt64, UInt32, UInt32, UInt16, UInt32, UInt32)

    private var order: Order { (count, id.node, id.start, id.loop, id.slot, id.generation) }
}

/// Which sessions each user is bound to, over all loops of this gateway. Bounded by the number of sessions.
final class UserIndex: Sendable {
    private struct Entry {
        var mark: LoginMark
        /// Whether no other gateway can refuse it any more.
        var isSettled: Bool
    }

    private struct State {
        var table: [UserID: [Entry]] = [:]
        var count: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Enters a session under the policy.
    /// - Parameter isSettled: Whether other gateways need not be asked.
    /// - Returns: Its mark and the sessions to be kicked for it, or `nil` when the policy refuses.
    func enter(
        _ id: SessionID, as user: UserID, policy: SecondLoginPolicy, isSettled: Bool = true
    ) -> (mark: LoginMark, kicked: [SessionID])? {
        state.withLock { state in
            let others = (state.table[user] ?? []).filter { $0.mark.id != id }
            if !others.isEmpty, policy == .refuse { return nil }
            state.count += 1
            let entry = Entry(mark: LoginMark(count: state.count, id: id), isSettled: isSettled)
            let stays = policy == .allow ? others : []
            state.table[user] = stays + [entry]
            return (entry.mark, policy == .kick ? others.map(\.mark.id) : [])
        }
    }

    /// Removes a session; one that is not there is ignored.
    func leave(_ id: SessionID, as user: UserID) {
        state.withLock { state in
            guard var entries = state.table[user], let place = entries.firstIndex(where: { $0.mark.id == id }) else {
                return
            }
            entries.remove(at: place)
            state.table[user] = entries.isEmpty ? nil : entries
        }
    }

    /// The sessions of a user.
    func sessions(of user: UserID) -> [SessionID] {
        state.withLock { state in (state.table[user] ?? []).map(\.mark.id) }
    }

    /// The sessions of a user that came before a login at another gateway.
    func sessions(of user: UserID, before mark: LoginMark) -> [SessionID] {
        state.withLock { state in
            state.count = max(state.count, mark.count)
            return (state.table[user] ?? []).filter { $0.mark < mark }.map(\.mark.id)
        }
    }

    /// Whether a session here stands against a login at another gateway that refuses second ones. One that is itself not
    /// settled and came later gives way.
    func stands(against mark: LoginMark, of user: UserID) -> Bool {
        state.withLock { state in
            state.count = max(state.count, mark.count)
            guard let entries = state.table[user] else { return false }
            if entries.contains(where: { $0.isSettled || $0.mark < mark }) { return true }
            state.table[user] = nil
            return false
        }
    }

    /// All logins, where each user has one.
    var logins: [UserLogin] {
        state.withLock { state in
            state.table.flatMap { user, entries in entries.map { UserLogin(user: user, mark: $0.mark) } }
        }
    }

    /// Holds logins of another gateway against those here, under a policy other than `allow`: of two, the first one stays
    /// where second ones are refused, the last one where first ones are kicked.
    /// - Returns: The sessions here that lose, and the logins here that win.
    func settle(_ theirs: [UserLogin], policy: SecondLoginPolicy) -> (losers: [SessionID], winners: [UserLogin]) {
        state.withLock { state in
            var result: (losers: [SessionID], winners: [UserLogin]) = ([], [])
            for login in theirs {
                state.count = max(state.count, login.mark.count)
                for entry in state.table[login.user] ?? [] where entry.mark != login.mark {
                    if (entry.mark < login.mark) == (policy == .refuse) {
                        result.winners.append(UserLogin(user: login.user, mark: entry.mark))
                    } else {
                        result.losers.append(entry.mark.id)
                    }
                }
            }
            return result
        }
    }

    /// A login that no other gateway stood against stays.
    /// - Returns: Whether it was not given up meanwhile.
    func settle(_ mark: LoginMark, as user: UserID) -> Bool {
        state.withLock { state in
            guard let place = state.table[user]?.firstIndex(where: { $0.mark == mark }) else { return false }
            state.table[user]?[place].isSettled = true
            return true
        }
    }
}
