import GateBytes
import GateMQTT
import GateProtocol
import GateTestKit
import Testing

@Suite struct MQTTCodecTests {
    /// All 14 types, each in its smallest and in a fuller form, with their bytes.
    static let vectors: [(MQTTPacket, String)] = [
        (.connect(MQTTConnect(clientID: [])), "10 0C 0004 4D515454 04 02 003C 0000"),
        (
            .connect(MQTTConnect(clientID: utf8("1"), version: .v31, cleanSession: false, keepAliveSeconds: 65_535)),
            "10 0F 0006 4D5149736470 03 00 FFFF 0001 31"
        ),
        (
            .connect(
                MQTTConnect(
                    clientID: utf8("c"), keepAliveSeconds: 0,
                    will: MQTTWill(topic: utf8("w"), payload: [0], qos: .exactlyOnce, isRetained: true),
                    userName: [], password: [])),
            "10 17 0004 4D515454 04 F6 0000 0001 63 0001 77 0001 00 0000 0000"
        ),
        (.connack(sessionPresent: false, returnCode: 0), "20 02 00 00"),
        (.connack(sessionPresent: true, returnCode: 0), "20 02 01 00"),
        (.connack(sessionPresent: false, returnCode: 5), "20 02 00 05"),
        (.publish(MQTTPublish(topic: utf8("a"))), "30 03 0001 61"),
        (
            .publish(
                MQTTPublish(
                    topic: utf8("a/b"), payload: [0, 255], qos: .exactlyOnce, packetIdentifier: 0x1234,
                    isDuplicate: true, isRetained: true)), "3D 09 0003 612F62 1234 00FF"
        ),
        (.publish(MQTTPublish(topic: utf8("a"), qos: .atLeastOnce, packetIdentifier: 1)), "32 05 0001 61 0001"),
        (.puback(1), "40 02 0001"), (.pubrec(0xFFFF), "50 02 FFFF"), (.pubrel(0x0100), "62 02 0100"),
        (.pubcomp(7), "70 02 0007"),
        (.subscribe(1, [MQTTSubscription(filter: utf8("#"), qos: .atMostOnce)]), "82 06 0001 0001 23 00"),
        (
            .subscribe(
                2,
                [
                    MQTTSubscription(filter: utf8("a/+"), qos: .exactlyOnce),
                    MQTTSubscription(filter: utf8("b"), qos: .atLeastOnce),
                ]), "82 0C 0002 0003 612F2B 02 0001 62 01"
        ),
        (.suback(1, returnCodes: [0, 1, 2, 0x80]), "90 06 0001 00 01 02 80"),
        (.unsubscribe(3, filters: [utf8("a"), utf8("b/#")]), "A2 0A 0003 0001 61 0003 622F23"),
        (.unsuback(3), "B0 02 0003"), (.pingreq, "C000"), (.pingresp, "D000"), (.disconnect, "E000"),
    ]

    @Test(arguments: vectors)
    func packetsHaveTheirBytes(_ packet: MQTTPacket, digits: String) {
        #expect(bytes(of: [packet]) == hex(digits))
        #expect(packets(in: hex(digits)) == [packet])
    }

    @Test func nothingDependsOnSplits() throws {
        var frames = Self.vectors.map(\.0)
        for count in [120, 121, 124, 125, 16_379, 16_380, 60_000] {
            frames.append(.publish(MQTTPublish(topic: utf8("t"), payload: [UInt8](repeating: 1, count: count))))
        }
        try CodecVerifier(MQTTCodec()).verify(frames)
    }

    @Test(arguments: [
        "00", "F0 00", "10 00", "20 03 00 00 00", "20 02 02 00", "20 02 01 01", "20 02 00 06", "40 01 00", "40 02 0000",
        "40 03 0001 00", "C0 01 00", "30 FF FF FF FF 7F", "30 80 80 80 80 01", "36 05 0001 61 0001", "82 02 0001",
        "90 02 0001", "90 03 0001 03", "A2 02 0001", "30 03 0001 2B", "C000 C000 00 C000",
    ])
    func faultsDoNotDependOnSplits(_ digits: String) throws {
        let outcome = try CodecVerifier(MQTTCodec()).verifySplits(hex(digits))
        #expect(outcome.fault != nil)
    }

    @Test(arguments: [
        (0, "00"), (1, "01"), (127, "7F"), (128, "8001"), (16_383, "FF7F"), (16_384, "808001"), (2_097_151, "FFFF7F"),
        (2_097_152, "80808001"), (268_435_455, "FFFFFF7F"),
    ])
    func remainingLengthHasOneToFourBytes(_ value: Int, digits: String) throws {
        let input = [0x30] + hex(digits)
        let codec = MQTTCodec(frameBytesMax: 268_435_455)
        if value > 0 {
            #expect(try codec.decode(input.span, scanned: 0) == .incomplete(needed: input.count + value, scanned: 0))
        }
        guard value > 3, value < 3_000_000 else { return }
        let packet = MQTTPacket.publish(
            MQTTPublish(topic: utf8("a"), payload: [UInt8](repeating: 0, count: value - 3)))
        #expect(bytes(of: [packet]).starts(with: input))
    }

    @Test func aFifthLengthByteIsRefusedAtTheFourth() {
        #expect(throws: FramingError.malformedLength) {
            try MQTTCodec().decode(hex("30 80 80 80 80").span, scanned: 0)
        }
        #expect(throws: FramingError.malformedLength) {
            try MQTTCodec().decode(hex("30 FF FF FF FF").span, scanned: 0)
        }
    }

    @Test(arguments: [999, 1_000, 1_001])
    func framesAboveTheLimitAreRefusedOnceTheLengthIsThere(_ count: Int) throws {
        let codec = MQTTCodec(frameBytesMax: 1_000)
        let packet = MQTTPacket.publish(
            MQTTPublish(topic: utf8("a"), payload: [UInt8](repeating: 0, count: count - 3)))
        if count <= 1_000 { return try CodecVerifier(codec).verify([packet]) }
        try CodecVerifier(codec).verifyOversize(bytes(of: [packet]), headerBytes: 3)
        #expect(throws: FramingError.frameTooLarge(bytes: 1_001, limit: 1_000)) {
            try codec.decode(hex("30 E907").span, scanned: 0)
        }
    }

    @Test(
        arguments: [
            .connect(MQTTConnect(clientID: [0])), .connect(MQTTConnect(clientID: [0xC3])),
            .connect(MQTTConnect(clientID: [], password: [1])),
            .connect(MQTTConnect(clientID: [], will: MQTTWill(topic: utf8("a/#"), payload: []))),
            .connect(MQTTConnect(clientID: [UInt8](repeating: 0x61, count: 65_536))),
            .connack(sessionPresent: true, returnCode: 1), .connack(sessionPresent: false, returnCode: 6),
            .publish(MQTTPublish(topic: [])), .publish(MQTTPublish(topic: utf8("+"))),
            .publish(MQTTPublish(topic: utf8("a"), packetIdentifier: 1)),
            .publish(MQTTPublish(topic: utf8("a"), qos: .atLeastOnce)),
            .publish(MQTTPublish(topic: utf8("a"), isDuplicate: true)),
            .puback(0), .pubrel(0), .unsuback(0), .subscribe(1, []), .subscribe(0, []),
            .subscribe(1, [MQTTSubscription(filter: utf8("a#"), qos: .atMostOnce)]),
            .suback(1, returnCodes: []), .suback(1, returnCodes: [3]), .unsubscribe(1, filters: []),
            .unsubscribe(1, filters: [utf8("a"), []]),
        ] as [MQTTPacket])
    func whatMayNotBeSentIsNotWritten(_ packet: MQTTPacket) {
        var output = ByteBuffer([1, 2, 3])
        #expect(throws: FramingError.self) { try MQTTCodec().encode(packet, into: &output) }
        #expect(output.array() == [1, 2, 3])
    }
}
