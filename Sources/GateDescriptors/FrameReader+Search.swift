import GateBytes
import GateJSON
import GateProtocol

/// What counting UTF-16 units came to.
enum UnitCount {
    /// So many bytes.
    case bytes(Int)
    /// Bytes from the frame's start that must be there before it is worth to go on.
    case missing(Int)
    /// So many bytes at least, which is above the limit.
    case tooLarge(Int)
    /// The units end within a character, or the bytes are no UTF-8.
    case torn
}

extension DescriptorProgram {
    /// How far a search may step at each byte that stands where the marker's last one would: so that the next such byte of
    /// the marker comes there, 0 for the last one itself (Horspool 1980).
    static func steps(to marker: [UInt8]) -> [UInt8] {
        var steps = [UInt8](repeating: UInt8(marker.count), count: 256)
        for (index, byte) in marker.enumerated() { steps[Int(byte)] = UInt8(marker.count - 1 - index) }
        return steps
    }

    /// Whether the bytes hold the marker of an operation. Most of them are stepped over.
    func holdsMarker(_ bytes: Span<UInt8>, _ index: Int) -> Bool {
        let pool = self.pool
        let marker = reading[index].end.offsets
        let steps = reading[index].range.offsets.lowerBound
        let last = marker.count &- 1
        var place = last
        while place < bytes.count {
            let step = Int(pool[steps &+ Int(bytes[place])])
            if step > 0 {
                place &+= step
                continue
            }
            var equal = 0
            while equal < last, bytes[place &- last &+ equal] == pool[marker.lowerBound &+ equal] { equal &+= 1 }
            if equal == last { return true }
            place &+= 1
        }
        return false
    }

    /// An integer of seven bits a byte, the lowest first; `nil` when its last byte is not there.
    ///
    /// ```
    /// AC 02   = 0x2C + (0x02 << 7) = 300
    /// ```
    @inline(__always)
    func varint(
        _ input: Span<UInt8>, at offset: Int, _ end: Int, bytesMax: Int
    ) throws(FramingError) -> (value: UInt64, next: Int)? {
        var value: UInt64 = 0
        var index = 0
        let limit = end >= 0 ? end : input.count
        while index < bytesMax {
            guard offset + index < limit else {
                if end >= 0 { throw .truncatedField }
                return nil
            }
            let byte = input[offset + index]
            value |= UInt64(byte & 0x7F) << UInt64(7 * index)
            index += 1
            // A last group of zero says nothing: each number has one form.
            if byte & 0x80 == 0 {
                if byte == 0 && index > 1 { throw .varintOverlong }
                return (value, offset + index)
            }
        }
        throw .varintTooLong(bytesMax: bytesMax)
    }

    /// Decimal digits without a zero in front, up to their terminator; `nil` when that is not there.
    @inline(never)
    func decimal(
        _ input: Span<UInt8>, at offset: Int, _ end: Int, _ index: Int
    ) throws(FramingError) -> (value: UInt64, next: Int)? {
        let operation = reading[index]
        let limit = end >= 0 ? end : input.count
        var value: UInt64 = 0
        var digits = 0
        var place = offset
        while place < limit, input[place] &- UInt8(ascii: "0") < 10 {
            guard digits < operation.count else {
                // A digit more than there may be: at least ten times what stands in front of it.
                throw .frameTooLarge(
                    bytes: Int(clamping: value.multipliedReportingOverflow(by: 10).partialValue),
                    limit: min(Int(clamping: operation.maximum), frameBytesMax))
            }
            if digits == 1 && value == 0 { throw .malformedLength }
            value = value * 10 + UInt64(input[place] - UInt8(ascii: "0"))
            digits += 1
            place += 1
        }
        // Refused before the terminator is there: it could only get larger.
        if value > operation.maximum {
            throw .frameTooLarge(bytes: Int(value), limit: Int(clamping: operation.maximum))
        }
        for index in operation.end.offsets {
            guard place < limit else {
                if end >= 0 { throw .truncatedField }
                return nil
            }
            guard digits > 0, input[place] == pool[index] else { throw .malformedLength }
            place += 1
        }
        return (value, place)
    }

    /// The offset behind a terminator; `nil` when it is not there yet.
    @inline(never)
    func search(
        _ input: Span<UInt8>, _ offset: Int, _ start: Int, _ end: Int, _ index: Int, _ progress: inout ReadProgress
    ) throws(FramingError) -> Int? {
        let operation = reading[index]
        let limit = end >= 0 ? end : input.count
        let mark = operation.end
        let count = mark.offsets.count
        // Its own limit, or what the frame's leaves for it: the same of the two, however the bytes come.
        let room = frameBytesMax - count - (offset - start)
        let isBounded = operation.maximum <= UInt64(max(0, room))
        let longest = isBounded ? Int(operation.maximum) : room
        var place = progress.operation == index ? max(offset, start + progress.scanned) : offset
        while place + count <= limit {
            guard let found = input.extracting(place..<limit - count + 1).firstOffset(of: pool[Int(mark.low)]) else {
                place = limit - count + 1
                break
            }
            place += found
            if place - offset > longest { break }
            if matches(input, place, mark) { return place + count }
            place += 1
        }
        if end >= 0 { throw .truncatedField }
        // Bytes with which no terminator begins belong to the line.
        while place < limit, !begins(input, place..<limit, mark) { place += 1 }
        // A line that is too long is cut off before its end comes. `place` is where the terminator may still begin.
        guard max(0, place - offset) <= longest else {
            let limit = isBounded ? longest : frameBytesMax
            throw .frameTooLarge(bytes: limit + 1, limit: limit)
        }
        progress = ReadProgress(operation: index, scanned: place - start)
        return nil
    }

    /// Whether a terminator begins with these bytes.
    private func begins(_ input: Span<UInt8>, _ range: Range<Int>, _ mark: PoolRange) -> Bool {
        for index in range.prefix(mark.offsets.count)
        where input[index] != pool[Int(mark.low) + index - range.lowerBound] { return false }
        return true
    }

    /// The offset behind the empty key that ends keys and values; `nil` when it is not there yet.
    @inline(never)
    func pairsEnd(
        _ input: Span<UInt8>, _ offset: Int, _ start: Int, _ end: Int, _ index: Int, _ progress: inout ReadProgress
    ) throws(FramingError) -> Int? {
        let operation = reading[index]
        let limit = end >= 0 ? end : input.count
        var value = operation
        value.width = UInt8(operation.count)
        var place = progress.operation == index ? start + progress.scanned : offset
        while true {
            progress = ReadProgress(operation: index, scanned: place - start)
            let key = place + Int(operation.width)
            // Refused before bytes are waited for that no frame has room for.
            guard end >= 0 || key - start <= frameBytesMax else {
                throw .frameTooLarge(bytes: key - start, limit: frameBytesMax)
            }
            guard key <= limit else { break }
            let keyBytes = Self.unsigned(input, at: place, operation)
            guard keyBytes <= operation.maximum else {
                throw .frameTooLarge(bytes: Int(clamping: keyBytes), limit: Int(clamping: operation.maximum))
            }
            if keyBytes == 0 { return key }
            let head = key + Int(keyBytes)
            guard head + Int(value.width) - start <= frameBytesMax || end >= 0 && head - start <= frameBytesMax else {
                throw .frameTooLarge(bytes: head - start, limit: frameBytesMax)
            }
            guard head + Int(value.width) <= limit else { break }
            let next = head + Int(value.width) + Int(Self.unsigned(input, at: head, value))
            guard next - start <= frameBytesMax else {
                throw .frameTooLarge(bytes: next - start, limit: frameBytesMax)
            }
            guard next <= limit else { break }
            place = next
        }
        if end >= 0 { throw .truncatedField }
        return nil
    }

    /// Reads the keys and values in a range that ends with an empty key; unknown keys become the payload, an object of
    /// strings. A part that is no text and would have to be makes the frame one that cannot be read.
    @inline(never)
    func readPairs(
        _ input: Span<UInt8>, _ range: Range<Int>, _ index: Int, values: inout FrameValues, scratch: inout ByteBuffer
    ) throws(FramingError) {
        let operation = reading[index]
        var value = operation
        value.width = UInt8(operation.count)
        let payload = scratch.count
        var place = range.lowerBound
        scratch.append(UInt8(ascii: "{"))
        while true {
            let keyBytes = Int(Self.unsigned(input, at: place, operation))
            let key = place + Int(operation.width)
            if keyBytes == 0 { break }
            let head = key + keyBytes
            let valueBytes = Int(Self.unsigned(input, at: head, value))
            let text = head + Int(value.width)
            place = text + valueBytes
            if let slot = slot(ofKey: key..<head, in: input) {
                guard !values.has(slot) else { throw .duplicateKey }
                // A route is read as text. An id comes back byte for byte, whatever it is, and under other keys.
                if slot == FrameValues.route, !isWellFormedUTF8(input.extracting(text..<place)) {
                    values.isUnreadable = true
                }
                if slot == FrameValues.code {
                    guard let number = IdentifierTickets.plainNumber(input.extracting(text..<place)) else {
                        throw .malformedBody(offset: text - range.lowerBound)
                    }
                    values.set(slot, number: number)
                } else {
                    values.set(slot, range: ByteRange(text..<place))
                }
            } else {
                // The object has no place for bytes that are no text, and none may get lost.
                guard isWellFormedUTF8(input.extracting(key..<head)), isWellFormedUTF8(input.extracting(text..<place))
                else {
                    values.isUnreadable = true
                    continue
                }
                if scratch.count > payload + 1 { scratch.append(UInt8(ascii: ",")) }
                scratch.appendJSONString(input.extracting(key..<head))
                scratch.append(UInt8(ascii: ":"))
                scratch.appendJSONString(input.extracting(text..<place))
            }
        }
        scratch.append(UInt8(ascii: "}"))
        // An empty box is no message.
        if place == range.lowerBound { throw .frameTooSmall(bytes: 0, minimum: 1) }
        values.set(
            FrameValues.payload, range: ByteRange(start: payload, count: scratch.count - payload, region: .scratch))
    }

    private func slot(ofKey range: Range<Int>, in input: Span<UInt8>) -> UInt8? {
        for index in keys.indices {
            let key = keys[index]
            if key.range.offsets.count == range.count, matches(input, range.lowerBound, key.range) { return key.slot }
        }
        return nil
    }

    /// How many bytes a number of UTF-16 units has, in a frame of at most `frameMax` bytes.
    static func units(
        _ input: Span<UInt8>, from offset: Int, _ start: Int, _ wanted: Int, frameMax: Int, _ index: Int,
        _ progress: inout ReadProgress
    ) -> UnitCount {
        let goesOn = progress.operation == index
        var place = goesOn ? start + progress.scanned : offset
        var units = goesOn ? progress.units : 0
        // Each unit has a byte at least; nothing is looked at before these are there. Up to this offset they are counted, and
        // it moves only once it is reached, so that the end of a bad text does not depend on how its bytes come.
        var least = goesOn ? start + progress.target : offset
        while units < wanted {
            if place >= least { least = place + wanted - units }
            guard least - start <= frameMax else { return .tooLarge(least - start) }
            var end = least
            if least <= input.count {
                let width: Int
                switch input[place] {
                case 0..<0x80: width = 1
                case 0xC2..<0xE0: width = 2
                case 0xE0..<0xF0: width = 3
                case 0xF0..<0xF5: width = 4
                default: return .torn
                }
                end = place + width
                guard end - start <= frameMax else { return .tooLarge(end - start) }
                if end <= input.count {
                    place = end
                    units += width == 4 ? 2 : 1
                    continue
                }
            }
            progress = ReadProgress(
                operation: index, scanned: place - start, units: units, target: least - start)
            return .missing(end - start)
        }
        return units == wanted ? .bytes(place - offset) : .torn
    }
}
