import GateProtocol

/// Finished answers that wait for the answer to an earlier request, by the number of their request.
///
/// Holds no memory while answers come in the order of the requests.
struct HeldReplies {
    private var frames: [UInt64: [UInt8]] = [:]
    private var byteCount = 0

    /// Whether the answer to this request waits.
    func holds(_ number: UInt64) -> Bool { frames[number] != nil }

    /// Keeps a frame for later.
    mutating func hold(_ frame: [UInt8], for number: UInt64) throws(WireError) {
        guard byteCount + frame.count <= DescriptorLimits.heldBytesMax else {
            throw .limitReached(DescriptorLimits.heldBytesMax)
        }
        byteCount += frame.count
        frames[number] = frame
    }

    /// The answer to this request, if it waits.
    mutating func take(_ number: UInt64) -> [UInt8]? {
        guard let frame = frames.removeValue(forKey: number) else { return nil }
        byteCount -= frame.count
        return frame
    }
}
