import GateBytes
import GateJSON
import GateProtocol

/// What goes into a frame that is written.
enum FrameIdentifier {
    case none
    case number(UInt64)
    /// Digits as the client wrote them.
    case digits(PackedDigits)
    /// JSON text of a number or a string, as the client wrote it.
    case text([UInt8])
}

/// What a frame is written with besides its route and payload. Lent, never copied: a copy counts references.
struct FrameContent: ~Copyable {
    var identifier = FrameIdentifier.none
    /// The code of the route.
    var code: UInt64 = 0
    var form = PayloadForm.bytes
    /// The code that a handler gave its fault; 0 for none.
    var faultCode: Int32 = 0
    var now = MonotonicTime(nanoseconds: 0)
    /// Values of the frame that is answered, by their place in ``DescriptorProgram/copySources``; empty where nothing is
    /// answered.
    var copies: [CopiedValue] = []

    /// A value of the frame that is answered; one that it did not have is 0 and no bytes.
    func copy(_ place: UInt8) -> CopiedValue { Int(place) < copies.count ? copies[Int(place)] : CopiedValue() }
}

/// A value of the frame that is answered.
struct CopiedValue: Sendable {
    var number: UInt64 = 0
    var bytes: [UInt8] = []
    /// Whether the frame had it.
    var isThere = false
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
        // Sound: the operations live as long as the program, and nobody changes them.
        try unsafe writing.withUnsafeBufferPointer { operations throws(FramingError) in
            try unsafe write(operations.span, range, route: route, payload: payload, content, into: &output)
        }
    }

    /// Does so. The operations come as a span, which nothing that is written can change.
    private func write(
        _ writing: Span<WriteOperation>, _ range: Range<Int>, route: Span<UInt8>, payload: Span<UInt8>,
        _ content: borrowing FrameContent, into output: inout ByteBuffer
    ) throws(FramingError) {
        precondition(range.upperBound <= writing.count, "a range lies inside its program")
        let start = output.count
        var scopes = WriteScopes()
        var index = range.lowerBound
        // Fields of an operation are read in place, see ``read(_:at:values:progress:scratch:)``.
        while index < range.upperBound {
            switch writing[index].code {
            case .shortLiteral:
                writing[index].literal.append(to: &output)
            case .literal: appendPooled(writing[index].range, to: &output)
            case .payload, .faultText: output.append(payload)
            case .route: output.append(route)
            case .openAfter, .openFrame, .openField:
                let place = output.count
                var counted = place &+ Int(writing[index].width)
                if case .openFrame = writing[index].code { counted = start }
                scopes.open(writing[index].scope, place: place, counted: counted)
                output.append(0, width: writing[index].width, isLittleEndian: writing[index].isLittleEndian)
            case .mark: scopes.mark(writing[index].scope, at: output.count)
            case .close:
                let scope = writing[index].scope
                let value = output.count - scopes.counted(scope) + writing[index].plus
                try Self.check(value, writing[index].minimum, writing[index].maximum, from: start, &output)
                output.set(
                    scopes.place(scope), to: UInt64(value), width: writing[index].width,
                    isLittleEndian: writing[index].isLittleEndian)
            case .length:
                let value =
                    (writing[index].countsRoute ? route.count : 0)
                    + (writing[index].countsPayload ? payload.count : 0) + writing[index].plus
                try Self.check(value, writing[index].minimum, writing[index].maximum, from: start, &output)
                if writing[index].width == 0 {
                    appendUnsized(value, writing[index].range, to: &output)
                } else {
                    output.append(
                        UInt64(value), width: writing[index].width, isLittleEndian: writing[index].isLittleEndian)
                }
            case .identifierVarint:
                var value: UInt64 = 0
                if case .number(let number) = content.identifier { value = number }
                output.append(varint: value)
            case .jsonIdentifier, .identifierText: Self.append(content.identifier, to: &output)
            case .identifier:
                var value: UInt64 = 0
                if case .number(let number) = content.identifier { value = number }
                output.append(value, width: writing[index].width, isLittleEndian: writing[index].isLittleEndian)
            case .code:
                let (minimum, maximum) = (writing[index].minimum, writing[index].maximum)
                if content.code > maximum || content.code < minimum {
                    output.truncate(to: start)
                    throw .notEncodable(bytes: Int(clamping: content.code), limit: Int(clamping: maximum))
                }
                output.append(content.code, width: writing[index].width, isLittleEndian: writing[index].isLittleEndian)
            case .jsonPayload: output.appendJSON(payload, form: content.form)
            default: try writeRare(index, route, payload, content, start, &scopes, &output)
            }
            index &+= 1
        }
    }

    @inline(never)
    private func appendPooled(_ range: PoolRange, to output: inout ByteBuffer) {
        let pool = self.pool
        output.append(pool.span, range: range.offsets)
    }

    /// The operations that few frames have.
    @inline(never)
    private func writeRare(
        _ index: Int, _ route: Span<UInt8>, _ payload: Span<UInt8>, _ content: borrowing FrameContent, _ start: Int,
        _ scopes: inout WriteScopes, _ output: inout ByteBuffer
    ) throws(FramingError) {
        let operation = writing[index]
        switch operation.code {
        case .closeUnsized:
            let place = scopes.place(operation.scope)
            var value = Self.counted(output, from: place, units: operation.countsUnits) + operation.plus
            if operation.countsFrame { value = withOwnWidth(value + place - start, operation.range) }
            try Self.check(value, operation.minimum, operation.maximum, from: start, &output)
            insert(value, operation.range, at: place, into: &output)
        case .closeEscaped: try closeEscaped(operation, &scopes, from: start, &output)
        case .checkRun: try checkRun(operation, scopes.place(operation.scope), from: start, &output)
        case .openPacked: scopes.open(operation.scope, place: output.count, counted: output.count)
        case .check:
            scopes.move(operation.scope, to: output.count)
            for _ in 0..<operation.width { output.append(UInt8(0)) }
        case .fillCheck: fillCheck(operation, &scopes, &output)
        case .deflate: Self.deflate(operation, from: scopes.place(operation.scope), &output)
        case .nowMilliseconds:
            output.append(content.milliseconds, width: operation.width, isLittleEndian: operation.isLittleEndian)
        case .copiedNumber:
            let value = content.copy(operation.copy).number
            try check(value, operation, from: start, &output)
            output.append(value, width: operation.width, isLittleEndian: operation.isLittleEndian)
        case .copied: try appendCopy(content.copy(operation.copy), operation, from: start, &output)
        case .setBits: try setBits(operation, content, from: start, &output)
        case .nowText: output.appendDecimal(content.milliseconds)
        case .codeText: output.appendDecimal(content.code)
        case .number: try appendNumber(operation, content, start, &output)
        case .pairs: try writePairs(payload, operation, from: start, into: &output)
        case .sproto: writeSproto(payload, content, into: &output)
        case .sprotoFault:
            writeSproto(Sproto.fault(faultObject(payload, content.faultCode)).span, content, into: &output)
        case .faultObject: fault.write(payload, code: content.faultCode, into: &output)
        case .faultCode:
            let value = content.faultCode(of: operation)
            output.append(value, width: operation.width, isLittleEndian: operation.isLittleEndian)
        case .faultCodeText: appendFaultCode(operation, content, to: &output)
        case .jsonFaultText: output.appendJSONString(payload)
        case .jsonRoute: output.appendJSONString(route)
        case .shortLiteral, .literal, .payload, .faultText, .route, .openAfter, .openFrame, .openField, .mark, .close,
            .length, .identifierVarint, .jsonIdentifier, .identifierText, .identifier, .code, .jsonPayload:
            break
        }
    }

    /// Fills in a length, and puts a longer one behind it when it does not say so much: all its bits are set then.
    private func closeEscaped(
        _ operation: WriteOperation, _ scopes: inout WriteScopes, from start: Int, _ output: inout ByteBuffer
    ) throws(FramingError) {
        let place = scopes.place(operation.scope)
        let counted = scopes.counted(operation.scope)
        var value = output.count - counted + operation.plus
        let allBits = operation.width < 8 ? 1 << (8 * Int(operation.width)) - 1 : Int.max
        let isLong = value >= allBits
        // The longer length is part of the frame, but stands in front of what follows it.
        if isLong && counted == start { value += Int(operation.escapeWidth) }
        try Self.check(value, operation.minimum, operation.maximum, from: start, &output)
        guard isLong else {
            output.set(place, to: UInt64(value), width: operation.width, isLittleEndian: operation.isLittleEndian)
            return
        }
        output.set(place, to: UInt64(allBits), width: operation.width, isLittleEndian: operation.isLittleEndian)
        let long = place + Int(operation.width)
        Self.makeRoom(Int(operation.escapeWidth), at: long, in: &output)
        output.set(long, to: UInt64(value), width: operation.escapeWidth, isLittleEndian: operation.isLittleEndian)
        scopes.shift(from: long, by: Int(operation.escapeWidth))
    }

    /// Refuses a run of bytes that is too long or too short for its field, or that a reader would end earlier.
    private func checkRun(
        _ operation: WriteOperation, _ place: Int, from start: Int, _ output: inout ByteBuffer
    ) throws(FramingError) {
        let end = operation.range.offsets
        let count = output.count - place - end.count
        try Self.check(count, operation.minimum, operation.maximum, from: start, &output)
        if end.isEmpty { return }
        let pool = self.pool
        let isWhole = output.withBytes { bytes in
            WriteOperation.isRun(bytes.extracting(place..<place + count), endedBy: pool, end, 0...UInt64.max)
        }
        guard isWhole else {
            output.truncate(to: start)
            throw .notExpressible
        }
    }

    /// Moves what stands from an offset on.
    private static func makeRoom(_ count: Int, at place: Int, in output: inout ByteBuffer) {
        var index = output.count
        for _ in 0..<count { output.append(UInt8(0)) }
        while index > place {
            index -= 1
            output.set(index + count, to: output[index])
        }
    }

    /// Appends an id as it is written in text.
    @inline(__always)
    private static func append(_ identifier: borrowing FrameIdentifier, to output: inout ByteBuffer) {
        switch identifier {
        case .none: output.append("null")
        case .number(let number): output.appendDecimal(number)
        case .digits(let digits): digits.append(to: &output)
        case .text(let text): output.append(text)
        }
    }

    /// Appends a number that has no fixed width.
    private func appendNumber(
        _ operation: WriteOperation, _ content: borrowing FrameContent, _ start: Int, _ output: inout ByteBuffer
    ) throws(FramingError) {
        let value = content.number(operation)
        try check(value, operation, from: start, &output)
        if operation.countsUnits { output.appendDecimal(value) } else { output.append(varint: value) }
    }

    /// Fills in the check of what stands between a mark and its own place.
    private func fillCheck(_ operation: WriteOperation, _ scopes: inout WriteScopes, _ output: inout ByteBuffer) {
        let place = scopes.place(operation.scope)
        let covered = scopes.counted(operation.scope)..<place
        let bytes = output.withBytes { bytes in
            operation.checksum.bytes(
                over: bytes.extracting(covered), key: checkKey, isLittleEndian: operation.isLittleEndian)
        }
        for (index, byte) in bytes.enumerated() { output.set(place + index, to: byte) }
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

    /// Appends a length without a fixed width: decimal digits in front of their terminator, or seven bits a byte without one.
    @inline(never)
    private func appendUnsized(_ value: Int, _ terminator: PoolRange, to output: inout ByteBuffer) {
        if terminator.offsets.isEmpty {
            output.append(varint: UInt64(value))
        } else {
            output.appendDecimal(UInt64(value))
            appendPooled(terminator, to: &output)
        }
    }

    /// A length that counts its own bytes, too: with each of them it may become one longer.
    private func withOwnWidth(_ value: Int, _ terminator: PoolRange) -> Int {
        var width = 1
        while true {
            var head = ByteBuffer()
            appendUnsized(max(0, value + width), terminator, to: &head)
            if head.count <= width { return value + width }
            width += 1
        }
    }

    /// Puts a length without a fixed width in front of what it counts.
    private func insert(_ value: Int, _ terminator: PoolRange, at place: Int, into output: inout ByteBuffer) {
        let end = output.count
        appendUnsized(value, terminator, to: &output)
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
        let low = output.count
        var scanner = JSONScanner(limits: .handedOn)
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
                try append(pair: key, text, operation, from: start, to: &output)
            }
            return
        } catch let error as FramingError {
            throw error
        } catch {
            output.truncate(to: low)
        }
        try append(
            pair: Array("result".utf8), [UInt8](copying: payload), operation, from: start, to: &output)
    }

    /// Whether a key is one of the protocol's own.
    private func isReserved(_ key: [UInt8], _ names: PoolRange) -> Bool {
        var place = Int(names.low)
        while place < Int(names.high) {
            let name = place + 2..<place + 2 + (Int(pool[place]) << 8 | Int(pool[place + 1]))
            if pool[name].elementsEqual(key) { return true }
            place = name.upperBound
        }
        return false
    }

    private func append(
        pair key: [UInt8], _ text: [UInt8], _ operation: WriteOperation, from start: Int, to output: inout ByteBuffer
    ) throws(FramingError) {
        guard !isReserved(key, operation.range) else {
            output.truncate(to: start)
            throw .notExpressible
        }
        guard UInt64(key.count) <= operation.maximum, text.count < 1 << (8 * Int(operation.scope)) else {
            output.truncate(to: start)
            throw .notEncodable(bytes: max(key.count, text.count), limit: 1 << (8 * Int(operation.scope)) - 1)
        }
        output.append(UInt64(key.count), width: operation.width, isLittleEndian: operation.isLittleEndian)
        output.append(key)
        output.append(UInt64(text.count), width: operation.scope, isLittleEndian: operation.isLittleEndian)
        output.append(text)
    }

    /// Refuses a length that its field does not hold, and takes back what was written of the frame.
    @inline(__always)
    private static func check(
        _ value: Int, _ minimum: UInt64, _ maximum: UInt64, from start: Int, _ output: inout ByteBuffer
    ) throws(FramingError) {
        guard value >= 0, UInt64(value) >= minimum, UInt64(value) <= maximum else {
            output.truncate(to: start)
            throw .notEncodable(bytes: value, limit: Int(clamping: maximum))
        }
    }

    /// The object that says a fault where there is no other place for it.
    private func faultObject(_ text: Span<UInt8>, _ code: Int32) -> [UInt8] {
        var object = ByteBuffer()
        fault.write(text, code: code, into: &object)
        return object.array()
    }
}
