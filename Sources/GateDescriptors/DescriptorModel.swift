import GateBytes
import GateJSON
import GateProtocol

/// A place in a descriptor file.
struct DescriptorPlace: Sendable {
    var path: String
    var position: JSONPosition
}

/// A descriptor as it was written, names resolved to words, before anything is checked across fields.
struct DescriptorModel: Sendable {
    /// What clients send; without ``outFields`` also what they get.
    var fields: [FieldModel] = []
    var outFields: [FieldModel]?
    var framePlace: DescriptorPlace
    var frameBytesMax: Int?
    /// What bounds a frame where nothing else does.
    var frameBytesDefault = DescriptorLimits.frameBytesDefault
    var frameBytesPlace: DescriptorPlace
    /// The most that a length may count.
    var payloadBytesMax: Int?
    /// Bytes of what a compressed or packed part becomes.
    var inflatedBytesMax = DescriptorLimits.inflatedBytesDefault
    var emptyFrame = EmptyFramePolicy.deliver
    /// `nil` when the descriptor has no `kinds`: then every frame of a client is a request.
    var kinds: [KindModel]?
    var kindsPlace: DescriptorPlace
    var replies: [KindModel] = []
    var states: [StateModel] = []
    var opening: [ActionModel] = []
    var timers = TimersModel()
    var routes = RoutesModel()
    var fault: FaultModel?
    /// Where clients say who they are.
    var login: LoginModel?
    /// What becomes of errors.
    var errors = ErrorsModel.written
    var errorsPlace: DescriptorPlace
    /// Around the payloads of some frames, or of all.
    var envelope: Envelope?
    var envelopePlace: DescriptorPlace
}

extension DescriptorModel {
    /// How clients say what they call.
    var naming: ProtocolNaming {
        var found = ProtocolNaming.nothing
        for field in fields {
            var names = [field.name]
            switch field.form {
            case .singleKey: return .names
            case .native: names.append(WellKnown.code)
            case .json(let keys): names = keys.map(\.name)
            case .pairs(let pairs): names = pairs.keys.map(\.name)
            default: break
            }
            if names.contains(WellKnown.route) { return .names }
            if names.contains(WellKnown.code) { found = .codes }
        }
        return found
    }
}

/// What becomes of a frame that its length says is empty.
enum EmptyFramePolicy: String, CaseIterable, Sendable {
    case deliver, ignore, close, heartbeat
}

/// What a length counts.
enum CountedPart: String, CaseIterable, Sendable {
    /// Nothing: an ordinary number.
    case none
    /// All bytes of the frame behind the field.
    case after
    /// All bytes of the frame.
    case frame
}

/// How the names or codes of a listener's `routes` are read.
struct RoutesModel: Sendable {
    enum Form: String, CaseIterable, Sendable {
        /// Names in a text field.
        case name
        /// Decimal codes of the integer field `code`.
        case number
        /// Names of which `code` is the 16-bit hash that cellnet uses.
        case cellnet16
        /// Names; `code` is the place among them in the order of their bytes, from 1.
        case dictionary
    }

    var form = Form.name
    /// Whether the descriptor says something of routes: a name that is no route then stands for the listener's own.
    var isDeclared = false
    /// What stands between module and handler in a client's name, in place of `/`.
    var split: UInt8?
    /// Whether the names of a dictionary stay names: none gets a number, and clients are told none.
    var hasNoNumbers = false
}

/// Which JSON values a payload may be.
enum PayloadValues: String, CaseIterable, Sendable {
    case any, object
}

/// What the names of a dictionary are written as.
enum DictionaryNumbers: String, CaseIterable, Sendable {
    case on, off
}

/// Times of a connection; zero for none.
struct TimersModel: Sendable {
    var idle = TimeSpan.zero
    var handshake = TimeSpan.zero
    var every = TimeSpan.zero
    var send: ActionModel?
}

/// One entry of `frame`, `in` or `out`.
struct FieldModel: Sendable {
    enum Form: Sendable {
        case unsigned(width: Int)
        /// Seven bits a byte, the lowest first.
        case varint(bytesMax: Int)
        /// Decimal digits up to `end`.
        case decimal(digitsMax: Int, end: [UInt8])
        /// Bits of the integer in front, from `at`.
        case bits(at: Int, width: Int)
        case constant([UInt8])
        case bytes
        case text
        /// One JSON object with known keys.
        case json([KeyModel])
        /// One JSON object with one key, the route; its value is the payload.
        case singleKey
        /// Keys and values with a length each, ended by an empty key.
        case pairs(PairsModel)
        case native(NativeCodec)
        /// No bytes of its own: the next fields, to the frame's end, may be compressed.
        case packed(PackedModel)
        /// A check over bytes in front of it.
        case check(CheckModel)
    }

    enum Length: Sendable {
        case fixed(Int)
        case prefix(width: Int)
        case field(String)
        case rest
        case until([UInt8])
    }

    var name: String
    var form: Form
    var isLittleEndian = false
    var isSigned = false
    var counts = CountedPart.none
    var plus = 0
    /// Width of the integer that follows when all bits of a length are set, 0 for none.
    var escapeWidth = 0
    /// Whether a length counts UTF-16 units of the UTF-8 text behind it.
    var countsUnits = false
    var minimum: Int?
    var maximum: Int?
    /// The only value it may have.
    var required: Int?
    /// What its bounds are there for.
    var bounds = BoundsMeaning.value
    var length = Length.rest
    var enumeration: [(name: String, value: Int)] = []
    var keepsUnknown = false
    /// All must hold for the field to be there.
    var conditions: [ConditionModel] = []
    /// Whether it may lie in compressed bytes, where a length does not count it.
    var isPacked = false
    /// Bytes in place of an empty payload.
    var empty: [UInt8] = []
    /// Whether the payload is one JSON value, so that text is quoted.
    var isJSON = false
    /// Whether what is neither object nor array becomes the only member of an object.
    var wrapsValues = false
    /// The secret of a native part.
    var nativeKey: [UInt8] = []
    /// Bytes that are not spoken here when they stand anywhere in it, see ``unsupported``; empty for none.
    var marker: [UInt8] = []
    /// What a client asks for that writes the marker.
    var unsupported: UnsupportedFeature?
    var place: DescriptorPlace
    var minimumPlace: DescriptorPlace
    var maximumPlace: DescriptorPlace
    var lengthPlace: DescriptorPlace
    var countsPlace: DescriptorPlace

    init(name: String, form: Form, place: DescriptorPlace) {
        self.name = name
        self.form = form
        self.place = place
        minimumPlace = place
        maximumPlace = place
        lengthPlace = place
        countsPlace = place
    }

    /// The largest number the field can hold, where it is one.
    var largestNumber: Int {
        switch form {
        case .unsigned(let width): width >= 8 ? .max : 1 << (8 * width - (isSigned ? 1 : 0)) - 1
        case .varint(let bytesMax): bytesMax >= 9 ? .max : 1 << (7 * bytesMax) - 1
        case .decimal(let digitsMax, _): (0..<min(digitsMax, 18)).reduce(1) { value, _ in value * 10 } - 1
        case .bits(_, let width): width >= 63 ? .max : 1 << width - 1
        case .constant, .bytes, .text, .json, .singleKey, .pairs, .native, .packed, .check: 0
        }
    }

    /// The largest number its bytes hold, whatever the sign.
    var largestStored: Int {
        if case .unsigned(let width) = form, width < 8 { return 1 << (8 * width) - 1 }
        return largestNumber
    }

    /// The number it is limited to.
    var largestAllowed: Int {
        min(maximum ?? .max, counts != .none && escapeWidth > 0 ? 1 << (8 * escapeWidth) - 1 : largestNumber)
    }

    var isNumber: Bool {
        switch form {
        case .unsigned, .varint, .decimal, .bits: true
        case .constant, .bytes, .text, .json, .singleKey, .pairs, .native, .packed, .check: false
        }
    }

    /// The largest number that may be written into it.
    var largestWritten: UInt64 {
        if let maximum { return UInt64(maximum) }
        if case .unsigned(let width) = form, width >= 8 { return .max }
        if case .bits(_, let width) = form, width >= 63 { return .max >> UInt64(64 - width) }
        return UInt64(largestStored)
    }

    var takesRest: Bool {
        if case .rest = length, form.isRun { true } else { false }
    }

    /// Bytes it takes at least, when it is there.
    var smallestWidth: Int {
        switch form {
        case .unsigned(let width): width
        case .varint: 1
        case .decimal(_, let end): 1 + end.count
        case .bits, .packed: 0
        case .constant(let bytes): bytes.count
        case .check(let check): check.algorithm.width
        case .pairs(let pairs): pairs.keyWidth
        case .bytes, .text, .json, .singleKey, .native:
            switch length {
            case .fixed(let count): count
            case .prefix(let width): width
            case .until(let end): end.count
            case .field, .rest: 0
            }
        }
    }

    /// Whether it always takes ``smallestWidth`` bytes when it is there.
    var isFixedWidth: Bool {
        switch form {
        case .unsigned, .bits, .constant, .packed, .check: true
        case .varint, .decimal, .pairs: false
        case .bytes, .text, .json, .singleKey, .native: if case .fixed = length { true } else { false }
        }
    }

    /// Whether it is there whenever `other` is.
    func isImplied(by other: FieldModel) -> Bool {
        conditions.allSatisfy { mine in
            other.conditions.contains { its in its.field == mine.field && its.values.isSubset(of: mine.values) }
        }
    }
}

/// A key of a body and the name of its value.
struct KeyModel: Sendable {
    var name: String
    var key: String
    var place: DescriptorPlace?
}

/// What a check is made of.
struct CheckModel: Sendable {
    var algorithm: Checksum
    /// The first field it covers; `nil` for all bytes of the frame in front of it.
    var first: String?
    var firstPlace: DescriptorPlace
    /// Behind the bytes it covers.
    var key: [UInt8] = []
}

/// How a group is compressed.
struct PackedModel: Sendable {
    struct Inflating: Sendable {
        var method: CompressionMethod
        /// What compressed bytes begin with; empty where conditions alone say it.
        var sniff: [UInt8] = []
        var conditions: [ConditionModel] = []
    }

    struct Deflating: Sendable {
        var method: CompressionMethod
        /// More bytes than these are compressed.
        var bytesMin: Int
    }

    /// How many of the next fields are in the group.
    var fieldCount = 0
    var inflating: Inflating?
    var deflating: Deflating?
}

/// Keys and values with a length each.
struct PairsModel: Sendable {
    var keyWidth: Int
    var valueWidth: Int
    var keyBytesMax: Int
    var keys: [KeyModel]
}

/// What an earlier field must hold.
struct ConditionModel: Sendable {
    var field: String
    var values: Set<Int>
}

/// Names with a meaning.
enum WellKnown {
    static let route = "route"
    static let identifier = "id"
    static let payload = "payload"
    static let error = "error"
    static let result = "result"
    static let code = "code"

    /// By slot.
    static let names = [route, identifier, payload, error, result, code]

    /// The slot of a well-known name.
    static func slot(_ name: String) -> UInt8? { names.firstIndex(of: name).map { UInt8($0) } }
}

/// One entry of `kinds` or `replies`.
struct KindModel: Sendable {
    enum Value: Sendable {
        case number(Int)
        case text(String)
        /// Bytes made when the descriptor is compiled.
        case bytes([UInt8])
        /// The field or key of that name in the frame that is answered.
        case copied(String)
        case nowMilliseconds
        /// The id of the request.
        case identifier
        /// The code of the route.
        case code
        /// The code of the handler's fault.
        case faultCode(FaultCodeModel)
        /// An element of a JSON array in the frame that is answered, from 0.
        case element(String, Int)
        /// All of them, one behind the other.
        indirect case joined([Value])
    }

    var kind: DescriptorKind
    var name: String
    var values: [(name: String, value: Value, place: DescriptorPlace)] = []
    var has: [String] = []
    var absent: [String] = []
    var place: DescriptorPlace
}

/// One thing that is done with a frame.
struct ActionModel: Sendable {
    enum Form: Sendable {
        case deliver, ignore, close, goodbye
        case reply(String)
        case state(String)
        /// Asks who the client is; with the name of the reply that it gets when it is refused.
        case login(String?)
    }

    var form: Form
    var place: DescriptorPlace
}

/// One entry of `states`.
struct StateModel: Sendable {
    var name: String
    /// By kind; `else` is last.
    var actions: [(kind: String, actions: [ActionModel], place: DescriptorPlace)] = []
    var otherwise: [ActionModel] = []
    var place: DescriptorPlace
}
