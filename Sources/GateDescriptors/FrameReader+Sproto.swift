package import GateBytes
package import GateProtocol

/// skynet's example protocol: the body is 0-packed, and starts with a sproto structure of type and session.
///
/// ```
/// 0-packed   55 02 01 04 01 C4 07 57 1F 6C ...
/// unpacked   02 00 | 01 00 | 04 00 | 04 00 | content
///            words | skip  | session 1
/// ```
///
/// Source: skynet, `lualib/sproto.lua`, `lualib-src/sproto/sproto.c`.
package enum Sproto {
    /// Bytes of an unpacked body where nobody says otherwise.
    package static let unpackedBytesMax = DescriptorLimits.inflatedBytesDefault

    /// Appends the unpacked bytes: of eight, a mask says which are not zero; FF n stands for n + 1 groups as they are.
    package static func unpack(
        _ input: Span<UInt8>, bytesMax: Int = unpackedBytesMax, into output: inout ByteBuffer
    ) throws(FramingError) {
        let start = output.count
        var place = 0
        while place < input.count {
            let mask = input[place]
            place += 1
            if mask == 0xFF {
                guard place < input.count else { throw .truncatedField }
                let count = (Int(input[place]) + 1) * 8
                place += 1
                guard place + count <= input.count else { throw .truncatedField }
                output.append(input, range: place..<place + count)
                place += count
            } else {
                for bit in 0..<8 {
                    guard mask & (1 << UInt8(bit)) != 0 else {
                        output.append(0)
                        continue
                    }
                    guard place < input.count else { throw .truncatedField }
                    output.append(input[place])
                    place += 1
                }
            }
            guard output.count - start <= bytesMax else { throw .inflatedTooLarge(limit: bytesMax) }
        }
    }

    /// Appends the packed bytes of `input`, padded to groups of eight.
    package static func pack(_ input: Span<UInt8>, into output: inout ByteBuffer) {
        var place = 0
        while place < input.count {
            // Groups without a zero, and from then on groups with at most two, are copied.
            var raw = 0
            while raw < 256, place + 8 * raw < input.count {
                let zeros = zeros(input, place + 8 * raw)
                if raw == 0 ? zeros > 0 : zeros > 2 { break }
                raw += 1
            }
            if raw > 0 {
                output.append(0xFF)
                output.append(UInt8(raw - 1))
                for index in place..<place + 8 * raw { output.append(index < input.count ? input[index] : 0) }
                place += 8 * raw
                continue
            }
            var mask: UInt8 = 0
            for bit in 0..<8 where place + bit < input.count && input[place + bit] != 0 { mask |= 1 << UInt8(bit) }
            output.append(mask)
            for bit in 0..<8 where mask & (1 << UInt8(bit)) != 0 { output.append(input[place + bit]) }
            place += 8
        }
    }

    private static func zeros(_ input: Span<UInt8>, _ place: Int) -> Int {
        var count = 0
        for index in place..<place + 8 where index >= input.count || input[index] == 0 { count += 1 }
        return count
    }

    /// Type, session and the end of the structure at the start of an unpacked body.
    package static func header(_ body: Span<UInt8>) throws(FramingError) -> (type: UInt64?, session: UInt64?, end: Int)
    {
        guard body.count >= 2 else { throw .truncatedField }
        let words = Int(body[0]) | Int(body[1]) << 8
        let data = 2 + 2 * words
        guard data <= body.count else { throw .truncatedField }
        var end = data
        var tag = 0
        var values: (type: UInt64?, session: UInt64?) = (nil, nil)
        for index in 0..<words {
            let word = Int(body[2 + 2 * index]) | Int(body[3 + 2 * index]) << 8
            if word & 1 == 1 {
                tag += (word + 1) / 2
                continue
            }
            var value: UInt64?
            if word == 0 {
                guard end + 4 <= body.count else { throw .truncatedField }
                let size = (0..<4).reduce(0) { $0 | Int(body[end + $1]) << (8 * $1) }
                end += 4
                guard size <= body.count - end else { throw .truncatedField }
                if size == 4 || size == 8 {
                    let low = end
                    value = (0..<size).reduce(0) { $0 | UInt64(body[low + $1]) << UInt64(8 * $1) }
                } else if tag < 2 {
                    throw .invalidValue(size)
                }
                end += size
            } else {
                value = UInt64(word / 2 - 1)
            }
            if tag == 0 { values.type = value } else if tag == 1 { values.session = value }
            tag += 1
        }
        return (values.type, values.session, end)
    }

    /// Appends the structure of type and session.
    package static func appendHeader(type: UInt64?, session: UInt64?, into output: inout ByteBuffer) {
        var words: [UInt16] = []
        var data: [UInt64] = []
        if let type { word(type, &words, &data) }
        if let session {
            if type == nil { words.append(1) }
            word(session, &words, &data)
        }
        output.append(littleEndian: UInt16(words.count))
        for word in words { output.append(littleEndian: word) }
        for value in data {
            let isWide = value > UInt64(UInt32.max)
            output.append(littleEndian: UInt32(isWide ? 8 : 4))
            if isWide { output.append(littleEndian: value) } else { output.append(littleEndian: UInt32(value)) }
        }
    }

    /// The tag of the field that says a fault. No schema has as many, and readers pass over tags they do not know, so that
    /// a client sees an answer without content.
    static let faultTag = 1000

    /// Content of one field under ``faultTag``.
    static func fault(_ object: [UInt8]) -> [UInt8] {
        var content = ByteBuffer()
        content.append(littleEndian: UInt16(2))
        content.append(littleEndian: UInt16(2 * faultTag - 1))
        content.append(littleEndian: UInt16(0))
        content.append(littleEndian: UInt32(object.count))
        content.append(object)
        return content.array()
    }

    private static func word(_ value: UInt64, _ words: inout [UInt16], _ data: inout [UInt64]) {
        if value < 0x7FFF {
            words.append(UInt16((value + 1) * 2))
        } else {
            words.append(0)
            data.append(value)
        }
    }
}

extension DescriptorProgram {
    /// Reads a 0-packed body: `code` is the type, `id` the session, `payload` the content.
    func readSproto(
        _ input: Span<UInt8>, _ range: Range<Int>, values: inout FrameValues, scratch: inout ByteBuffer
    ) throws(FramingError) {
        let start = scratch.count
        try Sproto.unpack(input.extracting(range), bytesMax: inflatedBytesMax, into: &scratch)
        let count = scratch.count
        let header = try scratch.withBytes { bytes throws(FramingError) in
            try Sproto.header(bytes.extracting(start..<count))
        }
        if let type = header.type { values.set(FrameValues.code, number: type) }
        if let session = header.session { values.set(FrameValues.identifier, number: session) }
        // The padding to groups of eight stays: content says itself how long it is.
        values.set(
            FrameValues.payload,
            range: ByteRange(start: start + header.end, count: count - start - header.end, region: .scratch))
    }

    /// Writes a 0-packed body: an answer has a session, a push a type.
    func writeSproto(_ payload: Span<UInt8>, _ content: borrowing FrameContent, into output: inout ByteBuffer) {
        var plain = ByteBuffer(minimumCapacity: payload.count + 16)
        if case .number(let session) = content.identifier {
            Sproto.appendHeader(type: nil, session: session, into: &plain)
        } else {
            Sproto.appendHeader(type: content.code, session: nil, into: &plain)
        }
        plain.append(payload)
        plain.withBytes { bytes in Sproto.pack(bytes, into: &output) }
    }
}
