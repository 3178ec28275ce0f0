import GateBytes
import GateJSON
import GateProtocol

/// What lies at the start of the input.
enum FrameReading {
    /// No whole frame; `needed` bytes from the frame's start must be there before another look makes sense.
    case incomplete(needed: Int)
    /// A frame that says it is empty, up to `end`, where the descriptor has a rule for such.
    case empty(end: Int)
    /// A frame up to `end`; its values are set.
    case frame(end: Int)
}

/// How far a search got in a frame that is not whole yet, so that no byte is looked at twice.
struct ReadProgress {
    /// The operation that searches, -1 for none.
    var operation = -1
    /// Bytes from the frame's start that are done with.
    var scanned = 0
    /// Units counted in them.
    var units = 0
}

extension DescriptorProgram {
    /// Reads the frame at `start`. Limits are checked as soon as a length is known, before its bytes are there.
    func read(
        _ input: Span<UInt8>, at start: Int, values: inout FrameValues, progress: inout ReadProgress,
        scratch: inout ByteBuffer
    ) throws(FramingError) -> FrameReading {
        var trace = NoFrameTrace()
        return try read(input, at: start, values: &values, progress: &progress, scratch: &scratch, trace: &trace)
    }

    /// Does the same and tells `trace` of each operation, see ``FrameTrace``.
    func read(
        _ input: Span<UInt8>, at start: Int, values: inout FrameValues, scratch: inout ByteBuffer,
        trace: inout some FrameTrace
    ) throws(FramingError) -> FrameReading {
        var progress = ReadProgress()
        return try read(input, at: start, values: &values, progress: &progress, scratch: &scratch, trace: &trace)
    }

    private func read(
        _ input: Span<UInt8>, at start: Int, values: inout FrameValues, progress: inout ReadProgress,
        scratch: inout ByteBuffer, trace: inout some FrameTrace
    ) throws(FramingError) -> FrameReading {
        values.removeAll()
        return try read(
            input, at: start, from: 0, start, -1, values: &values, progress: &progress, scratch: &scratch,
            trace: &trace)
    }

    /// Reads the frame at `start` from the operation `first` on, whose bytes begin at `offset`.
    ///
    /// `end` is -1 until a field with `counts` was read; from then on all bytes up to it are there.
    func read(
        _ input: Span<UInt8>, at start: Int, from first: Int, _ offset: Int, _ end: Int, values: inout FrameValues,
        progress: inout ReadProgress, scratch: inout ByteBuffer, trace: inout some FrameTrace
    ) throws(FramingError) -> FrameReading {
        var offset = offset
        var end = end
        // The last integer, for the bits of it.
        var last: UInt64 = 0
        for index in first..<reading.count {
            let operation = reading[index]
            if operation.firstTest != operation.testsEnd, !holds(operation, values) { continue }
            trace.begin(index, at: offset)
            var next = offset
            var length: UInt64 = 0
            switch operation.code {
            case .unsigned:
                next += Int(operation.width)
                guard operation.isPlain else { break }
                // Most fields: a number that is only kept, or not even that.
                if let missing = try missing(until: next, start, end, input) { return missing }
                last = Self.unsigned(input, at: offset, operation)
                if operation.slot != ReadOperation.noSlot { values.set(operation.slot, number: last) }
                offset = next
                trace.end(at: offset)
                continue
            case .rest where operation.isPlain:
                next = end - operation.count
                guard next >= offset else { throw .truncatedField }
                if operation.slot != ReadOperation.noSlot {
                    values.set(operation.slot, range: ByteRange(offset..<next))
                }
                offset = next
                trace.end(at: offset)
                continue
            case .inflate:
                guard isPacked(input, offset, end, operation) else {
                    trace.end(at: offset)
                    continue
                }
                try readInflated(input, start, offset, end, index, operation, values: &values, scratch: &scratch)
                trace.end(at: end)
                return .frame(end: end)
            case .constant: next += operation.range.offsets.count
            case .fixed: next += operation.count
            case .bits:
                let value = last >> UInt64(operation.count) & (1 << UInt64(operation.width) - 1)
                try check(value, operation)
                if operation.slot != ReadOperation.noSlot { values.set(operation.slot, number: value) }
                trace.end(at: offset)
                continue
            case .varint:
                guard let found = try varint(input, at: offset, end, operation) else {
                    return try missing(until: input.count + 1, start, end, input) ?? .incomplete(needed: 0)
                }
                (length, next) = (found.value, found.next)
            case .decimal:
                guard let found = try decimal(input, at: offset, end, operation) else {
                    return try missing(until: input.count + 1, start, end, input) ?? .incomplete(needed: 0)
                }
                (length, next) = (found.value, found.next)
            case .prefixed:
                let head = offset + Int(operation.width)
                if let missing = try missing(until: head, start, end, input) { return missing }
                let length = Self.unsigned(input, at: offset, operation)
                try check(length, operation)
                offset = head
                next = try advance(offset, by: length, start, end)
            case .counted:
                let length = values.number(operation.lengthSlot)
                try check(length, operation)
                next = try advance(offset, by: length, start, end)
            case .rest:
                next = end - operation.count
                guard next >= offset else { throw .truncatedField }
                try check(UInt64(next - offset), operation)
            case .until:
                guard let found = try search(input, offset, start, end, index, operation, &progress) else {
                    return .incomplete(needed: input.count - start + 1)
                }
                next = found
            case .pairs:
                guard let found = try pairsEnd(input, offset, start, end, index, operation, &progress) else {
                    return .incomplete(needed: input.count - start + 1)
                }
                next = found
            }
            if let missing = try missing(until: next, start, end, input) { return missing }
            switch operation.code {
            case .unsigned, .varint, .decimal:
                var value = length
                if case .unsigned = operation.code { value = Self.unsigned(input, at: offset, operation) }
                if case .none = operation.counts {
                    try check(value, operation)
                } else {
                    if operation.escapeWidth > 0, value == 1 << (8 * UInt64(operation.width)) - 1 {
                        let wide = next + Int(operation.escapeWidth)
                        if let missing = try missing(until: wide, start, end, input) { return missing }
                        var longer = operation
                        longer.width = operation.escapeWidth
                        value = Self.unsigned(input, at: next, longer)
                        next = wide
                    }
                    if operation.isSigned, value >> (8 * UInt64(operation.width) - 1) == 1 {
                        throw .negativeLength
                    }
                    var bytes = value
                    if operation.countsUnits {
                        guard value <= operation.maximum, value <= UInt64(frameBytesMax) else {
                            throw .frameTooLarge(bytes: Int(clamping: value), limit: frameBytesMax)
                        }
                        switch Self.units(input, from: next, start, Int(value), index, &progress) {
                        case .bytes(let count): bytes = UInt64(count)
                        case .missing(let count): return .incomplete(needed: count)
                        case .torn: throw .invalidText
                        }
                    }
                    let found = try frameEnd(bytes, operation, start: start, next: next)
                    guard end < 0 || found == end else { throw .invalidValue(Int(clamping: value)) }
                    end = found
                    if end == next, skipsEmptyFrames {
                        if case .close = emptyFrame { throw .frameTooSmall(bytes: 0, minimum: 1) }
                        return .empty(end: end)
                    }
                    guard value >= operation.minimum else {
                        throw .frameTooSmall(bytes: Int(clamping: value), minimum: Int(clamping: operation.minimum))
                    }
                    if end > input.count {
                        trace.end(at: next)
                        return .incomplete(needed: end - start)
                    }
                }
                last = value
                if operation.slot != ReadOperation.noSlot { values.set(operation.slot, number: value) }
            case .constant: try checkConstant(input, at: offset, operation)
            case .bits, .inflate: break
            case .until:
                let body = offset..<next - operation.end.offsets.count
                try check(UInt64(body.count), operation)
                try take(input, body, operation, values: &values, scratch: &scratch)
            case .pairs: try readPairs(input, offset..<next, operation, values: &values, scratch: &scratch)
            case .fixed, .prefixed, .counted, .rest:
                try take(input, offset..<next, operation, values: &values, scratch: &scratch)
            }
            offset = next
            trace.end(at: offset)
        }
        if end >= 0 && offset != end { throw .trailingBytes(end - offset) }
        return .frame(end: offset)
    }

    /// Whether what a field asks of earlier ones holds.
    @inline(__always)
    private func holds(_ operation: ReadOperation, _ values: borrowing FrameValues) -> Bool {
        for place in Int(operation.firstTest)..<Int(operation.testsEnd) where !holds(tests[place], values) {
            return false
        }
        return true
    }

    @inline(__always)
    func holds(_ test: ValueTest, _ values: borrowing FrameValues) -> Bool {
        guard values.has(test.slot) else { return false }
        let value = values.number(test.slot)
        for index in test.range.offsets where numbers[index] == value { return true }
        return false
    }

    private var skipsEmptyFrames: Bool { if case .deliver = emptyFrame { false } else { true } }

    /// What is missing when the bytes up to `next` are not all there, or not all inside the frame.
    @inline(__always)
    private func missing(
        until next: Int, _ start: Int, _ end: Int, _ input: Span<UInt8>
    ) throws(FramingError) -> FrameReading? {
        if end >= 0 {
            if next > end { throw .truncatedField }
            return nil
        }
        // Before looking whether the bytes are there: a frame above the limit is refused in whatever pieces it comes.
        if next - start > frameBytesMax { throw .frameTooLarge(bytes: next - start, limit: frameBytesMax) }
        if next <= input.count { return nil }
        return .incomplete(needed: next - start)
    }

    /// The offset `length` bytes further, refused when it lies behind the frame or its limit.
    private func advance(_ offset: Int, by length: UInt64, _ start: Int, _ end: Int) throws(FramingError) -> Int {
        if end >= 0 {
            guard length <= UInt64(end - offset) else { throw .truncatedField }
        } else {
            guard length <= UInt64(frameBytesMax), offset - start + Int(length) <= frameBytesMax else {
                throw .frameTooLarge(bytes: Int(clamping: length), limit: frameBytesMax)
            }
        }
        return offset + Int(length)
    }

    /// Where the frame ends when its length is `value`.
    @inline(__always)
    private func frameEnd(
        _ value: UInt64, _ operation: ReadOperation, start: Int, next: Int
    ) throws(FramingError) -> Int {
        guard value <= operation.maximum else {
            throw .frameTooLarge(
                bytes: Int(clamping: value), limit: min(frameBytesMax, Int(clamping: operation.maximum)))
        }
        let counted = Int(clamping: value) - operation.plus
        var base = next
        if case .frame = operation.counts { base = start }
        // `maximum` is at most 2^62 and `plus` has 32 bits; compared with the limit before it is added to an offset.
        guard counted <= frameBytesMax else { throw .frameTooLarge(bytes: counted, limit: frameBytesMax) }
        let end = base + counted
        guard end >= next else {
            throw .frameTooSmall(bytes: Int(clamping: value), minimum: Int(clamping: operation.minimum))
        }
        guard end - start <= frameBytesMax else {
            throw .frameTooLarge(bytes: end - start, limit: frameBytesMax)
        }
        return end
    }

    @inline(__always)
    static func unsigned(_ input: Span<UInt8>, at offset: Int, _ operation: ReadOperation) -> UInt64 {
        var value: UInt64 = 0
        var index = 0
        let width = Int(operation.width)
        if operation.isLittleEndian {
            while index < width {
                value |= UInt64(input[offset + index]) << UInt64(8 * index)
                index += 1
            }
        } else {
            while index < width {
                value = value << 8 | UInt64(input[offset + index])
                index += 1
            }
        }
        return value
    }

    /// Checks a number that counts nothing, or counts one field.
    private func check(_ value: UInt64, _ operation: ReadOperation) throws(FramingError) {
        guard value >= operation.minimum && value <= operation.maximum else { throw operation.refusal(of: value) }
        if operation.keepsUnknown { return }
        for index in operation.range.offsets where numbers[index] == value { return }
        throw .unknownKind(Int(clamping: value))
    }

    private func checkConstant(
        _ input: Span<UInt8>, at offset: Int, _ operation: ReadOperation
    ) throws(FramingError) {
        for index in operation.range.offsets {
            let found = input[offset + index - Int(operation.range.low)]
            guard found == pool[index] else { throw operation.refusal(of: UInt64(found)) }
        }
    }

    private func take(
        _ input: Span<UInt8>, _ range: Range<Int>, _ operation: ReadOperation, values: inout FrameValues,
        scratch: inout ByteBuffer
    ) throws(FramingError) {
        switch operation.content {
        case .bytes: break
        case .text: guard isWellFormedUTF8(input.extracting(range)) else { throw .invalidText }
        case .json:
            try readKeys(input, range, values: &values, scratch: &scratch)
            return
        case .singleKey:
            try readSingleKey(input, range, values: &values, scratch: &scratch)
            return
        case .sproto:
            try readSproto(input, range, values: &values, scratch: &scratch)
            return
        case .scutForm:
            try readScutForm(input, range, values: &values, scratch: &scratch)
            return
        }
        if operation.slot != ReadOperation.noSlot { values.set(operation.slot, range: ByteRange(range)) }
    }

    /// The kind of a frame that was read and its column in the table of states; `nil` when it is none of those described.
    func kind(of values: borrowing FrameValues) -> (kind: DescriptorKind, column: UInt8)? {
        if kindTests.isEmpty { return (.request, 0) }
        for index in kindTests.indices {
            let test = kindTests[index]
            guard values.present & test.has == test.has, values.present & test.absent == 0 else { continue }
            var matches = true
            for place in test.tests where !holds(tests[place], values) {
                matches = false
                break
            }
            if matches { return (test.kind, test.column) }
        }
        return nil
    }
}
