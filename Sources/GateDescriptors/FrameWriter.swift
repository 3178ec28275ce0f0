import GateBytes
import GateJSON
import GateProtocol

/// What goes into a frame that is written.
enum FrameIdentifier {
    case none
    case number(UInt64)
    /// JSON text of a number or a string, as the client wrote it.
    case text([UInt8])
}

/// What a frame is written with besides its route and payload.
struct FrameContent {
    var identifier = FrameIdentifier.none
    /// The code of the route.
    var code: UInt64 = 0
    var form = PayloadForm.bytes
    var now = MonotonicTime(nanoseconds: 0)
    /// Values of the frame that is answered, in the order in which they are written.
    var copies: [CopiedValue] = []
}

/// A value of the frame that is answered.
struct CopiedValue {
    var number: UInt64
    var bytes: [UInt8]
}

extension DescriptorProgram {
    /// Whether frames of this kind can be written.
    func canWrite(_ kind: DescriptorKind) -> Bool { !writingRanges[kind.rawValue].isEmpty }

    /// Appends a frame by the operations `range`.
    ///
    /// - Throws: ``FramingError/notEncodable(bytes:limit:)`` when something is too long for its length field; `output` is
    ///   then as it was.
    func write(
        _ range: Range<Int>, route: Span<UInt8>, payload: Span<UInt8>, _ content: borrowing FrameContent,
        into output: inout ByteBuffer
    ) throws(FramingError) {
        let start = output.count
        var scopes = WriteScopes()
        var copied = 0
        let pool = self.pool
        for index in range {
            let operation = writing[index]
            switch operation.code {
            case .literal: output.append(pool.span, range: operation.range.offsets)
            case .length:
                let counted = (operation.countsRoute ? route.count : 0) + (operation.countsPayload ? payload.count : 0)
                try Self.append(counted + operation.plus, operation, from: start, to: &output)
                if operation.width == 0 { output.append(pool.span, range: operation.range.offsets) }
            case .openAfter, .openFrame, .openField:
                let place = output.count
                var counted = place + Int(operation.width)
                if case .openFrame = operation.code { counted = start }
                scopes.open(operation.scope, place: place, counted: counted)
                Self.append(UInt64(0), operation, to: &output)
            case .mark: scopes.mark(operation.scope, at: output.count)
            case .close:
                let value = output.count - scopes.counted(operation.scope) + operation.plus
                try Self.check(value, operation, from: start, &output)
                Self.put(UInt64(value), at: scopes.place(operation.scope), operation, into: &output)
            case .closeDecimal:
                let place = scopes.place(operation.scope)
                let value = Self.counted(output, from: place, units: operation.countsUnits) + operation.plus
                try Self.check(value, operation, from: start, &output)
                insert(value, operation.range, at: place, into: &output)
            case .openPacked: scopes.open(operation.scope, place: output.count, counted: output.count)
            case .deflate: Self.deflate(operation, from: scopes.place(operation.scope), &output)
            case .route: output.append(route)
            case .payload: output.append(payload)
            case .faultText: output.append(payload)
            case .identifier, .code, .nowMilliseconds, .copiedNumber:
                var value = content.code
                if case .identifier = operation.code {
                    value = 0
                    if case .number(let number) = content.identifier { value = number }
                } else if case .nowMilliseconds = operation.code {
                    value = UInt64(content.now.nanoseconds / 1_000_000)
                } else if case .copiedNumber = operation.code {
                    value = content.copies[copied].number
                    copied += 1
                } else if value > operation.maximum {
                    output.truncate(to: start)
                    throw .notEncodable(bytes: Int(clamping: value), limit: Int(clamping: operation.maximum))
                }
                Self.append(value, operation, to: &output)
            case .identifierVarint:
                guard case .number(var rest) = content.identifier else { continue }
                while rest > 0x7F {
                    output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
                    rest >>= 7
                }
                output.append(UInt8(truncatingIfNeeded: rest))
            case .copied:
                output.append(content.copies[copied].bytes)
                copied += 1
            case .nowText: output.appendDecimal(UInt64(content.now.nanoseconds / 1_000_000))
            case .codeText: output.appendDecimal(content.code)
            case .pairs: try writePairs(payload, operation, from: start, into: &output)
            case .sproto: writeSproto(payload, content, into: &output)
            case .faultObject, .jsonFaultText, .jsonRoute, .jsonIdentifier, .identifierText, .jsonPayload:
                writeJSON(operation.code, route: route, payload: payload, content, into: &output)
            }
        }
    }

    /// Compresses what was written from an offset on, when it is long enough and gets shorter.
    private static func deflate(_ operation: WriteOperation, from place: Int, _ output: inout ByteBuffer) {
        guard UInt64(output.count - place) > operation.maximum else { return }
        let end = output.count
        let deflated = output.withBytes { bytes in
            Compression.deflate(bytes.extracting(place..<end), operation.method)
        }
        guard let deflated else { return }
        output.truncate(to: place)
        output.append(deflated)
    }

    /// How many bytes or UTF-16 units of UTF-8 text there are behind an offset.
    private static func counted(_ output: borrowing ByteBuffer, from place: Int, units: Bool) -> Int {
        guard units else { return output.count - place }
        var count = 0
        for index in place..<output.count {
            let byte = output[index]
            // A continuation byte counts nothing, a first byte of four counts two.
            if byte & 0xC0 != 0x80 { count += byte >= 0xF0 ? 2 : 1 }
        }
        return count
    }

    /// Puts a length in decimal digits and its terminator in front of what it counts.
    private func insert(_ value: Int, _ terminator: PoolRange, at place: Int, into output: inout ByteBuffer) {
        let end = output.count
        output.appendDecimal(UInt64(value))
        let pool = self.pool
        output.append(pool.span, range: terminator.offsets)
        var head: [UInt8] = []
        for index in end..<output.count { head.append(output[index]) }
        var index = end
        while index > place {
            index -= 1
            output.set(index + head.count, to: output[index])
        }
        for (index, byte) in head.enumerated() { output.set(place + index, to: byte) }
    }

    /// Writes a JSON object as keys and values; anything else under the key `result`.
    private func writePairs(
        _ payload: Span<UInt8>, _ operation: WriteOperation, from start: Int, into output: inout ByteBuffer
    ) throws(FramingError) {
        if payload.isEmpty { return }
        var value = operation
        value.width = operation.scope
        let low = output.count
        var scanner = JSONScanner()
        do {
            while let member = try scanner.next(in: payload) {
                var key: [UInt8] = []
                try JSON.appendString(member.keyRange, of: payload, to: &key)
                var text: [UInt8] = []
                if let string = member.stringRange {
                    try JSON.appendString(string, of: payload, to: &text)
                } else {
                    text = [UInt8](copying: payload, range: member.valueRange)
                }
                if key.isEmpty { continue }
                try Self.append(pair: key, text, operation, value, from: start, to: &output)
            }
            return
        } catch let error as FramingError {
            throw error
        } catch {
            output.truncate(to: low)
        }
        try Self.append(
            pair: Array("result".utf8), [UInt8](copying: payload), operation, value, from: start, to: &output)
    }

    private static func append(
        pair key: [UInt8], _ text: [UInt8], _ operation: WriteOperation, _ value: WriteOperation, from start: Int,
        to output: inout ByteBuffer
    ) throws(FramingError) {
        guard UInt64(key.count) <= operation.maximum, text.count < 1 << (8 * Int(value.width)) else {
            output.truncate(to: start)
            throw .notEncodable(bytes: max(key.count, text.count), limit: 1 << (8 * Int(value.width)) - 1)
        }
        append(UInt64(key.count), operation, to: &output)
        output.append(key)
        append(UInt64(text.count), value, to: &output)
        output.append(text)
    }

    /// Appends a length that is known beforehand.
    @inline(__always)
    private static func append(
        _ value: Int, _ operation: WriteOperation, from start: Int, to output: inout ByteBuffer
    ) throws(FramingError) {
        try check(value, operation, from: start, &output)
        append(UInt64(value), operation, to: &output)
    }

    /// Refuses a length that its field does not hold, and takes back what was written of the frame.
    @inline(__always)
    private static func check(
        _ value: Int, _ operation: WriteOperation, from start: Int, _ output: inout ByteBuffer
    ) throws(FramingError) {
        guard value >= 0, UInt64(value) >= operation.minimum, UInt64(value) <= operation.maximum else {
            output.truncate(to: start)
            throw .notEncodable(bytes: value, limit: Int(clamping: operation.maximum))
        }
    }

    /// Appends an integer of the operation's width and order.
    @inline(__always)
    private static func append(_ value: UInt64, _ operation: WriteOperation, to output: inout ByteBuffer) {
        switch (operation.width, operation.isLittleEndian) {
        case (0, _): if case .length = operation.code { output.appendDecimal(value) }
        case (4, false): output.append(bigEndian: UInt32(truncatingIfNeeded: value))
        case (2, false): output.append(bigEndian: UInt16(truncatingIfNeeded: value))
        case (let width, let isLittleEndian):
            for index in 0..<UInt64(width) {
                let place = isLittleEndian ? index : UInt64(width) - 1 - index
                output.append(UInt8(truncatingIfNeeded: value >> (8 * place)))
            }
        }
    }

    private func writeJSON(
        _ code: WriteOperation.Code, route: Span<UInt8>, payload: Span<UInt8>, _ content: borrowing FrameContent,
        into output: inout ByteBuffer
    ) {
        switch code {
        case .faultObject:
            output.append(fault.before)
            output.appendJSONString(payload)
            output.append(fault.after)
        case .jsonFaultText: output.appendJSONString(payload)
        case .jsonRoute: output.appendJSONString(route)
        case .jsonPayload: output.appendJSON(payload, form: content.form)
        default:
            switch content.identifier {
            case .none: output.append("null")
            case .number(let number): output.appendDecimal(number)
            case .text(let text): output.append(text)
            }
        }
    }

    @inline(__always)
    private static func put(
        _ value: UInt64, at place: Int, _ operation: WriteOperation, into output: inout ByteBuffer
    ) {
        let width = Int(operation.width)
        var index = 0
        while index < width {
            let shift = UInt64(8 * (operation.isLittleEndian ? index : width - 1 - index))
            output.set(place + index, to: UInt8(truncatingIfNeeded: value >> shift))
            index += 1
        }
    }
}

/// Lengths whose value is not known yet, by scope.
private struct WriteScopes: ~Copyable {
    private var places: InlineArray<8, (place: Int, counted: Int)> = InlineArray(repeating: (0, 0))

    func place(_ scope: UInt8) -> Int { places[Int(scope & 7)].place }
    func counted(_ scope: UInt8) -> Int { places[Int(scope & 7)].counted }
    mutating func open(_ scope: UInt8, place: Int, counted: Int) { places[Int(scope & 7)] = (place, counted) }
    mutating func mark(_ scope: UInt8, at offset: Int) { places[Int(scope & 7)].counted = offset }
}
