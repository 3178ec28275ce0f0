import GateFuzz
import GateFuzzGateway
import Testing

/// What the fuzzers found, one test each; the inputs lie among the corpora under the same names.
@Suite struct FindingTests {
    /// The head of a length reached past the limit: refused when it dripped in, read on when it came whole.
    @Test func aFrameAboveTheLimitIsRefusedInWhateverPiecesItComes() throws {
        let found = try bytes("descriptor-codec", "finding-limit-before-length")
        try fuzzDescriptorCodec(found.span)
    }

    /// A variable's name went into a report with its control characters.
    @Test func aVariableIsNamedWithoutItsControlCharacters() throws {
        let found = try bytes("configuration", "finding-variable-name")
        try fuzzConfiguration(found.span)
    }

    /// Keys and values that fill the limit exactly left the end of the box to wait for, which had no room any more.
    @Test func keysAndValuesThatLeaveNoRoomForTheirEndAreRefused() throws {
        let found = try bytes("descriptor-codec", "finding-no-room-for-the-end")
        try fuzzDescriptorCodec(found.span)
    }

    /// A length in UTF-16 units above the limit was waited for: each unit has a byte at least.
    @Test func aLengthInUnitsAboveTheLimitIsRefusedAtOnce() throws {
        let found = try bytes("descriptor-codec", "finding-units-above-the-limit")
        try fuzzDescriptorCodec(found.span)
    }

    /// Names of a form that are no text were mended, and two of them became one name of the delivered object.
    @Test func aFormOfBytesThatAreNoTextIsRefused() throws {
        let found = try bytes("native-parts", "finding-form-no-text")
        try fuzzNativeParts(found.span)
    }

    /// After a silent second the numbers of an inbox began at 1 again, which a peer that was still there took for repeats:
    /// it acknowledged the messages and dropped them.
    @Test(arguments: ["finding-numbers-start-anew", "finding-numbers-start-anew-2"])
    func numbersOfAnInboxGoOnBehindWhatWasGivenUp(_ name: String) throws {
        let found = try bytes("udp-link", name)
        try fuzzUDPLink(found.span)
    }

    /// A kick of a protocol whose id is a varint was written without one, which nobody can read.
    @Test func aKickHasAnIdWhereFramesHaveOne() throws {
        let found = try bytes("descriptor-loader", "finding-kick-without-its-id")
        try fuzzDescriptorLoader(found.span)
    }

    /// Names and constants went into what is drawn of a descriptor with their control characters, which a terminal obeys.
    @Test func aDescriptorIsDrawnWithoutItsControlCharacters() throws {
        let found = try bytes("descriptor-loader", "finding-control-characters-drawn")
        try fuzzDescriptorLoader(found.span)
    }

    /// A reply that repeats a number in a text took it for the place of bytes, and trapped. It is written in digits.
    @Test func aNumberThatIsRepeatedInATextIsWrittenInDigits() throws {
        let found = try bytes("descriptor-loader", "finding-number-repeated-as-text")
        try fuzzDescriptorLoader(found.span)
    }

    /// A length of seven bits a byte was written in decimal digits, or not at all.
    @Test(arguments: ["finding-length-in-seven-bits", "finding-length-in-seven-bits-of-the-frame"])
    func aLengthOfSevenBitsAByteIsWrittenAsItIsRead(_ name: String) throws {
        let found = try bytes("descriptor-loader", name)
        try fuzzDescriptorLoader(found.span)
    }

    /// Decimal digits that count the frame did not count themselves and what stands in front.
    @Test func digitsThatCountTheFrameCountThemselves() throws {
        let found = try bytes("descriptor-loader", "finding-digits-of-the-frame")
        try fuzzDescriptorLoader(found.span)
    }

    /// Bits with names were written with a value that has none, which nobody reads.
    @Test func bitsAreWrittenWithAValueThatTheyAllow() throws {
        let found = try bytes("descriptor-loader", "finding-bits-without-a-value")
        try fuzzDescriptorLoader(found.span)
    }

    /// Bytes that are no UTF-8 were taken for what a kind always says in a text.
    @Test func whatATextAlwaysSaysIsUTF8() throws {
        let found = try bytes("descriptor-loader", "finding-constant-that-is-no-text")
        try fuzzDescriptorLoader(found.span)
    }

    /// Digits were to end with a digit, which was read as one of them.
    @Test func digitsDoNotEndWithADigit() throws {
        let found = try bytes("descriptor-loader", "finding-digits-that-end-with-a-digit")
        try fuzzDescriptorLoader(found.span)
    }

    /// How far a bad text was looked at, before it was whole, depended on where its bytes were cut.
    @Test func aTornTextIsRefusedAtTheSameByteInWhateverPiecesItComes() throws {
        let found = try bytes("descriptor-codec", "finding-units-in-pieces")
        try fuzzDescriptorCodec(found.span)
    }

    /// An id of AMP's comes back under another key, where bytes that are no text were refused by our own reader.
    @Test func anIdOfAnyBytesComesBackInAnAnswer() throws {
        let found = try bytes("descriptor-codec", "finding-id-that-is-no-text")
        try fuzzDescriptorCodec(found.span)
    }

    private func bytes(_ target: String, _ name: String) throws -> [UInt8] {
        try #require(corpus(target).first { $0.name == name }).bytes
    }
}
