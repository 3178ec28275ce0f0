extension JSONWriter {
    /// Appends bytes in base64, without quotes: standard alphabet, padded (RFC 4648 section 4).
    public static func appendBase64(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
        output.reserveCapacity(output.count + (bytes.count + 2) / 3 * 4)
        var offset = 0
        while bytes.count - offset >= 3 {
            let group = UInt32(bytes[offset]) << 16 | UInt32(bytes[offset + 1]) << 8 | UInt32(bytes[offset + 2])
            output.append(base64Digit(group >> 18))
            output.append(base64Digit(group >> 12))
            output.append(base64Digit(group >> 6))
            output.append(base64Digit(group))
            offset += 3
        }
        let rest = bytes.count - offset
        guard rest > 0 else { return }
        let group = UInt32(bytes[offset]) << 16 | (rest == 2 ? UInt32(bytes[offset + 1]) << 8 : 0)
        output.append(base64Digit(group >> 18))
        output.append(base64Digit(group >> 12))
        output.append(rest == 2 ? base64Digit(group >> 6) : UInt8(ascii: "="))
        output.append(UInt8(ascii: "="))
    }

    /// The digit for the low six bits of `bits`.
    private static func base64Digit(_ bits: UInt32) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: bits & 0x3F)
        return switch value {
        case 0..<26: UInt8(ascii: "A") + value
        case 26..<52: UInt8(ascii: "a") + value - 26
        case 52..<62: UInt8(ascii: "0") + value - 52
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }
}
