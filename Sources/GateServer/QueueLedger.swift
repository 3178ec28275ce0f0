import Synchronization

/// Bytes that the process keeps for its clients, over all loops: what waits to be sent, a payload that many of them get
/// once, and accepted messages that wait or run. Loops add up what changed once a turn. Safe to use from every loop.
final class QueueLedger: Sendable {
    private final class Share: Sendable {
        let bytes = Atomic<Int>(0)
    }

    /// Bytes above which whoever has most is closed.
    let limit: Int
    private let sum = Atomic<Int>(0)
    private let shares: [Share]
    private let isAsked = Atomic<Bool>(false)

    init(limit: Int, loops: Int) {
        self.limit = limit
        shares = (0..<loops).map { _ in Share() }
    }

    /// Bytes of all loops.
    var total: Int { sum.load(ordering: .relaxed) }

    /// Whether they are above the limit.
    var isOver: Bool { total > limit }

    /// The loop that has most.
    var worstLoop: Int {
        shares.indices.max {
            shares[$0].bytes.load(ordering: .relaxed) < shares[$1].bytes.load(ordering: .relaxed)
        } ?? 0
    }

    /// What changed on a loop.
    func add(_ bytes: Int, loop: Int) {
        sum.add(bytes, ordering: .relaxed)
        shares[loop].bytes.add(bytes, ordering: .relaxed)
    }

    /// Whether the caller is the first to ask another loop to make room; ``answered()`` ends that.
    func ask() -> Bool { !isAsked.exchange(true, ordering: .relaxed) }

    /// The other loop has made room.
    func answered() { isAsked.store(false, ordering: .relaxed) }
}
