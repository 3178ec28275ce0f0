import GateBytes
import GateProtocol

/// An envelope around a payload: numbered fields, each a number of seven bits a byte or a run of bytes.
///
/// cellnet's RPC, with the wire types 1 and 2:
///
/// ```
/// 01 c1 24    | 0a 09 03 00 72 70 63 05 00 00 00 | 11 01
/// 0: code     | 1: payload, nine bytes           | 2: id
/// key = index << 3 | wire type
/// ```
///
/// A field that is zero or empty is left out. Fields with other numbers are passed over. Where each payload is in an
/// envelope, pushes and kicks are too: with the id 0, a kick without a code.
struct Envelope: Sendable {
    /// The code that says that the payload is an envelope; `nil` when each is.
    var code: UInt64?
    /// The code of the answer's frame.
    var answerCode: UInt64 = 0
    /// The wire type of numbers.
    var numberType: UInt64 = 0
    /// The wire type of bytes.
    var bytesType: UInt64 = 2
    /// The indices of what is in it.
    var codeIndex: UInt64 = 0
    var payloadIndex: UInt64 = 1
    var identifierIndex: UInt64 = 2

    /// Bytes of a number, at most.
    private static let numberBytesMax = 10

    /// Takes the payload of a frame out of its envelope, where it is in one.
    func read(_ input: Span<UInt8>, values: inout FrameValues) throws(FramingError) {
        if let code, !values.has(FrameValues.code) || values.number(FrameValues.code) != code { return }
        let body = values.range(FrameValues.payload).offsets
        var (inner, identifier): (UInt64, UInt64) = (0, 0)
        var payload = body.upperBound..<body.upperBound
        var seen: UInt64 = 0
        var offset = body.lowerBound
        while offset < body.upperBound {
            let start = offset
            let key = try Self.number(input, &offset, body.upperBound)
            let index = key >> 3
            if index < 64 {
                guard seen & (1 << index) == 0 else { throw .duplicateKey }
                seen |= 1 << index
            }
            switch key & 7 {
            case numberType:
                let value = try Self.number(input, &offset, body.upperBound)
                if index == codeIndex { inner = value }
                if index == identifierIndex { identifier = value }
                if index == payloadIndex { throw .malformedBody(offset: start - body.lowerBound) }
            case bytesType:
                let count = try Self.number(input, &offset, body.upperBound)
                guard count <= UInt64(body.upperBound - offset) else { throw .truncatedField }
                if index == payloadIndex { payload = offset..<offset + Int(count) }
                if index == codeIndex || index == identifierIndex {
                    throw .malformedBody(offset: start - body.lowerBound)
                }
                offset += Int(count)
            default: throw .malformedBody(offset: start - body.lowerBound)
            }
        }
        values.set(FrameValues.code, number: inner)
        values.set(FrameValues.identifier, number: identifier)
        values.set(FrameValues.payload, range: ByteRange(payload))
    }

    /// Appends an envelope.
    func write(code: UInt64, identifier: UInt64, payload: Span<UInt8>, into output: inout ByteBuffer) {
        // In the order of their indices, as those who made it do.
        for index in [codeIndex, payloadIndex, identifierIndex].sorted() {
            if index == payloadIndex {
                if payload.isEmpty { continue }
                output.append(varint: index << 3 | bytesType)
                output.append(varint: UInt64(payload.count))
                output.append(payload)
            } else {
                let value = index == codeIndex ? code : identifier
                if value == 0 { continue }
                output.append(varint: index << 3 | numberType)
                output.append(varint: value)
            }
        }
    }

    private static func number(
        _ input: Span<UInt8>, _ offset: inout Int, _ end: Int
    ) throws(FramingError) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<numberBytesMax {
            guard offset < end else { throw .truncatedField }
            let byte = input[offset]
            offset += 1
            // The tenth byte has one bit left.
            if index == numberBytesMax - 1 && byte > 1 { throw .varintTooLong(bytesMax: numberBytesMax) }
            value |= UInt64(byte & 0x7F) << UInt64(7 * index)
            if byte & 0x80 == 0 { return value }
        }
        throw .varintTooLong(bytesMax: numberBytesMax)
    }
}
