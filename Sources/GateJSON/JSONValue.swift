/// A JSON value of its own, without the text it may have come from.
public enum JSONValue: Sendable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

extension JSONValue {
    /// Reads a whole text.
    ///
    /// Of two members with the same key in one object the last one counts, at the place of the first. In JSON5, which people
    /// write, the second one is a fault, whose place is that key.
    /// - Throws: The first fault.
    public init(
        parsing input: Span<UInt8>, dialect: JSONDialect = .json, limits: JSONLimits = JSONLimits()
    ) throws(JSONFault) {
        var parser = JSONTreeParser<JSONValueBuilder>(dialect: dialect, limits: limits)
        self = try parser.parse(input)
    }

    /// Reads a whole text from an array of bytes.
    public init(
        parsing input: [UInt8], dialect: JSONDialect = .json, limits: JSONLimits = JSONLimits()
    ) throws(JSONFault) {
        try self.init(parsing: input.span, dialect: dialect, limits: limits)
    }

    /// Reads a whole text from a string.
    public init(
        parsing input: String, dialect: JSONDialect = .json, limits: JSONLimits = JSONLimits()
    ) throws(JSONFault) {
        try self.init(parsing: Array(input.utf8), dialect: dialect, limits: limits)
    }

    /// A number from an integer.
    public static func number(_ value: some BinaryInteger) -> JSONValue { .number(JSONNumber(value)) }
    /// A number from a double.
    public static func number(_ value: Double) -> JSONValue { .number(JSONNumber(value)) }

    /// The kind of the value.
    public var kind: JSONKind {
        switch self {
        case .null: .null
        case .bool(let value): value ? .true : .false
        case .number: .number
        case .string: .string
        case .array: .array
        case .object: .object
        }
    }

    /// The truth value, when it is one.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// The number, when it is one.
    public var number: JSONNumber? { if case .number(let value) = self { value } else { nil } }
    /// The whole number, when it is one and fits; see ``JSONNumber/int``.
    public var int: Int? { number?.int }
    /// The nearest double, when it is a number and not too large; see ``JSONNumber/double``.
    public var double: Double? { number?.double }
    /// The string, when it is one.
    public var string: String? { if case .string(let value) = self { value } else { nil } }
    /// The elements, when it is an array.
    public var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    /// The members, when it is an object.
    public var object: JSONObject? { if case .object(let value) = self { value } else { nil } }
    /// Whether it is `null`.
    public var isNull: Bool { if case .null = self { true } else { false } }

    /// The member with this key; `nil` when there is none or the value is not an object.
    public subscript(key: String) -> JSONValue? { object?[key] }

    /// The element at this place; `nil` when there is none or the value is not an array.
    public subscript(index: Int) -> JSONValue? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }
}

extension JSONValue: Hashable {
    /// Whether both are the same value; strings scalar for scalar, numbers as they are written, objects in any order.
    public static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.string(let left), .string(let right)): sameScalars(left, right)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        default: false
        }
    }

    /// Hashes what `==` compares.
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .bool(let value):
            hasher.combine(1)
            hasher.combine(value)
        case .number(let value):
            hasher.combine(2)
            hasher.combine(value)
        case .string(let value):
            hasher.combine(3)
            hasher.combine(JSONKey(text: value))
        case .array(let value):
            hasher.combine(4)
            hasher.combine(value)
        case .object(let value):
            hasher.combine(5)
            hasher.combine(value)
        }
    }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral {
    /// `null`.
    public init(nilLiteral: ()) { self = .null }
    /// `true` or `false`.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// A whole number.
    public init(integerLiteral value: Int) { self = .number(JSONNumber(value)) }
}

extension JSONValue: ExpressibleByFloatLiteral, ExpressibleByStringInterpolation {
    /// A number.
    public init(floatLiteral value: Double) { self = .number(JSONNumber(value)) }
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
}

extension JSONValue: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    /// An array.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

    /// An object; of two members with the same key the last one counts.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        var object = JSONObject()
        for (key, value) in elements { object[key] = value }
        self = .object(object)
    }
}

/// Builds values; where they stood is dropped.
enum JSONValueBuilder: JSONTreeBuilder {
    static var recordsPositions: Bool { false }

    static func leaf(_ leaf: JSONLeaf, _ place: JSONPlace) -> JSONValue {
        switch leaf {
        case .null: .null
        case .bool(let value): .bool(value)
        case .number(let value): .number(value)
        case .string(let value): .string(value)
        }
    }

    static func array(_ elements: [JSONValue], _ place: JSONPlace) -> JSONValue { .array(elements) }

    static func object(
        _ table: JSONKeyTable, _ keyPlaces: [JSONPlace], _ values: [JSONValue], _ place: JSONPlace
    ) -> JSONValue {
        .object(JSONObject(table: table, values: values))
    }
}
