/// Whether the bytes are well-formed UTF-8: no overlong form, no surrogate, nothing above U+10FFFF.
///
/// Source: Unicode 15, table 3-7.
public func isWellFormedUTF8(_ bytes: Span<UInt8>) -> Bool {
    var index = 0
    let count = bytes.count
    while index < count {
        let lead = bytes[index]
        if lead < 0x80 {
            index += 1
            continue
        }
        let (width, low, high): (Int, UInt8, UInt8)
        switch lead {
        case 0xC2...0xDF: (width, low, high) = (2, 0x80, 0xBF)
        case 0xE0: (width, low, high) = (3, 0xA0, 0xBF)
        case 0xED: (width, low, high) = (3, 0x80, 0x9F)
        case 0xE1...0xEF: (width, low, high) = (3, 0x80, 0xBF)
        case 0xF0: (width, low, high) = (4, 0x90, 0xBF)
        case 0xF1...0xF3: (width, low, high) = (4, 0x80, 0xBF)
        case 0xF4: (width, low, high) = (4, 0x80, 0x8F)
        default: return false
        }
        if index + width > count { return false }
        if bytes[index + 1] < low || bytes[index + 1] > high { return false }
        var next = index + 2
        while next < index + width {
            if bytes[next] & 0xC0 != 0x80 { return false }
            next += 1
        }
        index += width
    }
    return true
}
