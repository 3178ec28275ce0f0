import Gatehouse

/// All rooms, and which of them each session is in: the end of a session costs what that session did, however many rooms
/// there are.
struct ChatRooms {
    /// Rooms that one session may be in at once; one more is refused.
    static let ofOneSessionMax = 64

    private var rooms: [String: ChatRoom] = [:]
    private var names: [SessionID: Set<String>] = [:]

    /// Number of rooms.
    var count: Int { rooms.count }

    /// Sessions that are in some room.
    var sessionCount: Int { names.count }

    /// A room, if it is there.
    subscript(name: String) -> ChatRoom? { rooms[name] }

    /// Changes a room that is there, and gives back what `body` does.
    mutating func change<Value>(_ name: String, _ body: (inout ChatRoom) -> Value) -> Value? {
        guard var room = rooms[name] else { return nil }
        // Taken out meanwhile, so that it is changed where it is and not copied.
        rooms[name] = nil
        defer { rooms[name] = room.isDeserted ? nil : room }
        return body(&room)
    }

    /// Enters a user into a room, which is made where there is none. `false` when the session is in too many.
    mutating func enter(_ name: String, _ user: String, _ session: SessionID) -> Bool {
        if names[session]?.contains(name) != true {
            guard names[session, default: []].count < Self.ofOneSessionMax else { return false }
            names[session, default: []].insert(name)
        }
        rooms[name, default: ChatRoom()].enter(user, session)
        return true
    }

    /// A session has ended: it has left its rooms, and those in which nobody is left are gone.
    mutating func end(_ session: SessionID) {
        for name in names.removeValue(forKey: session) ?? [] {
            _ = change(name) { $0.markGone(session) }
        }
    }
}
