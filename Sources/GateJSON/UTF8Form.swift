/// Well-formed UTF-8, by The Unicode Standard, table 3-7.
enum UTF8Form {
    /// The width of the well-formed sequence at `offset`: 1...4 bytes, or 0 when the bytes there are ill-formed or cut.
    static func width(_ bytes: Span<UInt8>, at offset: Int) -> Int {
        let first = bytes[offset]
        if first < 0x80 { return 1 }
        let width: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch first {
        case 0xC2...0xDF: width = 2
        case 0xE0: (width, second) = (3, 0xA0...0xBF)
        case 0xED: (width, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: width = 3
        case 0xF0: (width, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: width = 4
        case 0xF4: (width, second) = (4, 0x80...0x8F)
        default: return 0
        }
        guard bytes.count - offset >= width, second.contains(bytes[offset + 1]) else { return 0 }
        var next = 2
        while next < width {
            guard bytes[offset + next] & 0xC0 == 0x80 else { return 0 }
            next += 1
        }
        return width
    }

    /// The scalar at `offset` and its width; throws when the bytes there are ill-formed.
    static func scalar(
        _ bytes: Span<UInt8>, at offset: Int
    ) throws(JSONFault) -> (value: UInt32, width: Int) {
        let width = width(bytes, at: offset)
        let first = UInt32(bytes[offset])
        switch width {
        case 1: return (first, 1)
        case 2: return ((first & 0x1F) << 6 | tail(bytes, offset + 1), 2)
        case 3: return ((first & 0x0F) << 12 | tail(bytes, offset + 1) << 6 | tail(bytes, offset + 2), 3)
        case 4:
            let high = (first & 0x07) << 18 | tail(bytes, offset + 1) << 12
            return (high | tail(bytes, offset + 2) << 6 | tail(bytes, offset + 3), 4)
        default: throw JSONFault(.invalidUTF8, at: offset, in: bytes)
        }
    }

    /// Appends the UTF-8 form of a scalar value, which must not be a surrogate.
    static func append(_ scalar: UInt32, to output: inout [UInt8]) {
        if scalar < 0x80 {
            output.append(UInt8(truncatingIfNeeded: scalar))
            return
        }
        if scalar < 0x800 {
            output.append(UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6))
        } else {
            if scalar < 0x1_0000 {
                output.append(UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12))
            } else {
                output.append(UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18))
                output.append(UInt8(truncatingIfNeeded: 0x80 | scalar >> 12 & 0x3F))
            }
            output.append(UInt8(truncatingIfNeeded: 0x80 | scalar >> 6 & 0x3F))
        }
        output.append(UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F))
    }

    static func isByteOrderMark(_ bytes: Span<UInt8>, at offset: Int) -> Bool {
        bytes.count - offset >= 3
            && bytes[offset] == 0xEF && bytes[offset + 1] == 0xBB && bytes[offset + 2] == 0xBF
    }

    private static func tail(_ bytes: Span<UInt8>, _ offset: Int) -> UInt32 {
        UInt32(bytes[offset] & 0x3F)
    }
}
