import Gatehouse

/// Who is in one room. A user who has gone stays until somebody speaks, as in mqant, and is then said to have left.
struct ChatRoom {
    /// Whom a word reaches.
    struct Audience {
        /// `nil` when the target has gone.
        var listeners: [SessionID]?
        var everyone: [SessionID]
        /// Users who have gone since somebody last spoke.
        var left: [String]
    }

    private struct Member {
        var user: String
        var session: SessionID
        var isGone = false
    }

    private var members: [Member] = []

    /// Names in the order they came.
    var users: [String] { members.map(\.user) }

    /// Whether nobody is left.
    var isDeserted: Bool { members.allSatisfy(\.isGone) }

    /// Enters a user, who is in a room once.
    mutating func enter(_ user: String, _ session: SessionID) {
        members.removeAll { $0.user == user }
        members.append(Member(user: user, session: session))
    }

    /// The sessions of everybody else.
    func sessions(but user: String) -> [SessionID] {
        members.filter { $0.user != user && !$0.isGone }.map(\.session)
    }

    /// A session has ended.
    mutating func markGone(_ session: SessionID) {
        for index in members.indices where members[index].session == session { members[index].isGone = true }
    }

    /// Removes those who have gone, and names them.
    mutating func removeGone() -> [String] {
        let gone = members.filter(\.isGone).map(\.user)
        members.removeAll(where: \.isGone)
        return gone
    }

    /// Whom a word of `user` reaches: everybody for `*`, else the target.
    mutating func audience(of user: String, target: String) -> Result<Audience, RPCFault> {
        guard members.contains(where: { $0.user == user }) else {
            return .failure(.message("You haven't been in the room yet"))
        }
        let listener = members.first { $0.user == target }
        if target != "*" && listener == nil {
            return .failure(.message("This user haven't been in the room yet"))
        }
        let left = removeGone()
        let everyone = members.map(\.session)
        if target == "*" { return .success(Audience(listeners: everyone, everyone: everyone, left: left)) }
        let isGone = listener?.isGone ?? true
        return .success(
            Audience(listeners: isGone ? nil : listener.map { [$0.session] }, everyone: everyone, left: left))
    }
}
