import GateBytes
import GateJSON
import GateProtocol

/// A descriptor compiled for one choice of its parameters: flat arrays of small operations, no names.
///
/// Immutable, shared by all connections of a listener on all loops.
final class DescriptorProgram: Sendable {
    /// Reads a frame, left to right.
    let reading: ContiguousArray<ReadOperation>
    /// What fields and kinds ask of earlier values.
    let tests: ContiguousArray<ValueTest>
    /// Writes frames; each kind has a range of it.
    let writing: ContiguousArray<WriteOperation>
    /// By ``DescriptorKind``'s raw value, the range in ``writing``; empty for a kind that is never sent.
    let writingRanges: ContiguousArray<Range<Int>>
    /// The same for messages whose route has a code, where that makes a difference.
    let codedRanges: ContiguousArray<Range<Int>>
    /// Frames that states send.
    let replyRanges: ContiguousArray<Range<Int>>
    /// How the kind of a client's frame is found; empty: all are requests. The client's own kinds come first.
    let kindTests: ContiguousArray<KindTest>
    /// Keys of the JSON body or of the pairs.
    let keys: ContiguousArray<BodyKeyOperation>
    /// Bytes of constants and keys; operations hold ranges of it.
    let pool: [UInt8]
    /// Values of enums and tests; operations hold ranges of it.
    let numbers: ContiguousArray<UInt64>
    let identifiers: IdentifierForm
    /// Whether an answer carries the code or name that its request had.
    let answersCarryRoute: Bool
    /// By kind's raw value, one bit each: whether it cannot be written without the route's code.
    let needsCode: UInt16
    let emptyFrame: EmptyFramePolicy
    /// Bytes of a whole frame, prefix included.
    let frameBytesMax: Int
    /// Bytes of what a compressed or packed part becomes.
    let inflatedBytesMax: Int
    let timers: ProgramTimers
    let states: StateTable
    let routes: RouteTable
    /// Bytes in place of an empty payload.
    let emptyPayload: [UInt8]
    /// Whether text is quoted, because a payload is one JSON value.
    let payloadIsJSON: Bool
    /// What stands around the text of a fault.
    let fault: FaultModel
    /// The secret of a native part.
    let nativeKey: [UInt8]
    /// The secret behind what a check covers.
    let checkKey: [UInt8]
    /// Around the payloads of some frames, or of all.
    let envelope: Envelope?
    /// Whether there is one.
    let hasEnvelope: Bool
    /// Whether a request that nobody serves gets no answer though it carries an id.
    let dropsUnrouted: Bool
    /// Whether answers are kept apart by the names of their requests, or by envelopes.
    let keepsCalls: Bool
    /// What each operation of ``reading`` is called; for people only.
    let labels: ContiguousArray<OperationLabel>

    /// By kind's raw value, one bit each: whether what is written depends on the route.
    let addressedKinds: UInt16
    /// By kind's raw value, one bit each: whether an answer only needs the number of its request and its payload.
    let plainKinds: UInt16
    /// What stands between module and handler in a client's name, see ``RouteTable/split``.
    let splitByte: UInt8?
    /// Whether the listener gave routes.
    let hasRouteEntries: Bool
    /// Whether nobody said anything of routes, see ``RouteTable/isDefault``.
    let namesAreRoutes: Bool
    /// ``keys``, ready to be looked for in JSON.
    let keySet: JSONKeySet
    /// Whether a frame is nothing but a length and the bytes that it counts.
    let isLengthAndRest: Bool

    init(_ parts: DescriptorProgramParts, routes: RouteTable = .none) {
        tests = parts.settledTests()
        reading = parts.settledReading()
        keySet = JSONKeySet(parts.keys.map { (Array(parts.pool[$0.range.offsets]), $0.slot) })
        isLengthAndRest = Self.isLengthAndRest(reading)
        writing = parts.settledWriting()
        writingRanges = parts.writingRanges
        codedRanges = parts.codedRanges
        replyRanges = parts.replyRanges
        kindTests = parts.kindTests
        keys = parts.keys
        pool = parts.pool
        numbers = parts.numbers
        identifiers = parts.identifiers
        answersCarryRoute = parts.answersCarryRoute
        needsCode = parts.needsCode
        emptyFrame = parts.emptyFrame
        frameBytesMax = parts.frameBytesMax
        inflatedBytesMax = parts.inflatedBytesMax
        timers = parts.timers
        states = parts.states
        emptyPayload = parts.emptyPayload
        payloadIsJSON = parts.payloadIsJSON
        fault = parts.fault
        nativeKey = parts.nativeKey
        checkKey = parts.checkKey
        envelope = parts.envelope
        hasEnvelope = parts.envelope != nil
        keepsCalls = parts.identifiers == .order && (parts.answersCarryRoute || parts.envelope != nil)
        // skynet's servers say nothing to a type that they do not know.
        dropsUnrouted = parts.reading.contains { $0.content == .sproto }
        labels = parts.labels
        self.routes = routes
        addressedKinds = parts.addressedKinds
        plainKinds = parts.plainKinds
        splitByte = routes.split
        hasRouteEntries = !routes.entries.isEmpty
        namesAreRoutes = routes.isDefault
    }

    private static func isLengthAndRest(_ reading: ContiguousArray<ReadOperation>) -> Bool {
        guard reading.count == 2, reading.allSatisfy({ $0.firstTest == $0.testsEnd }) else { return false }
        guard case .unsigned = reading[0].code, case .rest = reading[1].code else { return false }
        if case .none = reading[0].counts { return false }
        return reading[1].count == 0
    }
}

/// How a reply finds its request.
enum IdentifierForm: UInt8, Sendable {
    /// Frames carry no id: replies go out in the order of the requests.
    case order
    /// An integer.
    case number
    /// Text that comes back byte for byte: a JSON number or string, or the value of a key.
    case text
}

/// Times of a connection; zero for none.
struct ProgramTimers: Sendable {
    var idle = TimeSpan.zero
    var handshake = TimeSpan.zero
    var every = TimeSpan.zero
    /// The reply that is sent every so often.
    var reply = 0

    var isEmpty: Bool { idle == .zero && handshake == .zero && every == .zero }
}

/// A ``DescriptorProgram`` while it is put together.
struct DescriptorProgramParts: Sendable {
    var reading: ContiguousArray<ReadOperation> = []
    var tests: ContiguousArray<ValueTest> = []
    var writing: ContiguousArray<WriteOperation> = []
    var writingRanges = ContiguousArray(repeating: 0..<0, count: DescriptorKind.allCases.count)
    var codedRanges = ContiguousArray(repeating: 0..<0, count: DescriptorKind.allCases.count)
    var replyRanges: ContiguousArray<Range<Int>> = []
    var kindTests: ContiguousArray<KindTest> = []
    var keys: ContiguousArray<BodyKeyOperation> = []
    var pool: [UInt8] = []
    var numbers: ContiguousArray<UInt64> = []
    var identifiers = IdentifierForm.order
    var answersCarryRoute = false
    /// The largest code that a listener's routes may have, and the largest that an answer may go out under.
    var codeMax = UInt64(UInt32.max)
    var answerCodeMax = UInt64(UInt32.max)
    var needsCode: UInt16 = 0
    var emptyFrame = EmptyFramePolicy.deliver
    var frameBytesMax = DescriptorLimits.frameBytesDefault
    /// Whether the descriptor says so itself.
    var saysFrameBytesMax = false
    /// The largest frame that its length can say.
    var frameBytesReachable = DescriptorLimits.frameBytesCeiling
    var inflatedBytesMax = DescriptorLimits.inflatedBytesDefault
    var timers = ProgramTimers()
    var states = StateTable()
    var routesModel = RoutesModel()
    var naming = ProtocolNaming.names
    var emptyPayload: [UInt8] = []
    var payloadIsJSON = false
    var fault = FaultModel(before: Array(#"{"Error":"#.utf8), after: Array("}".utf8))
    var nativeKey: [UInt8] = []
    var checkKey: [UInt8] = []
    var envelope: Envelope?
    var labels: ContiguousArray<OperationLabel> = []

    /// Puts bytes into the pool.
    mutating func pooled(_ bytes: some Sequence<UInt8>) -> PoolRange {
        let low = pool.count
        pool.append(contentsOf: bytes)
        return PoolRange(low: UInt32(low), high: UInt32(pool.count))
    }

    /// Puts values into the table of numbers, in their order.
    mutating func numbered(_ values: some Sequence<Int>) -> PoolRange {
        let low = numbers.count
        numbers.append(contentsOf: values.map { UInt64($0) })
        return PoolRange(low: UInt32(low), high: UInt32(numbers.count))
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
        /// `count` bytes at most of seven bits each.
        case varint
        /// `count` decimal digits at most and the terminator `end`.
        case decimal
        /// The `width` bits from `count` of the integer in front.
        case bits
        /// The bytes `range` of the pool.
        case constant
        /// `count` bytes.
        case fixed
        /// As many bytes as an integer of `width` bytes in front of them says.
        case prefixed
        /// As many bytes as the value in `lengthSlot` says.
        case counted
        /// All bytes up to `count` before the frame's end.
        case rest
        /// All bytes before the terminator `end`.
        case until
        /// Keys of `width` bytes of length and values of `count`, ended by an empty key.
        case pairs
        /// Keeps in `slot` where the next field begins, counted from the frame's start.
        case mark
        /// A check of the bytes from the place in `lengthSlot`, or from the frame's start.
        case check
        /// When the next bytes are those of `range`: from here to the frame's end they are compressed by `method`.
        case inflate
    }

    /// What is looked at inside a run of bytes.
    enum Content: UInt8, Sendable {
        case bytes, text, json, singleKey, sproto, scutForm
    }

    /// Means: nobody reads this value.
    static let noSlot: UInt8 = 255

    var code: Code
    var content = Content.bytes
    var method = CompressionMethod.raw
    var checksum = Checksum.sum8
    var width: UInt8 = 0
    var isLittleEndian = false
    var isSigned = false
    var counts = CountedPart.none
    var countsUnits = false
    var escapeWidth: UInt8 = 0
    var keepsUnknown = true
    /// What it means when the value, or the number of bytes, is not one between `minimum` and `maximum`.
    var bounds = BoundsMeaning.value
    /// A number without bounds that counts nothing, or the rest as bytes without bounds.
    var isPlain = false
    var slot = noSlot
    var lengthSlot = noSlot
    /// Range of ``DescriptorProgram/tests`` that must all hold for the field to be there.
    var firstTest: UInt16 = 0
    var testsEnd: UInt16 = 0
    /// How many of them are also the first ones of the operation before, in the same order.
    var sharedTests: UInt16 = 0
    /// Whether a length needs more than its number: it may go on, be negative, or count units of text.
    var isUnusualLength = false
    /// Constant bytes, or the range of ``DescriptorProgram/numbers`` that an enum allows.
    var range = PoolRange()
    var end = PoolRange()
    var count = 0
    var plus = 0
    var minimum: UInt64 = 0
    var maximum = UInt64.max
    /// Those values of `range` that are below 64, one bit each.
    var smallValues: UInt64 = 0
}

/// What the bounds of a field are there for.
enum BoundsMeaning: String, CaseIterable, Sendable {
    /// Other values have no meaning.
    case value
    /// There is one value, by which both sides know each other.
    case constant
    /// With it a frame ends.
    case terminator
    /// Other values are versions of the protocol that are not spoken here.
    case version
    /// Other values ask for what is not spoken here.
    case encryption, compression
}

extension ReadOperation {
    /// What is wrong with a value outside the bounds.
    func refusal(of value: UInt64) -> FramingError {
        switch bounds {
        case .value: .invalidValue(Int(clamping: value))
        case .constant: .wrongConstant(UInt8(truncatingIfNeeded: value))
        case .terminator: .wrongTerminator(UInt8(truncatingIfNeeded: value))
        case .version: .versionUnsupported(Int(clamping: value))
        case .encryption: .encryptionUnsupported
        case .compression: .compressionUnsupported
        }
    }
}

/// One step of writing a frame.
struct WriteOperation: Sendable {
    enum Code: UInt8, Sendable {
        /// The bytes `range` of the pool.
        case literal
        /// The first `width` of `bytes` and `moreBytes`: a literal of at most sixteen.
        case shortLiteral
        /// A length of `width` bytes over bytes whose number is known before they are written: `plus`, and the
        /// route's and the payload's where it counts them. Width 0 stands for decimal digits in front of `range`, or for
        /// seven bits a byte where that is empty.
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
        /// Fills in a length without a fixed width, for which there was no room: decimal digits in front of `range`, or seven
        /// bits a byte where that is empty; `countsUnits` counts UTF-16 units, `countsFrame` what stands in front, too.
        case closeUnsized
        /// Fills in a length that is followed by a longer one of `escapeWidth` bytes when its own are too few.
        case closeEscaped
        case route, payload, faultText, faultObject
        /// The id as an integer of `width` bytes.
        case identifier
        /// The id in seven bits a byte, `maximum` at most.
        case identifierVarint
        /// The id as it was read.
        case identifierText
        /// The route's code as an integer of `width` bytes.
        case code
        /// The route's code in decimal digits.
        case codeText
        /// A number of `source`, seven bits a byte, `maximum` at most; or, with `countsUnits`, in decimal digits.
        case number
        /// The time in milliseconds as an integer of `width` bytes.
        case nowMilliseconds
        case nowText
        /// The next value copied from the frame that is answered, as an integer of `width` bytes or as it was read.
        case copiedNumber, copied
        case jsonRoute, jsonIdentifier, jsonPayload, jsonFaultText
        /// The payload, a JSON object, as keys and values with lengths of `width` and `scope` bytes. Keys among those of
        /// `range`, each with its length in front, are the protocol's own.
        case pairs
        /// A 0-packed body with the payload, or with the fault's text.
        case sproto, sprotoFault
        /// Room for a check of the bytes since the `mark` of the same scope, or since the frame's start.
        case check
        /// Fills in the check.
        case fillCheck
        /// Where something begins that is looked at once it is written: a group that is compressed when it is long, a
        /// run of bytes with bounds or a terminator.
        case openPacked
        /// Refuses what was written since, unless it has `minimum` to `maximum` bytes and the terminator `range`, if
        /// there is one, stands at its end and nowhere before.
        case checkRun
        /// Compresses by `method` what was written since, when it is more than `maximum` bytes.
        case deflate
    }

    var code: Code
    var method = CompressionMethod.raw
    var checksum = Checksum.sum8
    var source = NumberSource.identifier
    var width: UInt8 = 0
    var isLittleEndian = false
    var scope: UInt8 = 0
    var countsRoute = false
    var countsPayload = false
    var countsUnits = false
    var countsFrame = false
    var escapeWidth: UInt8 = 0
    var range = PoolRange()
    /// A short literal, eight bytes each, the first byte lowest.
    var bytes: UInt64 = 0
    var moreBytes: UInt64 = 0
    var plus = 0
    var minimum: UInt64 = 0
    var maximum = UInt64.max
}

/// Where a number that is written comes from.
enum NumberSource: Sendable {
    case identifier, code, now, copied
}

/// A value that a slot must hold, one of those in `range` of ``DescriptorProgram/numbers``.
struct ValueTest: Sendable {
    var slot: UInt8
    var range: PoolRange
    /// Those of the values that are below 64, one bit each.
    var small: UInt64 = 0
    /// Whether there are others.
    var hasLarge = false
}

/// A kind and what a frame must show to be of it.
struct KindTest: Sendable {
    var kind: DescriptorKind
    /// Column of ``StateTable``.
    var column: UInt8 = 0
    /// Slots that must hold something, one bit each.
    var has: UInt32 = 0
    /// Slots that must not.
    var absent: UInt32 = 0
    /// Range of ``DescriptorProgram/tests``.
    var tests: Range<Int> = 0..<0
}

/// A key of a body and where its value goes.
struct BodyKeyOperation: Sendable {
    var range: PoolRange
    var slot: UInt8
}

/// What is done with a frame in each state.
struct StateTable: Sendable {
    enum Action: Sendable {
        case deliver, ignore, close
        /// The client leaves of its own will.
        case goodbye
        /// Sends a frame of ``DescriptorProgram/replyRanges``.
        case reply(Int)
        case state(Int)
    }

    var actions: ContiguousArray<Action> = []
    /// By state and column of the kind; empty: messages are delivered and heartbeats echoed.
    var ranges: ContiguousArray<Range<Int>> = []
    /// Kinds in the table; the last column is for all others.
    var columns = 1
    /// By state: whether messages are delivered, so that the handshake is over.
    var delivers: ContiguousArray<Bool> = []
    /// What is sent at the start.
    var opening: Range<Int> = 0..<0

    var isEmpty: Bool { ranges.isEmpty }

    func range(state: Int, column: UInt8) -> Range<Int> { ranges[state * columns + min(Int(column), columns - 1)] }
}
