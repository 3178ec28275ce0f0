import GateBytes
import GateJSON

/// A place in a descriptor file.
struct DescriptorPlace: Sendable {
    var path: String
    var position: JSONPosition
}

/// A descriptor as it was written, names resolved to words, before anything is checked across fields.
struct DescriptorModel: Sendable {
    var fields: [FieldModel] = []
    var framePlace: DescriptorPlace
    var frameBytesMax: Int?
    var frameBytesPlace: DescriptorPlace
    var emptyFrame = EmptyFramePolicy.deliver
    /// `nil` when the descriptor has no `kinds`: then every frame of a client is a request.
    var kinds: [KindModel]?
    var kindsPlace: DescriptorPlace
    var idle = TimeSpan.zero
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

/// One entry of `frame`.
struct FieldModel: Sendable {
    enum Form: Sendable {
        case unsigned(width: Int)
        case constant([UInt8])
        case bytes
        case text
        case json([JSONRole: String])
    }

    enum Length: Sendable {
        case fixed(Int)
        case prefix(width: Int)
        case field(String)
        case rest
    }

    var name: String
    var form: Form
    var isLittleEndian = false
    var counts = CountedPart.none
    var plus = 0
    var minimum: Int?
    var maximum: Int?
    var length = Length.rest
    var enumeration: [(name: String, value: Int)] = []
    var keepsUnknown = false
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
        guard case .unsigned(let width) = form else { return 0 }
        return width >= 8 ? .max : 1 << (8 * width) - 1
    }

    /// The number it is limited to.
    var largestAllowed: Int { min(maximum ?? .max, largestNumber) }

    var takesRest: Bool {
        switch form {
        case .bytes, .text, .json: if case .rest = length { true } else { false }
        case .unsigned, .constant: false
        }
    }

    /// Bytes it takes at least.
    var smallestWidth: Int {
        switch form {
        case .unsigned(let width): width
        case .constant(let bytes): bytes.count
        case .bytes, .text, .json:
            switch length {
            case .fixed(let count): count
            case .prefix(let width): width
            case .field, .rest: 0
            }
        }
    }
}

/// What a key of a JSON body means.
enum JSONRole: String, CaseIterable, Sendable {
    case route, id, payload, error, result
}

/// One entry of `kinds`.
struct KindModel: Sendable {
    enum Value: Sendable {
        case number(Int)
        case text(String)
    }

    var kind: DescriptorKind
    var values: [(name: String, value: Value, place: DescriptorPlace)] = []
    var has: [JSONRole] = []
    var absent: [JSONRole] = []
    var place: DescriptorPlace
}
