/// Reads the inside of strings, in both dialects.
enum JSONStringReader {
    /// Where a string ends and whether it can be taken as it stands.
    struct Extent {
        /// The offset of the closing quote.
        var end: Int
        var hasEscapes: Bool
    }

    /// Checks a string of strict JSON up to its closing quote; `start` is the offset of the first byte after the opening one.
    @inline(__always)
    static func strictExtent(_ bytes: Span<UInt8>, from start: Int) throws(JSONFault) -> Extent {
        if let end = plainEnd(bytes, from: start) { return Extent(end: end, hasEscapes: false) }
        return try extent(bytes, from: start)
    }

    /// Where a string of plain ASCII ends; `nil` when it holds anything else, or when fewer than sixteen bytes follow.
    @inline(__always)
    static func plainEnd(_ bytes: Span<UInt8>, from start: Int) -> Int? {
        // The last block reaches back over bytes that were seen to be plain.
        let last = bytes.count &- 16
        guard start <= last else { return nil }
        var offset = start
        let raw = unsafe bytes.bytes
        while true {
            // Sound: the sixteen bytes lie inside the span, as `offset` is at most `last`.
            let block = unsafe raw.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: SIMD16<Int8>.self)
            if let place = firstMark(in: block, quote: ASCII.quote) {
                offset &+= place
                return bytes[offset] == ASCII.quote ? offset : nil
            }
            if offset == last { return nil }
            offset = min(offset &+ 16, last)
        }
    }

    /// The place of the first of sixteen bytes that is no plain text, see ``marks(_:quote:)``; `nil` when all are.
    @inline(__always)
    private static func firstMark(in block: SIMD16<Int8>, quote: UInt8) -> Int? {
        let quotes = SIMD16(repeating: Int8(truncatingIfNeeded: quote))
        let slashes = SIMD16(repeating: Int8(truncatingIfNeeded: ASCII.backslash))
        // As signed numbers, what is beyond ASCII lies below the space too.
        let spaces = SIMD16(repeating: Int8(truncatingIfNeeded: ASCII.space))
        let found = (block .< spaces) .| (block .== quotes) .| (block .== slashes)
        // Sound: a mask of sixteen bytes, all bits of each set or none, has as many bits as two words.
        let marks = unsafe unsafeBitCast(found, to: SIMD2<UInt64>.self)
        if marks[0] | marks[1] == 0 { return nil }
        return (marks[0] != 0 ? marks[0].trailingZeroBitCount : 64 &+ marks[1].trailingZeroBitCount) >> 3
    }

    /// Checks a string up to its closing quote.
    ///
    /// - Parameters:
    ///   - start: The offset of the first byte after the opening quote.
    ///   - quote: The byte that closes the string.
    static func extent(
        _ bytes: Span<UInt8>, from start: Int, quote: UInt8 = ASCII.quote, dialect: JSONDialect = .json
    ) throws(JSONFault) -> Extent {
        var offset = start
        var hasEscapes = false
        let end = bytes.count
        while offset < end {
            offset = skipPlain(bytes, from: offset, quote: quote)
            guard offset < end else { break }
            let byte = bytes[offset]
            if byte == quote { return Extent(end: offset, hasEscapes: hasEscapes) }
            if byte == ASCII.backslash {
                hasEscapes = true
                offset = try escape(bytes, at: offset, dialect: dialect).next
            } else {
                offset = try plain(bytes, byte, at: offset, dialect: dialect)
            }
        }
        throw JSONFault(.unterminatedString, at: end, in: bytes)
    }

    /// The bytes of a word that are no plain text, each marked in its highest bit: the quote, backslashes, control
    /// characters and what is beyond ASCII.
    @inline(__always)
    private static func marks(_ word: UInt64, quote: UInt8) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        // With its highest bit set a byte borrows nothing from the next one, and keeps the bit unless it was too small.
        let noQuote = (word ^ ones &* UInt64(quote) | highs) &- ones
        let noSlash = (word ^ ones &* UInt64(ASCII.backslash) | highs) &- ones
        let noControl = (word | highs) &- ones &* 0x20
        return (~(noQuote & noSlash & noControl) | word) & highs
    }

    /// Steps over bytes that are neither quote, backslash, control character nor beyond ASCII, sixteen at a time, and eight where there are no more.
    @inline(__always)
    private static func skipPlain(_ bytes: Span<UInt8>, from start: Int, quote: UInt8) -> Int {
        var offset = start
        let raw = unsafe bytes.bytes
        while offset &+ 16 <= bytes.count {
            // Sound: the sixteen bytes lie inside the span, checked above.
            let block = unsafe raw.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: SIMD16<Int8>.self)
            if let place = firstMark(in: block, quote: quote) { return offset &+ place }
            offset &+= 16
        }
        while offset &+ 8 <= bytes.count {
            // Sound: as above, for eight. Lowest byte first, as on every machine we run on.
            let word = unsafe raw.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
            let marks = marks(word, quote: quote)
            if marks != 0 { return offset &+ marks.trailingZeroBitCount >> 3 }
            offset &+= 8
        }
        let rest = bytes.count &- offset
        if rest > 0 && bytes.count >= 8 {
            // Sound: the last eight bytes of the span, of which those that were seen are shifted out. The zeros that come
            // in their place are marked, above all bytes of the rest.
            let last = unsafe raw.unsafeLoadUnaligned(fromUncheckedByteOffset: bytes.count &- 8, as: UInt64.self)
            let marks = marks(last >> UInt64(truncatingIfNeeded: 64 &- 8 &* rest), quote: quote)
            offset &+= min(rest, marks.trailingZeroBitCount >> 3)
        }
        return offset
    }

    /// The eight bytes from `offset` on, the first one lowest; `nil` when there are not so many.
    @inline(__always)
    static func word(_ bytes: Span<UInt8>, at offset: Int) -> UInt64? {
        guard offset &+ 8 <= bytes.count else { return nil }
        let raw = unsafe bytes.bytes
        // Sound: the eight bytes lie inside the span, checked above; offsets are never negative.
        return unsafe raw.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
    }

    /// The plain text up to the closing quote when it has at most seven bytes and eight follow `start`; `nil` for any
    /// other, which ``extent(_:from:quote:dialect:)`` reads.
    @inline(__always)
    static func shortPlain(_ bytes: Span<UInt8>, from start: Int) -> (word: UInt64, byteCount: Int)? {
        guard let word = word(bytes, at: start) else { return nil }
        let marks = marks(word, quote: ASCII.quote)
        let count = marks.trailingZeroBitCount >> 3
        guard marks != 0, UInt8(truncatingIfNeeded: word >> UInt64(8 &* count)) == ASCII.quote else { return nil }
        return (word & (1 << UInt64(8 &* count) &- 1), count)
    }

    /// Appends what the raw text of a string stands for, as UTF-8.
    static func append(
        _ raw: Range<Int>, of bytes: Span<UInt8>, dialect: JSONDialect, to output: inout [UInt8]
    ) throws(JSONFault) {
        var offset = raw.lowerBound
        while offset < raw.upperBound {
            let byte = bytes[offset]
            if byte == ASCII.backslash {
                let escape = try escape(bytes, at: offset, dialect: dialect)
                guard escape.next <= raw.upperBound else { throw JSONFault(.invalidEscape, at: offset, in: bytes) }
                if let scalar = escape.scalar { UTF8Form.append(scalar, to: &output) }
                offset = escape.next
                continue
            }
            let next = try plain(bytes, byte, at: offset, dialect: dialect)
            guard next <= raw.upperBound else { throw JSONFault(.invalidUTF8, at: offset, in: bytes) }
            while offset < next {
                output.append(bytes[offset])
                offset += 1
            }
        }
    }

    /// Steps over one unescaped scalar whose first byte is `byte`.
    @inline(__always)
    private static func plain(
        _ bytes: Span<UInt8>, _ byte: UInt8, at offset: Int, dialect: JSONDialect
    ) throws(JSONFault) -> Int {
        if byte >= 0x80 {
            let width = UTF8Form.width(bytes, at: offset)
            guard width > 0 else { throw JSONFault(.invalidUTF8, at: offset, in: bytes) }
            return offset &+ width
        }
        if byte < 0x20 { try checkControl(bytes, byte, at: offset, dialect: dialect) }
        return offset &+ 1
    }

    @inline(never)
    private static func checkControl(
        _ bytes: Span<UInt8>, _ byte: UInt8, at offset: Int, dialect: JSONDialect
    ) throws(JSONFault) {
        guard dialect == .json5 else { throw JSONFault(.controlCharacter(byte), at: offset, in: bytes) }
        // JSON5 section 5: only a line terminator may not stand unescaped.
        if byte == ASCII.lineFeed || byte == ASCII.carriageReturn {
            throw JSONFault(.unterminatedString, at: offset, in: bytes)
        }
    }

    /// An escape: the scalar it stands for, `nil` for a line continuation, and the offset after it.
    struct Escape {
        var scalar: UInt32?
        var next: Int
    }

    /// Reads the escape whose backslash is at `offset`.
    @inline(never)
    static func escape(_ bytes: Span<UInt8>, at offset: Int, dialect: JSONDialect) throws(JSONFault) -> Escape {
        guard offset + 1 < bytes.count else { throw JSONFault(.unterminatedString, at: bytes.count, in: bytes) }
        let byte = bytes[offset + 1]
        let scalar: UInt32
        switch byte {
        case ASCII.quote, ASCII.backslash, ASCII.slash: scalar = UInt32(byte)
        case UInt8(ascii: "b"): scalar = 0x08
        case UInt8(ascii: "f"): scalar = 0x0C
        case UInt8(ascii: "n"): scalar = 0x0A
        case UInt8(ascii: "r"): scalar = 0x0D
        case UInt8(ascii: "t"): scalar = 0x09
        case UInt8(ascii: "u"): return try unicodeEscape(bytes, at: offset, dialect)
        default:
            guard dialect == .json5 else { throw JSONFault(.invalidEscape, at: offset, in: bytes) }
            return try escape5(bytes, byte, at: offset)
        }
        return Escape(scalar: scalar, next: offset + 2)
    }

    /// Reads `\uXXXX`, or two of them that make a surrogate pair. Half a pair is U+FFFD in JSON: it comes from clients that
    /// cut a text between two UTF-16 units. In JSON5, which people write, it is a fault.
    private static func unicodeEscape(
        _ bytes: Span<UInt8>, at offset: Int, _ dialect: JSONDialect
    ) throws(JSONFault) -> Escape {
        let high = try hex(bytes, digits: 4, of: offset)
        guard (0xD800...0xDFFF).contains(high) else { return Escape(scalar: high, next: offset + 6) }
        let second = offset + 6
        guard high < 0xDC00, bytes.count - second >= 2, bytes[second] == ASCII.backslash,
            bytes[second + 1] == UInt8(ascii: "u")
        else { return try half(bytes, at: offset, dialect) }
        let low = try hex(bytes, digits: 4, of: second)
        guard (0xDC00...0xDFFF).contains(low) else { return try half(bytes, at: offset, dialect) }
        return Escape(scalar: 0x1_0000 + (high - 0xD800) << 10 + (low - 0xDC00), next: second + 6)
    }

    /// The escape of half a surrogate pair.
    private static func half(
        _ bytes: Span<UInt8>, at offset: Int, _ dialect: JSONDialect
    ) throws(JSONFault) -> Escape {
        guard dialect == .json else { throw JSONFault(.loneSurrogate, at: offset, in: bytes) }
        return Escape(scalar: 0xFFFD, next: offset + 6)
    }

    /// The escapes that only JSON5 knows (section 5.1).
    private static func escape5(_ bytes: Span<UInt8>, _ byte: UInt8, at offset: Int) throws(JSONFault) -> Escape {
        let next = offset + 2
        switch byte {
        case UInt8(ascii: "v"): return Escape(scalar: 0x0B, next: next)
        case UInt8(ascii: "x"): return Escape(scalar: try hex(bytes, digits: 2, of: offset), next: offset + 4)
        case ASCII.lineFeed: return Escape(scalar: nil, next: next)
        case ASCII.carriageReturn:
            let isPair = next < bytes.count && bytes[next] == ASCII.lineFeed
            return Escape(scalar: nil, next: isPair ? next + 1 : next)
        case ASCII.zero:
            // `\0` is NUL, but never the start of an octal escape.
            guard !(next < bytes.count && ASCII.isDigit(bytes[next])) else { break }
            return Escape(scalar: 0, next: next)
        case ASCII.zero...ASCII.nine: break
        default:
            let (scalar, width) = try UTF8Form.scalar(bytes, at: offset + 1)
            let isLineTerminator = scalar == 0x2028 || scalar == 0x2029
            return Escape(scalar: isLineTerminator ? nil : scalar, next: offset + 1 + width)
        }
        throw JSONFault(.invalidEscape, at: offset, in: bytes)
    }

    /// The value of the digits after the two bytes at `offset` that start an escape.
    private static func hex(_ bytes: Span<UInt8>, digits: Int, of offset: Int) throws(JSONFault) -> UInt32 {
        var value: UInt32 = 0
        for index in offset + 2..<offset + 2 + digits {
            guard index < bytes.count, let digit = ASCII.hexValue(bytes[index]) else {
                throw JSONFault(.invalidEscape, at: offset, in: bytes)
            }
            value = value << 4 | digit
        }
        return value
    }
}
