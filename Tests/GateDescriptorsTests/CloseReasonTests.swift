import GateBytes
import GateDescriptors
import GateProtocol
import GateTestKit
import Testing

/// What a robust reader has to refuse, and the reason under which each is counted.
@Suite struct CloseReasonTests {
    struct Row: Sendable, CustomStringConvertible {
        var name: String
        /// A shipped protocol, or the text of a descriptor.
        var descriptor: String
        var before = ""
        var bytes: String
        var reason: CloseReason
        var description: String { name }
    }

    private static let open = "01000000 02000000"
    private static let bounded =
        #"{frame: [{name: "v", type: "u8", max: 4}, {name: "size", type: "u8", counts: "after"}, "#
        + #"{name: "payload", type: "bytes", len: "rest"}]}"#
    private static let text =
        #"{frame: [{name: "size", type: "u8", counts: "after"}, {name: "payload", type: "str", len: "u8"}]}"#

    private static let rows: [Row] = [
        Row(
            name: "a length of zero where there must be something", descriptor: "scut", bytes: "00000000",
            reason: .emptyFrame),
        Row(name: "an empty box", descriptor: "amp", bytes: "0000", reason: .emptyFrame),
        Row(name: "a length above the limit", descriptor: "int32", bytes: "000186a0", reason: .frameTooLarge),
        Row(name: "a signed length below zero", descriptor: "scut", bytes: "ffffffff", reason: .negativeLength),
        Row(
            name: "a length below what it covers: firefly", descriptor: "firefly",
            bytes: "0000000000 00000000 00000003", reason: .frameTooSmall),
        Row(
            name: "a length below what it covers: cellnet", descriptor: "cellnet", bytes: "0100", reason: .frameTooSmall
        ),
        Row(
            name: "a length below what it covers: photon", descriptor: "photon-tcp", bytes: "fb 00000008",
            reason: .frameTooSmall),
        Row(
            name: "a length below what it covers: msgserver", descriptor: "skynet-msgserver", bytes: "0004",
            reason: .frameTooSmall),
        Row(
            name: "a number of seven bits a byte that is cut off", descriptor: "pomelo", before: open,
            bytes: "04000002 00 80", reason: .truncatedField),
        Row(
            name: "a number of seven bits a byte that is too long", descriptor: "pomelo", before: open,
            bytes: "04000007 00 808080808001", reason: .varintTooLong),
        Row(
            name: "a number of seven bits a byte with a zero too many", descriptor: "pomelo", before: open,
            bytes: "04000003 00 8000", reason: .varintOverlong),
        Row(
            name: "a body that is signed", descriptor: "pomelo", before: open,
            bytes: "04000013 00 01 01 61 225f5f63727970746f5f5f223a31 7d", reason: .encryptionUnsupported),
        Row(name: "digits that are none", descriptor: "netstring", bytes: "78", reason: .malformedLength),
        Row(name: "a zero in front", descriptor: "netstring", bytes: "3035", reason: .malformedLength),
        Row(name: "a comma that is missing", descriptor: "netstring", bytes: "313a6178", reason: .wrongTerminator),
        Row(name: "a wrong magic number", descriptor: "firefly", bytes: "01", reason: .wrongConstant),
        Row(name: "a wrong version", descriptor: "firefly", bytes: "00000000 05", reason: .unsupportedProtocol),
        Row(
            name: "an unknown id where nothing can be skipped", descriptor: "kbengine", bytes: "ffff",
            reason: .unknownKind),
        Row(name: "an unknown kind of frame", descriptor: "pomelo", bytes: "06", reason: .unknownKind),
        Row(name: "an unknown first byte", descriptor: "photon-tcp", bytes: "aa", reason: .unknownKind),
        Row(
            name: "a message before the handshake", descriptor: "pomelo", bytes: "04000005 0001016162",
            reason: .wrongState),
        Row(
            name: "a frame that only servers send", descriptor: "pomelo", before: open, bytes: "05000000",
            reason: .protocolViolation),
        Row(
            name: "a text that reaches past the end", descriptor: "pomelo", before: open, bytes: "04000004 00 01 05 61",
            reason: .truncatedField),
        Row(
            name: "a text without an end", descriptor: "kbengine", bytes: "ca00 0300 626f74", reason: .truncatedField),
        Row(name: "bytes behind the last field", descriptor: text, bytes: "03 01 61 62", reason: .trailingBytes),
        Row(name: "bytes that are not UTF-8", descriptor: text, bytes: "02 01 ff", reason: .invalidText),
        Row(name: "a value out of bounds", descriptor: bounded, bytes: "05", reason: .invalidValue),
        Row(name: "a body that is no JSON", descriptor: "leaf-json", bytes: "0002 7b5d", reason: .malformedBody),
        Row(
            name: "a key that stands twice", descriptor: "amp",
            bytes: "00016100016100045f61736b000131" + "00045f61736b000131" + "0000", reason: .duplicateKey),
        Row(name: "a wrong signature", descriptor: "scut", bytes: "03000000 3f643d", reason: .badSignature),
        Row(
            name: "a key for encryption", descriptor: "kbengine", bytes: "0400 0a00 3100 3200 02000000 6161",
            reason: .encryptionUnsupported),
        Row(
            name: "an encrypted message", descriptor: "photon-tcp", bytes: "fb 0000000a 00 01 f3 82 ff",
            reason: .encryptionUnsupported),
        Row(name: "a packed body that is cut off", descriptor: "skynet", bytes: "0003 3f0102", reason: .truncatedField),
    ]

    @Test(arguments: rows)
    func eachHasItsReason(row: Row) throws {
        let driver = WireDriver(try maker(row.descriptor)())
        driver.send(.accept(sessionPresent: false))
        driver.receive(hex(row.before))
        #expect(driver.fault == nil)
        driver.receive(hex(row.bytes))
        #expect(driver.fault?.closeReason == row.reason)
        // However the bytes come.
        let outcome = try ProtocolVerifier(maker(row.descriptor)).verify(hex(row.before) + hex(row.bytes))
        #expect(outcome.fault?.closeReason == row.reason)
    }

    private func maker(_ descriptor: String) throws -> WireProtocolMaker {
        let loaded =
            descriptor.first == "{"
            ? try load(descriptor) : try #require(DescriptorLibrary().descriptor(named: descriptor))
        return try loaded.definition().configure(ProtocolOptions())
    }

    @Test func eachFaultOfAFrameHasAReasonOfItsOwn() {
        let faults: [FramingError] = [
            .malformedLength, .varintTooLong(bytesMax: 5), .varintOverlong, .frameTooLarge(bytes: 2, limit: 1),
            .frameTooSmall(bytes: 1, minimum: 2), .frameTooSmall(bytes: 0, minimum: 2), .negativeLength,
            .truncatedField, .trailingBytes(1), .reservedBits(1), .wrongConstant(1), .wrongTerminator(1),
            .versionUnsupported(1), .invalidText, .malformedBody(offset: 0), .duplicateKey, .badSignature, .badChecksum,
            .invalidValue(1), .unknownKind(1), .compressionUnsupported, .encryptionUnsupported,
            .inflatedTooLarge(limit: 1), .corruptCompression, .notEncodable(bytes: 2, limit: 1),
        ]
        #expect(Set(faults.map(\.closeReason)).count == faults.count)
        #expect(Set(faults.map(\.closeReason.rawValue)).isDisjoint(with: ["internal_error", "protocol_limit"]))
        #expect(Set(faults.map(\.text)).count == faults.count)
        #expect(FramingError.notExpressible.closeReason == .notEncodable)
    }

    /// Bytes that ask for what is not spoken, beside a search that looks at each place.
    @Test(arguments: ["a", "aa", "ab", "aba", "abcab", "aabaa", "bcabcabca"])
    func aMarkerIsFoundWhereverItStands(marker: String) throws {
        let wanted = bytes(marker)
        let descriptor = try load(
            #"{frame: [{name: "size", type: "u8", counts: "after"}, {name: "payload", type: "bytes", len: "rest", "#
                + #"unsupported: "encryption", holding: "\#(marker)"}]}"#)
        var random = SeededGenerator(seed: 7)
        var seen = [false, false]
        for _ in 0..<2_000 {
            var text = (0..<Int(random.next() % 24)).map { _ in UInt8(ascii: "a") + UInt8(random.next() % 3) }
            let place = Int(random.next() % UInt64(text.count + 1))
            if random.next() % 4 == 0 { text.insert(contentsOf: wanted, at: place) }
            let holds = text.indices.contains { text[$0...].starts(with: wanted) }
            let driver = try driver(descriptor)
            driver.receive([UInt8(text.count)] + text)
            #expect(driver.fault == (holds ? .framing(.encryptionUnsupported) : nil), "\(marker) in \(text)")
            seen[holds ? 1 : 0] = true
        }
        #expect(seen == [true, true])
    }
}

/// Who says how long a frame may be.
@Suite struct FrameLimitTests {
    /// The name, the gateway's general limit, the listener's own, and the largest frame that passes.
    @Test(arguments: [
        // The descriptor's own limit counts, above the general default too.
        ("int32", 65_535, nil, 100_003), ("length32", 65_535, nil, 1 << 20), ("pomelo", 65_535, nil, 65_540),
        // A general limit that somebody lowered counts.
        ("int32", 1000, nil, 1000), ("length32", 65_534, nil, 65_534),
        // A listener's own counts most, up to what the length can say.
        ("int32", 65_535, 500, 500), ("int32", 65_535, 200_000, 200_000), ("leaf-json", 65_535, 60_000, 60_000),
        ("int16", 65_535, 1 << 20, 65_537), ("int8", 65_535, 1 << 20, 256), ("line", 65_535, 100, 100),
    ])
    func theLimitIsWhoeverMaySaySo(name: String, general: Int, own: Int?, limit: Int) throws {
        let descriptor = try #require(DescriptorLibrary().descriptor(named: name))
        let probe = try DescriptorProbe(
            descriptor, ProtocolOptions(frameBytesMax: general, listenerFrameBytesMax: own))
        #expect(probe.frameBytesMax == limit)
    }

    @Test(arguments: [(199_999, true), (200_000, true), (200_001, false)])
    func aListenerRaisesTheLimit(total: Int, passes: Bool) throws {
        let descriptor = try #require(DescriptorLibrary().descriptor(named: "int32"))
        let make = try descriptor.definition().configure(ProtocolOptions(listenerFrameBytesMax: 200_000))
        let driver = WireDriver(make())
        driver.receive(frame32([UInt8](repeating: 1, count: total - 4)))
        #expect(driver.fault == (passes ? nil : .framing(.frameTooLarge(bytes: 200_001, limit: 200_000))))
    }
}
