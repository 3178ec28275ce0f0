import GateBytes
import GateProtocol

/// An answer of a length, an id and a JSON payload, as that of most JSON protocols is.
///
/// ```
/// 00 00 00 18 | {"id":  | 7  | ,"result": | [1, 2]  | }
/// length      | head    | id | middle     | payload | tail
/// ```
struct JSONAnswer: Sendable {
    /// At most sixteen bytes, the first one lowest.
    struct Literal: Sendable {
        var bytes: UInt64 = 0
        var moreBytes: UInt64 = 0
        var count = 0

        @inline(__always)
        func append(to output: inout ByteBuffer) {
            output.append(lowBytes: count, of: bytes, moreBytes)
        }
    }

    /// Bytes of the length; 0 when answers are others.
    private(set) var width: UInt8 = 0
    private(set) var isLittleEndian = false
    private(set) var head = Literal()
    private(set) var middle = Literal()
    private(set) var tail = Literal()
    /// What the length says besides the bytes of the id and the payload.
    private(set) var plus = 0
    private(set) var minimum: UInt64 = 0
    private(set) var maximum: UInt64 = 0

    /// The answer that these operations write, if it is such a one.
    init(_ writing: some Collection<WriteOperation>) {
        let operations = Array(writing)
        let codes: [WriteOperation.Code] = [
            .shortLiteral, .jsonIdentifier, .shortLiteral, .jsonPayload, .shortLiteral, .close,
        ]
        guard let opening = operations.first, opening.code == .openAfter || opening.code == .openFrame,
            operations.dropFirst().map(\.code) == codes
        else { return }
        let closing = operations[6]
        (width, isLittleEndian) = (closing.width, closing.isLittleEndian)
        (minimum, maximum) = (closing.minimum, closing.maximum)
        (head, middle, tail) = (operations[1].literal, operations[3].literal, operations[5].literal)
        plus = closing.plus + head.count + middle.count + tail.count
        if opening.code == .openFrame { plus += Int(width) }
    }
}

extension DescriptorProgram {
    /// Appends a ``JSONAnswer`` whose payload is one JSON value, without walking over operations.
    ///
    /// - Throws: ``FramingError/notEncodable(bytes:limit:)``; `output` is then as it was.
    @inline(__always)
    func writeJSONAnswer(
        _ identifier: PackedDigits, _ payload: Span<UInt8>, into output: inout ByteBuffer
    ) throws(FramingError) {
        let value = jsonAnswer.plus &+ identifier.count &+ payload.count
        guard value >= 0, UInt64(value) >= jsonAnswer.minimum, UInt64(value) <= jsonAnswer.maximum else {
            throw .notEncodable(bytes: value, limit: Int(clamping: jsonAnswer.maximum))
        }
        output.append(UInt64(value), width: jsonAnswer.width, isLittleEndian: jsonAnswer.isLittleEndian)
        jsonAnswer.head.append(to: &output)
        identifier.append(to: &output)
        jsonAnswer.middle.append(to: &output)
        output.append(payload)
        jsonAnswer.tail.append(to: &output)
    }
}
