import GateBytes
import GateDescriptors
import GateProtocol
import GateTestKit
import Testing

/// What becomes of an error where a protocol has no place for one.
@Suite struct ErrorPolicyTests {
    private func leaf(_ errors: String?) throws -> WireDriver {
        try driver("leaf-pb", ProtocolOptions(parameters: errors.map { ["errors": $0] } ?? [:]))
    }

    private func message(_ code: UInt8, _ payload: String) -> [UInt8] { frame16([0, code] + bytes(payload)) }

    @Test(arguments: [ReplyOutcome.fault, .unrouted])
    func aRequestThatFailsGetsNothingAndTheOthersGoOn(_ outcome: ReplyOutcome) throws {
        let driver = try leaf(nil)
        let calls = requests(driver, message(1, "a") + message(1, "b"))
        driver.send(.reply(calls[1], .result, .bytes), payload: bytes("B"))
        #expect(driver.takeOutput() == [])
        driver.send(.reply(calls[0], outcome, .text), payload: bytes("no"))
        #expect(driver.takeOutput() == message(1, "B"))
        // The call is over.
        driver.send(.reply(calls[0], .result, .bytes), payload: bytes("A"))
        #expect(driver.takeOutput() == [])
    }

    @Test(arguments: [ReplyOutcome.fault, .unrouted])
    func anErrorUnderACodeOfItsOwn(_ outcome: ReplyOutcome) throws {
        let driver = try leaf("frame:7")
        let calls = requests(driver, message(1, "a"))
        driver.send(.reply(calls[0], outcome, .text), payload: bytes("no"))
        #expect(driver.takeOutput() == message(7, #"{"Error":"no"}"#))
    }

    @Test func anErrorEndsTheConnection() throws {
        let driver = try leaf("close")
        let calls = requests(driver, message(1, "a"))
        driver.send(.reply(calls[0], .fault, .text), payload: bytes("no"))
        #expect(driver.close == .requestFailed)
        #expect(driver.takeOutput() == [])
    }

    @Test func nothingOfManyFailedRequestsIsKept() throws {
        for name in ["leaf-pb", "leaf-json", "cellnet", "kbengine"] {
            let driver = try driver(name)
            if name == "kbengine" { driver.receive(hex("ca00 0700 626f743100 3100")) }
            let frame: [UInt8] =
                switch name {
                case "leaf-json": frame16(bytes(#"{"A name":1}"#))
                case "cellnet": hex("0700 15e5 01c124 1102")
                case "kbengine": hex("2e01 0a00 07000000 0000 0300 0102")
                default: message(1, "a")
                }
            for _ in 0..<2000 {
                for call in requests(driver, frame) { driver.send(.reply(call, .fault, .text), payload: bytes("no")) }
            }
            #expect(driver.fault == nil, "\(name)")
        }
    }

    @Test func withoutIdsTheNextAnswerComesInThePlaceOfNone() throws {
        let driver = try driver("length16", ProtocolOptions(parameters: ["errors": "nothing"]))
        let calls = requests(driver, frame16(bytes("a")) + frame16(bytes("b")))
        driver.send(.reply(calls[1], .result, .bytes), payload: bytes("B"))
        driver.send(.reply(calls[0], .fault, .text), payload: bytes("no"))
        #expect(driver.takeOutput() == frame16(bytes("B")))
    }

    @Test func anAnswerThatDoesNotFitIsAnErrorToo() throws {
        let driver = try driver(
            "leaf-pb", ProtocolOptions(parameters: ["length": "u8", "errors": "nothing"]))
        let calls = requests(driver, [3, 0, 1, 1])
        driver.send(.reply(calls[0], .result, .bytes), payload: [UInt8](repeating: 1, count: 300))
        #expect(driver.takeOutput() == [])
        #expect(driver.fault == nil)
    }

    @Test(arguments: [
        (
            #"{errors: "never", frame: [{name: "payload", type: "bytes", len: "u8"}]}"#,
            "json, nothing, close, frame:NAME"
        ),
        (#"{errors: "frame:7", frame: [{name: "payload", type: "bytes", len: "u8"}]}"#, "json, nothing, close"),
        (
            #"{errors: "frame:300", routes: {by: "number"}, frame: [{name: "code", type: "u8"}, {name: "payload", type: "bytes", len: "u8"}]}"#,
            "frame: and a code from 0 to 255"
        ),
    ])
    func refusesWhatCannotBe(_ text: String, _ expected: String) {
        let file = DescriptorFile(name: "test.json5", bytes: bytes(text))
        guard case .failed(let problems) = ProtocolDescriptor.load(file) else {
            Issue.record("it is loaded")
            return
        }
        #expect(problems.map(\.path) == ["$.errors"])
        #expect(problems.contains { $0.description.hasSuffix(expected) }, "\(problems)")
    }

    @Test func aListenersWordIsChecked() throws {
        #expect(throws: ProtocolSetupError.self) { _ = try leaf("perhaps") }
        #expect(throws: ProtocolSetupError.self) { _ = try leaf("frame:x") }
        #expect(throws: ProtocolSetupError.self) { _ = try leaf("frame:65536") }
    }
}
