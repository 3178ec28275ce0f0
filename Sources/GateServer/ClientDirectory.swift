import GateBytes
import GateProtocol
import Synchronization

/// Which connection holds each client id, and the state that clients left behind. Safe to use from every loop.
///
/// Bounded by the connections (holders, waiters) and by `storedMax` (state), which drops the oldest.
final class ClientDirectory: Sendable {
    /// A client id, hashed with the process's random seed: 16 bytes for an id of any length.
    struct Key: Hashable, Sendable {
        private let first: Int
        private let second: Int

        init(protocolName: String, clientID: [UInt8]) {
            var hasher = Hasher()
            hasher.combine(protocolName)
            hasher.combine(clientID)
            first = hasher.finalize()
            hasher = Hasher()
            hasher.combine(clientID)
            hasher.combine(0x47_61_74_65)
            hasher.combine(protocolName)
            second = hasher.finalize()
        }
    }

    /// What a connection that asks for an id gets.
    enum Claim: Sendable {
        /// The id, with what an earlier session left.
        case granted(state: (any Sendable)?)
        /// Another connection holds the id, and keeps it.
        case shared
        /// `holder` holds the id and has to be closed; `ready` is called once it has let go.
        case waits(holder: SessionID)
    }

    /// A session of this gateway in 12 bytes: there is one for each client.
    private struct Holder: Equatable {
        var slot: UInt32
        var generation: UInt32
        var loop: UInt16

        init(_ id: SessionID) {
            slot = id.slot
            generation = id.generation
            loop = id.loop
        }

        /// The holder's id, on the node and start of `other`.
        func id(like other: SessionID) -> SessionID {
            SessionID(node: other.node, start: other.start, loop: loop, slot: slot, generation: generation)
        }
    }

    private struct Stored {
        var state: any Sendable
        var expires: MonotonicTime
        var serial: UInt64
    }

    private struct State {
        var holders: [Key: Holder] = [:]
        var waiting: [Key: [(SessionID, @Sendable () -> Void)]] = [:]
        var stored: [Key: Stored] = [:]
        var order: [(Key, UInt64)] = []
        var oldest = 0
        var serial: UInt64 = 0
    }

    private let storedMax: Int
    private let storedTime: TimeSpan
    private let table = Mutex(State())

    init(storedMax: Int, storedTime: TimeSpan) {
        self.storedMax = storedMax
        self.storedTime = storedTime
    }

    /// Number of stored sessions.
    var storedCount: Int { table.withLock { $0.stored.count } }

    /// Entries of the list that knows the oldest; more than the stored sessions, never by much.
    var traceCount: Int { table.withLock { $0.order.count } }

    /// Asks for an id. With `takeover`, a holder gives way, and `ready` is called (from any thread) when the caller should
    /// claim again.
    func claim(
        _ key: Key, for id: SessionID, resumption: Credentials.Resumption, takeover: Bool, at now: MonotonicTime,
        ready: @escaping @Sendable () -> Void
    ) -> Claim {
        table.withLock { table in
            if let holder = table.holders[key], holder != Holder(id) {
                guard takeover else { return .shared }
                table.waiting[key, default: []].append((id, ready))
                return .waits(holder: holder.id(like: id))
            }
            table.holders[key] = Holder(id)
            guard let stored = table.stored.removeValue(forKey: key) else { return .granted(state: nil) }
            let isUsable = resumption == .resume && stored.expires > now
            return .granted(state: isUsable ? stored.state : nil)
        }
    }

    /// Gives an id back, with what the client shall find when it returns. Ids of other holders are left alone.
    func release(_ key: Key, by id: SessionID, storing state: (any Sendable)?, at now: MonotonicTime) {
        let ready = table.withLock { table -> [@Sendable () -> Void] in
            guard table.holders[key] == Holder(id) else {
                table.waiting[key]?.removeAll { $0.0 == id }
                if table.waiting[key]?.isEmpty == true { table.waiting[key] = nil }
                return []
            }
            table.holders[key] = nil
            if let state { store(state, under: key, in: &table, at: now) }
            return (table.waiting.removeValue(forKey: key) ?? []).map { $0.1 }
        }
        for wake in ready { wake() }
    }

    private func store(_ state: any Sendable, under key: Key, in table: inout State, at now: MonotonicTime) {
        table.serial += 1
        table.stored[key] = Stored(state: state, expires: now + storedTime, serial: table.serial)
        table.order.append((key, table.serial))
        while table.oldest < table.order.count {
            let (oldKey, serial) = table.order[table.oldest]
            if let old = table.stored[oldKey], old.serial == serial {
                guard table.stored.count > storedMax || old.expires <= now else { break }
                table.stored[oldKey] = nil
            }
            table.oldest += 1
        }
        // Clients that come and go behind one that stays away leave dead entries; each is visited once or twice.
        if table.order.count > table.stored.count * 2 + 1_024 {
            table.order.removeAll { key, serial in table.stored[key]?.serial != serial }
            table.oldest = 0
        }
    }
}
