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
    /// Bytes from the frame's start up to which units are counted in this round.
    var target = 0
}

extension DescriptorProgram {
    /// Reads the frame at `start`. Limits are checked as soon as a length is known, before its bytes are there.
    func read(
        _ input: Span<UInt8>, at start: Int, values: inout FrameValues, progress: inout ReadProgress,
        scratch: inout ByteBuffer
    ) throws(FramingError) -> FrameReading {
        if isLengthAndRest {
            return try readLengthAndRest(input, at: start, values: &values, progress: &progress, scratch: &scratch)
        }
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

    /// Reads a frame of a length and what it counts, as most are: by the same operations, without walking over them.
    private func readLengthAndRest(
        _ input: Span<UInt8>, at start: Int, values: inout FrameValues, progress: inout ReadProgress,
        scratch: inout ByteBuffer
    ) throws(FramingError) -> FrameReading {
        values.removeAll()
        let width = Int(reading[0].width)
        if let missing = try missing(until: start &+ width, start, -1, input) { return missing }
        var value = Self.unsigned(input, at: start, width: width, reading[0].isLittleEndian)
        switch try count(&value, 0, start, start &+ width, -1, input, &progress) {
        case .end(let end, let body):
            if reading[0].slot != ReadOperation.noSlot { values.set(reading[0].slot, number: value) }
            try takeRest(input, body..<end, 1, values: &values, scratch: &scratch)
            if hasEnvelope { try envelope?.read(input, values: &values) }
            return .frame(end: end)
        case .empty(let end): return .empty(end: end)
        case .incomplete(let needed, _): return .incomplete(needed: needed)
        }
    }

    /// Reads the frame at `start` from the operation `first` on, whose bytes begin at `offset`.
    ///
    /// `end` is -1 until a field with `counts` was read; from then on all bytes up to it are there. Fields of an operation
    /// are read in place: to copy the whole of it for each frame costs as much as the rest.
    func read(
        _ input: Span<UInt8>, at start: Int, from first: Int, _ offset: Int, _ end: Int, values: inout FrameValues,
        progress: inout ReadProgress, scratch: inout ByteBuffer, trace: inout some FrameTrace
    ) throws(FramingError) -> FrameReading {
        var offset = offset
        var end = end
        // The last integer, for the bits of it.
        var last: UInt64 = 0
        // How many tests of the operation before held, one after the other.
        var held = 0
        for index in first..<reading.count {
            let testCount = Int(reading[index].testsEnd &- reading[index].firstTest)
            if testCount > 0 {
                let shared = index == first ? 0 : Int(reading[index].sharedTests)
                if held < shared { continue }
                held = shared
                while held < testCount, holds(tests[Int(reading[index].firstTest) &+ held], &values) { held &+= 1 }
                if held < testCount { continue }
            } else {
                held = 0
            }
            trace.begin(index, at: offset)
            switch reading[index].code {
            case .unsigned:
                let next = offset &+ Int(reading[index].width)
                if let missing = try missing(until: next, start, end, input) { return missing }
                last = Self.unsigned(
                    input, at: offset, width: Int(reading[index].width), reading[index].isLittleEndian)
                offset = next
                if !reading[index].isPlain {
                    if case .none = reading[index].counts {
                        try check(last, index)
                    } else {
                        let counted = try count(&last, index, start, offset, end, input, &progress)
                        switch counted {
                        case .end(let found, let next): (end, offset) = (found, next)
                        case .empty(let end): return .empty(end: end)
                        case .incomplete(let needed, let seen):
                            trace.end(at: seen)
                            return .incomplete(needed: needed)
                        }
                    }
                }
                if reading[index].slot != ReadOperation.noSlot { values.set(reading[index].slot, number: last) }
            case .mark: values.set(reading[index].slot, number: UInt64(offset - start))
            case .check:
                let next = offset &+ Int(reading[index].width)
                if let missing = try missing(until: next, start, end, input) { return missing }
                try verify(input, start, offset, index, &values)
                offset = next
            case .bits:
                let mask: UInt64 = 1 << UInt64(reading[index].width) &- 1
                let value = last >> UInt64(reading[index].count) & mask
                try check(value, index)
                if reading[index].slot != ReadOperation.noSlot { values.set(reading[index].slot, number: value) }
            case .varint, .decimal:
                let found: (value: UInt64, next: Int)?
                if case .varint = reading[index].code {
                    found = try varint(input, at: offset, end, bytesMax: reading[index].count)
                } else {
                    found = try decimal(input, at: offset, end, index)
                }
                guard let found else {
                    return try missing(until: input.count + 1, start, end, input) ?? .incomplete(needed: 0)
                }
                if let missing = try missing(until: found.next, start, end, input) { return missing }
                last = found.value
                offset = found.next
                if case .none = reading[index].counts {
                    try check(last, index)
                } else {
                    switch try count(&last, index, start, offset, end, input, &progress) {
                    case .end(let found, let next): (end, offset) = (found, next)
                    case .empty(let end): return .empty(end: end)
                    case .incomplete(let needed, let seen):
                        trace.end(at: seen)
                        return .incomplete(needed: needed)
                    }
                }
                if reading[index].slot != ReadOperation.noSlot { values.set(reading[index].slot, number: last) }
            case .rest:
                let next = end &- reading[index].count
                guard next >= offset else { throw .truncatedField }
                try takeRest(input, offset..<next, index, values: &values, scratch: &scratch)
                offset = next
            case .prefixed, .counted, .fixed:
                let next: Int
                switch reading[index].code {
                case .prefixed:
                    let head = offset &+ Int(reading[index].width)
                    if let missing = try missing(until: head, start, end, input) { return missing }
                    let length = Self.unsigned(
                        input, at: offset, width: Int(reading[index].width), reading[index].isLittleEndian)
                    try check(length, index)
                    offset = head
                    next = try advance(offset, by: length, start, end)
                case .counted:
                    // A length that is not there counts nothing.
                    let slot = reading[index].lengthSlot
                    let length = values.has(slot) ? values.number(slot) : 0
                    try check(length, index)
                    next = try advance(offset, by: length, start, end)
                default: next = offset &+ reading[index].count
                }
                if let missing = try missing(until: next, start, end, input) { return missing }
                try take(input, offset..<next, index, values: &values, scratch: &scratch)
                offset = next
            case .constant:
                let next = offset &+ reading[index].range.offsets.count
                if let missing = try missing(until: next, start, end, input) { return missing }
                try checkConstant(input, at: offset, index)
                offset = next
            case .inflate:
                if isPacked(input, offset, end, index) {
                    try readInflated(input, start, offset, end, index, values: &values, scratch: &scratch)
                    trace.end(at: end)
                    return .frame(end: end)
                }
            case .until:
                guard let next = try search(input, offset, start, end, index, &progress) else {
                    return .incomplete(needed: input.count - start + 1)
                }
                if let missing = try missing(until: next, start, end, input) { return missing }
                let body = offset..<next - reading[index].end.offsets.count
                try check(UInt64(body.count), index)
                try take(input, body, index, values: &values, scratch: &scratch)
                offset = next
            case .pairs:
                guard let next = try pairsEnd(input, offset, start, end, index, &progress) else {
                    return .incomplete(needed: input.count - start + 1)
                }
                if let missing = try missing(until: next, start, end, input) { return missing }
                try readPairs(input, offset..<next, index, values: &values, scratch: &scratch)
                offset = next
            }
            trace.end(at: offset)
        }
        if end >= 0 && offset != end { throw .trailingBytes(end - offset) }
        if hasEnvelope, first == 0 { try envelope?.read(input, values: &values) }
        return .frame(end: offset)
    }

    /// What a length came to.
    private enum Counted {
        /// Where the frame ends and where reading goes on.
        case end(Int, next: Int)
        /// The frame is empty.
        case empty(end: Int)
        /// So many bytes are needed; the length itself ends at `seen`.
        case incomplete(needed: Int, seen: Int)
    }

    /// Where the frame ends by a length that was read up to `next`. Checks limits before the bytes are there.
    @inline(__always)
    private func count(
        _ value: inout UInt64, _ index: Int, _ start: Int, _ next: Int, _ known: Int, _ input: Span<UInt8>,
        _ progress: inout ReadProgress
    ) throws(FramingError) -> Counted {
        var next = next
        var bytes = value
        if reading[index].isUnusualLength {
            let usual = try countUnusual(&value, index, start, next, known, input, &progress)
            switch usual {
            case .end(let count, let behind): (bytes, next) = (UInt64(count), behind)
            case .empty, .incomplete: return usual
            }
        }
        // Units were counted against the limits already.
        let counted = reading[index].countsUnits
        let end = counted ? next + Int(bytes) : try frameEnd(bytes, index, start: start, next: next)
        guard known < 0 || end == known else { throw .invalidValue(Int(clamping: value)) }
        if end == next, skipsEmptyFrames {
            if case .close = emptyFrame { throw .frameTooSmall(bytes: 0, minimum: 1) }
            return .empty(end: end)
        }
        let minimum = reading[index].minimum
        guard value >= minimum else {
            throw .frameTooSmall(bytes: Int(clamping: value), minimum: Int(clamping: minimum))
        }
        if end > input.count { return .incomplete(needed: end - start, seen: next) }
        return .end(end, next: next)
    }

    /// A length that may be followed by a longer one, may be negative or counts units of text.
    /// - Returns: `.end` with the bytes that it counts and the offset behind it, or what is missing.
    @inline(never)
    private func countUnusual(
        _ value: inout UInt64, _ index: Int, _ start: Int, _ next: Int, _ known: Int, _ input: Span<UInt8>,
        _ progress: inout ReadProgress
    ) throws(FramingError) -> Counted {
        let operation = reading[index]
        var next = next
        if operation.escapeWidth > 0, value == 1 << (8 * UInt64(operation.width)) - 1 {
            let wide = next + Int(operation.escapeWidth)
            if case .incomplete(let needed)? = try missing(until: wide, start, known, input) {
                return .incomplete(needed: needed, seen: next)
            }
            value = Self.unsigned(input, at: next, width: Int(operation.escapeWidth), operation.isLittleEndian)
            next = wide
        }
        if operation.isSigned, value >> (8 * UInt64(operation.width) - 1) == 1 {
            throw .negativeLength
        }
        guard operation.countsUnits else { return .end(Int(clamping: value), next: next) }
        guard value <= operation.maximum, value <= UInt64(frameBytesMax) else {
            throw .frameTooLarge(bytes: Int(clamping: value), limit: frameBytesMax)
        }
        let wanted = Int(value) - operation.plus
        guard wanted >= 0 else {
            throw .frameTooSmall(bytes: Int(value), minimum: Int(clamping: operation.minimum))
        }
        switch Self.units(input, from: next, start, wanted, frameMax: frameBytesMax, index, &progress) {
        case .bytes(let count): return .end(count, next: next)
        case .missing(let count): return .incomplete(needed: count, seen: next)
        case .tooLarge(let count): throw .frameTooLarge(bytes: count, limit: frameBytesMax)
        case .torn: throw .invalidText
        }
    }

    @inline(__always)
    func holds(_ test: ValueTest, _ values: inout FrameValues) -> Bool {
        guard values.has(test.slot) else { return false }
        let value = values.number(test.slot)
        if value < 64 { return test.small >> value & 1 != 0 }
        return test.hasLarge && holdsLarge(value, test.range)
    }

    @inline(never)
    private func holdsLarge(_ value: UInt64, _ range: PoolRange) -> Bool {
        for index in range.offsets where numbers[index] == value { return true }
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
        _ value: UInt64, _ index: Int, start: Int, next: Int
    ) throws(FramingError) -> Int {
        let maximum = reading[index].maximum
        guard value <= maximum else {
            throw .frameTooLarge(bytes: Int(clamping: value), limit: min(frameBytesMax, Int(clamping: maximum)))
        }
        let counted = Int(clamping: value) - reading[index].plus
        var base = next
        if case .frame = reading[index].counts { base = start }
        // `maximum` is at most 2^62 and `plus` has 32 bits; compared with the limit before it is added to an offset.
        guard counted <= frameBytesMax else { throw .frameTooLarge(bytes: counted, limit: frameBytesMax) }
        let end = base + counted
        guard end >= next else {
            throw .frameTooSmall(bytes: Int(clamping: value), minimum: Int(clamping: reading[index].minimum))
        }
        guard end - start <= frameBytesMax else {
            throw .frameTooLarge(bytes: end - start, limit: frameBytesMax)
        }
        return end
    }

    @inline(__always)
    static func unsigned(_ input: Span<UInt8>, at offset: Int, width: Int, _ isLittleEndian: Bool) -> UInt64 {
        var value: UInt64 = 0
        var index = 0
        if isLittleEndian {
            while index < width {
                value |= UInt64(input[offset &+ index]) << UInt64(8 &* index)
                index &+= 1
            }
        } else {
            while index < width {
                value = value << 8 | UInt64(input[offset &+ index])
                index &+= 1
            }
        }
        return value
    }

    static func unsigned(_ input: Span<UInt8>, at offset: Int, _ operation: ReadOperation) -> UInt64 {
        unsigned(input, at: offset, width: Int(operation.width), operation.isLittleEndian)
    }

    /// Checks a number that counts nothing, or counts one field.
    @inline(__always)
    private func check(_ value: UInt64, _ index: Int) throws(FramingError) {
        guard value >= reading[index].minimum && value <= reading[index].maximum else {
            throw refusal(of: value, index)
        }
        if reading[index].keepsUnknown { return }
        if value < 64 {
            if reading[index].smallValues >> value & 1 != 0 { return }
        } else if holdsLarge(value, reading[index].range) {
            return
        }
        throw .unknownKind(Int(clamping: value))
    }

    /// What is wrong with a value outside its bounds.
    @inline(never)
    private func refusal(of value: UInt64, _ index: Int) -> FramingError { reading[index].refusal(of: value) }

    @inline(never)
    private func checkConstant(_ input: Span<UInt8>, at offset: Int, _ index: Int) throws(FramingError) {
        let range = reading[index].range
        for place in range.offsets {
            let found = input[offset + place - Int(range.low)]
            guard found == pool[place] else { throw refusal(of: UInt64(found), index) }
        }
    }

    @inline(__always)
    private func takeRest(
        _ input: Span<UInt8>, _ range: Range<Int>, _ index: Int, values: inout FrameValues,
        scratch: inout ByteBuffer
    ) throws(FramingError) {
        if reading[index].isPlain {
            if reading[index].slot != ReadOperation.noSlot {
                values.set(reading[index].slot, range: ByteRange(range))
            }
        } else {
            try check(UInt64(range.count), index)
            try take(input, range, index, values: &values, scratch: &scratch)
        }
    }

    @inline(__always)
    private func take(
        _ input: Span<UInt8>, _ range: Range<Int>, _ index: Int, values: inout FrameValues,
        scratch: inout ByteBuffer
    ) throws(FramingError) {
        switch reading[index].content {
        case .bytes: break
        case .withoutEncryption: if holdsMarker(input.extracting(range), index) { throw .encryptionUnsupported }
        case .withoutCompression: if holdsMarker(input.extracting(range), index) { throw .compressionUnsupported }
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
        let slot = reading[index].slot
        if slot != ReadOperation.noSlot { values.set(slot, range: ByteRange(range)) }
    }

    /// The kind of a frame that was read and its column in the table of states; `nil` when it is none of those described.
    func kind(of values: inout FrameValues) -> (kind: DescriptorKind, column: UInt8)? {
        if kindTests.isEmpty { return (.request, 0) }
        search: for index in kindTests.indices {
            let has = kindTests[index].has
            guard values.present & has == has, values.present & kindTests[index].absent == 0 else { continue }
            for place in kindTests[index].tests where !holds(tests[place], &values) { continue search }
            return (kindTests[index].kind, kindTests[index].column)
        }
        return nil
    }
}
