import GateProtocol
import Testing

@testable import GateSessions

/// Which sessions a user is bound to.
@Suite struct UserIndexTests {
    static func id(_ slot: UInt32) -> SessionID { SessionID(node: 1, start: 1, loop: 0, slot: slot, generation: 1) }

    @Test func allowedLoginsAddUp() {
        let index = UserIndex()
        #expect(index.enter(Self.id(1), as: "Ann", policy: .allow)?.kicked == [])
        #expect(index.enter(Self.id(2), as: "Ann", policy: .allow)?.kicked == [])
        #expect(index.enter(Self.id(2), as: "Ann", policy: .allow)?.kicked == [])
        #expect(index.sessions(of: "Ann") == [Self.id(1), Self.id(2)])
        #expect(index.sessions(of: "Bob") == [])
    }

    @Test func aRefusedLoginChangesNothing() {
        let index = UserIndex()
        #expect(index.enter(Self.id(1), as: "Ann", policy: .refuse)?.kicked == [])
        #expect(index.enter(Self.id(2), as: "Ann", policy: .refuse) == nil)
        #expect(index.enter(Self.id(1), as: "Ann", policy: .refuse)?.kicked == [])
        #expect(index.sessions(of: "Ann") == [Self.id(1)])
    }

    @Test func aKickingLoginTakesTheOthersPlace() {
        let index = UserIndex()
        _ = index.enter(Self.id(1), as: "Ann", policy: .allow)
        _ = index.enter(Self.id(2), as: "Ann", policy: .allow)
        #expect(index.enter(Self.id(3), as: "Ann", policy: .kick)?.kicked == [Self.id(1), Self.id(2)])
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

    @Test func ofTwoLoginsAtTwoGatewaysEveryGatewayChoosesTheSame() throws {
        let (one, other) = (UserIndex(), UserIndex())
        // Neither has heard of the other: the same count, so the ids decide.
        let first = try #require(one.enter(Self.id(1), as: "Ann", policy: .kick)).mark
        let second = try #require(other.enter(Self.id(2), as: "Ann", policy: .kick)).mark
        #expect(one.sessions(of: "Ann", before: second) == [Self.id(1)])
        #expect(other.sessions(of: "Ann", before: first) == [])
        // Now both have: whoever comes later is later, also where it counted less before.
        let third = try #require(one.enter(Self.id(3), as: "Ann", policy: .kick)).mark
        #expect(other.sessions(of: "Ann", before: third) == [Self.id(2)])
    }

    @Test func aRefusedLoginIsTheLaterOneOnEveryGateway() throws {
        let (one, other) = (UserIndex(), UserIndex())
        let first = try #require(one.enter(Self.id(1), as: "Ann", policy: .refuse, isSettled: false)).mark
        let second = try #require(other.enter(Self.id(2), as: "Ann", policy: .refuse, isSettled: false)).mark
        #expect(one.stands(against: second, of: "Ann"))
        #expect(!other.stands(against: first, of: "Ann"))
        #expect(one.settle(first, as: "Ann"))
        #expect(!other.settle(second, as: "Ann"))
        #expect(other.sessions(of: "Ann") == [])
        // A settled one stands against everybody.
        #expect(one.stands(against: LoginMark(count: 0, id: Self.id(0)), of: "Ann"))
        #expect(!one.stands(against: first, of: "Bob"))
    }
}
