import GateBytes
import Testing

@Suite struct SpanEqualityTests {
    private func areEqual(_ one: ArraySlice<UInt8>, _ other: ArraySlice<UInt8>) -> Bool {
        one.span.equals(other.span)
    }

    @Test(arguments: 0...25)
    func bytesAreEqualUntilOneOfThemDiffers(count: Int) {
        let one = (0..<count).map { UInt8($0) }
        #expect(areEqual(one[...], Array(one)[...]))
        #expect(!areEqual(one[...], (one + [0])[...]))
        for place in 0..<count {
            var other = one
            other[place] ^= 0x80
            #expect(!areEqual(one[...], other[...]), "\(place)")
        }
    }

    @Test func aPartOfAnArrayNeedNotBeginAtAWord() {
        let bytes = (0..<40).map { UInt8($0 % 13) }
        #expect(areEqual(bytes[1..<14], bytes[14..<27]))
        #expect(!areEqual(bytes[1..<14], bytes[15..<28]))
    }
}
