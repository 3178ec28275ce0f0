import GateBytes

/// One step of writing a frame.
struct WriteOperation: Sendable {
    enum Code: UInt8, Sendable {
        /// The bytes `range` of the pool.
        case literal
        /// The first `width` of `bytes` and `moreBytes`: a literal of at most sixteen.
        case shortLiteral
        /// A length of `width` bytes over bytes whose number is known before they are written: `plus`, and the
        /// route's and the payload's where it counts them. Width 0 stands for decimal digits in front of `range`, or for
        /// seven bits a byte where that is empty.
        case length
        /// Room for a length of `width` bytes, counted from behind it.
        case openAfter
        /// Room for a length of `width` bytes, counted from the frame's start.
        case openFrame
        /// Room for a length of `width` bytes, counted from a later ``mark``.
        case openField
        /// Where the bytes that a length of `openField` counts begin.
        case mark
        /// Fills in the length.
        case close
        /// Fills in a length without a fixed width, for which there was no room: decimal digits in front of `range`, or seven
        /// bits a byte where that is empty; `countsUnits` counts UTF-16 units, `countsFrame` what stands in front, too.
        case closeUnsized
        /// Fills in a length that is followed by a longer one of `escapeWidth` bytes when its own are too few.
        case closeEscaped
        case route, payload, faultText, faultObject
        /// The id as an integer of `width` bytes.
        case identifier
        /// The id in seven bits a byte, `maximum` at most.
        case identifierVarint
        /// The id as it was read.
        case identifierText
        /// The route's code as an integer of `width` bytes.
        case code
        /// The route's code in decimal digits.
        case codeText
        /// The code of a handler's fault as an integer of `width` bytes, `plus` where it gave none.
        case faultCode
        /// The same as a text, `range` of the pool where it gave none.
        case faultCodeText
        /// A number of `source`, seven bits a byte, `maximum` at most; or, with `countsUnits`, in decimal digits.
        case number
        /// The time in milliseconds as an integer of `width` bytes.
        case nowMilliseconds
        case nowText
        /// The value `copy` of the frame that is answered, as an integer of `width` bytes.
        case copiedNumber
        /// The same as it was read: with `minimum` bytes at least, zeros behind fewer, and `maximum` at most.
        case copied
        /// Puts a number of `source` into the bits from `plus` of the integer of `width` bytes that was written last.
        case setBits
        case jsonRoute, jsonIdentifier, jsonPayload, jsonFaultText
        /// The payload, a JSON object, as keys and values with lengths of `width` and `scope` bytes. Keys among those of
        /// `range`, each with its length in front, are the protocol's own.
        case pairs
        /// A 0-packed body with the payload, or with the fault's text.
        case sproto, sprotoFault
        /// Room for a check of the bytes since the `mark` of the same scope, or since the frame's start.
        case check
        /// Fills in the check.
        case fillCheck
        /// Where something begins that is looked at once it is written: a group that is compressed when it is long, a
        /// run of bytes with bounds or a terminator.
        case openPacked
        /// Refuses what was written since, unless it has `minimum` to `maximum` bytes and the terminator `range`, if
        /// there is one, stands at its end and nowhere before.
        case checkRun
        /// Compresses by `method` what was written since, when it is more than `maximum` bytes.
        case deflate
    }

    var code: Code
    var method = CompressionMethod.raw
    var checksum = Checksum.sum8
    var source = NumberSource.identifier
    var width: UInt8 = 0
    var isLittleEndian = false
    var scope: UInt8 = 0
    var countsRoute = false
    var countsPayload = false
    var countsUnits = false
    var countsFrame = false
    /// Whether bytes become a JSON string; whether one JSON value has to stand there, so that nothing becomes `null`.
    var isQuoted = false
    var isJSON = false
    /// Whether only the numbers in `range` of ``DescriptorProgram/numbers`` are written.
    var isEnumerated = false
    /// The place of a value in ``DescriptorProgram/copySources``.
    var copy: UInt8 = 0
    var escapeWidth: UInt8 = 0
    var range = PoolRange()
    /// A short literal, eight bytes each, the first byte lowest.
    var bytes: UInt64 = 0
    var moreBytes: UInt64 = 0
    var plus = 0
    var minimum: UInt64 = 0
    var maximum = UInt64.max
}

/// Where a number that is written comes from.
enum NumberSource: Sendable {
    case identifier, code, now, copied, faultCode
}

extension WriteOperation {
    /// The value of the frame that is answered which it writes, one bit for its place; 0 for none.
    var copiedBit: UInt64 {
        switch code {
        case .copied, .copiedNumber: 1 << UInt64(copy)
        case .number, .setBits: source == .copied ? 1 << UInt64(copy) : 0
        default: 0
        }
    }

    /// The bytes of a ``Code/shortLiteral``.
    @inline(__always)
    var literal: JSONAnswer.Literal { JSONAnswer.Literal(bytes: bytes, moreBytes: moreBytes, count: Int(width)) }

    /// Whether a run has as many bytes as it may have, and its terminator, those of `range`, is first found behind it.
    static func isRun(
        _ run: Span<UInt8>, endedBy pool: [UInt8], _ range: Range<Int>, _ counts: ClosedRange<UInt64>
    ) -> Bool {
        guard counts.contains(UInt64(run.count)) else { return false }
        guard let first = range.first else { return true }
        var place = 0
        while let found = run.firstOffset(of: pool[first], from: place) {
            var index = 1
            while index < range.count {
                let offset = found + index
                // What stands behind the run is the terminator itself.
                let byte = offset < run.count ? run[offset] : pool[first + offset - run.count]
                if byte != pool[first + index] { break }
                index += 1
            }
            if index == range.count { return false }
            place = found + 1
        }
        return true
    }
}
