/// How many messages may be on the way to a peer: one more with each acknowledgement, half after a loss, so that a burst
/// does not drop out of the receiver's buffer.
///
/// Source: RFC 5681, section 3.1, in messages instead of bytes. Pure.
struct FlightWindow {
    static let first = 64.0
    static let min = 4.0
    static let max = 1_024.0
    /// Bytes on the way, but for a single message: about half of what a system gives a socket for receiving.
    static let bytesMax = 98_304

    private(set) var messages = Self.first
    private var threshold = Self.max
    /// Losses of what was sent before belong to one that is counted.
    private var recoversAt: UInt64 = 0

    /// Whether one more message may leave.
    func hasRoom(count: Int, bytes: Int) -> Bool {
        count == 0 || (count < Int(messages) && bytes < Self.bytesMax)
    }

    mutating func acknowledged() {
        messages = Swift.min(Self.max, messages + (messages < threshold ? 1 : 1 / messages))
    }

    /// A sending was lost; `order` is its place among all sendings, `last` that of the newest.
    mutating func lost(order: UInt64, last: UInt64) {
        guard order >= recoversAt else { return }
        recoversAt = last + 1
        threshold = Swift.max(Self.min, messages / 2)
        messages = threshold
    }
}
