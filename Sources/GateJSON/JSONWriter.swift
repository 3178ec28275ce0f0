/// Writes pieces of RFC 8259 text; what it writes is well-formed UTF-8 whatever it is given.
public enum JSONWriter {
    /// Appends a quoted string made of bytes; each byte that is not part of well-formed UTF-8 becomes U+FFFD.
    public static func appendString(_ utf8: Span<UInt8>, to output: inout [UInt8]) {
        output.append(ASCII.quote)
        var offset = 0
        while offset < utf8.count {
            let start = offset
            while offset < utf8.count, isPlain(utf8[offset]) { offset &+= 1 }
            appendRun(start..<offset, of: utf8, to: &output)
            guard offset < utf8.count else { break }
            let width = UTF8Form.width(utf8, at: offset)
            if width == 0 {
                UTF8Form.append(0xFFFD, to: &output)
                offset &+= 1
            } else if width == 1 {
                appendEscape(utf8[offset], to: &output)
                offset &+= 1
            } else {
                for index in offset..<offset &+ width { output.append(utf8[index]) }
                offset &+= width
            }
        }
        output.append(ASCII.quote)
    }

    /// Whether a byte is ASCII and stands in a string as it is (RFC 8259 section 7).
    @inline(__always)
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x80 && byte != ASCII.quote && byte != ASCII.backslash
    }

    /// Appends bytes with one check of the capacity for all of them.
    private static func appendRun(_ range: Range<Int>, of bytes: Span<UInt8>, to output: inout [UInt8]) {
        guard !range.isEmpty else { return }
        output.append(addingCapacity: range.count) { target in
            for index in range { target.append(bytes[index]) }
        }
    }

    /// Appends a quoted string.
    public static func appendString(_ text: String, to output: inout [UInt8]) {
        let utf8 = text.utf8
        if utf8.contains(where: { $0 < 0x20 || $0 == ASCII.quote || $0 == ASCII.backslash }) {
            output.append(ASCII.quote)
            for byte in utf8 {
                if byte >= 0x80 || isPlain(byte) { output.append(byte) } else { appendEscape(byte, to: &output) }
            }
            output.append(ASCII.quote)
        } else {
            output.append(ASCII.quote)
            output.append(contentsOf: utf8)
            output.append(ASCII.quote)
        }
    }

    @inline(never)
    private static func appendEscape(_ byte: UInt8, to output: inout [UInt8]) {
        output.append(ASCII.backslash)
        switch byte {
        case ASCII.quote, ASCII.backslash: output.append(byte)
        case 0x08: output.append(UInt8(ascii: "b"))
        case 0x09: output.append(UInt8(ascii: "t"))
        case 0x0A: output.append(UInt8(ascii: "n"))
        case 0x0C: output.append(UInt8(ascii: "f"))
        case 0x0D: output.append(UInt8(ascii: "r"))
        default:
            output.append(contentsOf: "u00".utf8)
            output.append(hexDigit(byte >> 4))
            output.append(hexDigit(byte & 0x0F))
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? ASCII.zero + value : UInt8(ascii: "A") + value - 10
    }
}
