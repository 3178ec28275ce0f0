import GateBytes
import GateJSON
import GateProtocol

extension DescriptorProgram {
    /// Reads a body that is one JSON object: its known keys go to their slots, others are ignored.
    ///
    /// A known key that comes twice, a route that is no string or an id that is neither number nor string is a malformed
    /// frame; an id that is `null` counts as absent.
    func readKeys(
        _ input: Span<UInt8>, _ range: Range<Int>, values: inout FrameValues, scratch: inout ByteBuffer
    ) throws(FramingError) {
        let body = input.extracting(range)
        var picker = JSONPicker()
        var picks = JSONPicks()
        repeat {
            try next(&picker, body, &picks)
            for index in 0..<picks.count {
                try take(picks.pick(index), body, at: range.lowerBound, values: &values, scratch: &scratch)
            }
        } while !picker.isDone
    }

    @inline(__always)
    private func next(
        _ picker: inout JSONPicker, _ body: Span<UInt8>, _ picks: inout JSONPicks
    ) throws(FramingError) {
        do {
            try picker.next(keySet, in: body, into: &picks)
        } catch {
            if case .duplicateKey = error.reason { throw .duplicateKey }
            throw .malformedBody(offset: error.offset)
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

    @inline(__always)
    private func take(
        _ pick: JSONPick, _ body: Span<UInt8>, at base: Int, values: inout FrameValues, scratch: inout ByteBuffer
    ) throws(FramingError) {
        let value = pick.valueRange
        let slot = pick.place
        switch slot {
        case FrameValues.route:
            guard let text = pick.stringRange else { throw .malformedBody(offset: value.lowerBound) }
            if pick.hasEscapes {
                values.set(slot, range: try route(text, body, at: base, scratch: &scratch))
            } else {
                values.set(slot, range: ByteRange(start: base + text.lowerBound, count: text.count))
            }
        case FrameValues.identifier:
            if pick.isNumber || pick.isString {
                values.set(slot, range: ByteRange(start: base + value.lowerBound, count: value.count))
            } else if pick.kind != .null {
                throw .malformedBody(offset: value.lowerBound)
            }
        case FrameValues.code:
            guard let number = IdentifierTickets.plainNumber(body.extracting(value)) else {
                throw .malformedBody(offset: value.lowerBound)
            }
            values.set(slot, number: number)
        default: values.set(slot, range: ByteRange(start: base + value.lowerBound, count: value.count))
        }
    }

    /// Reads a body that is one JSON object with one key, the route; its value is the payload.
    @inline(never)
    func readSingleKey(
        _ input: Span<UInt8>, _ range: Range<Int>, values: inout FrameValues, scratch: inout ByteBuffer
    ) throws(FramingError) {
        let body = input.extracting(range)
        var scanner = JSONScanner()
        guard let member = try next(&scanner, body) else { throw .malformedBody(offset: 0) }
        let value = member.valueRange
        values.set(
            FrameValues.payload, range: ByteRange(start: range.lowerBound + value.lowerBound, count: value.count))
        let name = try route(member.keyRange, body, at: range.lowerBound, scratch: &scratch)
        values.set(FrameValues.route, range: name)
        if let second = try next(&scanner, body) { throw .malformedBody(offset: second.keyRange.lowerBound) }
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
