import GateBytes
import GateJSON
import GateProtocol

/// What was read of one frame, by slot. Lives on the stack of `receive`; nothing in it is counted.
struct FrameValues: ~Copyable {
    static let route: UInt8 = 0
    static let identifier: UInt8 = 1
    static let payload: UInt8 = 2
    static let error: UInt8 = 3
    static let result: UInt8 = 4
    static let code: UInt8 = 5
    /// The first slot that is not one of the above.
    static let firstOther = 6

    /// Slots that hold something, one bit each.
    private(set) var present: UInt32 = 0
    /// Whether a part of it cannot be said here, so that a request is answered with an error and not delivered.
    var isUnreadable = false
    private var values: InlineArray<32, UInt64> = InlineArray(repeating: 0)

    /// Forgets all values.
    @inline(__always)
    mutating func removeAll() {
        present = 0
        isUnreadable = false
    }

    /// The number in a slot; what it holds when nothing was put there has no meaning.
    @inline(__always)
    mutating func number(_ slot: UInt8) -> UInt64 {
        // Through a span: the array's own subscript copies all of it.
        values.span[Int(slot & 31)]
    }

    /// Whether the slot holds something.
    @inline(__always)
    func has(_ slot: UInt8) -> Bool { present & (1 << UInt32(slot & 31)) != 0 }

    @inline(__always)
    mutating func set(_ slot: UInt8, number: UInt64) {
        var span = values.mutableSpan
        span[Int(slot & 31)] = number
        present |= 1 << UInt32(slot & 31)
    }

    @inline(__always)
    mutating func set(_ slot: UInt8, range: ByteRange) {
        // start | region | count, so that a range is a number too: 32, 1 and 31 bits.
        let region: UInt64 = range.region == .scratch ? 1 << 31 : 0
        set(slot, number: UInt64(range.start) << 32 | region | UInt64(range.count & 0x7FFF_FFFF))
    }

    /// Sets the slots of known keys to where their values stand in one JSON object, see ``JSON/pick(_:in:from:into:limits:)``.
    @inline(__always)
    mutating func pick(
        _ keys: borrowing JSONKeySet, in input: Span<UInt8>, from start: Int
    ) throws(JSONFault) -> JSONPicks {
        // Words of a pick are ranges as they are kept here.
        var words = values.mutableSpan
        let picks = try JSON.pick(keys, in: input, from: start, into: &words, limits: .handedOn)
        present |= picks.present
        return picks
    }

    /// Forgets what a slot holds.
    @inline(__always)
    mutating func remove(_ slot: UInt8) { present &= ~(1 << UInt32(slot & 31)) }

    /// Forgets what the slots of these keys hold.
    mutating func removeKeys(_ keys: ContiguousArray<BodyKeyOperation>) {
        for key in keys { remove(key.slot) }
    }

    /// Makes ranges of the input, which were found in a text of its own, ranges of the scratch bytes, where that text
    /// begins at `start`.
    mutating func move(_ slots: [UInt8], toScratchAt start: Int) {
        for slot in slots where has(slot) && slot != Self.code {
            let found = range(slot)
            guard found.region == .input else { continue }
            set(
                slot,
                range: ByteRange(start: Int(found.start) + start, count: Int(found.count), region: .scratch))
        }
    }

    /// The bytes that a slot stands for; empty when it holds nothing.
    @inline(__always)
    mutating func range(_ slot: UInt8) -> ByteRange {
        guard has(slot) else { return .empty }
        let packed = number(slot)
        return ByteRange(
            start: Int(packed >> 32), count: Int(packed & 0x7FFF_FFFF),
            region: packed & (1 << 31) == 0 ? .input : .scratch)
    }
}
