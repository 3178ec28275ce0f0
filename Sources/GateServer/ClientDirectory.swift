import GateBytes
import GateProtocol
import Synchronization

/// Which connection holds each client id, and the state that clients left behind. Safe to use from every loop.
///
/// Bounded by the connections (holders, waiters) and as ``StoredSessions`` says (state).
///
/// An id belongs to somebody: where an authenticate hook lets clients in, to the listener and to the user that was
/// authenticated, so that the same id of another user is another id, with a session of its own. It takes nothing over and
/// gets nothing of the first. Without a hook nobody is known, and an id is whoever's says it.
final class ClientDirectory: Sendable {
    /// A client id, hashed with the process's random seed: 16 bytes for an id of any length.
    struct Key: Hashable, Sendable {
        private let first: Int
        private let second: Int

        init(protocolName: String, clientID: [UInt8], owner: Owner = .anybody) {
            var hasher = Hasher()
            hasher.combine(protocolName)
            hasher.combine(clientID)
            hasher.combine(owner)
            first = hasher.finalize()
            hasher = Hasher()
            hasher.combine(owner)
            hasher.combine(clientID)
            hasher.combine(0x47_61_74_65)
            hasher.combine(protocolName)
            second = hasher.finalize()
        }
    }

    /// Whose a client id is.
    enum Owner: Hashable, Sendable {
        /// Nobody was authenticated.
        case anybody
        /// The user to whom the authenticate hook bound the session.
        case user(UserID, listener: String)
        /// Where the hook bound none, the name that the client gave and the hook accepted; `nil` for none.
        case name([UInt8]?, listener: String)
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

    private struct State {
        var holders: [Key: Holder] = [:]
        var waiting: [Key: [(SessionID, @Sendable () -> Void)]] = [:]
        var stored: StoredSessions
    }

    private let table: Mutex<State>

    init(stored limits: StoredSessions.Limits) {
        table = Mutex(State(stored: StoredSessions(limits: limits)))
    }

    /// Number of stored sessions.
    var storedCount: Int { table.withLock { $0.stored.count } }

    /// Bytes of the stored sessions.
    var storedBytes: Int { table.withLock { $0.stored.bytes } }

    /// Stored sessions that were dropped before their time for want of room.
    var evictedCount: Int { table.withLock { $0.stored.evictedCount } }

    /// Entries of the list that knows the oldest; more than the stored sessions, never by much.
    var traceCount: Int { table.withLock { $0.stored.traceCount } }

    /// Clients that wait for an id.
    var waiterCount: Int { table.withLock { $0.waiting.values.reduce(0) { $0 + $1.count } } }

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
            let state = table.stored.take(key, at: now)
            return .granted(state: resumption == .resume ? state : nil)
        }
    }

    /// Gives an id back, with what the client shall find when it returns, counted against `owner`. Ids of other holders are
    /// left alone.
    func release(
        _ key: Key, by id: SessionID, storing state: (any Sendable)?, of owner: StoredSessions.Owner,
        at now: MonotonicTime
    ) {
        let ready = table.withLock { table -> [@Sendable () -> Void] in
            guard table.holders[key] == Holder(id) else {
                table.waiting[key]?.removeAll { $0.0 == id }
                if table.waiting[key]?.isEmpty == true { table.waiting[key] = nil }
                return []
            }
            table.holders[key] = nil
            if let state { table.stored.store(state, of: owner, under: key, at: now) }
            return (table.waiting.removeValue(forKey: key) ?? []).map { $0.1 }
        }
        for wake in ready { wake() }
    }
}
