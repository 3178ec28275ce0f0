import GateBytes

/// Text is judged as bytes: a String would repair and canonicalise it [MQTT-4.7.3-4].
extension Span where Element == UInt8 {
    /// Whether `range` is well-formed UTF-8 without U+0000 and, unless `wildcards`, without `+` and `#`.
    ///
    /// Eight bytes at a time as long as they are ASCII.
    func isText(_ range: Range<Int>, wildcards: Bool) -> Bool {
        var index = range.lowerBound
        let end = range.upperBound
        // Sound: bytes have no padding; the view lives no longer than this call.
        let bytes = unsafe self.bytes
        while end - index >= 8 {
            // Sound: the load is bounds-checked, and every bit pattern is an integer.
            let word = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            if word & 0x8080_8080_8080_8080 != 0 { break }
            if hasZeroByte(word) { return false }
            if !wildcards && (hasZeroByte(word ^ 0x2B2B_2B2B_2B2B_2B2B) || hasZeroByte(word ^ 0x2323_2323_2323_2323)) {
                return false
            }
            index += 8
        }
        while index < end {
            let byte = self[index]
            if byte >= 0x80 { return isText(index..<end, wildcards: wildcards, from: index) }
            if byte == 0 || !wildcards && isWildcard(byte) { return false }
            index += 1
        }
        return true
    }

    /// The rest of a text from its first byte that is not ASCII.
    private func isText(_ range: Range<Int>, wildcards: Bool, from start: Int) -> Bool {
        for index in start..<range.upperBound {
            let byte = self[index]
            if byte == 0 || !wildcards && isWildcard(byte) { return false }
        }
        return isWellFormedUTF8(extracting(start..<range.upperBound))
    }

    /// Whether wildcards of a text stand only where they may, and it has at least one character.
    ///
    /// `+` fills a whole level [MQTT-4.7.1-3]; `#` too, and is last [MQTT-4.7.1-2].
    func isTopicFilter(_ range: Range<Int>) -> Bool {
        for index in range {
            let byte = self[index]
            guard isWildcard(byte) else { continue }
            if index > range.lowerBound && self[index - 1] != UInt8(ascii: "/") { return false }
            let isLast = index + 1 == range.upperBound
            if byte == UInt8(ascii: "#") ? !isLast : !isLast && self[index + 1] != UInt8(ascii: "/") { return false }
        }
        return !range.isEmpty
    }
}

@inline(__always)
private func isWildcard(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "+") || byte == UInt8(ascii: "#")
}

/// Whether one of eight ASCII bytes is 0.
@inline(__always)
private func hasZeroByte(_ word: UInt64) -> Bool {
    (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080 != 0
}
