import GateProtocol

/// Keeps answers in the order of their requests, where frames carry no id.
///
/// Requests are numbered from 1. The answer that is next goes straight out; a later one is held as bytes until it is.
struct ReplyOrder {
    /// The number of the last request.
    private var last: UInt64 = 0
    /// The number of the next answer to be written.
    private(set) var next: UInt64 = 1
    /// Finished frames that wait, by number; holds no memory while answers come in order.
    private var held: [UInt64: [UInt8]] = [:]
    private var heldBytes = 0

    /// Numbers a request.
    mutating func begin() throws(WireError) -> UInt64 {
        guard last - (next - 1) < UInt64(DescriptorLimits.outstandingMax) else {
            throw .limitReached(DescriptorLimits.outstandingMax)
        }
        last += 1
        return last
    }

    /// Whether an answer with this number is still due.
    func isDue(_ number: UInt64) -> Bool { number >= next && number <= last && held[number] == nil }

    /// The answer ``next`` was written.
    mutating func advance() { next += 1 }

    /// Keeps a frame for later.
    mutating func hold(_ frame: [UInt8], for number: UInt64) throws(WireError) {
        guard heldBytes + frame.count <= DescriptorLimits.heldBytesMax else {
            throw .limitReached(DescriptorLimits.heldBytesMax)
        }
        heldBytes += frame.count
        held[number] = frame
    }

    /// The frame that has become the next one, if it is held; it counts as written.
    mutating func takeNext() -> [UInt8]? {
        guard !held.isEmpty, let frame = held.removeValue(forKey: next) else { return nil }
        heldBytes -= frame.count
        next += 1
        return frame
    }
}
