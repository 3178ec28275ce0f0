/// Which known keys a walk over an object found, one bit for each place of the ``JSONKeySet``.
public struct JSONPicks: Hashable, Sendable {
    /// Places whose key came.
    public internal(set) var present: UInt32 = 0
    /// Those of them whose value is a string with escapes, so that its raw bytes are not the string itself.
    public internal(set) var escaped: UInt32 = 0

    /// Whether the key of a place came.
    @inlinable public func has(_ place: UInt8) -> Bool { present & 1 << UInt32(place & 31) != 0 }

    /// Whether the value of a place is a string with escapes.
    @inlinable public func isEscaped(_ place: UInt8) -> Bool { escaped & 1 << UInt32(place & 31) != 0 }
}

extension JSON {
    /// Picks the values of known keys out of one object, in one pass and without allocating; other members are checked and
    /// passed over.
    ///
    /// From `start` on the input must be one object with blanks around it or none. It is checked as ``validate(_:limits:)``
    /// does. Of a known key that comes twice the last value counts.
    ///
    /// ```swift
    /// var ranges = InlineArray<32, UInt64>(repeating: 0)
    /// var places = ranges.mutableSpan
    /// if try JSON.pick(keys, in: frame, from: 4, into: &places).has(2) {
    ///     body = Int(places[2] >> 32)..<Int(places[2] >> 32 + places[2] & 0xFFFF_FFFF)
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - input: Fewer than 2^31 bytes.
    ///   - ranges: ``JSONKeySet/placesMax`` words. That of each key that came is set to where its value stands, with its
    ///     quotes or brackets and without blanks around it: the offset in the higher half, the number of bytes in the lower.
    /// - Throws: The first fault; what `ranges` hold has no meaning then.
    public static func pick(
        _ keys: borrowing JSONKeySet, in input: Span<UInt8>, from start: Int = 0,
        into ranges: inout MutableSpan<UInt64>, limits: JSONLimits = JSONLimits()
    ) throws(JSONFault) -> JSONPicks {
        precondition(input.count <= Int(Int32.max), "an input has fewer than 2^31 bytes")
        precondition(ranges.count >= JSONKeySet.placesMax, "each place has a word")
        var budget = JSONBudget(limits)
        var picks = JSONPicks()
        var offset = StrictReader.skipBlanks(input, from: start)
        guard offset < input.count, input[offset] == ASCII.openBrace else {
            throw .unexpected(.object, at: offset, in: input)
        }
        try budget.countNode(at: offset, in: input)
        try budget.checkDepth(0, at: offset, in: input)
        offset = StrictReader.skipBlanks(input, from: offset &+ 1)
        if offset < input.count, input[offset] == ASCII.closeBrace {
            try JSONPicker.finish(input, &offset)
            return picks
        }
        var expected = JSONExpectation.keyOrObjectEnd
        while true {
            let (place, value) = try JSONPicker.key(keys, input, expected, &offset)
            let hasEscapes = try JSONPicker.value(input, at: value, &offset, &budget)
            if place < JSONKeySet.placesMax {
                let count = UInt64(truncatingIfNeeded: offset &- value)
                ranges[Int(place)] = UInt64(truncatingIfNeeded: value) << 32 | count
                let bit: UInt32 = 1 << UInt32(place)
                picks.present |= bit
                picks.escaped = hasEscapes ? picks.escaped | bit : picks.escaped & ~bit
            }
            if try JSONPicker.endMember(input, &offset) { return picks }
            expected = .key
        }
    }
}

/// The steps of ``JSON/pick(_:in:from:into:limits:)``.
enum JSONPicker {
    /// Reads a key, the colon and the blanks around it.
    /// - Returns: The key's place, `placesMax` when it is not known, and where the value begins.
    @inline(__always)
    static func key(
        _ keys: borrowing JSONKeySet, _ input: Span<UInt8>, _ expected: JSONExpectation, _ offset: inout Int
    ) throws(JSONFault) -> (place: UInt8, valueStart: Int) {
        // Nearly all keys that are looked for.
        if let word = JSONStringReader.word(input, at: offset), let known = keys.compact(word) {
            offset &+= known.byteCount
            return (known.place, StrictReader.skipBlanks(input, from: offset))
        }
        return try otherKey(keys, input, expected, &offset)
    }

    @inline(never)
    private static func otherKey(
        _ keys: borrowing JSONKeySet, _ input: Span<UInt8>, _ expected: JSONExpectation, _ offset: inout Int
    ) throws(JSONFault) -> (place: UInt8, valueStart: Int) {
        guard offset < input.count, input[offset] == ASCII.quote else {
            throw .unexpected(expected, at: offset, in: input)
        }
        let start = offset &+ 1
        var place = UInt8(JSONKeySet.placesMax)
        // Up to seven plain bytes.
        if let short = JSONStringReader.shortPlain(input, from: start) {
            place = keys.place(word: short.word, byteCount: short.byteCount)
            offset = start &+ short.byteCount &+ 1
        } else {
            let extent = try JSONStringReader.extent(input, from: start)
            offset = extent.end &+ 1
            place = try Self.place(of: start..<extent.end, hasEscapes: extent.hasEscapes, keys, input)
        }
        return (place, try StrictReader.skipColon(input, at: offset))
    }

    private static func place(
        of range: Range<Int>, hasEscapes: Bool, _ keys: borrowing JSONKeySet, _ input: Span<UInt8>
    ) throws(JSONFault) -> UInt8 {
        guard hasEscapes else { return keys.place(of: input.extracting(range)) }
        // Allocates; nobody writes such keys but to see what happens.
        var name: [UInt8] = []
        try JSONStringReader.append(range, of: input, dialect: .json, to: &name)
        return keys.place(of: name.span)
    }

    /// Reads the value at `start`; `offset` is behind it then.
    /// - Returns: Whether it is a string with escapes.
    @inline(__always)
    static func value(
        _ input: Span<UInt8>, at start: Int, _ offset: inout Int, _ budget: inout JSONBudget
    ) throws(JSONFault) -> Bool {
        // Nearly all values of small objects: strings of plain ASCII and short numbers.
        if start < input.count, input[start] == ASCII.quote {
            if let end = JSONStringReader.plainEnd(input, from: start &+ 1) {
                try budget.countNode(at: start, in: input)
                offset = end &+ 1
                return false
            }
        } else if let end = StrictReader.skipShortInteger(input, at: start) {
            try budget.countNode(at: start, in: input)
            offset = end
            return false
        }
        return try otherValue(input, at: start, &offset, &budget)
    }

    @inline(never)
    private static func otherValue(
        _ input: Span<UInt8>, at start: Int, _ offset: inout Int, _ budget: inout JSONBudget
    ) throws(JSONFault) -> Bool {
        guard start < input.count else { throw .unexpected(.value, at: start, in: input) }
        guard input[start] == ASCII.quote else {
            offset = try StrictReader.skipValue(input, at: start, depth: 1, budget: &budget)
            return false
        }
        try budget.countNode(at: start, in: input)
        let extent = try JSONStringReader.extent(input, from: start &+ 1)
        offset = extent.end &+ 1
        return extent.hasEscapes
    }

    /// Reads what stands behind a value: a comma, or the end.
    /// - Returns: Whether it is the end.
    @inline(__always)
    static func endMember(_ input: Span<UInt8>, _ offset: inout Int) throws(JSONFault) -> Bool {
        offset = StrictReader.skipBlanks(input, from: offset)
        guard offset < input.count else { throw .unexpected(.commaOrObjectEnd, at: offset, in: input) }
        let byte = input[offset]
        if byte == ASCII.comma {
            offset = StrictReader.skipBlanks(input, from: offset &+ 1)
            return false
        }
        guard byte == ASCII.closeBrace else { throw .unexpected(.commaOrObjectEnd, at: offset, in: input) }
        try finish(input, &offset)
        return true
    }

    /// Checks that only blanks follow the closing brace at `offset`.
    @inline(__always)
    static func finish(_ input: Span<UInt8>, _ offset: inout Int) throws(JSONFault) {
        offset = StrictReader.skipBlanks(input, from: offset &+ 1)
        guard offset == input.count else { throw JSONFault(.trailingBytes, at: offset, in: input) }
    }
}
