import GateBytes

/// Questions that went to several nodes as one message, by call number. Pure; guarded by whoever holds it.
struct Gathers {
    /// What a question came to: for each node that was asked its answer, or why there is none.
    typealias Answers = [NodeKey: Result<[UInt8], RPCFault>]

    struct Entry {
        var answers: Answers = [:]
        var missing: Set<NodeKey>
        var deadline: MonotonicTime
        var done: @Sendable (Answers) -> Void
    }

    private var entries: [UInt64: Entry] = [:]

    var count: Int { entries.count }

    /// The earliest deadline.
    var nextDeadline: MonotonicTime { entries.values.map(\.deadline).min() ?? .never }

    mutating func add(_ call: UInt64, _ entry: Entry) { entries[call] = entry }

    /// Enters an answer; the entry once it is the last one. `nil` when nobody waits for it, which `isKnown` tells from one
    /// that others are still to follow.
    mutating func enter(_ call: UInt64, from node: NodeKey, _ answer: [UInt8]) -> (isKnown: Bool, ended: Entry?) {
        guard entries[call]?.missing.remove(node) != nil else { return (false, nil) }
        entries[call]?.answers[node] = .success(answer)
        return (true, entries[call]?.missing.isEmpty == true ? entries.removeValue(forKey: call) : nil)
    }

    /// Takes one out that could not be asked; `nil` when it has ended.
    mutating func take(_ call: UInt64, _ fault: RPCFault) -> Entry? {
        guard var entry = entries.removeValue(forKey: call) else { return nil }
        for node in entry.missing { entry.answers[node] = .failure(fault) }
        return entry
    }

    /// No answer comes from these nodes any more; the questions that end with that.
    mutating func lose(_ fault: RPCFault, where isLost: (NodeKey) -> Bool) -> [Entry] {
        var ended: [Entry] = []
        for (call, entry) in entries {
            let lost = entry.missing.filter(isLost)
            if lost.isEmpty { continue }
            entries[call]?.missing.subtract(lost)
            for node in lost { entries[call]?.answers[node] = .failure(fault) }
            if entries[call]?.missing.isEmpty == true, let last = entries.removeValue(forKey: call) {
                ended.append(last)
            }
        }
        return ended
    }

    /// Ends what is past its deadline.
    mutating func expire(at now: MonotonicTime) -> [Entry] {
        entries.filter { $0.value.deadline <= now }.keys.compactMap { call in
            guard var entry = entries.removeValue(forKey: call) else { return nil }
            for node in entry.missing { entry.answers[node] = .failure(.deadlineExceeded) }
            return entry
        }
    }

    /// Time that does not count.
    mutating func shift(by time: TimeSpan) {
        for call in entries.keys {
            if let deadline = entries[call]?.deadline { entries[call]?.deadline = deadline + time }
        }
    }
}
