public import GateJSON

/// One fault of a descriptor file: where it is and what would be valid.
public struct DescriptorProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file's name as it was handed in.
    public let file: String
    /// The place in the document, as in `$.frame[1].type`.
    public let path: String
    /// The place in the text.
    public let position: JSONPosition
    /// What is wrong.
    public let fault: DescriptorFault

    /// A problem; see the properties.
    public init(file: String, path: String, position: JSONPosition, fault: DescriptorFault) {
        self.file = file
        self.path = path
        self.position = position
        self.fault = fault
    }

    /// `my.json5:3:7: $.frame[1].type: unknown value 'u12'; valid: u8, u16`.
    public var description: String { "\(file):\(position.line):\(position.column): \(path): \(fault)" }
}

/// What can be wrong with a descriptor.
public enum DescriptorFault: Hashable, Sendable {
    /// The file is larger than it may be.
    case fileTooLarge(bytes: Int, limit: Int)
    /// The text is not JSON5, or nests too deep, or has a key twice.
    case notJSON5(JSONFaultReason)
    /// A value of another kind is needed.
    case wrongKind(expected: String, found: String)
    /// A number outside its range.
    case outOfRange(ClosedRange<Int>)
    /// A key that must be there is not.
    case missingKey(String)
    /// A key that nothing reads.
    case unknownKey(String, valid: [String])
    /// A key that this type of field does not take.
    case keyNotForType(String, type: String, valid: [String])
    /// A word that is none of those known here.
    case unknownValue(String, valid: [String])
    /// Text that is not of the shape it must have.
    case badText(String, expected: String)
    /// The file's name and its `protocol` differ.
    case nameMismatch(String, file: String)
    /// More entries than there may be.
    case tooMany(Int, limit: Int, of: String)
    /// Two things have the same name.
    case duplicateName(String)
    /// Two names stand for the same value.
    case duplicateValue(Int)
    /// A length that stands behind the field that needs it.
    case referenceToTheRight(String, known: [String])
    /// `rest` where nothing says how far the frame goes.
    case noFrameEnd
    /// A second field says how far the frame goes.
    case secondFrameEnd(first: String)
    /// A field behind the one that takes the rest.
    case fieldBehindRest(String)
    /// A frame could be empty, so that reading would never end.
    case zeroByteFrame
    /// A limit that the length field cannot reach.
    case limitBeyondLength(limit: Int, reachable: Int)
    /// A limit below the smallest frame there is.
    case limitBelowFrame(limit: Int, smallest: Int)
    /// A `min` below the bytes that the length always covers.
    case minimumBelowFields(Int, covered: Int)
    /// A length that comes out below zero for the smallest frame there is.
    case lengthBelowZero(plus: Int, covered: Int)
    /// A length that says more above the bytes it counts than its field can hold.
    case lengthBeyondField(plus: Int, most: Int)
    /// A kind that an earlier one always hides.
    case hiddenKind(by: String)
    /// A value of the frame that is answered, where none is.
    case nothingAnswered(String, by: String)
    /// A kind gives an integer that its bits are given for, or a number for all of them.
    case wholeBesideBits(String, bits: [String])
    /// A kind that has to be sent and cannot be written.
    case notEncodable(kind: String, reason: EncodingGap)
}

/// Why a kind cannot be written.
public enum EncodingGap: Hashable, Sendable {
    /// The kind is not described.
    case notDescribed
    /// No field takes the payload.
    case noPlaceForPayload
    /// The answer does not carry the id that the request had.
    case noPlaceForIdentifier
    /// A request's id can be larger than the place for it in the answer.
    case identifierTooNarrow(largest: Int, limit: Int)
    /// A request can come without the id that its answer must carry.
    case requestWithoutIdentifier
    /// The field takes the rest of the frame, and nothing the gateway has goes there.
    case nothingToWrite(field: String)
    /// The field has a fixed number of bytes, and what goes there has any number.
    case fixedLength(field: String, bytes: Int)
    /// What is always in it does not fit its field.
    case doesNotFit(bytes: Int, limit: Int)
    /// What is always in it is less than its field takes.
    case tooShort(field: String?, bytes: Int)
    /// What is always in it would be read as less, or as something else.
    case endsEarly
    /// What a check covers is moved when lengths are filled in or bytes are compressed.
    case movingCheck(field: String)
    /// The value that would be written is not one the field allows.
    case valueNotAllowed(field: String)
}

extension DescriptorFault: CustomStringConvertible {
    /// The fault in words, with what would be valid.
    public var description: String {
        switch self {
        case .fileTooLarge(let bytes, let limit): "the file has \(bytes) bytes; valid: at most \(limit)"
        case .notJSON5(let reason): "not JSON5: \(reason)"
        case .wrongKind(let expected, let found): "expected \(expected), found \(found)"
        case .outOfRange(let range): "number out of range; valid: \(range.lowerBound)...\(range.upperBound)"
        case .missingKey(let key): "missing key '\(key)'; valid: \(Self.expectation(key))"
        case .unknownKey(let key, let valid): "unknown key '\(quotable(key))'; valid: \(list(valid))"
        case .keyNotForType(let key, let type, let valid):
            "key '\(key)' is not for type '\(type)'; valid: \(list(valid))"
        case .unknownValue(let value, let valid): "unknown value '\(quotable(value))'; valid: \(list(valid))"
        case .badText(let text, let expected): "'\(quotable(text))' is not valid; expected \(expected)"
        case .nameMismatch(let name, let file):
            "protocol '\(quotable(name))' in a file named for '\(quotable(file))'; valid: the file's name, or no 'protocol'"
        case .tooMany(let count, let limit, let things): "\(count) \(things); valid: at most \(limit)"
        case .duplicateName(let name): "the name '\(quotable(name))' is taken; valid: a name of its own"
        case .duplicateValue(let value): "the value \(value) has two names; valid: a value of its own for each"
        case .referenceToTheRight(let name, let known):
            "'\(quotable(name))' does not stand further left; valid: \(list(known))"
        case .noFrameEnd: "nothing says how far 'rest' goes; valid: a field with 'counts' further left"
        case .secondFrameEnd(let first):
            "the frame's end is already said by '\(quotable(first))'; valid: 'counts' in one of them, or a 'when' that keeps "
                + "them apart"
        case .fieldBehindRest(let name):
            "nothing can follow '\(quotable(name))', which takes the rest of the frame; valid: fields of fixed width, or a "
                + "'len' other than rest"
        case .zeroByteFrame: "a frame can have no bytes at all; valid: at least one field with a width"
        case .limitBeyondLength(let limit, let reachable):
            "the limit \(limit) can never be reached; valid: at most \(reachable)"
        case .limitBelowFrame(let limit, let smallest):
            "the limit \(limit) lets no frame through; valid: at least \(smallest)"
        case .minimumBelowFields(let minimum, let covered):
            "\(minimum) is less than the fields it covers; valid: at least \(covered), or no 'min'"
        case .lengthBelowZero(let plus, let covered):
            "a length that says \(-plus) less than the bytes it counts cannot count \(covered), and there may be so few; "
                + "valid: at least -\(covered)"
        case .lengthBeyondField(let plus, let most):
            "a length that says \(plus) more than the bytes it counts does not fit its field; valid: at most \(most)"
        case .hiddenKind(let name):
            "never recognised, because '\(name)' is tried first and asks for no more; valid: the one that asks for more first"
        case .nothingAnswered(let value, let sender):
            "'\(quotable(value))' is of the frame that is answered, and \(sender) answers none; valid: a number, a text, "
                + "bytes, $code or $now_ms"
        case .wholeBesideBits(let name, let bits):
            "'\(quotable(name))' is made of bits; valid: values for \(list(bits)), or a copy of all where none of them is given"
        case .notEncodable(let kind, let reason): "a frame of kind '\(kind)' cannot be written: \(reason)"
        }
    }

    /// What has to stand under a key.
    private static func expectation(_ key: String) -> String {
        expectations[key] ?? "a field or a key of that name"
    }

    private static let expectations = [
        "type": "u8 to u64, i8 to i64, varint, dec, const, bytes, str, json, kv, check, native, group",
        "name": "a name of a-z, 0-9, _ and -", "frame": "'frame', or 'in' and 'out'", "out": "what clients get",
        "fields": "an array of fields", "len": "a number of bytes, u8 to u64, the name of a number, or rest",
        "hex": "'hex' or 'text'", "json": "names and the keys they stand for, or single",
        "keys": "names and the keys they stand for", "kinds": "request, response and what else there is",
        "request": "a kind 'request' or 'notify'", "end": "1 to 8 bytes", "codec": "sproto-rpc, scut-form",
        "key": "u8, u16, u24, u32", "value": "u8, u16, u24, u32", "at": "the lowest bit, from 0",
        "default": "a number or a text", "a value": "one or more words", "every": "a time such as 5s",
        "send": "the name of a reply", "deliver": "a state that delivers requests or notifies",
        "$fault": "\"$fault\" in place of one text", "alg": "sum8, crc16-ccitt, crc32, adler32, md5",
        "method": "zlib, gzip, raw", "over": "a number of bytes", "is": "the version that is spoken",
        "answer": "{code: N}", "wire": "{varint: N, bytes: N}", "varint": "a wire type from 0 to 7",
        "login": "{user, password, client_id} and the fields that are these",
        "bytes": "a wire type from 0 to 7", "unsupported": "encryption, compression",
    ]

    private func list(_ words: [String]) -> String {
        words.isEmpty ? "none" : words.prefix(64).map { quotable($0) }.joined(separator: ", ")
    }

    /// At most 64 scalars, and none that could spoil a line of a log.
    private func quotable(_ text: String) -> String {
        var plain = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(64) {
            plain.append(scalar.value >= 0x20 && scalar.value < 0x7F ? scalar : "?")
        }
        return String(plain) + (text.unicodeScalars.count > 64 ? "..." : "")
    }
}

extension EncodingGap: CustomStringConvertible {
    /// The gap in words.
    public var description: String {
        switch self {
        case .notDescribed: "it is not described; valid: an entry of 'kinds' for it"
        case .noPlaceForPayload: "no field takes its payload; valid: a field or a key 'payload'"
        case .noPlaceForIdentifier:
            "it does not carry the request's 'id'; valid: 'id' in its 'has', or a field 'id' that is there"
        case .identifierTooNarrow(let largest, let limit):
            "its 'id' holds at most \(limit), and that of a request up to \(largest); valid: the same type in both"
        case .requestWithoutIdentifier:
            "it carries an 'id', but a request can come without one; valid: 'id' in the 'has' of 'request'"
        case .nothingToWrite(let field):
            "nothing goes into '\(field)'; valid: a value for it in the kind, or the name 'payload'"
        case .fixedLength(let field, let bytes):
            "'\(field)' has \(bytes) bytes, and what goes there has any number; valid: a 'len' that says how many"
        case .doesNotFit(let bytes, let limit): "what is always in it comes to \(bytes); valid: at most \(limit)"
        case .tooShort(let field, let bytes):
            "what is always in it comes to \(bytes), less than the 'min' of "
                + (field.map { "'\($0)'" } ?? "its field") + "; valid: a smaller 'min', or more in it"
        case .endsEarly: "what is always in it holds the end of its field; valid: a text without it"
        case .movingCheck(let field):
            "'\(field)' covers bytes that digits or compression would move; valid: a length that is an integer"
        case .valueNotAllowed(let field):
            "the value written into '\(field)' is not one it allows; valid: one of those in the kind"
        }
    }
}
