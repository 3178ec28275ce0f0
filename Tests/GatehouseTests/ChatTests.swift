import Gatehouse
import Testing

@testable import GatehouseDemo

/// What the demo's rooms keep.
@Suite struct ChatTests {
    static func id(_ slot: Int) -> SessionID {
        SessionID(node: 1, start: 1, loop: 0, slot: UInt32(slot), generation: 1)
    }

    @Test func aSessionIsInABoundedNumberOfRooms() {
        var rooms = ChatRooms()
        let joined = (0..<100_000).filter { rooms.enter("room \($0)", "mallory", Self.id(1)) }
        #expect(joined.count == ChatRooms.ofOneSessionMax)
        #expect(rooms.count == joined.count)
        // Rooms that it is in already are none more.
        let isAgain = rooms.enter("room 0", "mallory", Self.id(1))
        #expect(isAgain)
        rooms.end(Self.id(1))
        #expect(rooms.count == 0)
        #expect(rooms.sessionCount == 0)
    }

    @Test func theEndOfASessionTouchesItsOwnRoomsOnly() {
        var rooms = ChatRooms()
        for (room, user, slot) in [("a", "Ann", 1), ("a", "Bob", 2), ("b", "Bob", 2)] {
            _ = rooms.enter(room, user, Self.id(slot))
        }
        rooms.end(Self.id(3))
        #expect(rooms.count == 2)
        rooms.end(Self.id(2))
        #expect(rooms.count == 1)
        // Who has gone stays until somebody speaks, as in mqant.
        #expect(rooms["a"]?.users == ["Ann", "Bob"])
        let gone = rooms.change("a") { $0.removeGone() }
        #expect(gone == ["Bob"])
        #expect(rooms["a"]?.users == ["Ann"])
    }

    @Test func aUserWhoComesAgainElsewhereIsInARoomOnce() {
        var rooms = ChatRooms()
        _ = rooms.enter("a", "Ann", Self.id(1))
        _ = rooms.enter("a", "Ann", Self.id(2))
        rooms.end(Self.id(1))
        #expect(rooms["a"]?.users == ["Ann"])
        rooms.end(Self.id(2))
        #expect(rooms.count == 0)
    }
}
