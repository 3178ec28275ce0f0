import GateMQTT
import GateProtocol
import GateTestKit
import Testing

@Suite struct MQTTLoginTests {
    /// CONNECT as paho-mqtt 1.6 writes it: MQTT 3.1.1, clean session, keep-alive 60, id `c`.
    let connect: [UInt8] = [
        0x10, 0x0D, 0x00, 0x04, 0x4D, 0x51, 0x54, 0x54, 0x04, 0x02, 0x00, 0x3C, 0x00, 0x01, 0x63,
    ]

    @Test func aClientLogsInAsksAndIsAnswered() {
        let client = MQTTClientScript()
        client.say(bytes: connect)
        #expect(client.driver.takeEvents() == [.opening])
        #expect(client.driver.credentials?.clientID == utf8("c"))
        #expect(client.driver.takeOutput() == [])
        client.driver.send(.accept(sessionPresent: false))
        #expect(client.driver.takeOutput() == [0x20, 0x02, 0x00, 0x00])

        client.say(bytes: [0x30, 0x07, 0x00, 0x03, 0x61, 0x2F, 0x62, 0x68, 0x69])
        #expect(client.driver.takeEvents() == [message("a/b", "hi")])
        client.driver.send(.reply(.none, .result, .json), topic: utf8("a/b"), payload: utf8("ho"))
        #expect(client.driver.takeOutput() == [0x30, 0x07, 0x00, 0x03, 0x61, 0x2F, 0x62, 0x68, 0x6F])

        client.say(bytes: [0xE0, 0x00])
        #expect(client.driver.close == .clientGoodbye)
        #expect(client.driver.takeOutput() == [])
    }
}
