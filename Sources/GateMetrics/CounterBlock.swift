import Synchronization

/// A row of counters with one writer and any number of readers, each 8 bytes.
///
/// The writer is the event loop that owns the block: adding is a plain load and store, not a locked instruction. Readers
/// on other threads see each counter whole, and a set of them not necessarily from one moment.
@safe
public final class CounterBlock: Sendable {
    /// Number of counters.
    public let count: Int
    // Sound: allocated once, never moved, freed in deinit; every access goes through an atomic.
    private nonisolated(unsafe) let cells: UnsafeMutablePointer<Atomic<UInt64>>

    /// `count` counters at zero.
    public init(count: Int) {
        self.count = count
        unsafe cells = UnsafeMutablePointer<Atomic<UInt64>>.allocate(capacity: count)
        for index in 0..<count { unsafe (cells + index).initialize(to: Atomic(0)) }
    }

    deinit {
        unsafe cells.deinitialize(count: count)
        unsafe cells.deallocate()
    }

    /// Adds to the counter at `index`. Only the block's owner calls this.
    @inline(__always)
    public func add(_ amount: UInt64 = 1, at index: Int) {
        precondition(index >= 0 && index < count, "a counter that exists is counted")
        // Sound: bounds checked above.
        let sum = unsafe cells[index].load(ordering: .relaxed) &+ amount
        unsafe cells[index].store(sum, ordering: .relaxed)
    }

    /// Sets the counter at `index`, for gauges. Only the block's owner calls this.
    public func set(_ value: UInt64, at index: Int) {
        precondition(index >= 0 && index < count, "a gauge that exists is set")
        // Sound: bounds checked above.
        unsafe cells[index].store(value, ordering: .relaxed)
    }

    /// The counter at `index`, from any thread.
    public func value(at index: Int) -> UInt64 {
        precondition(index >= 0 && index < count, "a counter that exists is read")
        // Sound: bounds checked above.
        return unsafe cells[index].load(ordering: .relaxed)
    }
}
