import GateBytes
import GateJSON
import GateProtocol

extension ByteBuffer {
    /// Appends a quoted JSON string of UTF-8 bytes. Plain ASCII, which nearly all routes are, is copied as it is.
    mutating func appendJSONString(_ text: Span<UInt8>) {
        var isPlain = true
        for index in text.indices {
            let byte = text[index]
            if byte < 0x20 || byte >= 0x80 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                isPlain = false
                break
            }
        }
        if isPlain {
            append(UInt8(ascii: "\""))
            append(text)
            append(UInt8(ascii: "\""))
        } else {
            var quoted: [UInt8] = []
            quoted.reserveCapacity(text.count + 16)
            JSONWriter.appendString(text, to: &quoted)
            append(quoted)
        }
    }

    /// Appends a payload as one JSON value: JSON as it is, text as a string; bytes as they are when they are one JSON
    /// value, else as a base64 string; nothing as null.
    mutating func appendJSON(_ payload: Span<UInt8>, form: PayloadForm) {
        switch form {
        case .text: appendJSONString(payload)
        case .json where !payload.isEmpty: append(payload)
        case .bytes where !payload.isEmpty:
            if Self.isOneJSONValue(payload) { append(payload) } else { appendBase64(payload) }
        case .json, .bytes: append("null")
        }
    }

    /// Appends a number in decimal digits.
    mutating func appendDecimal(_ number: UInt64) {
        let part: UInt64 = 100_000_000
        if number < part { return appendDigits(UInt32(truncatingIfNeeded: number), isFirst: true) }
        let (high, low) = number.quotientAndRemainder(dividingBy: part)
        appendDecimal(high)
        appendDigits(UInt32(truncatingIfNeeded: low), isFirst: false)
    }

    /// Appends the eight digits of a number below 10^8; those that lead only where others stand before them.
    ///
    /// All digits are worked out at once, four pairs and then eight digits side by side in one word, the first one lowest.
    private mutating func appendDigits(_ number: UInt32, isFirst: Bool) {
        // 4 + 4 digits, a half each.
        let fours = UInt64(number / 10_000) | UInt64(number % 10_000) << 32
        // A number below 10 000 times 10 486, by 2^20, is its hundredth.
        let hundreds = (fours &* 10_486) >> 20 & 0x7F_0000_007F
        let pairs = (fours &- 100 &* hundreds) << 16 &+ hundreds
        // A number below 100 times 103, by 2^10, is its tenth.
        let tens = (pairs &* 103) >> 10 & 0x000F_000F_000F_000F
        let digits = (pairs &- 10 &* tens) << 8 &+ tens
        let leading = isFirst ? min(7, digits.trailingZeroBitCount >> 3) : 0
        append(lowBytes: 8 - leading, of: (digits | 0x3030_3030_3030_3030) >> UInt64(8 * leading))
    }

    private mutating func appendBase64(_ bytes: Span<UInt8>) {
        var text: [UInt8] = []
        JSONWriter.appendBase64(bytes, to: &text)
        append(UInt8(ascii: "\""))
        append(text)
        append(UInt8(ascii: "\""))
    }

    private static func isOneJSONValue(_ bytes: Span<UInt8>) -> Bool {
        do {
            try JSON.validate(bytes)
            return true
        } catch {
            return false
        }
    }
}
