import GateTestKit

/// Fields of the Protocol Buffers wire format, for a mutator: a tag, then a number, four or eight bytes, or a length and
/// bytes.
enum FuzzFields {
    /// The offset behind the field at `start`; `nil` when there is none.
    static func end(of bytes: [UInt8], at start: Int) -> Int? {
        guard let tag = number(bytes, start), tag.value >> 3 != 0 else { return nil }
        switch tag.value & 7 {
        case 0: return number(bytes, tag.end)?.end
        case 1: return tag.end + 8
        case 2:
            guard let length = number(bytes, tag.end), length.value <= UInt64(bytes.count) else { return nil }
            return length.end + Int(length.value)
        case 5: return tag.end + 4
        default: return nil
        }
    }

    /// The bytes of a field that has a length, when they are fields themselves.
    static func content(of field: [UInt8]) -> Range<Int>? {
        guard let tag = number(field, 0), tag.value & 7 == 2, let length = number(field, tag.end) else { return nil }
        var offset = length.end
        while offset < field.count {
            guard let next = end(of: field, at: offset), next <= field.count else { return nil }
            offset = next
        }
        return length.end < field.count ? length.end..<field.count : nil
    }

    /// The field with a length that counts what it has.
    static func withRightLength(_ field: [UInt8]) -> [UInt8] {
        guard let tag = number(field, 0), tag.value & 7 == 2, let length = number(field, tag.end) else { return field }
        let content = field[min(length.end, field.count)...]
        return field[..<tag.end] + remainingLength(content.count) + content
    }

    /// The field with itself in place of one that it holds, over and over: what bounds depth is met at its bound.
    static func nested(_ field: [UInt8], _ random: inout SeededGenerator, bytesMax: Int) -> [UInt8] {
        var nested = field
        // Each round twice as deep, or one level deeper.
        for _ in 0...random.below(5) {
            let deeper = replacing(in: nested, by: random.below(2) == 0 ? nested : field, &random)
            if deeper.count > bytesMax { break }
            nested = deeper
        }
        return nested
    }

    /// The field with another one in place of one that it holds, at any depth.
    private static func replacing(
        in field: [UInt8], by other: [UInt8], _ random: inout SeededGenerator
    ) -> [UInt8] {
        guard let inside = content(of: field) else { return other }
        var parts: [[UInt8]] = []
        var offset = inside.lowerBound
        while offset < inside.upperBound, let end = end(of: field, at: offset) {
            parts.append(Array(field[offset..<end]))
            offset = end
        }
        let place = random.below(parts.count)
        // Deep down most of the time.
        parts[place] = random.below(8) == 0 ? other : replacing(in: parts[place], by: other, &random)
        return withRightLength(field[..<inside.lowerBound] + Array(parts.joined()))
    }

    /// A field of a small number with any content.
    static func make(using random: inout SeededGenerator) -> [UInt8] {
        let kind = [0, 1, 2, 2, 2, 5][random.below(6)]
        let tag = UInt8((1 + random.below(15)) << 3 | kind)
        let bytes = (0..<[1, 8, random.below(6), 0, 0, 4][kind]).map { _ in UInt8(random.below(256)) }
        switch kind {
        case 0:
            return [tag] + [[0], [1], [0x7F], [0xFF, 0x01], [UInt8](repeating: 0xFF, count: 9) + [1]][random.below(5)]
        case 2: return [tag] + remainingLength(bytes.count) + bytes
        default: return [tag] + bytes
        }
    }

    private static func number(_ bytes: [UInt8], _ start: Int) -> (value: UInt64, end: Int)? {
        var value: UInt64 = 0
        for (index, place) in (start..<min(start + 10, bytes.count)).enumerated() {
            value |= UInt64(bytes[place] & 0x7F) << UInt64(7 * index)
            if bytes[place] < 0x80 { return (value, place + 1) }
        }
        return nil
    }
}
