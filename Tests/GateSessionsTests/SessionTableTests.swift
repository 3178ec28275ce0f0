import GateBytes
import GateIO
import GateProtocol
import GateSessions
import GateTestKit
import Testing

/// The sessions of one loop.
@Suite struct SessionTableTests {
    /// A connection that keeps what it was asked to push.
    final class Connection: SessionConnection {
        let remoteAddress = SocketAddress(v4: 0x7F00_0001, port: 1)
        let protocolName = "test"
        let counters = SessionCounters(messagesReceived: 1, messagesSent: 2, bytesReceived: 3, bytesSent: 4)
        var pushed: [[UInt8]] = []
        var closed: [CloseReason] = []

        func push(topic: Span<UInt8>, payload: [UInt8], quality: DeliveryQuality, form: PayloadForm) -> PushOutcome {
            pushed.append(payload)
            return .sent
        }

        func close(_ reason: CloseReason, notice: String?) { closed.append(reason) }
    }

    let loop = ManualEventLoop()
    let manager: SessionManager

    init() {
        let clock = loop.clock
        manager = SessionManager(
            node: "n", startNumber: 3, loops: [loop], hooks: SessionHooks(), policy: .allow, clock: { clock.now })
    }

    @Test func aSessionIsFoundByItsIDUntilItEnds() {
        loop.perform {
            let table = manager.table(of: loop)
            let session = table.open(Connection(), atMilliseconds: 5)
            #expect(session.id.start == 3)
            #expect(table.session(session.id) === session)
            #expect(table.count == 1)
            table.remove(session)
            #expect(table.session(session.id) == nil)
            #expect(table.count == 0)
            #expect(session.connection == nil)
            // Twice is once.
            table.remove(session)
            #expect(table.count == 0)
        }
    }

    @Test func slotsAreUsedAgainUnderOtherIDs() {
        loop.perform {
            let table = manager.table(of: loop)
            var ids: Set<SessionID> = []
            for _ in 0..<1_000 {
                let session = table.open(Connection(), atMilliseconds: 0)
                #expect(session.id.slot == 0)
                ids.insert(session.id)
                table.remove(session)
            }
            #expect(ids.count == 1_000)
            for id in ids { #expect(table.session(id) == nil) }
        }
    }

    @Test func anIDOfNoSlotIsNobodys() {
        loop.perform {
            let table = manager.table(of: loop)
            let id = table.open(Connection(), atMilliseconds: 0).id
            for (slot, generation) in [
                (id.slot + 1, id.generation), (.max, id.generation), (id.slot, id.generation + 1),
            ] {
                var other = id
                other.slot = slot
                other.generation = generation
                #expect(table.session(other) == nil)
            }
        }
    }

    @Test func eachVisitsAllSessionsAndNoEmptySlot() {
        loop.perform {
            let table = manager.table(of: loop)
            let sessions = (0..<5).map { _ in table.open(Connection(), atMilliseconds: 0) }
            table.remove(sessions[2])
            var seen: [SessionID] = []
            table.forEach { seen.append($0.id) }
            #expect(seen == [0, 1, 3, 4].map { sessions[$0].id })
        }
    }

    @Test func textOfAnIDIsReadBack() {
        let id = SessionID(node: .max, start: 1, loop: 2, slot: 3, generation: .max)
        #expect(id.description == "ffffffff00000001000200000003ffffffff")
        #expect(SessionID(id.description) == id)
        for text in [
            "", "x", String(id.description.dropLast()), id.description + "0", "g" + id.description.dropFirst(),
        ] {
            #expect(SessionID(text) == nil)
        }
    }
}
