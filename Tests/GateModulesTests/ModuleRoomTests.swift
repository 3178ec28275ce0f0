import GateIO
import Testing

@testable import GateModules

/// How many handlers run or wait at once, and the share of one address.
@Suite struct ModuleRoomTests {
    private func network(_ number: UInt32) -> ClientNetwork { ClientNetwork(SocketAddress(v4: number, port: 1)) }

    @Test(arguments: [(10, 10, 1), (10, 11, 2), (10, 20, 2), (3, 1, 1), (10, 100, 10), (10, 0, 1)])
    func oneAddressHasItsShare(limit: Int, percent: Int, share: Int) {
        let room = ModuleRoom(limit: limit, percent: percent)
        let taken = (0..<limit + 1).filter { _ in room.enter(network(1)) }.count
        #expect(taken == share)
        if share < limit {
            #expect(room.enter(network(2)))
            room.leave(network(1))
            #expect(room.enter(network(1)) && !room.enter(network(1)))
        }
    }

    @Test func whoHasNoAddressHasAllPlaces() {
        let room = ModuleRoom(limit: 3, percent: 34)
        #expect((0..<5).map { _ in room.enter(nil) } == [true, true, true, false, false])
        room.leave(nil)
        #expect(room.enter(network(1)) && !room.enter(network(2)))
    }
}
