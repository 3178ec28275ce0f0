import GateBytes

extension KindModel {
    /// Whether what it says of a field is only known when it is written.
    func saysLater(_ name: String) -> Bool {
        switch values.first(where: { $0.name == name })?.value {
        case .copied, .nowMilliseconds, .identifier, .code, .faultCode, .element, .joined: true
        case .number, .text, .bytes, nil: false
        }
    }
}

extension KindModel.Value {
    /// What it is, in words.
    var words: String {
        switch self {
        case .number(let number): "the number \(number)"
        case .text: "text"
        case .bytes: "bytes"
        case .copied(let name): "'$in.\(isWord(name) ? name : "?")'"
        case .element(let name, let index): "'$in.\(isWord(name) ? name : "?")[\(index)]'"
        case .nowMilliseconds: "'$now_ms'"
        case .identifier: "'$id'"
        case .code: "'$code'"
        case .faultCode: "'fault_code'"
        case .joined: "'join'"
        }
    }

    /// Names in the frame that is answered.
    var copiedNames: [String] {
        switch self {
        case .copied(let name), .element(let name, _): [name]
        case .joined(let values): values.flatMap(\.copiedNames)
        case .number, .text, .bytes, .nowMilliseconds, .identifier, .code, .faultCode: []
        }
    }
}

extension WriteOperation {
    /// Whether it writes the route's code without a fixed width.
    var isCodeNumber: Bool { code == .number && source == .code }

    /// Whether it writes the request's id.
    var writesIdentifier: Bool {
        switch code {
        case .identifier, .identifierVarint, .identifierText, .jsonIdentifier, .sproto, .sprotoFault: true
        case .number: source == .identifier
        default: false
        }
    }
}

/// What goes into a run of bytes.
enum WriteContent {
    case nothing
    /// The code of a fault, or this.
    case faultCode([UInt8])
    case text(String)
    case bytes([UInt8])
    /// A value of the frame that is answered, by its place among those that are copied.
    case copied(UInt8)
    /// A number of it, in decimal digits.
    case copiedNumber(UInt8)
    case joined([KindModel.Value], DescriptorPlace)
    case operation(WriteOperation.Code)
    case json([KeyModel])
    case singleKey

    /// Whether bytes that are known now are UTF-8.
    var isText: Bool {
        switch self {
        case .bytes(let bytes): isWellFormedUTF8(bytes.span)
        case .joined(let values, _):
            values.allSatisfy { value in
                if case .bytes(let bytes) = value { isWellFormedUTF8(bytes.span) } else { true }
            }
        case .nothing, .text, .copied, .copiedNumber, .faultCode, .operation, .json, .singleKey: true
        }
    }
}

/// A kind whose operations are being made.
struct WriteFrame {
    let kind: DescriptorKind
    let layout: KindModel
    let hasErrorField: Bool
    /// Values in place of what the kind leaves open.
    let needs: [String: Int]
    var carriesPayload = false
    /// Fills in the frame's own lengths, at its end.
    var closing: [WriteOperation] = []
    /// By field index: fills in the length of another field.
    var lengths: [Int: WriteOperation] = [:]
    /// By the names of checks: their scopes.
    var checks: [String: UInt8] = [:]
    /// By the names of the fields that checks cover first: the checks' scopes.
    var marks: [String: [UInt8]] = [:]
    /// Fills in the checks, behind all else.
    var checkFills: [WriteOperation] = []
    private(set) var opened = 0

    init(kind: DescriptorKind, layout: KindModel, hasErrorField: Bool, needs: [String: Int]) {
        self.kind = kind
        self.layout = layout
        self.hasErrorField = hasErrorField
        self.needs = needs
    }

    mutating func open() -> UInt8 {
        opened += 1
        return UInt8(min(opened - 1, 255))
    }
}
