import GateIO
package import GateProtocol

/// The sessions of one loop, by slot. Bounded by the limit of connections. On the loop.
package final class SessionTable {
    private struct Slot {
        var session: LiveSession?
        var generation: UInt32
    }

    private unowned let manager: SessionManager
    private let loop: UInt16
    private var slots: [Slot] = []
    private var free: [UInt32] = []

    init(manager: SessionManager, loop: Int) {
        self.manager = manager
        self.loop = UInt16(loop)
    }

    /// Number of sessions.
    package var count: Int { slots.count - free.count }

    /// Opens a session for a connection.
    package func open(_ connection: any SessionConnection, atMilliseconds: Int64) -> LiveSession {
        let slot: UInt32
        if let reused = free.popLast() {
            slot = reused
        } else {
            slot = UInt32(slots.count)
            slots.append(Slot(session: nil, generation: 0))
        }
        slots[Int(slot)].generation &+= 1
        let id = SessionID(
            node: manager.nodeNumber, start: manager.startNumber, loop: loop, slot: slot,
            generation: slots[Int(slot)].generation)
        let session = LiveSession(
            id: id, manager: manager, connection: connection, connectedAtMilliseconds: atMilliseconds)
        slots[Int(slot)].session = session
        return session
    }

    /// The session of that id, `nil` when it has ended.
    package func session(_ id: SessionID) -> LiveSession? {
        guard id.slot < slots.count else { return nil }
        let slot = slots[Int(id.slot)]
        return slot.generation == id.generation ? slot.session : nil
    }

    /// Ends a session: its id is stale from now on.
    package func remove(_ session: LiveSession) {
        guard self.session(session.id) != nil else { return }
        slots[Int(session.id.slot)].session = nil
        free.append(session.id.slot)
        manager.ended(session)
        session.detach()
    }

    /// Calls `body` for each session.
    package func forEach(_ body: (LiveSession) -> Void) {
        for slot in slots {
            if let session = slot.session { body(session) }
        }
    }
}

@available(*, unavailable)
extension SessionTable: Sendable {}
