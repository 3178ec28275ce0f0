import GateDescriptors
import GateProtocol
import GateTestKit
import Testing

/// A length whose bits are all set is followed by a longer one, also in what is written.
@Suite struct EscapedLengthTests {
    private static let payload = #"{name: "payload", type: "bytes", len: "rest"}"#

    /// The answer of `count` bytes to the first request of a protocol.
    private func answer(_ fields: String, to request: [UInt8], count: Int) throws -> [UInt8] {
        let driver = try driver(try load("{order: \"le\", frame: [\(fields), \(Self.payload)]}"))
        driver.receive(request)
        driver.send(
            .reply(Correlation(rawValue: 1), .result, .bytes), payload: [UInt8](repeating: 7, count: count))
        return driver.takeOutput()
    }

    @Test(
        arguments: [
            (253, [0xFD]), (254, [0xFE]), (255, [0xFF, 0xFF, 0x00]), (256, [0xFF, 0x00, 0x01]),
            (65_534, [0xFF, 0xFE, 0xFF]), (65_535, [0xFF, 0xFF, 0xFF]),
        ] as [(Int, [UInt8])])
    func writesALengthOfOneByteOrThree(count: Int, head: [UInt8]) throws {
        let fields = #"{name: "size", type: "u8", counts: "after", escape: "u16"}"#
        #expect(try answer(fields, to: [1, 9], count: count) == head + [UInt8](repeating: 7, count: count))
    }

    /// A push that does not fit is nobody's answer.
    @Test(arguments: [("", 65_535, 65_535), (", max: 300", 300, 300)])
    func refusesMoreThanTheLongerLengthSays(more: String, count: Int, limit: Int) throws {
        let fields = #"{name: "size", type: "u8", counts: "after", escape: "u16"\#(more)}"#
        let driver = try driver(try load("{order: \"le\", frame: [\(fields), \(Self.payload)]}"))
        driver.send(.push(.atMostOnce, .bytes), payload: [UInt8](repeating: 7, count: count))
        #expect(driver.takeOutput().prefix(3) == [0xFF, UInt8(count & 0xFF), UInt8(count >> 8)])
        driver.send(.push(.atMostOnce, .bytes), payload: [UInt8](repeating: 7, count: count + 1))
        #expect(driver.fault == .framing(.notEncodable(bytes: count + 1, limit: limit)))
        #expect(driver.takeOutput() == [])
    }

    @Test(
        arguments: [
            (65_533, [0xFD, 0xFF]), (65_534, [0xFE, 0xFF]), (65_535, [0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00]),
            (65_536, [0xFF, 0xFF, 0x00, 0x00, 0x01, 0x00]),
        ] as [(Int, [UInt8])])
    func writesALengthOfTwoBytesOrSix(count: Int, head: [UInt8]) throws {
        let fields = #"{name: "size", type: "u16", counts: "after", escape: "u32"}"#
        #expect(try answer(fields, to: [1, 0, 9], count: count) == head + [UInt8](repeating: 7, count: count))
    }

    /// The longer length is a part of the frame that it counts.
    @Test(arguments: [(253, [0xFE]), (254, [0xFF, 0x01, 0x01])] as [(Int, [UInt8])])
    func countsTheLongerLengthInTheFrame(count: Int, head: [UInt8]) throws {
        let fields = #"{name: "size", type: "u8", counts: "frame", escape: "u16"}"#
        #expect(try answer(fields, to: [2, 9], count: count) == head + [UInt8](repeating: 7, count: count))
    }

    /// What the longer length moves further right is still found by what is filled in later.
    @Test func checksAreTakenOverTheMovedBytes() throws {
        let descriptor = try load(
            """
            {
              frame: [
                {name: "size", type: "u8", counts: "after", escape: "u16"},
                {name: "payload", type: "bytes", len: "rest"}, {name: "sum", type: "check", alg: "sum8", over: "payload"},
              ],
            }
            """)
        let driver = try driver(descriptor)
        driver.receive([2, 9, 9])
        driver.send(.reply(Correlation(rawValue: 1), .result, .bytes), payload: [UInt8](repeating: 1, count: 254))
        #expect(driver.takeOutput() == [0xFF, 0x00, 0xFF] + [UInt8](repeating: 1, count: 254) + [254])
    }

    /// wire-formats 5a: ffff, then the real length in four bytes.
    @Test(
        arguments: [
            (65_526, [0xFE, 0xFF]), (65_527, [0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00]),
            (65_528, [0xFF, 0xFF, 0x00, 0x00, 0x01, 0x00]),
        ] as [(Int, [UInt8])])
    func kbengineWritesLongCallsInTheExtendedForm(count: Int, size: [UInt8]) throws {
        let options = ProtocolOptions(
            frameBytesMax: 1 << 24, parameters: ["ids": "u16"], routes: ["3": "Avatar/HD_Move"])
        let driver = try driver("kbengine", options)
        driver.receive([0xCA, 0x00, 0x07, 0x00, 0x62, 0x6F, 0x74, 0x31, 0x00, 0x31, 0x00])
        _ = driver.takeOutput()
        driver.send(
            .push(.atMostOnce, .bytes), topic: bytes("Avatar/HD_Move"), payload: [UInt8](repeating: 7, count: count))
        let call: [UInt8] = [0x07, 0, 0, 0, 0, 0, 0x03, 0]
        #expect(driver.takeOutput() == [0xFA, 0x01] + size + call + [UInt8](repeating: 7, count: count))
    }
}
