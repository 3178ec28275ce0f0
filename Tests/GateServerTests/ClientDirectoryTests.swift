import GateBytes
import GateIO
import GateProtocol
import Testing

@testable import GateServer

/// Who holds a client id, and what is kept of clients that are away.
@Suite struct ClientDirectoryTests {
    static let start = MonotonicTime(nanoseconds: 1_000_000_000_000)
    static let limits = StoredSessions.Limits(
        sessionsMax: 1_000, bytesMax: 100_000, bytesPerOwnerMax: 0, time: .seconds(3_600))

    struct State: MeasuredState {
        var byteCount: Int
    }

    static func id(_ slot: UInt32) -> SessionID {
        SessionID(node: 1, start: 1, loop: 0, slot: slot, generation: 1)
    }

    static func key(_ name: String) -> ClientDirectory.Key {
        ClientDirectory.Key(protocolName: "mqtt", clientID: [UInt8](name.utf8))
    }

    static func network(_ host: UInt32) -> StoredSessions.Owner {
        .network(ClientNetwork(SocketAddress(v4: host, port: 1)))
    }

    /// A store that an expectation may change.
    final class Store {
        private var kept: StoredSessions

        init(_ limits: StoredSessions.Limits) {
            kept = StoredSessions(limits: limits)
        }

        var count: Int { kept.count }
        var bytes: Int { kept.bytes }
        var evictedCount: Int { kept.evictedCount }
        var traceCount: Int { kept.traceCount }

        func store(
            _ state: any Sendable, of owner: StoredSessions.Owner, under key: ClientDirectory.Key, at now: MonotonicTime
        ) {
            kept.store(state, of: owner, under: key, at: now)
        }

        func take(_ key: ClientDirectory.Key, at now: MonotonicTime) -> (any Sendable)? { kept.take(key, at: now) }
    }

    // MARK: Holders

    @Test func aWaiterThatLeavesIsForgotten() {
        let directory = ClientDirectory(stored: Self.limits)
        let key = Self.key("c")
        func claim(_ slot: UInt32) -> ClientDirectory.Claim {
            directory.claim(
                key, for: Self.id(slot), resumption: .discard, takeover: true, at: Self.start,
                ready: { Issue.record("\(slot) has left") })
        }
        func leave(_ slot: UInt32) {
            directory.release(key, by: Self.id(slot), storing: nil, of: Self.network(1), at: Self.start)
        }
        guard case .granted = claim(1) else { return #expect(Bool(false), "nobody has it") }
        for slot in 2...100 as ClosedRange<UInt32> {
            guard case .waits(let holder) = claim(slot), holder == Self.id(1) else {
                return #expect(Bool(false), "the first one has it")
            }
        }
        #expect(directory.waiterCount == 99)
        for slot in 2...100 as ClosedRange<UInt32> { leave(slot) }
        #expect(directory.waiterCount == 0)
        leave(1)
        guard case .granted = claim(101) else { return #expect(Bool(false), "it is free") }
    }

    @Test func ownersMakeAnIDAnother() {
        let names: [ClientDirectory.Owner] = [
            .anybody, .user("Ann", listener: "a"), .user("Ann", listener: "b"), .user("Bob", listener: "a"),
            .name([UInt8]("Ann".utf8), listener: "a"), .name(nil, listener: "a"), .name([], listener: "a"),
        ]
        let keys = names.map { ClientDirectory.Key(protocolName: "mqtt", clientID: [99], owner: $0) }
        #expect(Set(keys).count == names.count)
        #expect(keys[1] == ClientDirectory.Key(protocolName: "mqtt", clientID: [99], owner: names[1]))
    }

    // MARK: Stored sessions

    /// A store with `bytesMax` for all and `share` for each.
    static func store(_ bytesMax: Int, share: Int = 0, sessionsMax: Int = 1_000) -> Store {
        var limits = limits
        limits.bytesMax = bytesMax
        limits.bytesPerOwnerMax = share
        limits.sessionsMax = sessionsMax
        return Store(limits)
    }

    /// A state that counts `bytes` with all that it costs.
    static func state(_ bytes: Int) -> State { State(byteCount: bytes - StoredSessions.sessionBytes) }

    @Test(arguments: [(9_999, 10), (10_000, 10), (10_001, 9)])
    func theirBytesAreBounded(bytes: Int, left: Int) {
        let store = Self.store(100_000)
        for index in 0..<10 {
            store.store(
                Self.state(index == 9 ? bytes : 10_000), of: Self.network(1), under: Self.key("\(index)"),
                at: Self.start)
        }
        #expect(store.count == left)
        #expect(store.bytes <= 100_000)
        #expect(store.evictedCount == 10 - left)
        #expect((store.take(Self.key("0"), at: Self.start) != nil) == (left == 10))
        #expect(store.take(Self.key("9"), at: Self.start) != nil)
    }

    @Test(arguments: [(30_000, 3), (30_001, 2)])
    func anOwnerHasAShare(bytes: Int, left: Int) {
        let store = Self.store(100_000, share: 30_000)
        store.store(Self.state(10_000), of: Self.network(2), under: Self.key("other"), at: Self.start)
        for (index, size) in [10_000, 10_000, bytes - 20_000].enumerated() {
            store.store(Self.state(size), of: Self.network(1), under: Self.key("\(index)"), at: Self.start)
        }
        #expect(store.count == left + 1)
        #expect(store.take(Self.key("other"), at: Self.start) != nil)
        #expect((store.take(Self.key("0"), at: Self.start) != nil) == (left == 3))
    }

    @Test(arguments: [true, false])
    func aFloodEvictsOnlyItself(byBytes: Bool) {
        let store = byBytes ? Self.store(1_000_000) : Self.store(1_000_000_000, sessionsMax: 100)
        for index in 0..<10 as Range<UInt32> {
            store.store(Self.state(10_000), of: Self.network(index), under: Self.key("honest \(index)"), at: Self.start)
        }
        for index in 0..<12_000 {
            store.store(Self.state(65_000), of: .user("mallory"), under: Self.key("flood \(index)"), at: Self.start)
        }
        #expect(store.bytes <= (byBytes ? 1_000_000 : 6_500_000))
        #expect(store.traceCount < 3_000)
        for index in 0..<10 { #expect(store.take(Self.key("honest \(index)"), at: Self.start) != nil) }
        #expect(store.take(Self.key("flood 11999"), at: Self.start) != nil)
    }

    @Test func whatIsLargerThanTheShareIsNotKept() {
        let store = Self.store(100_000, share: 30_000)
        store.store(Self.state(10_000), of: Self.network(1), under: Self.key("small"), at: Self.start)
        store.store(Self.state(30_001), of: Self.network(1), under: Self.key("large"), at: Self.start)
        #expect(store.count == 1)
        #expect(store.evictedCount == 1)
    }

    @Test func bytesAreGivenBack() {
        let store = Self.store(100_000, share: 50_000)
        for round in 0..<500 {
            let now = Self.start + .seconds(round)
            store.store(Self.state(20_000), of: Self.network(1), under: Self.key("c"), at: now)
            store.store(Self.state(20_000), of: Self.network(2), under: Self.key("d\(round)"), at: now)
            if round % 2 == 0 { #expect(store.take(Self.key("c"), at: now) != nil) }
            #expect(store.take(Self.key("d\(round)"), at: now) != nil)
        }
        #expect(store.bytes == 20_000)
        #expect(store.count == 1)
        #expect(store.evictedCount == 0)
        // Their time over, the next one clears them out.
        store.store(Self.state(10_000), of: Self.network(3), under: Self.key("e"), at: Self.start + .seconds(5_000))
        #expect(store.bytes == 10_000)
    }

    @Test func aStateThatDoesNotKnowItsSizeCountsToo() {
        let store = Self.store(100_000)
        store.store(7, of: Self.network(1), under: Self.key("c"), at: Self.start)
        #expect(store.bytes == StoredSessions.sessionBytes + StoredSessions.unmeasuredBytes)
    }
}
