/// The parts of JSON5 that RFC 8259 does not have: blanks with comments, numbers and unquoted keys.
///
/// Source: JSON5 1.0.0, spec.json5.org.
enum JSON5Reader {
    /// Steps over blanks and comments (sections 7 and 8).
    static func skipBlanks(_ bytes: Span<UInt8>, from start: Int) throws(JSONFault) -> Int {
        var offset = start
        while offset < bytes.count {
            let byte = bytes[offset]
            switch byte {
            case 0x09...0x0D, ASCII.space:
                offset += 1
            case ASCII.slash:
                guard let end = try skipComment(bytes, at: offset) else { return offset }
                offset = end
            case 0x80...:
                let (scalar, width) = try UTF8Form.scalar(bytes, at: offset)
                guard isBlank(scalar) else { return offset }
                offset += width
            default:
                return offset
            }
        }
        return offset
    }

    /// Whether a scalar above ASCII is a blank: no-break space, byte order mark, line terminators, category Zs.
    private static func isBlank(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF: true
        default: false
        }
    }

    /// The offset after the comment at `start`; `nil` when the slash there starts none.
    private static func skipComment(_ bytes: Span<UInt8>, at start: Int) throws(JSONFault) -> Int? {
        guard start + 1 < bytes.count else { return nil }
        let isBlock = bytes[start + 1] == ASCII.asterisk
        guard isBlock || bytes[start + 1] == ASCII.slash else { return nil }
        var offset = start + 2
        while offset < bytes.count {
            let byte = bytes[offset]
            if isBlock {
                if byte == ASCII.asterisk, offset + 1 < bytes.count, bytes[offset + 1] == ASCII.slash {
                    return offset + 2
                }
            } else if byte == ASCII.lineFeed || byte == ASCII.carriageReturn {
                return offset
            }
            guard byte >= 0x80 else {
                offset += 1
                continue
            }
            let (scalar, width) = try UTF8Form.scalar(bytes, at: offset)
            if !isBlock, scalar == 0x2028 || scalar == 0x2029 { return offset }
            offset += width
        }
        if isBlock { throw JSONFault(.unterminatedComment, at: start, in: bytes) }
        return offset
    }

    /// A number as RFC 8259 would write it, and the offset after its text.
    struct Number {
        var value: JSONNumber
        var end: Int
    }

    /// Reads the number at `start`, which is a digit, a sign, a dot, `I` or `N` (section 6).
    static func number(_ bytes: Span<UInt8>, at start: Int) throws(JSONFault) -> Number {
        var offset = start
        var isNegative = false
        if bytes[offset] == ASCII.plus || bytes[offset] == ASCII.minus {
            isNegative = bytes[offset] == ASCII.minus
            offset += 1
        }
        guard offset < bytes.count else { throw JSONFault(.invalidNumber, at: offset, in: bytes) }
        switch bytes[offset] {
        case UInt8(ascii: "I"):
            let end = try StrictReader.skipWord(.infinity, bytes, at: offset)
            return Number(value: JSONNumber(isNegative ? -Double.infinity : .infinity), end: end)
        case UInt8(ascii: "N"):
            let end = try StrictReader.skipWord(.notANumber, bytes, at: offset)
            return Number(value: JSONNumber(Double.nan), end: end)
        case ASCII.zero where offset + 1 < bytes.count && bytes[offset + 1] | 0x20 == UInt8(ascii: "x"):
            return try hexadecimal(bytes, at: offset, isNegative: isNegative)
        default:
            return try decimal(bytes, at: offset, isNegative: isNegative)
        }
    }

    private static func hexadecimal(
        _ bytes: Span<UInt8>, at start: Int, isNegative: Bool
    ) throws(JSONFault) -> Number {
        var offset = start + 2
        var value: UInt64 = 0
        while offset < bytes.count, let digit = ASCII.hexValue(bytes[offset]) {
            guard value >> 60 == 0 else {
                throw JSONFault(.numberTooWide(bitsMax: UInt64.bitWidth), at: start, in: bytes)
            }
            value = value << 4 | UInt64(digit)
            offset += 1
        }
        guard offset > start + 2 else { throw JSONFault(.invalidNumber, at: offset, in: bytes) }
        return Number(value: JSONNumber(verified: (isNegative ? "-" : "") + String(value)), end: offset)
    }

    private static func decimal(
        _ bytes: Span<UInt8>, at start: Int, isNegative: Bool
    ) throws(JSONFault) -> Number {
        var text: [UInt8] = isNegative ? [ASCII.minus] : []
        var offset = start
        if bytes[offset] == ASCII.dot {
            text.append(ASCII.zero)
        } else {
            offset = try StrictReader.skipDigits(bytes, from: offset)
            if bytes[start] == ASCII.zero, offset > start + 1 {
                throw JSONFault(.invalidNumber, at: start + 1, in: bytes)
            }
            append(bytes, start..<offset, to: &text)
        }
        if offset < bytes.count, bytes[offset] == ASCII.dot {
            let dot = offset
            offset += 1
            if dot == start || (offset < bytes.count && ASCII.isDigit(bytes[offset])) {
                offset = try StrictReader.skipDigits(bytes, from: offset)
                append(bytes, dot..<offset, to: &text)
            }
        }
        let end = try StrictReader.skipExponent(bytes, at: offset)
        append(bytes, offset..<end, to: &text)
        return Number(value: JSONNumber(verified: String(decoding: text, as: UTF8.self)), end: end)
    }

    private static func append(_ bytes: Span<UInt8>, _ range: Range<Int>, to text: inout [UInt8]) {
        for offset in range { text.append(bytes[offset]) }
    }

    /// Reads the unquoted key at `start` (an ECMAScript 5.1 IdentifierName) into `key`.
    ///
    /// - Returns: The offset after the key; `start` when no key starts there.
    static func identifier(
        _ bytes: Span<UInt8>, at start: Int, into key: inout [UInt8]
    ) throws(JSONFault) -> Int {
        var offset = start
        while offset < bytes.count {
            let byte = bytes[offset]
            var next = offset + 1
            var scalar = UInt32(byte)
            if byte == ASCII.backslash {
                guard next < bytes.count, bytes[next] == UInt8(ascii: "u") else {
                    throw JSONFault(.invalidEscape, at: offset, in: bytes)
                }
                let escape = try JSONStringReader.escape(bytes, at: offset, dialect: .json5)
                guard let value = escape.scalar, isPart(value, first: offset == start) else {
                    throw JSONFault(.invalidEscape, at: offset, in: bytes)
                }
                (scalar, next) = (value, escape.next)
            } else {
                if byte >= 0x80 {
                    let decoded = try UTF8Form.scalar(bytes, at: offset)
                    (scalar, next) = (decoded.value, offset + decoded.width)
                }
                guard isPart(scalar, first: offset == start) else { return offset }
            }
            UTF8Form.append(scalar, to: &key)
            offset = next
        }
        return offset
    }

    /// Whether a scalar may stand in an identifier, or start one.
    private static func isPart(_ value: UInt32, first: Bool) -> Bool {
        if value < 0x80 {
            let byte = UInt8(truncatingIfNeeded: value)
            return ASCII.isLetter(byte) || byte == ASCII.dollar || byte == ASCII.underscore
                || (!first && ASCII.isDigit(byte))
        }
        guard let scalar = Unicode.Scalar(value) else { return false }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .letterNumber:
            return true
        case .nonspacingMark, .spacingMark, .decimalNumber, .connectorPunctuation:
            return !first
        default:
            return !first && (value == 0x200C || value == 0x200D)
        }
    }
}
