import GateBytes
import GateDescriptors
import GateProtocol
import GateTestKit
import Testing

/// Long runs, of which the sums go past their modulus many times.
@Suite struct ChecksumVectorTests {
    /// Values of zlib 1.3 (`adler32`, `crc32`) and of the bitwise definition of CRC-16; 255 bytes a time overflow soonest.
    @Test(arguments: [
        ("adler32", 6_000, "a49759ea"), ("adler32", 257, "080f000f"), ("adler32", 65_000, "2fb4f8dd"),
        ("crc32", 6_000, "b7829fe5"), ("crc16-ccitt", 6_000, "6541"), ("sum8", 6_000, "90"),
        ("sum8", 257, "ff"),
    ])
    func runsOfAllBitsHaveTheKnownChecks(alg: String, count: Int, sum: String) throws {
        try expect(alg, [UInt8](repeating: 0xFF, count: count), sum)
    }

    @Test(arguments: [("adler32", "967df1d3"), ("crc32", "8f36385a"), ("crc16-ccitt", "df5e"), ("sum8", "00")])
    func allBytesThirtyTimesHaveTheKnownChecks(alg: String, sum: String) throws {
        try expect(alg, (0..<30).flatMap { _ in (0...255).map { UInt8($0) } }, sum)
    }

    private func expect(_ alg: String, _ content: [UInt8], _ sum: String) throws {
        let descriptor = try load(
            """
            {limits: {max_frame: 70000}, frame: [{name: "n", type: "u24"}, {name: "payload", type: "bytes", len: "n"},
              {name: "sum", type: "check", alg: "\(alg)", over: "payload"}]}
            """)
        let driver = try driver(descriptor)
        let frame = [16, 8, 0].map { UInt8(truncatingIfNeeded: content.count >> $0) } + content + hex(sum)
        let sent = requests(driver, frame)
        #expect(driver.fault == nil)
        driver.send(.reply(try #require(sent.first), .result, .bytes), payload: content)
        #expect(driver.takeOutput() == frame)
    }

    /// A vector of many bytes fills no terminal.
    @Test func ofALongDifferenceTheBeginningIsShown() throws {
        let long = String(repeating: "61", count: 3_000)
        let descriptor = try load(
            """
            {frame: [{name: "payload", type: "bytes", len: "u16"}],
             vectors: [{in: "0000", events: [{}], send: [{payload_hex: "\(long)"}], out: "0000"}]}
            """)
        let failure = try #require(descriptor.checkVectors().first)
        #expect(failure.found == "0bb8" + long)
        #expect(
            failure.description.hasSuffix(
                ": out is 0bb8\(String(repeating: "61", count: 2_046))... (6004 bytes), expected 0000"))
    }

    /// Both values are shown, and the field with them.
    @Test func aWrongCheckIsShownWithTheRightOne() throws {
        let text = """
            {frame: [{name: "payload", type: "bytes", len: "u8"}, {name: "sum", type: "check", alg: "crc16-ccitt", over: "payload"}],
             vectors: [{in: "09 313233343536373839 29b2", events: [{payload: "123456789"}]}]}
            """
        let descriptor = try load(text)
        // The length in front belongs to the run that is covered.
        let close = try #require(descriptor.checkVectors().first { $0.part == .close })
        #expect(close.expected == "none")
        #expect(close.found.hasPrefix("bad_checksum: 29b2, these bytes have "))
        let file = DescriptorFile(name: "test.json5", bytes: Array(text.utf8))
        let bench = try DescriptorWorkbench(descriptor, file, options: ProtocolOptions())
        let dissection = bench.dissect(hex("01 61 0000"), from: .client)
        guard case .fault(.badChecksum, 0, 2, "sum", let fields) = dissection.ending else {
            Issue.record("\(dissection.ending)")
            return
        }
        #expect(fields.map(\.name) == ["payload", "sum"])
        #expect(fields.last?.value == .bytes([0, 0]))
        let right = try #require(dissection.expectedCheck)
        #expect(bench.dissect(hex("01 61") + right, from: .client).ending == .complete)
    }
}
