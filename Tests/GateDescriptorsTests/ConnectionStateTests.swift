import GateBytes
import GateDescriptors
import GateProtocol
import GateTestKit
import Testing

/// What a connection counts: bytes that wait, and its times.
@Suite struct ConnectionStateTests {
    /// 300 KB wait twenty times, 6 MB in all, and never more than that at once: below the limit of 4 MiB.
    @Test func bytesOfAnswersThatWaitedCountNoMoreOnceTheyWereSent() throws {
        let driver = try driver("length32")
        let answer = [UInt8](repeating: 7, count: 300_000)
        for _ in 0..<20 {
            let sent = requests(driver, frame32("a") + frame32("b"))
            driver.send(.reply(sent[1], .result, .bytes), payload: answer)
            #expect(driver.takeOutput() == [])
            driver.send(.reply(sent[0], .result, .bytes), payload: bytes("x"))
            #expect(driver.takeOutput() == frame32("x") + frame32(answer))
        }
        #expect(driver.fault == nil)
    }

    /// The same where answers go out under the name of their request.
    @Test func bytesOfAnswersUnderOneNameCountNoMoreOnceTheyWereSent() throws {
        let driver = try driver("firefly")
        let answer = [UInt8](repeating: 7, count: 300_000)
        for _ in 0..<20 {
            let sent = requests(driver, firefly(1, "a") + firefly(1, "b"))
            driver.send(.reply(sent[1], .result, .bytes), payload: answer)
            #expect(driver.takeOutput() == [])
            driver.send(.reply(sent[0], .result, .bytes), payload: bytes("x"))
            #expect(driver.takeOutput().count > answer.count)
        }
        #expect(driver.fault == nil)
    }

    private func opening() throws -> ProtocolDescriptor {
        try load(
            """
            {frame: [{name: "op", type: "u8"}, {name: "payload", type: "bytes", len: "u8"}],
             kinds: {hello: {op: 1}, request: {op: 2}, response: {op: 3}},
             states: {new: {hello: "goto open", else: "close"}, open: {request: "deliver", hello: "ignore"}},
             timers: {handshake: "10s", idle: "60s"}}
            """)
    }

    /// Who sends a byte every few seconds is not let in for that.
    @Test func theTimeOfTheHandshakeDoesNotBeginAnewWithABytesComing() throws {
        let driver = try driver(opening())
        let start = driver.now
        #expect(driver.wakeUp == start + .seconds(10))
        driver.now = start + .seconds(9)
        driver.receive([1])
        driver.fireTimer(at: start + .seconds(9))
        #expect(driver.close == nil)
        #expect(driver.wakeUp == start + .seconds(10))
        driver.fireTimer(at: start + .seconds(10))
        #expect(driver.close == .handshakeTimeout)
    }

    @Test func whoIsLetInHasNoHandshakeTimeAndOnlySilenceCounts() throws {
        let driver = try driver(opening())
        let start = driver.now
        driver.now = start + .seconds(9)
        driver.receive([1, 0])
        driver.fireTimer(at: start + .seconds(11))
        #expect(driver.close == nil)
        #expect(driver.wakeUp == start + .seconds(69))
        driver.now = start + .seconds(68)
        driver.receive([2])
        driver.fireTimer(at: start + .seconds(69))
        #expect(driver.fault == nil)
        driver.fireTimer(at: start + .seconds(127))
        #expect(driver.fault == nil)
        driver.fireTimer(at: start + .seconds(128))
        #expect(driver.fault == .keepAliveExpired)
    }
}
