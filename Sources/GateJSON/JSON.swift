/// What can be done with JSON text without building a tree; nothing here allocates unless it says so.
public enum JSON {
    /// Checks that the whole input is one RFC 8259 value, with blanks around it or none.
    ///
    /// Strings must be well-formed UTF-8. An escape of half a surrogate pair passes; whoever resolves it gets U+FFFD. A byte
    /// order mark is refused. A key may stand twice in an object; the last one counts for whoever reads it.
    /// - Returns: The kind of the value.
    /// - Throws: The first fault.
    @discardableResult
    public static func validate(
        _ input: Span<UInt8>, limits: JSONLimits = JSONLimits()
    ) throws(JSONFault) -> JSONKind {
        var budget = JSONBudget(limits)
        let start = StrictReader.skipBlanks(input, from: 0)
        let end = try StrictReader.skipValue(input, at: start, depth: 0, budget: &budget)
        let rest = StrictReader.skipBlanks(input, from: end)
        guard rest == input.count else { throw JSONFault(.trailingBytes, at: rest, in: input) }
        guard let kind = JSONKind(firstByte: input[start]) else { throw .unexpected(.value, at: start, in: input) }
        return kind
    }

    /// The text in a form that readers of any make take for the same: `nil` when it is one already.
    ///
    /// Of members with one key the last one is left, and U+FFFD stands for half an escaped surrogate pair. Builds a tree.
    /// - Throws: The first fault.
    public static func normalized(
        _ input: Span<UInt8>, limits: JSONLimits = JSONLimits()
    ) throws(JSONFault) -> [UInt8]? {
        var parser = JSONTreeParser<JSONValueBuilder>(dialect: .json, limits: limits)
        let value = try parser.parse(input)
        return parser.isAmbiguous ? value.encoded() : nil
    }

    /// Appends what the text between two quotes stands for, as UTF-8 with the escapes resolved.
    ///
    /// - Parameters:
    ///   - raw: The range between the quotes, for example ``JSONMember/keyRange`` or ``JSONMember/stringRange``.
    ///   - input: The text that the range lies in.
    ///   - output: Gets the bytes; on a throw it may have got some of them.
    /// - Throws: The first fault; none when the range comes from a ``JSONScanner`` that read the same input.
    public static func appendString(
        _ raw: Range<Int>, of input: Span<UInt8>, to output: inout [UInt8]
    ) throws(JSONFault) {
        precondition(raw.lowerBound >= 0 && raw.upperBound <= input.count, "the range must lie in the input")
        try JSONStringReader.append(raw, of: input, dialect: .json, to: &output)
    }

    /// What the text between two quotes stands for; ``appendString(_:of:to:)`` with a string for a result.
    public static func string(_ raw: Range<Int>, of input: Span<UInt8>) throws(JSONFault) -> String {
        var utf8: [UInt8] = []
        utf8.reserveCapacity(raw.count)
        try appendString(raw, of: input, to: &utf8)
        return String(decoding: utf8, as: UTF8.self)
    }
}
