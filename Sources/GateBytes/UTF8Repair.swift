/// Well-formed UTF-8 made of bytes that are not: halves of a pair that are encoded each by itself (CESU-8, as some JavaScript
/// clients write characters above U+FFFF) are joined, anything else that is wrong becomes U+FFFD.
/// - Returns: `nil` when nothing is wrong.
public func repairedUTF8(_ bytes: Span<UInt8>) -> [UInt8]? {
    if isWellFormedUTF8(bytes) { return nil }
    var joined: [UInt8] = []
    joined.reserveCapacity(bytes.count)
    var place = 0
    while place < bytes.count {
        if let high = half(bytes, at: place, second: 0xA0...0xAF),
            let low = half(bytes, at: place + 3, second: 0xB0...0xBF)
        {
            let character = 0x10000 + (high & 0x3FF) << 10 + low & 0x3FF
            joined.append(0xF0 | UInt8(truncatingIfNeeded: character >> 18))
            for shift in [12, 6, 0] as [UInt32] {
                joined.append(0x80 | UInt8(truncatingIfNeeded: character >> shift) & 0x3F)
            }
            place += 6
        } else {
            joined.append(bytes[place])
            place += 1
        }
    }
    return Array(String(decoding: joined, as: UTF8.self).utf8)
}

/// The number of a surrogate in three bytes, `ED` and a second byte of a range first.
private func half(_ bytes: Span<UInt8>, at place: Int, second: ClosedRange<UInt8>) -> UInt32? {
    guard place + 2 < bytes.count, bytes[place] == 0xED, second.contains(bytes[place + 1]),
        bytes[place + 2] & 0xC0 == 0x80
    else { return nil }
    return UInt32(bytes[place + 1] & 0x3F) << 6 | UInt32(bytes[place + 2] & 0x3F)
}
