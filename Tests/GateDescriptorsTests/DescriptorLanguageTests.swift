import GateBytes
import GateDescriptors
import GateProtocol
import GateTestKit
import Testing

@Suite struct DescriptorLanguageTests {
    private static let payload = #"{name: "payload", type: "bytes", len: "rest"}"#

    /// What one request looks like in, and its answer `hi` out.
    @Test(arguments: [
        (#"{name: "size", type: "u8", counts: "after"}"#, "02 6869", "02 6869"),
        (#"{name: "size", type: "u24", counts: "after"}"#, "000002 6869", "000002 6869"),
        (#"{name: "size", type: "u24", counts: "after", order: "le"}"#, "020000 6869", "020000 6869"),
        (#"{name: "size", type: "u64", counts: "after"}"#, "0000000000000002 6869", "0000000000000002 6869"),
        (
            #"{name: "size", type: "u64", counts: "after", order: "le"}"#, "0200000000000000 6869",
            "0200000000000000 6869"
        ),
        (#"{name: "size", type: "u16", counts: "frame"}"#, "0004 6869", "0004 6869"),
        (#"{name: "size", type: "u16", counts: "frame", plus: 3}"#, "0007 6869", "0007 6869"),
        (
            #"{name: "size", type: "u16", counts: "after", plus: -1}, {type: "const", text: "!"}"#, "0002 21 6869",
            "0002 21 6869"
        ),
        (
            #"{type: "const", hex: "47 48"}, {name: "size", type: "u8", counts: "after"}"#, "4748 02 6869",
            "4748 02 6869"
        ),
        (#"{name: "size", type: "u8", counts: "frame"}, {type: "const", text: "!"}"#, "04 21 6869", "04 21 6869"),
        (#"{name: "x", type: "u16"}, {name: "size", type: "u8", counts: "after"}"#, "abcd 02 6869", "0000 02 6869"),
        (
            #"{name: "size", type: "u8", counts: "after"}, {name: "route", type: "str", len: "u8"}"#, "05 02 412f 6869",
            "05 02 412f 6869"
        ),
        (
            #"{name: "n", type: "u8"}, {name: "size", type: "u8", counts: "after"}, {name: "route", type: "str", len: "n"}"#,
            "02 04 412f 6869", "02 04 412f 6869"
        ),
        (
            #"{name: "size", type: "u8", counts: "after"}, {name: "tag", type: "bytes", len: 3}"#, "05 010203 6869",
            "05 000000 6869"
        ),
        (
            #"{name: "size", type: "u8", counts: "after"}, {name: "id", type: "u16", order: "le"}"#, "04 0102 6869",
            "04 0102 6869"
        ),
        (
            #"{name: "size", type: "u8", counts: "after"}, {name: "extra", type: "bytes", len: "u16"}"#,
            "05 0001 07 6869",
            "04 0000 6869"
        ),
    ])
    func readsAndWritesEachField(fields: String, input: String, output: String) throws {
        let descriptor = try load(
            """
            {frame: [\(fields), \(Self.payload)],
             vectors: [{in: "\(input)", events: [{route: "\(fields.contains("route") ? "A/" : "")", payload: "hi"}],
                        send: [{payload: "hi"}], out: "\(output)"}]}
            """)
        #expect(descriptor.checkVectors() == [])
    }

    /// A frame without a length of its own ends with its last field.
    /// Letters are letters here, while a terminator of "é" would be a byte that somebody meant.
    @Test(arguments: [(#""é""#, "02 c3a9"), (#"{hex: "c3a9"}"#, "02 c3a9"), (#""{}""#, "02 7b7d")])
    func anEmptyPayloadIsWrittenAsTheFileSays(empty: String, output: String) throws {
        let descriptor = try load(
            """
            {frame: [{name: "payload", type: "bytes", len: "u8", empty: \(empty)}],
             vectors: [{in: "01 61", events: [{payload: "a"}], send: [{payload: ""}], out: "\(output)"}]}
            """)
        #expect(descriptor.checkVectors() == [])
    }

    @Test func aLengthThatIsNotThereCountsNothing() throws {
        let descriptor = try load(
            """
            {frame: [{name: "op", type: "u8"}, {name: "count", type: "u8", when: {op: 1}},
              {name: "tag", type: "bytes", len: "count"}, {name: "payload", type: "bytes", len: "u8"}],
             vectors: [{in: "01 02 6162 01 63 02 01 64", events: [{payload: "c"}, {payload: "d"}]}]}
            """)
        #expect(descriptor.checkVectors() == [])
    }

    @Test func readsFramesThatEndWithTheirLastField() throws {
        let descriptor = try load(
            """
            {limits: {max_frame: 10}, frame: [{name: "route", type: "str", len: "u8"},
             {name: "payload", type: "bytes", len: "u16", order: "le"}],
             vectors: [
               {in: "01 41 0100 62 00 0000 0241", rest: 2,
                events: [{route: "A", payload: "b"}, {route: "", payload: ""}],
                send: [{payload: "xyz"}, {request: 1}], out: "01 41 0300 78797a 00 0000"},
               {in: "00 0700 01020304050607", events: [{payload_hex: "01020304050607"}]},
               {in: "00 0800", close: "frame_too_large"},
               {in: "0a", close: "frame_too_large"},
               {in: "00 ffff", close: "frame_too_large"},
               {in: "01 ff 0000", close: "invalid_text"},
             ]}
            """)
        #expect(descriptor.checkVectors() == [])
    }

    @Test func foundKindsAreReadAndFilledIn() throws {
        let descriptor = try load(
            """
            {order: "le", frame: [
               {name: "op", type: "u8", enum: {ask: 1, tell: 2, answer: 3, news: 4, out: 5, beat: 6, spare: 7}},
               {name: "size", type: "u16", counts: "after"}, {name: "id", type: "u16"}, {name: "flag", type: "u8"},
               {name: "payload", type: "bytes", len: "rest"}],
             kinds: {request: {op: "ask", flag: 1}, notify: {op: 2}, heartbeat: {op: "beat"},
                     response: {op: "answer", flag: 9}, push: {op: "news", id: 65535}, kick: {op: "out"}},
             vectors: [
               {in: "01 0500 0100 01 6869", events: [{kind: "request", payload: "hi"}],
                send: [{kind: "response", payload: "A"}, {kind: "error", payload: "no"}, {kind: "push", payload: "P"},
                       {kind: "kick"}],
                out: "03 0400 0100 09 41  03 1100 0100 09 7b224572726f72223a226e6f227d  04 0400 ffff 00 50  05 0300 0000 00"},
               {in: "02 0300 0000 00", events: [{kind: "notify"}]},
               {in: "06 0400 0201 00 aa", out: "06 0400 0201 00 aa"},
               {in: "01 0300 0100 02", close: "unknown_kind"},
               {in: "03 0300 0100 09", close: "protocol_violation"},
               {in: "07 0300 0100 00", close: "unknown_kind"},
               {in: "08", close: "unknown_kind"},
               {in: "01 0200", close: "frame_too_small"},
             ]}
            """)
        #expect(descriptor.checkVectors() == [])
    }

    @Test(arguments: [
        ("deliver", "00 01 61", "[{payload: ''}, {payload: 'a'}]", "", ""),
        ("ignore", "00 01 61", "[{payload: 'a'}]", "", ""), ("close", "00 01 61", "[]", "", "empty_frame"),
        ("heartbeat", "00 01 61", "[{payload: 'a'}]", "00", ""),
    ])
    func treatsEmptyFramesAsToldTo(policy: String, input: String, events: String, output: String, close: String) throws
    {
        let descriptor = try load(
            """
            {empty_frame: "\(policy)", frame: [{name: "size", type: "u8", counts: "after"}, \(Self.payload)],
             vectors: [{in: "\(input)", events: \(events), out: "\(output)"
                        \(close.isEmpty ? "" : ", close: '\(close)'")}]}
            """)
        #expect(descriptor.checkVectors() == [])
    }

    @Test(arguments: [
        // Shorter than the fields it covers, also where the sum would be negative.
        (#"{name: "size", type: "u16", counts: "frame"}"#, "0001", FramingError.frameTooSmall(bytes: 1, minimum: 2)),
        (#"{name: "size", type: "u16", counts: "after", plus: 4}"#, "0003", .frameTooSmall(bytes: 3, minimum: 4)),
        (
            #"{name: "size", type: "u16", counts: "after"}, {name: "id", type: "u32"}"#, "0003",
            .frameTooSmall(bytes: 3, minimum: 4)
        ),
        (#"{name: "size", type: "u16", counts: "after", min: 2}"#, "0001", .frameTooSmall(bytes: 1, minimum: 2)),
        (#"{name: "size", type: "u16", counts: "after", max: 2}"#, "0003", .frameTooLarge(bytes: 3, limit: 2)),
        (
            #"{name: "size", type: "u64", counts: "after", plus: -1}, {type: "const", text: "!"}"#, "ffffffffffffffff",
            .frameTooLarge(bytes: .max, limit: 65_535)
        ),
        (
            #"{name: "size", type: "u64", counts: "frame"}"#, "4000000000000000",
            .frameTooLarge(bytes: 1 << 62, limit: 65_535)
        ),
        (#"{name: "v", type: "u8", max: 4}, {name: "size", type: "u8", counts: "after"}"#, "05", .invalidValue(5)),
        (#"{type: "const", hex: "4748"}, {name: "size", type: "u8", counts: "after"}"#, "4749", .wrongConstant(0x49)),
        (
            #"{name: "size", type: "u8", counts: "after"}, {name: "route", type: "str", len: "u8"}"#, "02 02 41",
            .truncatedField
        ),
        (
            #"{name: "size", type: "u8", counts: "after"}, {name: "route", type: "str", len: "u8"}"#, "02 01 ff",
            .invalidText
        ),
        (
            #"{name: "size", type: "u8", counts: "after"}, {name: "route", type: "str", len: "u8", max: 3}"#,
            "05 04 41414141", .invalidValue(4)
        ),
        (
            #"{name: "n", type: "u32"}, {name: "size", type: "u8", counts: "after"}, {name: "route", type: "str", len: "n"}"#,
            "ffffffff 02 4142", .truncatedField
        ),
    ])
    func refusesWhatIsNoFrame(fields: String, input: String, fault: FramingError) throws {
        let descriptor = try load("{frame: [\(fields), \(Self.payload)]}")
        let driver = try driver(descriptor)
        driver.receive(hex(input))
        #expect(driver.fault == .framing(fault))
    }

    @Test func refusesBytesBehindTheLastField() throws {
        let driver = try driver(
            try load(
                #"{frame: [{name: "size", type: "u8", counts: "after"}, {name: "payload", type: "str", len: "u8"}]}"#))
        driver.receive([3, 1, 0x61, 0x62])
        #expect(driver.fault == .framing(.trailingBytes(1)))
    }

    @Test(arguments: [(1, true), (2, true), (3, true), (0, false), (4, false)])
    func holdsAnswersToTheirBounds(count: Int, passes: Bool) throws {
        let driver = try driver(
            try load(#"{frame: [{name: "payload", type: "bytes", len: "u8", min: 1, max: 3}]}"#))
        driver.send(.push(.atMostOnce, .bytes), payload: [UInt8](repeating: 7, count: count))
        #expect(driver.fault == (passes ? nil : .framing(.notEncodable(bytes: count, limit: 3))))
        #expect(driver.takeOutput().count == (passes ? count + 1 : 0))
    }

    @Test func putsFaultsIntoTheirOwnField() throws {
        let descriptor = try load(
            """
            {frame: [{name: "size", type: "u16", counts: "frame"}, {name: "id", type: "u8"},
                     {name: "error", type: "str", len: "u8"}, \(Self.payload)],
             vectors: [{in: "0006 01 00 6162", events: [{payload: "ab"}],
                        send: [{kind: "error", payload: "no"}, {payload: "yes"}],
                        out: "0006 01 02 6e6f  0007 01 00 796573"}]}
            """)
        #expect(descriptor.checkVectors() == [])
    }

    @Test func saysWhereAVectorIsWrong() throws {
        let descriptor = try load(
            """
            {frame: [{name: "size", type: "u8", counts: "after"}, \(Self.payload)], vectors: [
              {in: "01 61", events: [{payload: "b"}], send: [{payload: "x"}], out: "01 79"},
              {in: "01 61", events: [{payload: "a"}]},
              {in: "01", close: "malformed_frame"}, {in: "01"}]}
            """)
        let failures = descriptor.checkVectors()
        // Each difference is said once, though it is there in whatever pieces the bytes come.
        #expect(
            failures.map(\.description) == [
                "2:3: $.vectors[0], whole: events is request(route: none, payload: 61), expected request(route: none, "
                    + "payload: 62)",
                "2:3: $.vectors[0], whole: out is 0178, expected 0179",
                "4:3: $.vectors[2], whole: close is none, expected malformed_frame",
                "4:3: $.vectors[2], whole: rest is 1, expected 0",
                "4:41: $.vectors[3], whole: rest is 1, expected 0",
            ])
    }

    @Test func theFirstExampleOfTheReadmeWorks() throws {
        let readme = String(decoding: try content(repositoryPath + "/protocols/README.md"), as: UTF8.self)
        let lines = readme.split(separator: "\n", omittingEmptySubsequences: false)
        let first = try #require(lines.firstIndex(of: "```json5"))
        let last = try #require(lines[first...].firstIndex(of: "```"))
        let descriptor = try load(lines[(first + 1)..<last].joined(separator: "\n"))
        #expect(descriptor.vectorCount == 1)
        #expect(descriptor.checkVectors() == [])
    }

    /// Blocks that are whole files; others show a part of one.
    @Test func everyExampleOfTheReadmeWorks() throws {
        let readme = String(decoding: try content(repositoryPath + "/protocols/README.md"), as: UTF8.self)
        let blocks = readme.split(separator: "```json5\n").dropFirst().compactMap { block in
            block.split(separator: "\n```").first.map(String.init)
        }
        let files = blocks.filter { $0.hasPrefix("{") || $0.contains("\n{\n") }
        #expect(files.count >= 40)
        for text in files {
            let descriptor = try load(text)
            #expect(descriptor.vectorCount > 0)
            #expect(descriptor.checkVectors() == [], "\(text)")
        }
    }

    @Test func aLargeFrameThatDripsInIsNotLookedAtAgain() throws {
        // Costs are flat because nothing is read until the number of bytes that was asked for is there.
        let driver = try driver("length32")
        let frame = frame32([UInt8](repeating: 5, count: 65_536))
        driver.receive(Array(frame[..<4]))
        for step in 1..<64 {
            driver.receive(Array(frame[(4 + (step - 1) * 1024)..<(4 + step * 1024)]))
            #expect(driver.bytesNeeded == frame.count)
        }
        driver.receive(Array(frame[(4 + 63 * 1024)...]))
        #expect(driver.takeEvents().count == 1)
    }
}

/// Bytes of hex digits.
func hex(_ text: String) -> [UInt8] {
    let digits = text.filter { $0 != " " }
    var bytes: [UInt8] = []
    var index = digits.startIndex
    while index < digits.endIndex {
        let next = digits.index(index, offsetBy: 2)
        bytes.append(UInt8(digits[index..<next], radix: 16) ?? 0)
        index = next
    }
    return bytes
}
