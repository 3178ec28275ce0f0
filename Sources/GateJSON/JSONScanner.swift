/// One member of an object: where its key and value stand in the text.
///
/// ```
/// {"route" : [1, 2]}
///   ^^^^^    ^^^^^^
///  keyRange  valueRange
/// ```
public struct JSONMember: Hashable, Sendable {
    /// The raw key, without its quotes.
    public let keyRange: Range<Int>
    /// Whether the raw key holds escapes, so that its bytes are not the key itself.
    public let keyHasEscapes: Bool
    /// The value, with its quotes or brackets and without blanks around it.
    public let valueRange: Range<Int>
    /// The kind of the value.
    public let kind: JSONKind

    /// The raw text of a string value, without its quotes; `nil` for other kinds.
    public var stringRange: Range<Int>? {
        kind == .string ? valueRange.lowerBound + 1..<valueRange.upperBound - 1 : nil
    }

    /// Whether the key is `name`, scalar for scalar. Allocates only when the key holds escapes.
    public func hasKey(_ name: String, in input: Span<UInt8>) -> Bool {
        if keyHasEscapes {
            var key: [UInt8] = []
            do { try JSON.appendString(keyRange, of: input, to: &key) } catch { return false }
            return key.elementsEqual(name.utf8)
        }
        guard name.utf8.count == keyRange.count else { return false }
        var offset = keyRange.lowerBound
        for byte in name.utf8 {
            guard input[offset] == byte else { return false }
            offset += 1
        }
        return true
    }
}

/// Walks over the members of one object without allocating.
///
/// The input must be one object with blanks around it or none. Nested values are checked as ``JSON/validate(_:limits:)``
/// does. A member is only to be trusted when the walk went on to `nil`, because a fault may follow it. Duplicate keys are
/// handed out as they come; who looks for a key decides what a second one means.
///
/// ```swift
/// var scanner = JSONScanner()
/// while let member = try scanner.next(in: frame) {
///     if member.hasKey("body", in: frame) { body = member.valueRange }
/// }
/// ```
public struct JSONScanner: Sendable {
    private enum State { case start, afterValue, done }

    private var state = State.start
    private var offset = 0
    private var budget: JSONBudget

    /// A scanner at the start of its input.
    public init(limits: JSONLimits = JSONLimits()) {
        budget = JSONBudget(limits)
    }

    /// The next member, or `nil` after the last one, when the rest of the input has been checked too.
    ///
    /// - Parameter input: The same bytes in each call.
    /// - Throws: The first fault; the scanner is then of no more use.
    public mutating func next(in input: Span<UInt8>) throws(JSONFault) -> JSONMember? {
        switch state {
        case .start:
            offset = StrictReader.skipBlanks(input, from: 0)
            guard offset < input.count, input[offset] == ASCII.openBrace else {
                throw .unexpected(.object, at: offset, in: input)
            }
            try budget.countNode(at: offset, in: input)
            try budget.checkDepth(0, at: offset, in: input)
            offset = StrictReader.skipBlanks(input, from: offset + 1)
            if offset < input.count, input[offset] == ASCII.closeBrace { return try finish(input) }
            return try member(input, expected: .keyOrObjectEnd)
        case .afterValue:
            offset = StrictReader.skipBlanks(input, from: offset)
            guard offset < input.count else { throw .unexpected(.commaOrObjectEnd, at: offset, in: input) }
            if input[offset] == ASCII.closeBrace { return try finish(input) }
            guard input[offset] == ASCII.comma else { throw .unexpected(.commaOrObjectEnd, at: offset, in: input) }
            offset = StrictReader.skipBlanks(input, from: offset + 1)
            return try member(input, expected: .key)
        case .done:
            return nil
        }
    }

    private mutating func member(
        _ input: Span<UInt8>, expected: JSONExpectation
    ) throws(JSONFault) -> JSONMember {
        let key = try StrictReader.skipKey(input, at: offset, expected: expected)
        let keyRange = offset + 1..<key.end
        let start = try StrictReader.skipColon(input, at: key.end + 1)
        let end = try StrictReader.skipValue(input, at: start, depth: 1, budget: &budget)
        guard let kind = JSONKind(firstByte: input[start]) else { throw .unexpected(.value, at: start, in: input) }
        offset = end
        state = .afterValue
        return JSONMember(keyRange: keyRange, keyHasEscapes: key.hasEscapes, valueRange: start..<end, kind: kind)
    }

    /// Checks that only blanks follow the closing brace at `offset`.
    private mutating func finish(_ input: Span<UInt8>) throws(JSONFault) -> JSONMember? {
        offset = StrictReader.skipBlanks(input, from: offset + 1)
        guard offset == input.count else { throw JSONFault(.trailingBytes, at: offset, in: input) }
        state = .done
        return nil
    }
}
