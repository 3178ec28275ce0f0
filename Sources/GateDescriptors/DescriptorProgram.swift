import GateBytes

/// A descriptor compiled for one choice of its parameters: flat arrays of small operations, no names.
///
/// Immutable, shared by all connections of a listener on all loops.
final class DescriptorProgram: Sendable {
    /// Reads a frame, left to right.
    let reading: ContiguousArray<ReadOperation>
    /// Writes frames; each kind has a range of it.
    let writing: ContiguousArray<WriteOperation>
    /// By ``DescriptorKind``'s raw value, the range in ``writing``; empty for a kind that is never sent.
    let writingRanges: ContiguousArray<Range<Int>>
    /// How the kind of a client's frame is found; empty: all are requests. The client's own kinds come first.
    let kindTests: ContiguousArray<KindTest>
    let conditions: ContiguousArray<KindCondition>
    /// Keys of the JSON body.
    let keys: ContiguousArray<JSONKeyOperation>
    /// Bytes of constants and keys; operations hold ranges of it.
    let pool: [UInt8]
    /// Values of enums; operations hold ranges of it.
    let numbers: ContiguousArray<UInt64>
    let identifiers: IdentifierForm
    let emptyFrame: EmptyFramePolicy
    /// Bytes of a whole frame, prefix included.
    let frameBytesMax: Int
    let idle: TimeSpan
    /// What each operation of ``reading`` is called; for people only.
    let labels: ContiguousArray<OperationLabel>

    init(_ parts: DescriptorProgramParts) {
        reading = parts.reading
        writing = parts.writing
        writingRanges = parts.writingRanges
        kindTests = parts.kindTests
        conditions = parts.conditions
        keys = parts.keys
        pool = parts.pool
        numbers = parts.numbers
        identifiers = parts.identifiers
        emptyFrame = parts.emptyFrame
        frameBytesMax = parts.frameBytesMax
        idle = parts.idle
        labels = parts.labels
    }
}

/// How a reply finds its request.
enum IdentifierForm: UInt8, Sendable {
    /// Frames carry no id: replies go out in the order of the requests.
    case order
    /// A field of fixed width.
    case number
    /// A number or a string in a JSON body.
    case json
}

/// A ``DescriptorProgram`` while it is put together.
struct DescriptorProgramParts {
    var reading: ContiguousArray<ReadOperation> = []
    var writing: ContiguousArray<WriteOperation> = []
    var writingRanges = ContiguousArray(repeating: 0..<0, count: DescriptorKind.allCases.count)
    var kindTests: ContiguousArray<KindTest> = []
    var conditions: ContiguousArray<KindCondition> = []
    var keys: ContiguousArray<JSONKeyOperation> = []
    var pool: [UInt8] = []
    var numbers: ContiguousArray<UInt64> = []
    var identifiers = IdentifierForm.order
    var emptyFrame = EmptyFramePolicy.deliver
    var frameBytesMax = DescriptorLimits.frameBytesDefault
    var idle = TimeSpan.zero
    var labels: ContiguousArray<OperationLabel> = []

    /// Puts bytes into the pool.
    mutating func pooled(_ bytes: some Sequence<UInt8>) -> PoolRange {
        let low = pool.count
        pool.append(contentsOf: bytes)
        return PoolRange(low: UInt32(low), high: UInt32(pool.count))
    }
}

/// A range of the pool in eight bytes.
struct PoolRange: Sendable {
    var low: UInt32 = 0
    var high: UInt32 = 0

    var offsets: Range<Int> { Int(low)..<Int(high) }
}

/// One step of reading a frame.
struct ReadOperation: Sendable {
    enum Code: UInt8, Sendable {
        /// An unsigned integer of `width` bytes.
        case unsigned
        /// The bytes `range` of the pool.
        case constant
        /// `count` bytes.
        case fixed
        /// As many bytes as an integer of `width` bytes in front of them says.
        case prefixed
        /// As many bytes as the value in `lengthSlot` says.
        case counted
        /// All bytes up to the frame's end.
        case rest
    }

    /// What is looked at inside a run of bytes.
    enum Content: UInt8, Sendable {
        case bytes, text, json
    }

    /// Means: nobody reads this value.
    static let noSlot: UInt8 = 255

    var code: Code
    var content = Content.bytes
    var width: UInt8 = 0
    var isLittleEndian = false
    var counts = CountedPart.none
    var keepsUnknown = true
    var slot = noSlot
    var lengthSlot = noSlot
    /// Constant bytes, or the range of ``DescriptorProgram/numbers`` that an enum allows.
    var range = PoolRange()
    var count = 0
    var plus = 0
    var minimum: UInt64 = 0
    var maximum = UInt64.max
}

/// One step of writing a frame.
struct WriteOperation: Sendable {
    enum Code: UInt8, Sendable {
        /// The bytes `range` of the pool.
        case literal
        /// A length of `width` bytes over bytes whose number is known before they are written: `plus`, and the
        /// route's and the payload's where it counts them.
        case length
        /// Room for a length of `width` bytes, counted from behind it.
        case openAfter
        /// Room for a length of `width` bytes, counted from the frame's start.
        case openFrame
        /// Room for a length of `width` bytes, counted from a later ``mark``.
        case openField
        /// Where the bytes that a length of `openField` counts begin.
        case mark
        /// Fills in the length.
        case close
        case route, payload, faultText, faultObject
        /// The id as an integer of `width` bytes.
        case identifier
        case jsonRoute, jsonIdentifier, jsonPayload, jsonFaultText
    }

    var code: Code
    var width: UInt8 = 0
    var isLittleEndian = false
    var scope: UInt8 = 0
    var countsRoute = false
    var countsPayload = false
    var range = PoolRange()
    var plus = 0
    var minimum: UInt64 = 0
    var maximum = UInt64.max
}

/// A kind and what a frame must show to be of it.
struct KindTest: Sendable {
    var kind: DescriptorKind
    /// Slots that must hold something, one bit each.
    var has: UInt32 = 0
    /// Slots that must not.
    var absent: UInt32 = 0
    /// Range of ``DescriptorProgram/conditions``.
    var conditions: Range<Int> = 0..<0
}

/// A value that a slot must hold.
struct KindCondition: Sendable {
    var slot: UInt8
    var value: UInt64
}

/// A key of a JSON body and where its value goes.
struct JSONKeyOperation: Sendable {
    var range: PoolRange
    var slot: UInt8
}
