/// A text read with the place of every value, for configuration and descriptors.
///
/// ```swift
/// let document = try JSONDocument(parsing: bytes.span)
/// for member in try document.root.members() where !known.contains(member.key) {
///     faults.append("\(member.keyPosition): unknown key '\(member.key)'")
/// }
/// ```
public struct JSONDocument: Sendable {
    /// The one value of the text.
    public let root: JSONNode

    /// Reads a whole text.
    ///
    /// - Throws: The first fault. A second member with the same key in one object is a fault, whose place is that key.
    public init(
        parsing input: Span<UInt8>, dialect: JSONDialect = .json5, limits: JSONLimits = JSONLimits()
    ) throws(JSONFault) {
        var parser = JSONTreeParser<JSONNodeBuilder>(dialect: dialect, limits: limits)
        root = try parser.parse(input)
    }

    /// Reads a whole text from an array of bytes.
    public init(
        parsing input: [UInt8], dialect: JSONDialect = .json5, limits: JSONLimits = JSONLimits()
    ) throws(JSONFault) {
        try self.init(parsing: input.span, dialect: dialect, limits: limits)
    }

    /// Reads a whole text from a string.
    public init(
        parsing input: String, dialect: JSONDialect = .json5, limits: JSONLimits = JSONLimits()
    ) throws(JSONFault) {
        try self.init(parsing: Array(input.utf8), dialect: dialect, limits: limits)
    }

    /// The value without its places.
    public var value: JSONValue { root.value }
}

/// Builds nodes.
enum JSONNodeBuilder: JSONTreeBuilder {
    static var recordsPositions: Bool { true }

    static func leaf(_ leaf: JSONLeaf, _ place: JSONPlace) -> JSONNode {
        JSONNode(.leaf(leaf), place)
    }

    static func array(_ elements: [JSONNode], _ place: JSONPlace) -> JSONNode {
        JSONNode(.array(elements), place)
    }

    static func object(
        _ table: JSONKeyTable, _ keyPlaces: [JSONPlace], _ values: [JSONNode], _ place: JSONPlace
    ) -> JSONNode {
        var members: [JSONNode.Member] = []
        members.reserveCapacity(values.count)
        for (index, value) in values.enumerated() {
            members.append(JSONNode.Member(key: table.keys[index], place: keyPlaces[index], value: value))
        }
        return JSONNode(.object(table, members), place)
    }
}
