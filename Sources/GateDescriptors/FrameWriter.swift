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

extension DescriptorProgram {
    /// Whether frames of this kind can be written.
    func canWrite(_ kind: DescriptorKind) -> Bool { !writingRanges[kind.rawValue].isEmpty }

    /// Appends a frame of `kind`; writes nothing when the protocol has no word for it.
    ///
    /// - Throws: ``FramingError/notEncodable(bytes:limit:)`` when something is too long for its length field; `output` is
    ///   then as it was.
    func write(
        _ kind: DescriptorKind, route: Span<UInt8>, identifier: FrameIdentifier, payload: Span<UInt8>,
        form: PayloadForm, into output: inout ByteBuffer
    ) throws(FramingError) {
        let start = output.count
        var scopes = WriteScopes()
        let pool = self.pool
        for index in writingRanges[kind.rawValue] {
            let operation = writing[index]
            switch operation.code {
            case .literal: output.append(pool.span, range: operation.range.offsets)
            case .length:
                let counted = (operation.countsRoute ? route.count : 0) + (operation.countsPayload ? payload.count : 0)
                try Self.append(counted + operation.plus, operation, from: start, to: &output)
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
            case .route: output.append(route)
            case .payload: output.append(payload)
            case .faultText: output.append(payload)
            case .faultObject, .jsonFaultText, .jsonRoute, .jsonIdentifier, .jsonPayload:
                writeJSON(
                    operation.code, route: route, identifier: identifier, payload: payload, form: form, into: &output)
            case .identifier:
                var value: UInt64 = 0
                if case .number(let number) = identifier { value = number }
                Self.append(value, operation, to: &output)
            }
        }
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
        _ code: WriteOperation.Code, route: Span<UInt8>, identifier: FrameIdentifier, payload: Span<UInt8>,
        form: PayloadForm, into output: inout ByteBuffer
    ) {
        switch code {
        case .faultObject: output.appendFaultObject(payload)
        case .jsonFaultText: output.appendJSONString(payload)
        case .jsonRoute: output.appendJSONString(route)
        case .jsonPayload: output.appendJSON(payload, form: form)
        default:
            switch identifier {
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
