import GateBytes
import GateDescriptors
import GateProtocol
import GateTestKit
import Testing

/// The code that a handler gives its fault, where a protocol has a place for it.
@Suite struct FaultCodeTests {
    private func answer(_ driver: WireDriver, to frames: [UInt8], _ outcome: ReplyOutcome) throws -> [UInt8] {
        let call = try #require(requests(driver, frames).first)
        _ = driver.takeOutput()
        driver.send(.reply(call, outcome, .text), payload: bytes("no"))
        return driver.takeOutput()
    }

    @Test(arguments: [(ReplyOutcome.fault, "500"), (.coded(403), "403"), (.coded(-2), "-2")])
    func pomeloHasACodeInItsBody(outcome: ReplyOutcome, code: String) throws {
        let driver = try driver("pomelo")
        driver.receive(hex("01000000 02000000"))
        let body = bytes(#"{"code":\#(code),"msg":"no"}"#)
        #expect(
            try answer(driver, to: hex("04000007 00 05 03 612e62 31"), outcome)
                == [4, 0, 0, UInt8(body.count + 2), 4, 5] + body)
    }

    @Test(arguments: [(ReplyOutcome.fault, "UNKNOWN"), (.coded(403), "403")])
    func ampHasACodeThatIsAText(outcome: ReplyOutcome, code: String) throws {
        let call = [0, 4] + bytes("_ask") + [0, 1, 0x37, 0, 8] + bytes("_command") + [0, 3] + bytes("A/b") + [0, 0]
        let expected: [UInt8] =
            [0, 6] + bytes("_error") + [0, 1, 0x37, 0, 11] + bytes("_error_code") + [0, UInt8(code.utf8.count)]
            + bytes(code) + [0, 18] + bytes("_error_description") + [0, 2] + bytes("no") + [0, 0]
        #expect(try answer(try driver("amp"), to: call, outcome) == expected)
    }

    @Test(arguments: [
        (ReplyOutcome.fault, UInt8(1)), (.coded(7), 7), (.coded(255), 255), (.coded(256), 1), (.coded(-1), 1),
    ])
    func aFieldHoldsTheCodeOrWhatStandsForNone(outcome: ReplyOutcome, code: UInt8) throws {
        let descriptor = try load(
            """
            {frame: [{name: "size", type: "u8", counts: "after"}, {name: "failed", type: "u8"},
                     {name: "payload", type: "bytes", len: "rest"}],
             kinds: {request: {failed: 0}, response: {failed: 0}, error: {failed: {fault_code: 1}}},
             fault: {msg: "$fault"}}
            """)
        let body = bytes(#"{"msg":"no"}"#)
        #expect(
            try answer(try driver(descriptor), to: hex("02 00 61"), outcome) == [UInt8(body.count + 1), code] + body)
    }

    /// A word that stood without quotes was no JSON.
    @Test(arguments: [
        (#""NONE""#, ReplyOutcome.fault, #""NONE""#), (#""a\"b""#, .fault, #""a\"b""#), ("500", .fault, "500"),
        (#""500""#, .fault, #""500""#), (#""NONE""#, .coded(403), "403"),
    ])
    func aKeyOfAJSONBodyHoldsAValue(none: String, outcome: ReplyOutcome, code: String) throws {
        let descriptor = try load(
            """
            {frame: [{name: "body", type: "json", len: "u8", json: {route: "r", id: "i", payload: "p", error: "e", status: "s"}}],
             kinds: {request: {has: ["route", "id"]}, response: {has: ["id", "payload"]},
              error: {has: ["id", "error", "status"], status: {fault_code: \(none)}}}}
            """)
        let sent = bytes(#"{"r":"A/b","i":7}"#)
        let body = bytes(#"{"i":7,"e":"no","s":\#(code)}"#)
        #expect(
            try answer(try driver(descriptor), to: [UInt8(sent.count)] + sent, outcome) == [UInt8(body.count)] + body)
    }

    @Test(arguments: ["256", #""NONE""#]) func aCodeOfNoneMustFitItsField(none: String) {
        let text = """
            {frame: [{name: "failed", type: "u8"}, {name: "payload", type: "bytes", len: "u8"}],
             kinds: {request: {failed: 0}, response: {failed: 0}, error: {failed: {fault_code: \(none)}}}}
            """
        let file = DescriptorFile(name: "test.json5", bytes: bytes(text))
        guard case .failed(let problems) = ProtocolDescriptor.load(file) else {
            Issue.record("it is loaded")
            return
        }
        #expect(problems.map(\.path) == ["$.kinds.error.failed"])
    }
}
