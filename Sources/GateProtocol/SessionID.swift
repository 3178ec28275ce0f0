/// Names one session in the whole cluster, for good: a slot of a loop of one start of one node, and which use of that slot.
public struct SessionID: Hashable, Sendable {
    /// The node's number: a hash of its name.
    public var node: UInt32
    /// Tells the node's starts apart, so that an id from before a restart is stale and never another client's.
    public var start: UInt32
    /// Index of the event loop.
    public var loop: UInt16
    /// Slot in the loop's table.
    public var slot: UInt32
    /// Which use of the slot, from 1.
    public var generation: UInt32

    /// An id; only a gateway makes valid ones.
    @inlinable
    public init(node: UInt32, start: UInt32, loop: UInt16, slot: UInt32, generation: UInt32) {
        self.node = node
        self.start = start
        self.loop = loop
        self.slot = slot
        self.generation = generation
    }
}

extension SessionID: CustomStringConvertible {
    /// 36 hex digits: node, start, loop, slot, generation.
    public var description: String {
        Self.hex(UInt64(node), 8) + Self.hex(UInt64(start), 8) + Self.hex(UInt64(loop), 4)
            + Self.hex(UInt64(slot), 8) + Self.hex(UInt64(generation), 8)
    }

    /// The id that ``description`` wrote, or `nil`.
    public init?(_ text: String) {
        let digits = Array(text.utf8)
        guard digits.count == 36 else { return nil }
        func field(_ range: Range<Int>) -> UInt32? {
            UInt32(String(decoding: digits[range], as: UTF8.self), radix: 16)
        }
        guard let node = field(0..<8), let start = field(8..<16), let loop = field(16..<20), let slot = field(20..<28),
            let generation = field(28..<36)
        else { return nil }
        self.init(
            node: node, start: start, loop: UInt16(truncatingIfNeeded: loop), slot: slot, generation: generation)
    }

    private static func hex(_ value: UInt64, _ width: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: width - digits.count) + digits
    }
}

/// Names a user across sessions, protocols and gateways.
public struct UserID: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The application's own id of the user.
    public var rawValue: String

    /// The user named `rawValue`.
    public init(_ rawValue: String) {
        self.rawValue = rawValue
    }

    public init(stringLiteral value: String) {
        rawValue = value
    }

    public var description: String { rawValue }
}
