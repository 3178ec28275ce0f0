/// Why and where a text is not acceptable.
public struct JSONFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public let reason: JSONFaultReason
    /// The offset in bytes of the offending byte, from 0; the length of the input when the input ended too early.
    public let offset: Int
    /// The line of the offending byte, from 1.
    public let line: Int
    /// The column of the offending byte in Unicode scalars, from 1.
    public let column: Int

    /// The place as people count it.
    public var position: JSONPosition { JSONPosition(line: line, column: column) }

    /// `line 3, column 7: unexpected '}', expected a value`.
    public var description: String { "\(position): \(reason)" }

    /// The fault at `offset` of `bytes`; walks the bytes before it to find the line, so make one only to throw it.
    @inline(never)
    init(_ reason: JSONFaultReason, at offset: Int, in bytes: Span<UInt8>) {
        var locator = JSONLocator()
        let position = locator.position(of: offset, in: bytes)
        self.reason = reason
        self.offset = offset
        self.line = position.line
        self.column = position.column
    }

    /// The fault of finding the byte at `offset`, or the end of the input there, in place of `expected`.
    @inline(never)
    static func unexpected(_ expected: JSONExpectation, at offset: Int, in bytes: Span<UInt8>) -> JSONFault {
        if offset < bytes.count {
            return JSONFault(.unexpectedByte(bytes[offset], expected: expected), at: offset, in: bytes)
        }
        return JSONFault(.unexpectedEnd(expected: expected), at: bytes.count, in: bytes)
    }
}

/// What can be wrong with a text.
public enum JSONFaultReason: Hashable, Sendable {
    /// A byte that the grammar does not allow here.
    case unexpectedByte(UInt8, expected: JSONExpectation)
    /// The input ended where more must come.
    case unexpectedEnd(expected: JSONExpectation)
    /// Something other than blanks follows the value.
    case trailingBytes
    /// No closing quote before the end of the input or, in JSON5, before the end of the line.
    case unterminatedString
    /// A `/*` without `*/` (JSON5).
    case unterminatedComment
    /// A byte below 0x20 inside a string.
    case controlCharacter(UInt8)
    /// A backslash followed by something that is not an escape of the dialect.
    case invalidEscape
    /// Bytes that are not well-formed UTF-8 (The Unicode Standard, table 3-7).
    case invalidUTF8
    /// A `\u` escape of one half of a surrogate pair without the other half, in JSON5. In JSON it stands for U+FFFD.
    case loneSurrogate
    /// A number with a leading zero, or without digits where some must stand.
    case invalidNumber
    /// A hexadecimal number (JSON5) wider than `bitsMax` bits.
    case numberTooWide(bitsMax: Int)
    /// The second member with this key in one object; the place is that of the second key.
    case duplicateKey(String)
    /// More arrays and objects inside each other than ``JSONLimits/depthMax``.
    case tooDeep(limit: Int)
    /// More values than ``JSONLimits/nodesMax``.
    case tooManyNodes(limit: Int)
}

/// What would have been valid at the place of a fault.
public enum JSONExpectation: Hashable, Sendable {
    case value, valueOrArrayEnd
    case key, keyOrObjectEnd
    case colon, commaOrArrayEnd, commaOrObjectEnd
    case object
    case word(JSONWord)
}

/// The words that JSON and JSON5 know as values.
public enum JSONWord: String, Hashable, Sendable {
    case `true`, `false`, null
    case infinity = "Infinity"
    case notANumber = "NaN"
}

extension JSONFaultReason: CustomStringConvertible {
    /// The reason in words, with what would be valid.
    public var description: String {
        switch self {
        case .unexpectedByte(let byte, let expected): "unexpected \(Self.name(byte)), expected \(expected)"
        case .unexpectedEnd(let expected): "unexpected end of input, expected \(expected)"
        case .trailingBytes: "unexpected bytes after the value, expected the end of input"
        case .unterminatedString: "string without a closing quote"
        case .unterminatedComment: "comment without a closing '*/'"
        case .controlCharacter(let byte): "control character \(Self.name(byte)) in a string, write it as an escape"
        case .invalidEscape: "invalid escape in a string, expected one such as '\\n', '\\\\' or '\\u00e9'"
        case .invalidUTF8: "bytes that are not UTF-8"
        case .loneSurrogate: "'\\u' escape of half a surrogate pair, expected both halves"
        case .invalidNumber: "invalid number, expected one such as 0, -12, 3.5 or 1e9"
        case .numberTooWide(let bitsMax): "hexadecimal number wider than \(bitsMax) bits"
        case .duplicateKey(let key): "duplicate key '\(Self.quotable(key))', each key may stand once in an object"
        case .tooDeep(let limit): "more than \(limit) arrays and objects inside each other"
        case .tooManyNodes(let limit): "more than \(limit) values"
        }
    }

    private static func name(_ byte: UInt8) -> String {
        if (0x20..<0x7F).contains(byte) { return "'\(Unicode.Scalar(byte))'" }
        return "byte 0x\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))"
    }

    /// At most 64 scalars, and none that could spoil a line of a log.
    private static func quotable(_ key: String) -> String {
        var text = String.UnicodeScalarView()
        for scalar in key.unicodeScalars.prefix(64) {
            let isPlain: Bool
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse: isPlain = false
            default: isPlain = true
            }
            text.append(isPlain ? scalar : "\u{FFFD}")
        }
        return String(text) + (key.unicodeScalars.count > 64 ? "..." : "")
    }
}

extension JSONExpectation: CustomStringConvertible {
    /// The expectation in words.
    public var description: String {
        switch self {
        case .value: "a value"
        case .valueOrArrayEnd: "a value or ']'"
        case .key: "a key"
        case .keyOrObjectEnd: "a key or '}'"
        case .colon: "':'"
        case .commaOrArrayEnd: "',' or ']'"
        case .commaOrObjectEnd: "',' or '}'"
        case .object: "an object"
        case .word(let word): "'\(word.rawValue)'"
        }
    }
}
