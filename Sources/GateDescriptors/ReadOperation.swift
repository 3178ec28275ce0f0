import GateProtocol

/// One step of reading a frame.
struct ReadOperation: Sendable {
    enum Code: UInt8, Sendable {
        /// An unsigned integer of `width` bytes.
        case unsigned
        /// `count` bytes at most of seven bits each.
        case varint
        /// `count` decimal digits at most and the terminator `end`.
        case decimal
        /// The `width` bits from `count` of the integer in front.
        case bits
        /// The bytes `range` of the pool.
        case constant
        /// `count` bytes.
        case fixed
        /// As many bytes as an integer of `width` bytes in front of them says.
        case prefixed
        /// As many bytes as the value in `lengthSlot` says.
        case counted
        /// All bytes up to `count` before the frame's end.
        case rest
        /// All bytes before the terminator `end`.
        case until
        /// Keys of `width` bytes of length and values of `count`, ended by an empty key.
        case pairs
        /// Keeps in `slot` where the next field begins, counted from the frame's start.
        case mark
        /// A check of the bytes from the place in `lengthSlot`, or from the frame's start.
        case check
        /// When the next bytes are those of `range`: from here to the frame's end they are compressed by `method`.
        case inflate
    }

    /// What is looked at inside a run of bytes.
    enum Content: UInt8, Sendable {
        case bytes, text, json, singleKey, sproto, scutForm
        /// Bytes that do not hold the marker `end`; `range` says how far a search for it steps, see
        /// ``DescriptorProgram/steps(to:)``.
        case withoutEncryption, withoutCompression
    }

    /// Means: nobody reads this value.
    static let noSlot: UInt8 = 255

    var code: Code
    var content = Content.bytes
    var method = CompressionMethod.raw
    var checksum = Checksum.sum8
    var width: UInt8 = 0
    var isLittleEndian = false
    var isSigned = false
    var counts = CountedPart.none
    var countsUnits = false
    var escapeWidth: UInt8 = 0
    var keepsUnknown = true
    /// What it means when the value, or the number of bytes, is not one between `minimum` and `maximum`.
    var bounds = BoundsMeaning.value
    /// A number without bounds that counts nothing, or the rest as bytes without bounds.
    var isPlain = false
    var slot = noSlot
    var lengthSlot = noSlot
    /// Range of ``DescriptorProgram/tests`` that must all hold for the field to be there.
    var firstTest: UInt16 = 0
    var testsEnd: UInt16 = 0
    /// How many of them are also the first ones of the operation before, in the same order.
    var sharedTests: UInt16 = 0
    /// Whether a length needs more than its number: it may go on, be negative, or count units of text.
    var isUnusualLength = false
    /// Constant bytes, or the range of ``DescriptorProgram/numbers`` that an enum allows.
    var range = PoolRange()
    var end = PoolRange()
    var count = 0
    var plus = 0
    var minimum: UInt64 = 0
    var maximum = UInt64.max
    /// Those values of `range` that are below 64, one bit each.
    var smallValues: UInt64 = 0
}

/// What the bounds of a field are there for.
enum BoundsMeaning: String, CaseIterable, Sendable {
    /// Other values have no meaning.
    case value
    /// There is one value, by which both sides know each other.
    case constant
    /// With it a frame ends.
    case terminator
    /// Other values are versions of the protocol that are not spoken here.
    case version
    /// Other values ask for what is not spoken here.
    case encryption, compression
}

extension ReadOperation {
    /// What is wrong with a value outside the bounds.
    func refusal(of value: UInt64) -> FramingError {
        switch bounds {
        case .value: .invalidValue(Int(clamping: value))
        case .constant: .wrongConstant(UInt8(truncatingIfNeeded: value))
        case .terminator: .wrongTerminator(UInt8(truncatingIfNeeded: value))
        case .version: .versionUnsupported(Int(clamping: value))
        case .encryption: .encryptionUnsupported
        case .compression: .compressionUnsupported
        }
    }
}
