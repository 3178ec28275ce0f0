import GateBytes
import Testing

@Suite struct UTF8RepairTests {
    @Test(arguments: ["", "plain", "é中😀"])
    func leavesWhatIsWellFormed(text: String) {
        let bytes = Array(text.utf8)
        let repaired = repairedUTF8(bytes.span)
        #expect(repaired == nil)
    }

    @Test(
        arguments: [
            ([0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80], "😀"),
            ([0x61, 0xED, 0xA0, 0x80, 0xED, 0xB0, 0x80, 0x62], "a\u{10000}b"),
            ([0xED, 0xAF, 0xBF, 0xED, 0xBF, 0xBF], "\u{10FFFF}"), ([0x61, 0xFF, 0x62], "a\u{FFFD}b"),
        ] as [([UInt8], String)])
    func joinsHalvesAndReplacesTheRest(bytes: [UInt8], text: String) {
        let repaired = repairedUTF8(bytes.span)
        #expect(repaired == Array(text.utf8))
    }

    @Test(
        arguments: [
            [0xED, 0xA0, 0xBD], [0xED, 0xA0, 0xBD, 0x61], [0xED, 0xB8, 0x80, 0xED, 0xA0, 0xBD],
            [0xED, 0xA0, 0xBD, 0xED, 0xB8],
            [0xED], [0xED, 0xA0],
        ] as [[UInt8]])
    func aHalfAloneIsReplaced(bytes: [UInt8]) {
        let repaired = repairedUTF8(bytes.span) ?? []
        let isWellFormed = isWellFormedUTF8(repaired.span)
        #expect(isWellFormed)
        #expect(String(decoding: repaired, as: UTF8.self).contains("\u{FFFD}"))
    }
}
