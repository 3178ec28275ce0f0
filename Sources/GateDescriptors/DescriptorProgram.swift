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
    /// Whether a payload that is neither object nor array becomes `{"result":...}`.
    let wrapsValues: Bool
    /// What stands around the text of a fault.
    let fault: FaultModel
    /// What becomes of errors.
    let errors: ErrorPolicy
    /// Where clients say who they are.
    let login: LoginFields
    /// The secret of a native part.
    let nativeKey: [UInt8]
    /// The secret behind what a check covers.
    let checkKey: [UInt8]
    /// Around the payloads of some frames, or of all.
    let envelope: Envelope?
    /// Whether there is one.
    let hasEnvelope: Bool
    /// Whether each payload is in one.
    let envelopesAll: Bool
    /// By kind's raw value: what writes a frame with an envelope in it.
    let envelopedRanges: ContiguousArray<Range<Int>>
    /// Whether a request that nobody serves gets no answer though it carries an id.
    let dropsUnrouted: Bool
    /// Whether something of each request is kept for its answer: its name, its envelope, values that are repeated.
    let keepsCalls: Bool
    /// Whether only their order tells answers apart, or the names of their requests and their order.
    let answersInOrder: Bool
    /// Values of a frame that its answer may repeat.
    let copySources: ContiguousArray<CopySource>
    /// Those that answers to requests repeat, one bit each.
    let answerCopies: UInt64
    /// By reply: those that it repeats.
    let replyCopies: ContiguousArray<UInt64>
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
    /// Whether a client's name is the route, whatever it is.
    let takesNamesAsTheyAre: Bool
    /// ``keys``, ready to be looked for in JSON.
    let keySet: JSONKeySet
    /// Whether a frame is nothing but a length and the bytes that it counts.
    let isLengthAndRest: Bool
    /// The response, where it is a length, an id and a JSON payload.
    let jsonAnswer: JSONAnswer

    init(_ parts: DescriptorProgramParts, routes: RouteTable = .none) {
        tests = parts.settledTests()
        reading = parts.settledReading()
        keySet = JSONKeySet(parts.keys.map { (Array(parts.pool[$0.range.offsets]), $0.slot) })
        isLengthAndRest = Self.isLengthAndRest(reading)
        writing = parts.settledWriting()
        writingRanges = parts.writingRanges
        jsonAnswer = JSONAnswer(writing[writingRanges[DescriptorKind.response.rawValue]])
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
        wrapsValues = parts.wrapsValues
        fault = parts.fault
        errors = parts.errors
        login = parts.login
        nativeKey = parts.nativeKey
        checkKey = parts.checkKey
        envelope = parts.envelope
        hasEnvelope = parts.envelope != nil
        envelopesAll = parts.envelope.map { $0.code == nil } ?? false
        envelopedRanges = parts.envelopedRanges
        answersInOrder = parts.identifiers == .order
        copySources = parts.copySources
        answerCopies = parts.answerCopies
        replyCopies = ContiguousArray(parts.replyRanges.map(parts.copies))
        keepsCalls =
            switch parts.identifiers {
            case .order: parts.answersCarryRoute || parts.envelope != nil || parts.answerCopies != 0
            case .number: parts.answerCopies != 0
            case .text: parts.answersCarryRoute || parts.answerCopies != 0
            }
        // skynet's servers say nothing to a type that they do not know.
        dropsUnrouted = parts.reading.contains { $0.content == .sproto }
        labels = parts.labels
        self.routes = routes
        addressedKinds = parts.addressedKinds
        plainKinds = parts.plainKinds
        splitByte = routes.split
        hasRouteEntries = !routes.entries.isEmpty
        namesAreRoutes = routes.isDefault
        takesNamesAsTheyAre = routes.isDefault && routes.split == nil
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
    var envelopedRanges = ContiguousArray(repeating: 0..<0, count: DescriptorKind.allCases.count)
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
    var naming = ProtocolNaming.names
    var emptyPayload: [UInt8] = []
    var payloadIsJSON = false
    var wrapsValues = false
    var fault = FaultModel(before: Array(#"{"Error":"#.utf8), after: Array("}".utf8))
    var errors = ErrorPolicy.written
    var login = LoginFields()
    var nativeKey: [UInt8] = []
    var checkKey: [UInt8] = []
    var envelope: Envelope?
    var labels: ContiguousArray<OperationLabel> = []
    var copySources: ContiguousArray<CopySource> = []

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

/// A value of a frame that its answer repeats.
struct CopySource: Sendable, Equatable {
    var slot: UInt8
    /// Whether the slot holds a number, not the place of bytes.
    var isNumber = false
    /// The element of a JSON array, `nil` for the whole.
    var element: UInt8?
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
        /// Asks who the client is; sends a frame of ``DescriptorProgram/replyRanges`` when it is refused. What stands behind
        /// is done once it is let in.
        case login(refusal: Int?)
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
