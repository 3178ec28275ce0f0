import ArgumentParser
import GateDescriptors
import GateProtocol
import Gatehouse
import Testing

@testable import GatehouseCommand

@Suite("gatehouse protocol")
struct ProtocolCommandTests {
    private func bench(_ name: String) throws -> DescriptorWorkbench {
        try ProtocolCatalog(folders: []).workbench(name).bench
    }

    private func decoded(_ name: String, _ hex: String, _ sender: Dissection.Sender = .client) throws -> [String] {
        let bytes = try HexText.bytes(of: hex)
        return DissectionText(bytes, .plain).lines(try bench(name).dissect(bytes, from: sender))
    }

    private func explained(_ name: String) throws -> [String] {
        let bench = try bench(name)
        return DescriptorPicture(.plain)
            .lines(bench.outline, name: bench.descriptor.name, summary: bench.descriptor.summary)
    }

    @Test func decodesFramesAndSaysWhatIsMissing() throws {
        #expect(
            try decoded("length16", "0003 616200 0005 63") == [
                "frame 1: request, 5 bytes at offset 0",
                "  000000  00 03 61 62 00                                    ..ab.",
                "  offset  length  field    type   value",
                "       0       2  size     u16    3",
                "       2       3  payload  bytes  61 62 00",
                "",
                "incomplete frame at offset 5: 3 bytes are here, at least 4 more are needed",
                "  000005  00 05 63                                          ..c",
                "  offset  length  field  type  value",
                "       5       2  size   u16   5",
            ])
    }

    @Test func decodesWhatABodySays() throws {
        #expect(
            try decoded("length32-json", "00000016 7b22726f757465223a22412f62222c226964223a377d") == [
                "frame 1: request, 26 bytes at offset 0",
                "  000000  00 00 00 16 7b 22 72 6f  75 74 65 22 3a 22 41 2f  ....{\"route\":\"A/",
                "  000010  62 22 2c 22 69 64 22 3a  37 7d                    b\",\"id\":7}",
                "  offset  length  field  type  value",
                "       0       4  size   u32   22",
                "       4      22  body   json  {\"route\":\"A/b\",\"id\":7}",
                "  route           A/b",
                "  id              7",
            ])
    }

    @Test func saysWhereAFaultIsAndWhatBecomesOfTheConnection() throws {
        #expect(
            try decoded("length32", "00ffffff 61") == [
                "fault at offset 0, field 'size': too large: 16777215 bytes, at most 1048576 are allowed",
                "a gateway closes the connection: frame_too_large",
                "  000000  00 ff ff ff 61                                    ....a",
            ])
    }

    @Test func colorsFieldsAlikeInTheDumpAndInTheTable() throws {
        let bytes: [UInt8] = [0, 1, 0x61]
        let lines = DissectionText(bytes, TerminalStyle(isColored: true))
            .lines(try bench("length16").dissect(bytes, from: .client))
        #expect(lines[1].contains("\u{1B}[36m00\u{1B}[0m \u{1B}[36m01\u{1B}[0m \u{1B}[33m61\u{1B}[0m"))
        #expect(lines[3].contains("\u{1B}[36msize   \u{1B}[0m"))
        #expect(lines[4].contains("\u{1B}[33mpayload\u{1B}[0m"))
    }

    @Test func printsLongRunsOfTheSameBytesOnce() throws {
        let lines = try decoded("length16", "0060" + String(repeating: "00", count: 96))
        #expect(lines[1...4].map { $0.prefix(12) } == ["  000000  00", "  000010  00", "  *", "  000060  00"])
    }

    @Test func drawsAFrame() throws {
        #expect(
            try explained("length16") == [
                "length16: u16 length, payload; every frame is a request to the listener's route,",
                "answered in order",
                "",
                "A frame",
                "  ┌─────────┬─────────┐",
                "  │  size   │ payload │",
                "  │   u16   │  bytes  │",
                "  │ 2 bytes │  rest   │",
                "  └─────────┴─────────┘",
                "             ╰───────╯ size counts",
                "  size          counts all bytes behind it",
                "",
                "Where things stand",
                "  route         the listener's, as in ?route=Type/Function",
                "  id            none: answers go out in the order of the requests",
                "  payload       the field 'payload'",
                "  error         none: an answer with the payload {\"Error\":\"text\"}",
                "",
                "Parameters",
                "  errors        json, nothing, close",
                "",
                "Settings",
                "  max_frame     65537 bytes, a listener may say otherwise",
                "  errors        json",
                "  empty_frame   heartbeat",
            ])
    }

    @Test(arguments: DescriptorLibrary.shippedFiles.map(\.protocolName))
    func fitsATerminal(name: String) throws {
        let catalog = try ProtocolCatalog(folders: [])
        for line in try explained(name) + ProtocolListCommand.lines(catalog, .plain) {
            #expect(line.count <= 80, "\(line)")
            #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 }, "\(line)")
        }
    }

    @Test func listsWhatThereIs() throws {
        let catalog = try ProtocolCatalog(folders: [])
        #expect(catalog.names == DescriptorLibrary.shippedFiles.map(\.protocolName).sorted())
        let lines = ProtocolListCommand.lines(catalog, .plain)
        let place = try #require(lines.firstIndex { $0.hasPrefix("leaf-pb ") })
        let version = try #require(DescriptorLibrary().descriptor(named: "leaf-pb")).version
        #expect(version.count == 8)
        #expect(
            lines[place...(place + 3)] == [
                "leaf-pb           \(version)       4098       10  built in",
                "    leaf with protobuf: a length, a number, bytes",
                "    ?length=u16|u8|u32",
                "    ?order=be|le",
            ])
    }

    @Test func reportsEachVector() {
        let text = """
            {frame: [{name: "size", type: "u8", counts: "after"}, {name: "payload", type: "bytes", len: "rest"}],
             vectors: [{note: "good", in: "0161", events: [{payload: "a"}]},
                       {note: "bad", in: "0161", events: [{payload: "a"}], out: "00"}]}
            """
        let report = ProtocolCheckCommand.report(DescriptorFile(name: "t.json5", bytes: Array(text.utf8)), .plain)
        #expect(!report.isGood)
        #expect(
            report.lines.prefix(5) == [
                "ok    vectors[0]    good",
                "FAIL  vectors[1]    bad",
                "      t.json5:3:12: out differs, fed whole",
                "        expected  00",
                "        got       none",
            ])
        #expect(report.lines.last == "FAIL  t.json5: t, 2 vectors, 1 failed")
    }

    @Test func reportsAllFaultsOfAFile() {
        let text = "{frame: [{name: 'n', type: 'u12'}, {name: 'm', type: 'u8', colour: 1}]}"
        let report = ProtocolCheckCommand.report(DescriptorFile(name: "t.json5", bytes: Array(text.utf8)), .plain)
        #expect(!report.isGood)
        #expect(report.lines.count == 3)
        #expect(report.lines[0].hasPrefix("t.json5:1:28: $.frame[0].type: unknown value 'u12'; valid: u8, u16"))
        #expect(report.lines[1].hasPrefix("t.json5:1:60: $.frame[1].colour: unknown key 'colour'; valid: name, type"))
        #expect(report.lines[2] == "FAIL  t.json5: 2 faults")
    }

    @Test(arguments: DescriptorLibrary.shippedFiles.map(\.name))
    func shippedFilesAreGood(name: String) throws {
        let file = try #require(DescriptorLibrary.shippedFiles.first { $0.name == name })
        #expect(ProtocolCheckCommand.report(file, .plain).isGood)
    }

    @Test func takesAListenersParameters() throws {
        let lines = try decoded("leaf-pb?length=u8&order=le", "03 0500 61")
        #expect(lines[3] == "       0       1  size     u8      3")
        #expect(lines[4] == "       1       2  code     u16 le  5")
    }

    /// The tutorial in `protocols/README.md` shows what really happens.
    @Test func theTutorialIsTrue() throws {
        let path = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/protocols/README.md"
        let readme = String(decoding: try FileReading.bytes(of: path), as: UTF8.self)
        let rest = try #require(readme.split(separator: "## From a hex dump").dropFirst().first)
        let section = try #require(rest.split(separator: "\n## ").first)
        let blocks = section.split(separator: "```").enumerated()
            .filter { $0.offset % 2 == 1 }.map {
                $0.element.split(separator: "\n", omittingEmptySubsequences: false).dropFirst().dropLast().map(
                    String.init)
            }
        try #require(blocks.count == 7)
        let recording = try HexText.bytes(of: blocks[0].joined())

        func lines(_ text: String, _ bytes: [UInt8], _ sender: Dissection.Sender) throws -> [String] {
            let file = DescriptorFile(name: "my-game.json5", bytes: Array(text.utf8))
            guard case .loaded(let descriptor) = ProtocolDescriptor.load(file) else { return [] }
            let bench = try DescriptorWorkbench(descriptor, file, options: ProtocolOptions())
            return DissectionText(bytes, .plain).lines(bench.dissect(bytes, from: sender))
        }
        let text = blocks[2].joined(separator: "\n")
        #expect(try lines(DescriptorSkeleton.text("my-game"), recording, .client) == Array(blocks[1].dropFirst()))
        let file = DescriptorFile(name: "my-game.json5", bytes: Array(text.utf8))
        #expect(ProtocolCheckCommand.report(file, .plain).lines == Array(blocks[3].dropFirst()))
        #expect(try lines(text, recording, .client) == Array(blocks[4].dropFirst()))
        let answer = try HexText.bytes(of: "03 0700 00 04000000 70696e67")
        #expect(try lines(text, answer, .server) == Array(blocks[6].dropFirst(3)))
    }

    @Test(arguments: [
        ("", []), ("00ff", [0, 0xFF]), ("00 FF\n7f", [0, 0xFF, 0x7F]), ("0x00, 0xff", [0, 0xFF]), ("00:ff", [0, 0xFF]),
        (#"\x00\xff"#, [0, 0xFF]), ("0x00ff", [0, 0xFF]),
    ])
    func readsHexAsPeopleWriteIt(text: String, bytes: [UInt8]) throws {
        #expect(try HexText.bytes(of: text) == bytes)
    }

    @Test(arguments: [
        ("0", HexText.Fault.half), ("0 0", .half), ("00 0", .half), ("0g", .notADigit("g", place: 2)),
        ("00 ü", .notADigit("ü", place: 4)),
    ])
    func refusesWhatIsNoHex(text: String, fault: HexText.Fault) {
        #expect(throws: fault) { try HexText.bytes(of: text) }
    }

    @Test func takesInputAsHexOrAsItIs() throws {
        #expect(try HexText.bytes(ofInput: Array("00 ff\n".utf8)) == [0, 0xFF])
        #expect(try HexText.bytes(ofInput: [0, 0xFF]) == [0, 0xFF])
        #expect(try HexText.bytes(ofInput: Array("hello".utf8)) == Array("hello".utf8))
        #expect(try HexText.bytes(ofInput: Array("a:b".utf8)) == Array("a:b".utf8))
        // Nothing but digits, and one of them is missing.
        #expect(throws: HexText.Fault.half) { try HexText.bytes(ofInput: Array("00 02 61 6\n".utf8)) }
    }

    @Test func printsHexThatCanBeReadAgain() throws {
        let bytes = (0..<60).map { UInt8($0) }
        let lines = ProtocolEncodeCommand.lines(bytes)
        #expect(lines.map(\.count) == [71, 71, 35])
        #expect(try HexText.bytes(of: lines.joined(separator: "\n")) == bytes)
    }

    @Test func refusesTwoFormsAtOnce() {
        #expect(throws: (any Error).self) {
            try ProtocolEncodeCommand.parse(["length16", "{}", "--raw", "--json"])
        }
    }
}
