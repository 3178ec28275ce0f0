import GateBytes

/// Calls that wait for other nodes, by number. Pure; guarded by whoever holds it.
struct PendingCalls {
    /// The end of one.
    typealias Answer = Result<RPCEnvelope.Body, RPCFault>

    struct Entry {
        var done: @Sendable (Answer) -> Void
        var deadline: MonotonicTime
        var node: NodeKey
        var inbox: String
    }

    private var entries: [UInt64: Entry] = [:]
    private var last: UInt64 = 0
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    var count: Int { entries.count }

    /// The number of a new one; `nil` when there is no room.
    mutating func add(_ entry: Entry) -> UInt64? {
        guard entries.count < limit else { return nil }
        let number = reserve()
        entries[number] = entry
        return number
    }

    /// A number for a question that is kept elsewhere.
    mutating func reserve() -> UInt64 {
        last &+= 1
        return last
    }

    /// Time that does not count.
    mutating func shift(by time: TimeSpan) {
        for number in entries.keys {
            if let deadline = entries[number]?.deadline, deadline != .never {
                entries[number]?.deadline = deadline + time
            }
        }
    }

    /// Takes one out; `nil` when it has ended.
    mutating func take(_ call: UInt64) -> Entry? { entries.removeValue(forKey: call) }

    /// Takes out all that `isEnding` says.
    mutating func take(where isEnding: (Entry) -> Bool) -> [Entry] {
        let numbers = entries.filter { isEnding($0.value) }.map(\.key)
        return numbers.compactMap { entries.removeValue(forKey: $0) }
    }

    /// The earliest deadline.
    var nextDeadline: MonotonicTime { entries.values.map(\.deadline).min() ?? .never }
}
