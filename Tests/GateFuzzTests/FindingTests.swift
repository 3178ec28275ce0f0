import GateFuzz
import GateFuzzGateway
import Testing

/// What the fuzzers found, one test each; the inputs lie among the corpora under the same names.
@Suite struct FindingTests {
    /// The head of a length reached past the limit: refused when it dripped in, read on when it came whole.
    @Test func aFrameAboveTheLimitIsRefusedInWhateverPiecesItComes() throws {
        try replay("finding-limit-before-length", on: .descriptorCodec)
    }

    /// A variable's name went into a report with its control characters.
    @Test func aVariableIsNamedWithoutItsControlCharacters() throws {
        try replay("finding-variable-name", on: .configuration)
    }

    /// Keys and values that fill the limit exactly left the end of the box to wait for, which had no room any more.
    @Test func keysAndValuesThatLeaveNoRoomForTheirEndAreRefused() throws {
        try replay("finding-no-room-for-the-end", on: .descriptorCodec)
    }

    /// A length in UTF-16 units above the limit was waited for: each unit has a byte at least.
    @Test func aLengthInUnitsAboveTheLimitIsRefusedAtOnce() throws {
        try replay("finding-units-above-the-limit", on: .descriptorCodec)
    }

    /// Names of a form that are no text were mended, and two of them became one name of the delivered object.
    @Test func aFormOfBytesThatAreNoTextIsRefused() throws {
        try replay("finding-form-no-text", on: .nativeParts)
    }

    /// After a silent second the numbers of an inbox began at 1 again, which a peer that was still there took for repeats:
    /// it acknowledged the messages and dropped them.
    @Test(arguments: ["finding-numbers-start-anew", "finding-numbers-start-anew-2"])
    func numbersOfAnInboxGoOnBehindWhatWasGivenUp(_ name: String) throws {
        try replay(name, on: .udpLink)
    }

    /// A kick of a protocol whose id is a varint was written without one, which nobody can read.
    @Test func aKickHasAnIdWhereFramesHaveOne() throws {
        try replay("finding-kick-without-its-id", on: .descriptorLoader)
    }

    /// Names and constants went into what is drawn of a descriptor with their control characters, which a terminal obeys.
    @Test func aDescriptorIsDrawnWithoutItsControlCharacters() throws {
        try replay("finding-control-characters-drawn", on: .descriptorLoader)
    }

    /// A reply that repeats a number in a text took it for the place of bytes, and trapped. It is written in digits.
    @Test func aNumberThatIsRepeatedInATextIsWrittenInDigits() throws {
        try replay("finding-number-repeated-as-text", on: .descriptorLoader)
    }

    /// A length of seven bits a byte was written in decimal digits, or not at all.
    @Test(arguments: ["finding-length-in-seven-bits", "finding-length-in-seven-bits-of-the-frame"])
    func aLengthOfSevenBitsAByteIsWrittenAsItIsRead(_ name: String) throws {
        try replay(name, on: .descriptorLoader)
    }

    /// Decimal digits that count the frame did not count themselves and what stands in front.
    @Test func digitsThatCountTheFrameCountThemselves() throws {
        try replay("finding-digits-of-the-frame", on: .descriptorLoader)
    }

    /// Bits with names were written with a value that has none, which nobody reads.
    @Test func bitsAreWrittenWithAValueThatTheyAllow() throws {
        try replay("finding-bits-without-a-value", on: .descriptorLoader)
    }

    /// Bytes that are no UTF-8 were taken for what a kind always says in a text.
    @Test func whatATextAlwaysSaysIsUTF8() throws {
        try replay("finding-constant-that-is-no-text", on: .descriptorLoader)
    }

    /// Digits were to end with a digit, which was read as one of them.
    @Test func digitsDoNotEndWithADigit() throws {
        try replay("finding-digits-that-end-with-a-digit", on: .descriptorLoader)
    }

    /// How far a bad text was looked at, before it was whole, depended on where its bytes were cut.
    @Test func aTornTextIsRefusedAtTheSameByteInWhateverPiecesItComes() throws {
        try replay("finding-units-in-pieces", on: .descriptorCodec)
    }

    /// An id of AMP's comes back under another key, where bytes that are no text were refused by our own reader.
    @Test func anIdOfAnyBytesComesBackInAnAnswer() throws {
        try replay("finding-id-that-is-no-text", on: .descriptorCodec)
    }

    private func replay(_ name: String, on target: FuzzTarget) throws {
        let found = try #require(corpus(target.name).first { $0.name == name })
        try target.run(found.bytes.span)
    }
}
