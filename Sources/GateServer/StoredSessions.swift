import GateBytes
import GateIO
import GateProtocol

/// What clients left behind that will come again: bounded in number and in bytes, in all and for each owner, and in time.
///
/// An owner who is above its share loses its own oldest sessions. Where all together are above a limit, the owner who has
/// most loses its oldest, so that whoever floods the server evicts nobody but itself.
struct StoredSessions {
    /// Whose share a session is counted against.
    enum Owner: Hashable, Sendable {
        /// The user that was authenticated.
        case user(UserID)
        /// Where nobody was, the client's network.
        case network(ClientNetwork)
    }

    /// What bounds them.
    struct Limits {
        var sessionsMax: Int
        var bytesMax: Int
        /// 0 for no share.
        var bytesPerOwnerMax: Int
        var time: TimeSpan
    }

    /// Bytes that a session costs beside its state.
    static let sessionBytes = 512
    /// What a state that does not know its size counts with.
    static let unmeasuredBytes = 4_096

    private struct Session {
        var state: any Sendable
        var expires: MonotonicTime
        var serial: UInt64
        var bytes: Int
        var owner: Owner
    }

    private struct Trace {
        var key: ClientDirectory.Key
        var serial: UInt64
    }

    /// Sessions by age; those that are gone are passed over. `first` is the oldest that may be there.
    private struct Queue {
        var traces: [Trace] = []
        var first = 0
    }

    private struct Holdings {
        var bytes = 0
        var count = 0
        var queue = Queue()
    }

    private let limits: Limits
    private var sessions: [ClientDirectory.Key: Session] = [:]
    private var owners: [Owner: Holdings] = [:]
    /// Owners by the size of what they have, in powers of two: the last that is not empty has whoever has most, or half.
    private var ranks = [Set<Owner>](repeating: [], count: 64)
    private var queue = Queue()
    private var serial: UInt64 = 0
    /// Bytes of all.
    private(set) var bytes = 0
    /// Sessions that were dropped before their time for want of room.
    private(set) var evictedCount = 0

    init(limits: Limits) {
        self.limits = limits
    }

    /// Number of sessions.
    var count: Int { sessions.count }

    /// Entries of the list that knows the oldest; more than the sessions, never by much.
    var traceCount: Int { queue.traces.count }

    /// Takes a session out; `nil` when there is none, or its time is over.
    mutating func take(_ key: ClientDirectory.Key, at now: MonotonicTime) -> (any Sendable)? {
        guard let session = remove(key) else { return nil }
        return session.expires > now ? session.state : nil
    }

    /// Keeps a session, as far as there is room.
    mutating func store(_ state: any Sendable, of owner: Owner, under key: ClientDirectory.Key, at now: MonotonicTime) {
        _ = remove(key)
        let size = Self.sessionBytes + ((state as? any MeasuredState)?.byteCount ?? Self.unmeasuredBytes)
        let share = limits.bytesPerOwnerMax > 0 ? min(limits.bytesPerOwnerMax, limits.bytesMax) : limits.bytesMax
        guard size <= share, limits.sessionsMax > 0 else {
            evictedCount += 1
            return
        }
        serial += 1
        let trace = Trace(key: key, serial: serial)
        sessions[key] = Session(
            state: state, expires: now + limits.time, serial: serial, bytes: size, owner: owner)
        bytes += size
        change(owner) { holdings in
            holdings.bytes += size
            holdings.count += 1
            holdings.queue.traces.append(trace)
        }
        queue.traces.append(trace)
        dropExpired(at: now)
        while let held = owners[owner], held.bytes > share, dropOldest(of: owner) {}
        while sessions.count > limits.sessionsMax || bytes > limits.bytesMax, let most = largestOwner,
            dropOldest(of: most)
        {}
        compact(owner)
    }

    private mutating func remove(_ key: ClientDirectory.Key) -> Session? {
        guard let session = sessions.removeValue(forKey: key) else { return nil }
        bytes -= session.bytes
        change(session.owner) { holdings in
            holdings.bytes -= session.bytes
            holdings.count -= 1
        }
        return session
    }

    // MARK: Owners

    private static func rank(_ bytes: Int) -> Int { 63 - max(1, bytes).leadingZeroBitCount }

    /// Changes what an owner has, and its place among the others.
    private mutating func change(_ owner: Owner, _ body: (inout Holdings) -> Void) {
        let before = owners[owner].map { Self.rank($0.bytes) }
        body(&owners[owner, default: Holdings()])
        guard let held = owners[owner], held.count > 0 else {
            owners[owner] = nil
            if let before { ranks[before].remove(owner) }
            return
        }
        let after = Self.rank(held.bytes)
        if before == after { return }
        if let before { ranks[before].remove(owner) }
        ranks[after].insert(owner)
    }

    private var largestOwner: Owner? { ranks.last { !$0.isEmpty }?.first }

    /// Drops the oldest session of an owner. `false` when it has none.
    private mutating func dropOldest(of owner: Owner) -> Bool {
        while let held = owners[owner], held.queue.first < held.queue.traces.count {
            let trace = held.queue.traces[held.queue.first]
            owners[owner]?.queue.first += 1
            if sessions[trace.key]?.serial == trace.serial {
                _ = remove(trace.key)
                evictedCount += 1
                return true
            }
        }
        return false
    }

    // MARK: Age

    private mutating func dropExpired(at now: MonotonicTime) {
        while queue.first < queue.traces.count {
            let trace = queue.traces[queue.first]
            if let session = sessions[trace.key], session.serial == trace.serial {
                if session.expires > now { return }
                _ = remove(trace.key)
            }
            queue.first += 1
        }
    }

    /// Forgets sessions that are gone. Clients that come and go behind one that stays away leave such traces; each is
    /// visited once or twice.
    private mutating func compact(_ owner: Owner) {
        if queue.traces.count > sessions.count * 2 + 1_024 {
            queue.traces.removeAll { sessions[$0.key]?.serial != $0.serial }
            queue.first = 0
        }
        if let held = owners[owner], held.queue.traces.count > held.count * 2 + 64 {
            owners[owner]?.queue.traces.removeAll { sessions[$0.key]?.serial != $0.serial }
            owners[owner]?.queue.first = 0
        }
    }
}
