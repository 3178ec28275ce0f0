/// A value of a ``JSONDocument`` with its place.
public struct JSONNode: Sendable {
    /// A member of an object with the place of its key.
    public struct Member: Sendable {
        /// The key, with escapes resolved.
        public let key: String
        /// The bytes of the key in the text, quotes included.
        public let keyRange: Range<Int>
        /// Where the key starts.
        public let keyPosition: JSONPosition
        /// The value.
        public let value: JSONNode

        init(key: String, place: JSONPlace, value: JSONNode) {
            self.key = key
            keyRange = place.range
            keyPosition = place.position
            self.value = value
        }
    }

    enum Content: Sendable {
        case leaf(JSONLeaf)
        case array([JSONNode])
        case object(JSONKeyTable, [Member])
    }

    let content: Content
    /// The bytes of the value in the text, quotes and brackets included.
    public let range: Range<Int>
    /// Where the value starts.
    public let position: JSONPosition

    init(_ content: Content, _ place: JSONPlace) {
        self.content = content
        range = place.range
        position = place.position
    }

    /// The kind of the value.
    public var kind: JSONKind {
        switch content {
        case .leaf(.null): .null
        case .leaf(.bool(let value)): value ? .true : .false
        case .leaf(.number): .number
        case .leaf(.string): .string
        case .array: .array
        case .object: .object
        }
    }

    /// The value without its places.
    public var value: JSONValue {
        switch content {
        case .leaf(let leaf): JSONValueBuilder.leaf(leaf, JSONPlace(range: range, position: position))
        case .array(let elements): .array(elements.map(\.value))
        case .object(let table, let members): .object(JSONObject(table: table, values: members.map(\.value.value)))
        }
    }

    /// The value of the member with this key; `nil` when there is none or this is not an object.
    public subscript(key: String) -> JSONNode? { member(key)?.value }

    /// The member with this key; `nil` when there is none or this is not an object.
    public func member(_ key: String) -> Member? {
        guard case .object(let table, let members) = content, let place = table.place(of: key) else { return nil }
        return members[place]
    }
}

extension JSONNode {
    /// The members in order; throws when this is not an object.
    public func members() throws(JSONNodeFault) -> [Member] {
        guard case .object(_, let members) = content else { throw wrongKind(.object) }
        return members
    }

    /// The elements in order; throws when this is not an array.
    public func elements() throws(JSONNodeFault) -> [JSONNode] {
        guard case .array(let elements) = content else { throw wrongKind(.array) }
        return elements
    }

    /// The string; throws when this is none.
    public func string() throws(JSONNodeFault) -> String {
        guard case .leaf(.string(let value)) = content else { throw wrongKind(.string) }
        return value
    }

    /// The truth value; throws when this is none.
    public func bool() throws(JSONNodeFault) -> Bool {
        guard case .leaf(.bool(let value)) = content else { throw wrongKind(.bool) }
        return value
    }

    /// The number as written; throws when this is none.
    public func number() throws(JSONNodeFault) -> JSONNumber {
        guard case .leaf(.number(let value)) = content else { throw wrongKind(.number) }
        return value
    }

    /// The whole number; throws when this is none or lies outside `range`.
    public func int(in range: ClosedRange<Int> = .min ... .max) throws(JSONNodeFault) -> Int {
        guard case .leaf(.number(let number)) = content else { throw wrongKind(.integer) }
        guard let value = number.int else {
            // A number without fraction that has no Int is merely too large.
            let isWhole = number.isFinite && number.lexeme.utf8.allSatisfy { ASCII.isDigit($0) || $0 == ASCII.minus }
            if isWhole { throw JSONNodeFault(position: position, reason: .integerOutOfRange(range)) }
            throw wrongKind(.integer)
        }
        guard range.contains(value) else { throw JSONNodeFault(position: position, reason: .integerOutOfRange(range)) }
        return value
    }

    /// The number as a double; throws when this is none or lies outside `range`, which NaN always does.
    public func double(
        in range: ClosedRange<Double> = -.greatestFiniteMagnitude ... .greatestFiniteMagnitude
    ) throws(JSONNodeFault) -> Double {
        guard case .leaf(.number(let number)) = content else { throw wrongKind(.number) }
        guard let value = number.double, range.contains(value) else {
            throw JSONNodeFault(position: position, reason: .numberOutOfRange(range))
        }
        return value
    }

    private func wrongKind(_ expected: JSONNodeFault.Expectation) -> JSONNodeFault {
        JSONNodeFault(position: position, reason: .wrongKind(expected: expected, found: kind))
    }
}
