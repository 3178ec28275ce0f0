/// Walks over RFC 8259 text without building anything; each function returns the offset after what it read.
enum StrictReader {
    @inline(__always)
    static func skipBlanks(_ bytes: Span<UInt8>, from start: Int) -> Int {
        var offset = start
        while offset < bytes.count {
            let byte = bytes[offset]
            guard byte <= ASCII.space else { return offset }
            guard
                byte == ASCII.space || byte == ASCII.lineFeed || byte == ASCII.carriageReturn || byte == ASCII.tab
            else { return offset }
            offset &+= 1
        }
        return offset
    }

    /// Reads the value that starts at `start`, inside `depth` open containers.
    static func skipValue(
        _ bytes: Span<UInt8>, at start: Int, depth: Int, expected: JSONExpectation = .value,
        budget: inout JSONBudget
    ) throws(JSONFault) -> Int {
        guard start < bytes.count else { throw .unexpected(expected, at: start, in: bytes) }
        try budget.countNode(at: start, in: bytes)
        switch bytes[start] {
        case ASCII.quote: return try JSONStringReader.strictExtent(bytes, from: start &+ 1).end &+ 1
        case ASCII.openBrace: return try skipObject(bytes, at: start, depth: depth, budget: &budget)
        case ASCII.openBracket: return try skipArray(bytes, at: start, depth: depth, budget: &budget)
        case ASCII.minus, ASCII.zero...ASCII.nine: return try skipNumber(bytes, at: start)
        case UInt8(ascii: "t"): return try skipWord(.true, bytes, at: start)
        case UInt8(ascii: "f"): return try skipWord(.false, bytes, at: start)
        case UInt8(ascii: "n"): return try skipWord(.null, bytes, at: start)
        default: throw .unexpected(expected, at: start, in: bytes)
        }
    }

    private static func skipObject(
        _ bytes: Span<UInt8>, at start: Int, depth: Int, budget: inout JSONBudget
    ) throws(JSONFault) -> Int {
        try budget.checkDepth(depth, at: start, in: bytes)
        var offset = skipBlanks(bytes, from: start &+ 1)
        if offset < bytes.count, bytes[offset] == ASCII.closeBrace { return offset &+ 1 }
        var expected = JSONExpectation.keyOrObjectEnd
        while true {
            offset = try skipKey(bytes, at: offset, expected: expected).end &+ 1
            offset = try skipColon(bytes, at: offset)
            offset = try skipValue(bytes, at: offset, depth: depth &+ 1, budget: &budget)
            offset = skipBlanks(bytes, from: offset)
            guard offset < bytes.count else { throw .unexpected(.commaOrObjectEnd, at: offset, in: bytes) }
            let byte = bytes[offset]
            if byte == ASCII.closeBrace { return offset &+ 1 }
            guard byte == ASCII.comma else { throw .unexpected(.commaOrObjectEnd, at: offset, in: bytes) }
            offset = skipBlanks(bytes, from: offset &+ 1)
            expected = .key
        }
    }

    private static func skipArray(
        _ bytes: Span<UInt8>, at start: Int, depth: Int, budget: inout JSONBudget
    ) throws(JSONFault) -> Int {
        try budget.checkDepth(depth, at: start, in: bytes)
        var offset = skipBlanks(bytes, from: start &+ 1)
        if offset < bytes.count, bytes[offset] == ASCII.closeBracket { return offset &+ 1 }
        var expected = JSONExpectation.valueOrArrayEnd
        while true {
            offset = try skipValue(bytes, at: offset, depth: depth &+ 1, expected: expected, budget: &budget)
            offset = skipBlanks(bytes, from: offset)
            guard offset < bytes.count else { throw .unexpected(.commaOrArrayEnd, at: offset, in: bytes) }
            let byte = bytes[offset]
            if byte == ASCII.closeBracket { return offset &+ 1 }
            guard byte == ASCII.comma else { throw .unexpected(.commaOrArrayEnd, at: offset, in: bytes) }
            offset = skipBlanks(bytes, from: offset &+ 1)
            expected = .value
        }
    }

    /// Reads a key at `start`; the extent ends at its closing quote.
    @inline(__always)
    static func skipKey(
        _ bytes: Span<UInt8>, at start: Int, expected: JSONExpectation
    ) throws(JSONFault) -> JSONStringReader.Extent {
        guard start < bytes.count, bytes[start] == ASCII.quote else {
            throw .unexpected(expected, at: start, in: bytes)
        }
        return try JSONStringReader.extent(bytes, from: start &+ 1)
    }

    /// Reads a colon and the blanks around it.
    @inline(__always)
    static func skipColon(_ bytes: Span<UInt8>, at start: Int) throws(JSONFault) -> Int {
        let offset = skipBlanks(bytes, from: start)
        guard offset < bytes.count, bytes[offset] == ASCII.colon else {
            throw .unexpected(.colon, at: offset, in: bytes)
        }
        return skipBlanks(bytes, from: offset &+ 1)
    }

    /// Reads digits alone, one to fifteen of them, with a comma or a brace right behind; `nil` for any other value, and near
    /// the end of the text, which ``skipValue(_:at:depth:expected:budget:)`` reads.
    @inline(__always)
    static func skipShortInteger(_ bytes: Span<UInt8>, at start: Int) -> Int? {
        guard let first = JSONStringReader.word(bytes, at: start) else { return nil }
        var end = start &+ digitCount(first)
        if end == start { return nil }
        if end == start &+ 8 {
            guard let second = JSONStringReader.word(bytes, at: end) else { return nil }
            end &+= digitCount(second)
        }
        guard end < bytes.count, bytes[end] == ASCII.comma || bytes[end] == ASCII.closeBrace else { return nil }
        return UInt8(truncatingIfNeeded: first) == ASCII.zero && end > start &+ 1 ? nil : end
    }

    /// How many digits a word begins with, its lowest byte being the first; 8 when all of them are.
    @inline(__always)
    private static func digitCount(_ word: UInt64) -> Int {
        // Of digits 0...9 is left; what is more has its highest bit set now or then. The lowest mark is right.
        let digits = word ^ 0x3030_3030_3030_3030
        let marks = ((digits &+ 0x7676_7676_7676_7676) | digits) & 0x8080_8080_8080_8080
        return marks.trailingZeroBitCount >> 3
    }

    /// Reads the number at `start`, which is a digit or a minus.
    static func skipNumber(_ bytes: Span<UInt8>, at start: Int) throws(JSONFault) -> Int {
        var offset = start
        if bytes[offset] == ASCII.minus { offset &+= 1 }
        let integer = offset
        offset = try skipDigits(bytes, from: offset)
        if bytes[integer] == ASCII.zero, offset > integer &+ 1 {
            throw JSONFault(.invalidNumber, at: integer + 1, in: bytes)
        }
        if offset < bytes.count, bytes[offset] == ASCII.dot { offset = try skipDigits(bytes, from: offset &+ 1) }
        return try skipExponent(bytes, at: offset)
    }

    /// Reads an exponent, if there is one at `start`.
    static func skipExponent(_ bytes: Span<UInt8>, at start: Int) throws(JSONFault) -> Int {
        guard start < bytes.count, bytes[start] | 0x20 == UInt8(ascii: "e") else { return start }
        var offset = start &+ 1
        if offset < bytes.count, bytes[offset] == ASCII.plus || bytes[offset] == ASCII.minus { offset &+= 1 }
        return try skipDigits(bytes, from: offset)
    }

    /// Reads one digit or more.
    static func skipDigits(_ bytes: Span<UInt8>, from start: Int) throws(JSONFault) -> Int {
        var offset = start
        while let word = JSONStringReader.word(bytes, at: offset) {
            let count = digitCount(word)
            offset &+= count
            if count < 8 { break }
        }
        while offset < bytes.count, ASCII.isDigit(bytes[offset]) { offset &+= 1 }
        guard offset > start else { throw JSONFault(.invalidNumber, at: start, in: bytes) }
        return offset
    }

    /// Reads `word` at `start`.
    static func skipWord(_ word: JSONWord, _ bytes: Span<UInt8>, at start: Int) throws(JSONFault) -> Int {
        var offset = start
        for byte in word.rawValue.utf8 {
            guard offset < bytes.count, bytes[offset] == byte else {
                throw .unexpected(.word(word), at: offset, in: bytes)
            }
            offset &+= 1
        }
        return offset
    }
}
