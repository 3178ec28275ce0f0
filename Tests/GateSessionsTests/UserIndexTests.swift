import GateProtocol
import Testing

@testable import GateSessions

/// Which sessions a user is bound to.
@Suite struct UserIndexTests {
    static func id(_ slot: UInt32) -> SessionID { SessionID(node: 1, start: 1, loop: 0, slot: slot, generation: 1) }

    @Test func allowedLoginsAddUp() {
        let index = UserIndex()
        #expect(index.enter(Self.id(1), as: "Ann", policy: .allow) == [])
        #expect(index.enter(Self.id(2), as: "Ann", policy: .allow) == [])
        #expect(index.enter(Self.id(2), as: "Ann", policy: .allow) == [])
        #expect(index.sessions(of: "Ann") == [Self.id(1), Self.id(2)])
        #expect(index.sessions(of: "Bob") == [])
    }

    @Test func aRefusedLoginChangesNothing() {
        let index = UserIndex()
        #expect(index.enter(Self.id(1), as: "Ann", policy: .refuse) == [])
        #expect(index.enter(Self.id(2), as: "Ann", policy: .refuse) == nil)
        #expect(index.enter(Self.id(1), as: "Ann", policy: .refuse) == [])
        #expect(index.sessions(of: "Ann") == [Self.id(1)])
    }

    @Test func aKickingLoginTakesTheOthersPlace() {
        let index = UserIndex()
        _ = index.enter(Self.id(1), as: "Ann", policy: .allow)
        _ = index.enter(Self.id(2), as: "Ann", policy: .allow)
        #expect(index.enter(Self.id(3), as: "Ann", policy: .kick) == [Self.id(1), Self.id(2)])
        #expect(index.sessions(of: "Ann") == [Self.id(3)])
    }

    @Test func whoeverLeavesIsForgotten() {
        let index = UserIndex()
        _ = index.enter(Self.id(1), as: "Ann", policy: .allow)
        _ = index.enter(Self.id(2), as: "Ann", policy: .allow)
        index.leave(Self.id(1), as: "Ann")
        index.leave(Self.id(9), as: "Ann")
        index.leave(Self.id(2), as: "Bob")
        #expect(index.sessions(of: "Ann") == [Self.id(2)])
        index.leave(Self.id(2), as: "Ann")
        #expect(index.sessions(of: "Ann") == [])
    }
}
