import GateBytes

/// Checks over a part of a frame.
enum Checksum: UInt8, CaseIterable, Sendable {
    /// The sum of all bytes, modulo 256.
    case sum8
    /// CRC-16 with the polynomial 1021, FFFF at the start, not mirrored (CCITT-FALSE).
    case crc16
    /// CRC-32 of IEEE 802.3.
    case crc32
    /// Adler-32 of RFC 1950.
    case adler32
    /// MD5 over the bytes and a secret behind them, 16 bytes.
    case md5

    /// The word for it in a descriptor.
    var name: String {
        switch self {
        case .sum8: "sum8"
        case .crc16: "crc16-ccitt"
        case .crc32: "crc32"
        case .adler32: "adler32"
        case .md5: "md5"
        }
    }

    /// Bytes of the result.
    var width: Int {
        switch self {
        case .sum8: 1
        case .crc16: 2
        case .crc32, .adler32: 4
        case .md5: 16
        }
    }

    /// The check of `bytes`, in the byte order wanted; MD5 has none.
    func bytes(over bytes: Span<UInt8>, key: [UInt8], isLittleEndian: Bool) -> [UInt8] {
        var value: UInt32 = 0
        switch self {
        case .sum8: for index in bytes.indices { value = (value + UInt32(bytes[index])) & 0xFF }
        case .crc16:
            value = 0xFFFF
            for index in bytes.indices {
                value = (value << 8 ^ Self.crc16Table[Int((value >> 8 ^ UInt32(bytes[index])) & 0xFF)]) & 0xFFFF
            }
        case .crc32:
            value = .max
            for index in bytes.indices {
                value = value >> 8 ^ Self.crc32Table[Int((value ^ UInt32(bytes[index])) & 0xFF)]
            }
            value = ~value
        case .adler32:
            var (low, high): (UInt32, UInt32) = (1, 0)
            for index in bytes.indices {
                low = (low + UInt32(bytes[index])) % 65_521
                high = (high + low) % 65_521
            }
            value = high << 16 | low
        case .md5:
            var keyed = [UInt8](copying: bytes)
            keyed += key
            return MD5.digest(keyed.span)
        }
        let places = isLittleEndian ? Array(0..<width) : (0..<width).reversed()
        return places.map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
    }

    private static let crc16Table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index) << 8) { value, _ in
            (value & 0x8000 == 0 ? value << 1 : value << 1 ^ 0x1021) & 0xFFFF
        }
    }

    private static let crc32Table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 0 ? value >> 1 : value >> 1 ^ 0xEDB8_8320 }
    }
}
