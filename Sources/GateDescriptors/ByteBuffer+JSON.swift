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
        // The last digits, eight at most, in one word, the first one lowest.
        var digits: UInt64 = 0
        var rest = number
        var count = 0
        repeat {
            digits = digits << 8 | (rest % 10 + UInt64(UInt8(ascii: "0")))
            rest /= 10
            count += 1
        } while rest > 0 && count < 8
        if rest > 0 { appendDecimal(rest) }
        append(lowBytes: count, of: digits)
    }

    private mutating func appendBase64(_ bytes: Span<UInt8>) {
        var text: [UInt8] = []
        JSONWriter.appendBase64(bytes, to: &text)
        append(UInt8(ascii: "\""))
        append(text)
        append(UInt8(ascii: "\""))
    }

    static func isOneJSONValue(_ bytes: Span<UInt8>) -> Bool {
        do {
            try JSON.validate(bytes, limits: .handedOn)
            return true
        } catch {
            return false
        }
    }
}
