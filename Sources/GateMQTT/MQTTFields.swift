import GateBytes
import GateProtocol

/// The largest Remaining Length, four bytes of seven bits.
///
/// Source: MQTT 3.1.1, section 2.2.3.
package let mqttRemainingLengthMax = 268_435_455

/// Reads fields in place: what is found is told as offsets into the span.
extension Span where Element == UInt8 {
    /// The Remaining Length at `start` and its width in bytes, or `nil` when its end is not there yet.
    ///
    /// Up to four bytes, seven bits each, least significant group first. A length padded with empty groups is read as
    /// what it says: the standard asks for no shortest form.
    /// - Throws: ``FramingError/malformedLength`` when the fourth byte continues,
    ///   ``FramingError/frameTooLarge(bytes:limit:)``.
    @inline(__always)
    func remainingLength(at start: Int, limit: Int) throws(FramingError) -> (value: Int, width: Int)? {
        var value = 0
        var shift = 0
        var index = start
        while index < count {
            let byte = self[index]
            value |= Int(byte & 0x7F) << shift
            index += 1
            if byte < 0x80 {
                if value > limit { throw .frameTooLarge(bytes: value, limit: limit) }
                return (value, index - start)
            }
            shift += 7
            if shift == 28 { throw .malformedLength }
        }
        return nil
    }

    /// One byte at `offset`, which moves behind it.
    func byteField(at offset: inout Int, end: Int) throws(FramingError) -> UInt8 {
        if offset >= end { throw .truncatedField }
        offset += 1
        return self[offset - 1]
    }

    /// Two bytes at `offset`, most significant first.
    @inline(__always)
    func integerField(at offset: inout Int, end: Int) throws(FramingError) -> UInt16 {
        if end - offset < 2 { throw .truncatedField }
        offset += 2
        return bigEndianUInt16(at: offset - 2)
    }

    /// A packet identifier: two bytes, never 0 [MQTT-2.3.1-1].
    @inline(__always)
    func packetIdentifierField(at offset: inout Int, end: Int) throws(FramingError) -> UInt16 {
        let identifier = try integerField(at: &offset, end: end)
        if identifier == 0 { throw .invalidValue(0) }
        return identifier
    }

    /// Bytes behind a length of two bytes.
    @inline(__always)
    func binaryField(at offset: inout Int, end: Int) throws(FramingError) -> Range<Int> {
        let length = Int(try integerField(at: &offset, end: end))
        if end - offset < length { throw .truncatedField }
        offset += length
        return (offset - length)..<offset
    }

    /// A UTF-8 string without U+0000 behind a length of two bytes [MQTT-1.5.3-1], [MQTT-1.5.3-2].
    ///
    /// Bytes EF BB BF are U+FEFF like any other character [MQTT-1.5.3-3].
    func textField(at offset: inout Int, end: Int) throws(FramingError) -> Range<Int> {
        let field = try binaryField(at: &offset, end: end)
        if !isText(field, wildcards: true) { throw .invalidText }
        return field
    }

    /// A topic name: text of at least one character, without wildcards [MQTT-3.3.2-1], [MQTT-3.3.2-2],
    /// [MQTT-4.7.3-1].
    @inline(__always)
    func topicField(at offset: inout Int, end: Int) throws(FramingError) -> Range<Int> {
        let field = try binaryField(at: &offset, end: end)
        if field.isEmpty || !isText(field, wildcards: false) { throw .invalidText }
        return field
    }

    /// A topic filter.
    func filterField(at offset: inout Int, end: Int) throws(FramingError) -> Range<Int> {
        let field = try textField(at: &offset, end: end)
        if !isTopicFilter(field) { throw .invalidText }
        return field
    }

    /// Throws unless the packet ends at `offset`.
    func endOfFields(at offset: Int, end: Int) throws(FramingError) {
        if offset != end { throw .trailingBytes(end - offset) }
    }
}
