import GateMQTT
import GateProtocol
import GateTestKit
import Testing

/// Sections 3.8 to 3.14: SUBSCRIBE, UNSUBSCRIBE, PINGREQ, DISCONNECT.
@Suite struct MQTTSubscribeTests {
    /// The subscriptions of a client, as the next connection would find them.
    func subscriptions(of client: MQTTClientScript) -> [[UInt8]: MQTTQoS]? {
        (client.wire.suspend(at: client.driver.now) as? MQTTSessionState)?.subscriptions
    }

    func loggedIn(_ limits: MQTTLimits = MQTTLimits()) -> MQTTClientScript {
        .loggedIn(MQTTConnect(clientID: utf8("c"), cleanSession: false), limits)
    }

    @Test("MQTT-3.8.1-1", arguments: [0x80, 0x81, 0x83, 0x84, 0x8A] as [UInt8])
    func subscribeHasItsFlags(_ first: UInt8) {
        #expect(fault(of: [first, 6, 0, 1, 0, 1, 0x61, 0]) == .framing(.reservedBits(first & 0x0F)))
    }

    @Test("MQTT-3.8.3-1", arguments: ["C3", "EDBFBF", "6100", "2F80"])
    func filtersAreText(_ digits: String) {
        #expect(fault(of: packet(0x82, [0, 1] + field(hex(digits)) + [0])) == .framing(.invalidText))
    }

    @Test("MQTT-3.8.3-3")
    func subscribeHasAtLeastOneFilter() {
        #expect(fault(of: hex("82 02 0001")) == .framing(.truncatedField))
        #expect(fault(of: hex("82 00")) == .framing(.truncatedField))
        #expect(fault(of: hex("82 05 0001 0001 61")) == .framing(.truncatedField))
    }

    @Test("MQTT-3.8.3-4", arguments: [3, 4, 0x80, 0xFF] as [UInt8])
    func otherQualitiesEndTheConnection(_ qos: UInt8) {
        #expect(fault(of: packet(0x82, [0, 1, 0, 1, 0x61, qos])) == .framing(.invalidValue(Int(qos))))
    }

    @Test func aSubscribeWithAFaultChangesNothing() {
        let client = loggedIn()
        client.say(bytes: hex("82 0A 0001 0001 61 00 0001 62 03"))
        #expect(client.driver.fault == .framing(.invalidValue(3)))
        #expect(client.driver.takeOutput() == [])
        #expect(subscriptions(of: client) == [:])
    }

    @Test("MQTT-3.8.4-1", arguments: MQTTQoS.allCases)
    func subscribeIsAnswered(_ qos: MQTTQoS) {
        let client = loggedIn()
        client.say(.subscribe(1, [MQTTSubscription(filter: utf8("a/#"), qos: qos)]))
        #expect(client.driver.takeOutput() == [0x90, 0x03, 0x00, 0x01, qos.rawValue])
        #expect(subscriptions(of: client) == [utf8("a/#"): qos])
    }

    @Test("MQTT-3.8.4-2", arguments: [1, 0x00FF, 0x0100, 0xFFFF] as [UInt16])
    func theAnswerHasTheIdentifier(_ id: UInt16) {
        let client = loggedIn()
        client.say(.subscribe(id, [MQTTSubscription(filter: utf8("a"), qos: .atMostOnce)]))
        #expect(client.heard() == [.suback(id, returnCodes: [0])])
    }

    @Test("MQTT-2.3.1-7", arguments: [1, 0x00FF, 0x0100, 0xFFFF] as [UInt16])
    func answersHaveTheIdentifierOfTheirRequest(_ id: UInt16) {
        let client = loggedIn()
        client.say(
            .subscribe(id, [MQTTSubscription(filter: utf8("a"), qos: .atMostOnce)]),
            .unsubscribe(id, filters: [utf8("a")]))
        #expect(client.heard() == [.suback(id, returnCodes: [0]), .unsuback(id)])
    }

    @Test("MQTT-3.8.4-3")
    func theSameFilterAgainReplacesTheSubscription() {
        var limits = MQTTLimits()
        limits.subscriptionsMax = 1
        limits.filterBytesMax = 3
        let client = loggedIn(limits)
        client.say(.subscribe(1, [MQTTSubscription(filter: utf8("a/b"), qos: .atMostOnce)]))
        client.say(.subscribe(2, [MQTTSubscription(filter: utf8("a/b"), qos: .exactlyOnce)]))
        #expect(client.heard() == [.suback(1, returnCodes: [0]), .suback(2, returnCodes: [2])])
        #expect(subscriptions(of: client) == [utf8("a/b"): .exactlyOnce])
    }

    @Test("MQTT-3.8.4-4")
    func severalFiltersHaveOneAnswer() {
        let client = loggedIn()
        client.say(
            .subscribe(
                7,
                [
                    MQTTSubscription(filter: utf8("a"), qos: .exactlyOnce),
                    MQTTSubscription(filter: utf8("b"), qos: .atMostOnce),
                    MQTTSubscription(filter: utf8("a"), qos: .atLeastOnce),
                ]))
        #expect(client.driver.takeOutput() == hex("90 05 0007 02 00 01"))
        #expect(subscriptions(of: client) == [utf8("a"): .atLeastOnce, utf8("b"): .atMostOnce])
    }

    @Test("MQTT-3.8.4-5", arguments: [1, 2, 3])
    func aFilterAboveTheLimitFails(_ count: Int) {
        var limits = MQTTLimits()
        limits.subscriptionsMax = 2
        let client = loggedIn(limits)
        let lines = (0..<count).map { MQTTSubscription(filter: utf8("f\($0)"), qos: .atLeastOnce) }
        client.say(.subscribe(1, lines))
        #expect(client.heard() == [.suback(1, returnCodes: Array(([1, 1, 0x80] as [UInt8]).prefix(count)))])
        #expect(subscriptions(of: client)?.count == min(2, count))
    }

    @Test(arguments: [(7, 1), (8, 1), (9, 0x80)] as [(Int, UInt8)])
    func theBytesOfAllFiltersAreBounded(_ count: Int, code: UInt8) {
        var limits = MQTTLimits()
        limits.filterBytesMax = 10
        let client = loggedIn(limits)
        client.say(.subscribe(1, [MQTTSubscription(filter: utf8("ab"), qos: .atMostOnce)]))
        let long = [UInt8](repeating: 0x61, count: count)
        client.say(.subscribe(2, [MQTTSubscription(filter: long, qos: .atLeastOnce)]))
        client.say(.unsubscribe(3, filters: [long, utf8("ab")]))
        client.say(.subscribe(4, [MQTTSubscription(filter: long, qos: .atLeastOnce)]))
        #expect(
            client.heard() == [
                .suback(1, returnCodes: [0]), .suback(2, returnCodes: [code]), .unsuback(3),
                .suback(4, returnCodes: [1]),
            ])
    }

    @Test("MQTT-3.9.3-1")
    func codesHaveTheOrderOfTheFilters() {
        let client = loggedIn()
        let lines = [2, 0, 1, 1, 0, 2].enumerated().map { index, qos in
            MQTTSubscription(filter: utf8("f\(index)"), qos: MQTTQoS(rawValue: qos) ?? .atMostOnce)
        }
        client.say(.subscribe(1, lines))
        #expect(client.heard() == [.suback(1, returnCodes: [2, 0, 1, 1, 0, 2])])
    }

    @Test("MQTT-3.9.3-2", arguments: [3, 4, 0x7F, 0x81, 0xFF] as [UInt8])
    func otherCodesAreNotSent(_ code: UInt8) {
        #expect(bytes(of: [.suback(1, returnCodes: [code])]) == [])
        #expect(packets(in: [0x90, 3, 0, 1, code]) == [])
    }

    @Test("MQTT-3.10.1-1", arguments: [0xA0, 0xA1, 0xA3, 0xA6, 0xAA] as [UInt8])
    func unsubscribeHasItsFlags(_ first: UInt8) {
        #expect(fault(of: [first, 5, 0, 1, 0, 1, 0x61]) == .framing(.reservedBits(first & 0x0F)))
    }

    @Test("MQTT-3.10.3-1", arguments: ["C3", "EDBFBF", "6100", "2F80"])
    func filtersToUnsubscribeAreText(_ digits: String) {
        #expect(fault(of: packet(0xA2, [0, 1] + field(hex(digits)))) == .framing(.invalidText))
    }

    @Test("MQTT-3.10.3-2")
    func unsubscribeHasAtLeastOneFilter() {
        #expect(fault(of: hex("A2 02 0001")) == .framing(.truncatedField))
        #expect(fault(of: hex("A2 00")) == .framing(.truncatedField))
    }

    @Test("MQTT-3.10.4-1")
    func filtersAreComparedByteForByte() {
        let client = loggedIn()
        client.say(
            .subscribe(
                1, ["a/+", "a/b", "A/b"].map { MQTTSubscription(filter: utf8($0), qos: .atMostOnce) }))
        client.say(.unsubscribe(2, filters: [utf8("a/b"), utf8("a/"), utf8("#")]))
        #expect(subscriptions(of: client) == [utf8("a/+"): .atMostOnce, utf8("A/b"): .atMostOnce])
    }

    @Test("MQTT-3.10.4-3")
    func deliveriesBegunAreFinished() {
        let client = loggedIn()
        client.say(.subscribe(1, [MQTTSubscription(filter: utf8("a"), qos: .atLeastOnce)]))
        client.driver.send(.push(.atLeastOnce, .bytes), topic: utf8("a"))
        client.say(.unsubscribe(2, filters: [utf8("a")]))
        let state = client.wire.suspend(at: client.driver.now) as? MQTTSessionState
        #expect(state?.subscriptions == [:])
        #expect(state?.undeliveredCount == 1)
    }

    @Test("MQTT-3.10.4-4")
    func unsubscribeIsAnswered() {
        let client = loggedIn()
        client.say(bytes: hex("82 06 0001 0001 61 00 A2 05 0102 0001 61"))
        #expect(client.driver.takeOutput() == hex("90 03 0001 00 B0 02 0102"))
        #expect(subscriptions(of: client) == [:])
    }

    @Test("MQTT-3.10.4-5")
    func unsubscribeIsAnsweredWithoutSubscription() {
        let client = loggedIn()
        client.say(bytes: hex("A2 05 0001 0001 61"))
        #expect(client.driver.takeOutput() == hex("B0 02 0001"))
    }

    @Test("MQTT-3.10.4-6")
    func severalFiltersToUnsubscribeHaveOneAnswer() {
        let client = loggedIn()
        client.say(
            .subscribe(1, ["a", "b", "c"].map { MQTTSubscription(filter: utf8($0), qos: .atMostOnce) }),
            .unsubscribe(2, filters: [utf8("a"), utf8("x"), utf8("c")]))
        #expect(client.heard() == [.suback(1, returnCodes: [0, 0, 0]), .unsuback(2)])
        #expect(subscriptions(of: client) == [utf8("b"): .atMostOnce])
    }

    @Test("MQTT-3.12.4-1")
    func pingreqIsAnswered() {
        let client = loggedIn()
        client.say(bytes: hex("C000 C000"))
        #expect(client.driver.takeOutput() == hex("D000 D000"))
        #expect(fault(of: hex("C0 01 00")) == .framing(.trailingBytes(1)))
    }

    @Test("MQTT-3.14.1-1", arguments: [0xE1, 0xE2, 0xE8] as [UInt8])
    func disconnectHasItsFlags(_ first: UInt8) {
        #expect(fault(of: [first, 0]) == .framing(.reservedBits(first & 0x0F)))
        #expect(fault(of: hex("E0 01 00")) == .framing(.trailingBytes(1)))
    }

    @Test("MQTT-3.14.4-2")
    func nothingBehindDisconnectIsProcessed() {
        let client = loggedIn()
        client.say(bytes: hex("30 03 0001 61 E000 30 03 0001 62 C000"))
        #expect(client.driver.close == .clientGoodbye)
        #expect(client.driver.takeEvents() == [message("a")])
        #expect(client.driver.takeOutput() == [])
    }
}
