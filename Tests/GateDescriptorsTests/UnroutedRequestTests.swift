import GateBytes
import GateDescriptors
import GateProtocol
import GateTestKit
import Testing

/// Requests whose name or code leads nowhere: an error under their id, or nothing at all.
@Suite struct UnroutedRequestTests {
    private static let text = bytes("no route for this message")

    /// wire-formats 7b: command 99 gets no answer, the good one behind it does.
    @Test func fireflyIsSilentAboutAnUnknownCommand() throws {
        let driver = try driver("firefly")
        let calls = requests(driver, firefly(99, "a") + firefly(1, "b"))
        driver.send(.reply(calls[0], .unrouted, .text), payload: Self.text)
        #expect(driver.takeOutput() == [])
        driver.send(.reply(calls[1], .result, .bytes), payload: bytes("B"))
        #expect(driver.takeOutput() == firefly(1, "B"))
        #expect(driver.fault == nil)
    }

    @Test func theAnswersBehindItGoOutInTheirOrder() throws {
        let driver = try driver("firefly")
        let calls = requests(driver, firefly(1, "a") + firefly(1, "b") + firefly(1, "c"))
        driver.send(.reply(calls[2], .result, .bytes), payload: bytes("C"))
        driver.send(.reply(calls[1], .unrouted, .text), payload: Self.text)
        #expect(driver.takeOutput() == [])
        driver.send(.reply(calls[0], .unrouted, .text), payload: Self.text)
        #expect(driver.takeOutput() == firefly(1, "C"))
    }

    @Test func answersInTheOrderOfAllRequestsGoOn() throws {
        let driver = try driver("int8")
        let calls = requests(driver, [1, 0x61, 1, 0x62, 1, 0x63])
        driver.send(.reply(calls[1], .unrouted, .text), payload: Self.text)
        driver.send(.reply(calls[2], .result, .bytes), payload: bytes("C"))
        #expect(driver.takeOutput() == [])
        driver.send(.reply(calls[0], .unrouted, .text), payload: Self.text)
        #expect(driver.takeOutput() == [1, 0x43])
        driver.receive([1, 0x64])
        driver.send(.reply(correlations(driver.takeEvents())[0], .result, .bytes), payload: bytes("D"))
        #expect(driver.takeOutput() == [1, 0x44])
    }

    @Test func aNameWithoutAnIdIsForgotten() throws {
        let driver = try driver("leaf-json")
        for _ in 0..<2000 {
            let call = requests(driver, [0, 13] + bytes(#"{"Nothing":1}"#))
            driver.send(.reply(call[0], .unrouted, .text), payload: Self.text)
        }
        #expect(driver.takeOutput() == [])
        #expect(driver.fault == nil)
    }

    /// wire-formats 1d: a type that the server does not know gets nothing, also under a session.
    @Test func skynetIsSilentAlsoUnderASession() throws {
        let driver = try driver("skynet", ProtocolOptions(parameters: ["heartbeat": "0"]))
        let calls = requests(driver, hex("0004 15020404"))
        driver.send(.reply(calls[0], .unrouted, .text), payload: Self.text)
        #expect(driver.takeOutput() == [])
        #expect(driver.fault == nil)
    }

    @Test func anIdGetsAnError() throws {
        let driver = try driver("length32-json")
        let calls = requests(driver, frame32(#"{"route":"nothing","id":7}"#))
        driver.send(.reply(calls[0], .unrouted, .text), payload: Self.text)
        #expect(driver.takeOutput() == frame32(#"{"id":7,"error":"no route for this message"}"#))
    }

    /// What mqant's envelope says is a result to the protocol.
    @Test func anIdGetsTheEnvelopeWhereThereIsOne() throws {
        let driver = try driver("length32-json")
        let calls = requests(driver, frame32(#"{"route":"nothing","id":7}"#))
        driver.send(.reply(calls[0], .unrouted, .json), payload: bytes(#"{"Error":"no"}"#))
        #expect(driver.takeOutput() == frame32(#"{"id":7,"result":{"Error":"no"}}"#))
    }
}
