import Synchronization

/// What happened, in order. Safe to use from every thread.
public final class Record<Entry: Sendable>: Sendable {
    private let entries = Mutex<[Entry]>([])

    /// An empty record.
    public init() {}

    /// Adds what happened now.
    public func add(_ entry: Entry) { entries.withLock { $0.append(entry) } }

    /// All of it.
    public var all: [Entry] { entries.withLock { $0 } }

    /// How much it is.
    public var count: Int { entries.withLock { $0.count } }
}
