import GateIO
import GateRPC
import GateUV
import Synchronization
import Testing

/// What waits between a link's thread and its loop.
@Suite struct LinkEventsTests {
    @Test func eventsComeInOrder() async throws {
        let probe = try LinkProbe()
        let events = LinkEvents(loop: probe.group.loops[0]) {}
        events.open(probe)
        for number in 0..<100 {
            events.add([.message([UInt8(number)]), .undeliverable("\(number)"), .changed(isUp: number % 2 == 0)])
        }
        await Cluster.wait { probe.seen.changes.count == 100 }
        #expect(probe.seen.messages == (0..<100).map { [UInt8($0)] })
        #expect(probe.seen.undeliverable == (0..<100).map { "\($0)" })
        #expect(probe.seen.changes == (0..<100).map { $0 % 2 == 0 })
    }

    @Test(arguments: [(LinkEvents.messagesMax, 0), (64, LinkEvents.bytesMax / 64)])
    func thereIsRoomBelowTheLimitAndWhoFindsNoneIsCalled(count: Int, bytes: Int) async throws {
        let probe = try LinkProbe()
        let calls = Atomic<Int>(0)
        let events = LinkEvents(loop: probe.group.loops[0]) { calls.add(1, ordering: .relaxed) }
        events.open(probe)
        let gate = BlockedLoop(probe.group.loops[0])
        let message = [UInt8](repeating: 1, count: bytes)
        events.add(Array(repeating: .message(message), count: count - 1))
        #expect(events.hasRoom)
        events.add([.message(message)])
        #expect(!events.hasRoom)
        gate.open()
        await Cluster.wait { calls.load(ordering: .relaxed) == 1 }
        #expect(events.hasRoom)
        #expect(calls.load(ordering: .relaxed) == 1)
    }

    @Test func nobodyHearsAfterTheEnd() async throws {
        let probe = try LinkProbe()
        let events = LinkEvents(loop: probe.group.loops[0]) {}
        events.open(probe)
        events.close()
        events.add([.message([1])])
        let passed = Atomic<Bool>(false)
        probe.group.loops[0].postReserved { passed.store(true, ordering: .releasing) }
        await Cluster.wait { passed.load(ordering: .acquiring) }
        #expect(probe.seen.messages.isEmpty)
    }
}
