import GateBytes
import GateJSON
import GateProtocol

extension DescriptorProgram {
    /// Reads a body that is one JSON object: its known keys go to their slots, others are ignored.
    ///
    /// A route that is no string or an id that is neither number nor string is a malformed frame; an id that is `null`
    /// counts as absent. Of a key that comes twice the last one counts. Text that is no UTF-8 is read with U+FFFD in place of
    /// what is none.
    func readKeys(
        _ input: Span<UInt8>, _ range: Range<Int>, values: inout FrameValues, scratch: inout ByteBuffer
    ) throws(FramingError) {
        let picks: JSONPicks
        do {
            picks = try values.pick(keySet, in: input.extracting(0..<range.upperBound), from: range.lowerBound)
        } catch {
            if case .invalidUTF8 = error.reason, let repaired = repairedUTF8(input.extracting(range)) {
                values.removeKeys(keys)
                try readKeys(repaired.span, 0..<repaired.count, values: &values, scratch: &scratch)
                // Ranges of the repaired text, which stands behind what was put there meanwhile.
                values.move(keys.map(\.slot), toScratchAt: scratch.count)
                scratch.append(repaired)
                return
            }
            throw .malformedBody(offset: error.offset - range.lowerBound)
        }
        if picks.has(FrameValues.route) {
            let value = values.range(FrameValues.route).offsets
            guard input[value.lowerBound] == UInt8(ascii: "\"") else {
                throw .malformedBody(offset: value.lowerBound - range.lowerBound)
            }
            let text = value.lowerBound + 1..<value.upperBound - 1
            var name = ByteRange(text)
            if picks.isEscaped(FrameValues.route) { name = try route(text, input, at: 0, scratch: &scratch) }
            values.set(FrameValues.route, range: name)
        }
        if picks.has(FrameValues.identifier) {
            let start = values.range(FrameValues.identifier).offsets.lowerBound
            switch JSONKind(firstByte: input[start]) {
            case .number, .string: break
            case .null: values.remove(FrameValues.identifier)
            default: throw .malformedBody(offset: start - range.lowerBound)
            }
        }
        if picks.has(FrameValues.code) {
            let value = values.range(FrameValues.code).offsets
            guard let number = IdentifierTickets.plainNumber(input.extracting(value)) else {
                throw .malformedBody(offset: value.lowerBound - range.lowerBound)
            }
            values.set(FrameValues.code, number: number)
        }
    }

    @inline(__always)
    private func next(_ scanner: inout JSONScanner, _ body: Span<UInt8>) throws(FramingError) -> JSONMember? {
        do {
            return try scanner.next(in: body)
        } catch {
            throw .malformedBody(offset: error.offset)
        }
    }

    @inline(__always)
    func matches(_ body: Span<UInt8>, _ start: Int, _ range: PoolRange) -> Bool {
        for index in range.offsets where body[start + index - Int(range.low)] != pool[index] { return false }
        return true
    }

    /// Reads a body that is one JSON object with one key, the route; its value is the payload. Text that is no UTF-8 is read
    /// with U+FFFD in place of what is none.
    @inline(never)
    func readSingleKey(
        _ input: Span<UInt8>, _ range: Range<Int>, values: inout FrameValues, scratch: inout ByteBuffer
    ) throws(FramingError) {
        do {
            try readOneKey(input, range, values: &values, scratch: &scratch)
        } catch {
            guard let repaired = repairedUTF8(input.extracting(range)) else { throw error }
            try readOneKey(repaired.span, repaired.indices, values: &values, scratch: &scratch)
            values.move([FrameValues.route, FrameValues.payload], toScratchAt: scratch.count)
            scratch.append(repaired)
        }
    }

    private func readOneKey(
        _ input: Span<UInt8>, _ range: Range<Int>, values: inout FrameValues, scratch: inout ByteBuffer
    ) throws(FramingError) {
        let body = input.extracting(range)
        var scanner = JSONScanner(limits: .handedOn)
        guard let member = try next(&scanner, body) else { throw .malformedBody(offset: 0) }
        var value = member.valueRange
        // The same key once more is still one key; the last value counts.
        while let second = try next(&scanner, body) {
            guard try isSameKey(member, second, body) else {
                throw .malformedBody(offset: second.keyRange.lowerBound)
            }
            value = second.valueRange
        }
        values.set(
            FrameValues.payload, range: ByteRange(start: range.lowerBound + value.lowerBound, count: value.count))
        let name = try route(member.keyRange, body, at: range.lowerBound, scratch: &scratch)
        values.set(FrameValues.route, range: name)
    }

    private func isSameKey(
        _ one: JSONMember, _ other: JSONMember, _ body: Span<UInt8>
    ) throws(FramingError) -> Bool {
        do {
            let key = try JSON.string(one.keyRange, of: body)
            return try JSON.string(other.keyRange, of: body).utf8.elementsEqual(key.utf8)
        } catch {
            throw .malformedBody(offset: error.offset)
        }
    }

    /// The bytes of a route; only one with escapes is copied.
    private func route(
        _ text: Range<Int>, _ body: Span<UInt8>, at base: Int, scratch: inout ByteBuffer
    ) throws(FramingError) -> ByteRange {
        guard body.extracting(text).firstOffset(of: UInt8(ascii: "\\")) != nil else {
            return ByteRange(start: base + text.lowerBound, count: text.count)
        }
        var plain: [UInt8] = []
        do { try JSON.appendString(text, of: body, to: &plain) } catch { throw .invalidText }
        let start = scratch.count
        scratch.append(plain)
        return ByteRange(start: start, count: plain.count, region: .scratch)
    }
}
