import GateBytes
import GateMQTT
import GateProtocol
import GateTestKit
import Testing

/// Section 3.1.2.10.
@Suite struct MQTTKeepAliveTests {
    @Test("MQTT-3.1.2-24", arguments: [1, 2, 60, 65_535] as [UInt16])
    func aSilentClientIsClosedAfterOneAndAHalfTimes(_ seconds: UInt16) {
        let client = MQTTClientScript.loggedIn(MQTTConnect(clientID: utf8("c"), keepAliveSeconds: seconds))
        let end = client.driver.now + .milliseconds(Int(seconds) * 1_500)
        #expect(client.driver.wakeUp == end)
        client.driver.fireTimer(at: end - TimeSpan(nanoseconds: 1))
        #expect(client.driver.fault == nil)
        #expect(client.driver.wakeUp == end)
        client.driver.fireTimer(at: end)
        #expect(client.driver.fault == .keepAliveExpired)
        #expect(client.driver.fault?.closeReason == .keepAliveTimeout)
    }

    @Test func zeroIsNever() {
        let client = MQTTClientScript.loggedIn(MQTTConnect(clientID: utf8("c"), keepAliveSeconds: 0))
        #expect(client.driver.wakeUp == nil)
        client.driver.fireTimer(at: client.driver.now + .seconds(1_000_000))
        #expect(client.driver.fault == nil)
        #expect(client.driver.wakeUp == nil)
    }

    @Test(arguments: ["C000", "30 03 0001 61", "40 02 0001"])
    func anyPacketCountsAndNoneMovesTheTimer(_ digits: String) {
        let client = MQTTClientScript.loggedIn(MQTTConnect(clientID: utf8("c"), keepAliveSeconds: 10))
        let start = client.driver.now
        client.driver.now = start + .seconds(9)
        client.say(bytes: hex(digits))
        #expect(client.driver.wakeUp == start + .seconds(15))
        client.driver.fireTimer()
        #expect(client.driver.fault == nil)
        #expect(client.driver.wakeUp == start + .seconds(24))
        client.driver.fireTimer()
        #expect(client.driver.fault == .keepAliveExpired)
    }

    @Test func aPieceOfAPacketDoesNotCount() {
        let client = MQTTClientScript.loggedIn(MQTTConnect(clientID: utf8("c"), keepAliveSeconds: 10))
        let start = client.driver.now
        for second in 1...14 {
            client.driver.now = start + .seconds(second)
            client.say(bytes: second == 1 ? [0x30, 0x7F] : [0x00])
        }
        client.driver.fireTimer(at: start + .seconds(15))
        #expect(client.driver.fault == .keepAliveExpired)
    }

    @Test func noTimerRunsBeforeTheSessionIsAccepted() {
        let client = MQTTClientScript()
        client.say(.connect(MQTTConnect(clientID: utf8("c"), keepAliveSeconds: 1)))
        #expect(client.driver.wakeUp == nil)
        client.driver.fireTimer(at: client.driver.now + .seconds(60))
        #expect(client.driver.fault == nil)
    }

    @Test func theTimeTheAnswerTookDoesNotCount() {
        let client = MQTTClientScript()
        client.say(.connect(MQTTConnect(clientID: utf8("c"), keepAliveSeconds: 1)))
        client.driver.now = client.driver.now + .seconds(9)
        client.driver.send(.accept(sessionPresent: false))
        #expect(client.driver.wakeUp == client.driver.now + .milliseconds(1_500))
    }
}
