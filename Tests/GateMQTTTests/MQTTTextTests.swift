import GateMQTT
import GateProtocol
import GateTestKit
import Testing

/// Sections 1.5.3 and 4.7: text, topic names, topic filters.
@Suite struct MQTTTextTests {
    /// Ill-formed: lone continuation, overlong, surrogate, above U+10FFFF, cut off; each also behind eight plain bytes.
    static let illFormed: [[UInt8]] = [
        "80", "C0AF", "E080AF", "EDA080", "EDBFBF", "F4908080", "F8888080", "C3", "E282",
    ]
    .flatMap { [hex($0), utf8("a/b/c/d/e") + hex($0)] }

    @Test("MQTT-1.5.3-1", arguments: illFormed)
    func illFormedTextEndsTheConnection(_ text: [UInt8]) {
        #expect(fault(of: packet(0x30, field(text))) == .framing(.invalidText))
        #expect(fault(of: packet(0x82, [0, 1] + field(text) + [0])) == .framing(.invalidText))
        #expect(fault(of: packet(0xA2, [0, 1] + field(text))) == .framing(.invalidText))
        #expect(firstPacket(rawConnect(payload: field(text))).fault == .framing(.invalidText))
    }

    @Test("MQTT-1.5.3-1", arguments: illFormed)
    func illFormedTextIsNotSent(_ text: [UInt8]) {
        let client = MQTTClientScript.loggedIn()
        client.driver.send(.push(.atMostOnce, .bytes), topic: text)
        #expect(client.driver.fault == .framing(.invalidText))
        #expect(client.driver.takeOutput() == [])
    }

    @Test(
        "MQTT-1.5.3-2",
        arguments: ["00", "6100", "00 61 2F 62 2F 63 2F 64 65 66", "61 2F 62 2F 63 2F 64 00", "C3A9 00"])
    func zeroInTextEndsTheConnection(_ digits: String) {
        #expect(fault(of: packet(0x30, field(hex(digits)))) == .framing(.invalidText))
        #expect(fault(of: packet(0x82, [0, 1] + field(hex(digits)) + [0])) == .framing(.invalidText))
        #expect(firstPacket(rawConnect(payload: field(hex(digits)))).fault == .framing(.invalidText))
    }

    @Test("MQTT-1.5.3-3")
    func byteOrderMarksAreCharacters() {
        let client = MQTTClientScript.loggedIn()
        let topic = hex("EFBBBF 61 EFBBBF")
        client.say(bytes: packet(0x30, field(topic)))
        #expect(
            client.driver.takeEvents() == [
                .message(.publish, topic: topic, payload: [], .none, acknowledgement: 0)
            ])
        client.driver.send(.reply(.none, .result, .bytes), topic: topic)
        #expect(client.driver.takeOutput() == packet(0x30, field(topic)))
    }

    @Test(arguments: ["é", "a/b/c/d/é", "汉字/😀", "\u{10FFFF}", "/", " ", "$SYS/x", "a//b", "/a", "a/"])
    func topicNamesComeThroughByteForByte(_ topic: String) {
        let client = MQTTClientScript.loggedIn()
        client.say(bytes: packet(0x30, field(utf8(topic))))
        #expect(client.driver.takeEvents() == [message(topic)])
    }

    @Test(
        "MQTT-3.3.2-2", arguments: ["+", "#", "a/+", "a/#", "abcdefgh+", "abcdefg#", "é+", "#é", "abcdefghijk/l/#/m"])
    func wildcardsInATopicNameEndTheConnection(_ topic: String) {
        #expect(fault(of: packet(0x30, field(utf8(topic)))) == .framing(.invalidText))
    }

    @Test("MQTT-4.7.1-1", arguments: ["+", "a/#", "abcdefgh/i+"])
    func wildcardsAreNotSentInATopicName(_ topic: String) {
        let client = MQTTClientScript.loggedIn()
        client.driver.send(.push(.atLeastOnce, .bytes), topic: utf8(topic))
        #expect(client.driver.fault == .framing(.invalidText))
        #expect(client.driver.takeOutput() == [])
    }

    @Test("MQTT-4.7.1-2", arguments: ["a#", "#a", "a/#/b", "##", "a/b#", "#/", "/a#", "+#"])
    func aNumberSignIsAloneInTheLastLevel(_ filter: String) {
        #expect(fault(of: packet(0x82, [0, 1] + field(utf8(filter)) + [0])) == .framing(.invalidText))
    }

    @Test("MQTT-4.7.1-3", arguments: ["a+", "+a", "a/+b", "a/b+/c", "++", "+/a+", "/++"])
    func aPlusSignFillsItsLevel(_ filter: String) {
        #expect(fault(of: packet(0x82, [0, 1] + field(utf8(filter)) + [0])) == .framing(.invalidText))
        #expect(fault(of: packet(0xA2, [0, 1] + field(utf8(filter)))) == .framing(.invalidText))
    }

    @Test(arguments: ["#", "+", "/", "a/#", "+/#", "/#", "/+", "+/+/+", "a/+/b", "+/a/#", "é/+", "$SYS/#"])
    func validFiltersAreGranted(_ filter: String) {
        let client = MQTTClientScript.loggedIn()
        client.say(bytes: packet(0x82, [0, 1] + field(utf8(filter)) + [0]))
        #expect(client.driver.takeOutput() == hex("90 03 0001 00"))
    }

    @Test("MQTT-4.7.3-1")
    func emptyTopicNamesAndFiltersEndTheConnection() {
        #expect(fault(of: hex("30 02 0000")) == .framing(.invalidText))
        #expect(fault(of: hex("82 05 0001 0000 00")) == .framing(.invalidText))
        #expect(fault(of: hex("A2 04 0001 0000")) == .framing(.invalidText))
        let client = MQTTClientScript.loggedIn()
        client.driver.send(.push(.atMostOnce, .bytes))
        #expect(client.driver.fault == .framing(.invalidText))
    }

    @Test("MQTT-4.7.3-2")
    func zeroInATopicFilterEndsTheConnection() {
        #expect(fault(of: packet(0x82, [0, 1] + field(hex("61 2F 00")) + [0])) == .framing(.invalidText))
        #expect(fault(of: packet(0x30, field(hex("61 2F 00")))) == .framing(.invalidText))
    }

    @Test("MQTT-4.7.3-3", arguments: [65_534, 65_535, 65_536])
    func topicsOfMoreThan65535BytesAreNotSent(_ count: Int) {
        let client = MQTTClientScript.loggedIn()
        let topic = [UInt8](repeating: 0x61, count: count)
        client.driver.send(.push(.atMostOnce, .bytes), topic: topic)
        if count <= 65_535 {
            #expect(client.heard() == [.publish(MQTTPublish(topic: topic))])
        } else {
            #expect(client.driver.fault == .framing(.notEncodable(bytes: 65_536, limit: 65_535)))
            #expect(client.driver.takeOutput() == [])
        }
    }

    @Test("MQTT-4.7.3-4")
    func lettersThatLookTheSameAreDifferentFilters() {
        let client = MQTTClientScript.loggedIn(MQTTConnect(clientID: utf8("c"), cleanSession: false))
        let composed = hex("C3A9")
        let decomposed = hex("65 CC81")
        client.say(.subscribe(1, [MQTTSubscription(filter: composed, qos: .atLeastOnce)]))
        client.say(.unsubscribe(2, filters: [decomposed]))
        let state = client.wire.suspend(at: client.driver.now) as? MQTTSessionState
        #expect(state?.subscriptions == [composed: .atLeastOnce])
    }
}
