import GateProtocol

/// Requests of one client whose answers are outstanding, where the id of a request alone does not lead back to it.
///
/// Answers that carry the name or the code of their request and no id go out in the order of the requests of that name;
/// those of different names pass each other. A call is known by its ticket, which no later call gets again soon:
///
/// ```
/// 31 ........ 10 | 9 .... 0
/// generation     | place
/// ```
struct OpenCalls {
    /// A request that was delivered.
    struct Call {
        /// How the client named it, see ``Address``.
        var address: UInt32
        /// The code that it came with, where ``address`` has no room for it.
        var code: UInt64 = 0
        /// The id that its answer carries.
        var identifier = FrameIdentifier.none
        /// What keeps the order: calls with the same one are answered one after another. `nil` for a call with an id.
        var key: UInt64?
        /// Whether it came in an envelope.
        var isEnveloped = false
        /// What its answer repeats of it, by the places in ``DescriptorProgram/copySources``.
        var copies: [CopiedValue] = []

        /// Bytes that are kept for it alone.
        var byteCount: Int {
            var count = copies.reduce(0) { $0 + $1.bytes.count }
            if case .text(let text) = identifier { count += text.count }
            return count
        }
    }

    private struct Place {
        var call: Call
        /// Grows with each call; 0 for a free place.
        var number: UInt64
        var generation: UInt32
        /// The answer, when it waits for that of an earlier call.
        var frame: [UInt8]?
    }

    private static let placeBits: UInt32 = 10

    private var places: [Place] = []
    private var free: [Int] = []
    private var lastNumber: UInt64 = 0
    private var heldBytes = 0
    private var keptBytes = 0

    /// Keeps a call.
    /// - Throws: ``WireError/limitReached(_:)`` when too many are open, or what is kept of them has too many bytes.
    mutating func begin(_ call: Call) throws(WireError) -> UInt32 {
        let bytes = call.byteCount
        guard keptBytes + bytes <= DescriptorLimits.keptBytesMax else {
            throw .limitReached(DescriptorLimits.keptBytesMax)
        }
        keptBytes += bytes
        lastNumber += 1
        if let index = free.popLast() {
            places[index].call = call
            places[index].number = lastNumber
            places[index].generation = (places[index].generation + 1) & (1 << (32 - Self.placeBits) - 1)
            return ticket(index)
        }
        guard places.count < DescriptorLimits.outstandingMax else {
            throw .limitReached(DescriptorLimits.outstandingMax)
        }
        places.append(Place(call: call, number: lastNumber, generation: 1, frame: nil))
        return ticket(places.count - 1)
    }

    /// The call of a ticket; `nil` when it was answered before.
    func call(_ ticket: UInt32) -> Call? { index(ticket).map { places[$0].call } }

    /// Whether the answer has to wait for that of an earlier call.
    func waits(_ ticket: UInt32) -> Bool {
        guard let index = index(ticket), let key = places[index].call.key else { return false }
        let number = places[index].number
        return places.contains { $0.number != 0 && $0.number < number && $0.call.key == key }
    }

    /// Keeps an answer until its turn comes.
    mutating func hold(_ frame: [UInt8], for ticket: UInt32) throws(WireError) {
        guard let index = index(ticket) else { return }
        guard heldBytes + frame.count <= DescriptorLimits.heldBytesMax else {
            throw .limitReached(DescriptorLimits.heldBytesMax)
        }
        heldBytes += frame.count
        places[index].frame = frame
        // The answer is written; only its turn is needed now.
        keptBytes -= places[index].call.byteCount
        places[index].call.copies = []
        places[index].call.identifier = .none
    }

    /// Forgets a call that was answered.
    mutating func end(_ ticket: UInt32) {
        if let index = index(ticket) { release(index) }
    }

    /// The answer whose turn has come among the calls of a key, if it waits.
    mutating func next(_ key: UInt64) -> [UInt8]? {
        var first: Int?
        for index in places.indices where places[index].number != 0 && places[index].call.key == key {
            if places[index].number < first.map({ places[$0].number }) ?? .max { first = index }
        }
        guard let first, let frame = places[first].frame else { return nil }
        heldBytes -= frame.count
        release(first)
        return frame
    }

    private mutating func release(_ index: Int) {
        keptBytes -= places[index].call.byteCount
        places[index].call = Call(address: 0)
        places[index].number = 0
        places[index].frame = nil
        free.append(index)
    }

    private func ticket(_ index: Int) -> UInt32 { places[index].generation << Self.placeBits | UInt32(index) }

    /// The place of an open call that was not answered.
    private func index(_ ticket: UInt32) -> Int? {
        let index = Int(ticket & (1 << Self.placeBits - 1))
        guard index < places.count, places[index].number != 0, places[index].frame == nil,
            places[index].generation == ticket >> Self.placeBits
        else { return nil }
        return index
    }
}
