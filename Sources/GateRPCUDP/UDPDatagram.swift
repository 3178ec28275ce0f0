import GateBytes

/// One datagram of a UDP link.
///
/// ```
///  0    1     2          6          10         14
///  'G'  kind  sender     target     number     message, or the numbers that an acknowledgement names
/// ```
///
/// Integers are big-endian. `sender` and `target` tell the starts of a link apart; a target of 0 is everyone.
struct UDPDatagram {
    enum Kind: UInt8 {
        /// Sent once, to everyone.
        case published = 0x11
        /// Sent until it is acknowledged.
        case numbered = 0x12
        /// Names numbers that arrived.
        case acknowledgement = 0x13
        /// The target is another start: nobody reads that inbox any more.
        case reset = 0x14
    }

    /// Bytes before the message.
    static let headerBytes = 14
    /// What IPv4 allows, less the IP and UDP headers.
    static let datagramBytesMax = 65_507
    /// Bytes of a message.
    static let messageBytesMax = datagramBytesMax - headerBytes

    var kind: Kind
    var sender: UInt32
    var target: UInt32
    var number: UInt32

    init(_ kind: Kind, sender: UInt32, target: UInt32, number: UInt32 = 0) {
        self.kind = kind
        self.sender = sender
        self.target = target
        self.number = number
    }

    /// The header of a datagram; `nil` when it is not one of ours.
    init?(_ bytes: Span<UInt8>) {
        guard bytes.count >= Self.headerBytes, bytes[0] == UInt8(ascii: "G"), let kind = Kind(rawValue: bytes[1])
        else { return nil }
        self.init(
            kind, sender: bytes.bigEndianUInt32(at: 2), target: bytes.bigEndianUInt32(at: 6),
            number: bytes.bigEndianUInt32(at: 10))
        if sender == 0 { return nil }
    }

    /// The datagram with what follows the header.
    func bytes(_ rest: [UInt8] = []) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(ascii: "G"), kind.rawValue]
        bytes.reserveCapacity(Self.headerBytes + rest.count)
        for word in [sender, target, number] {
            for shift: UInt32 in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
        }
        bytes.append(contentsOf: rest)
        return bytes
    }
}
