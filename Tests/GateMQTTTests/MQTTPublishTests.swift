import GateMQTT
import GateProtocol
import GateTestKit
import Testing

/// Sections 2.2, 2.3, 3.3 to 3.7 and 4.3: PUBLISH from the client and its acknowledgements.
@Suite struct MQTTPublishTests {
    @Test("MQTT-2.2.2-1")
    func packetsOfTheServerHaveTheFlagsOfTheTable() {
        let packets: [MQTTPacket] = [
            .connack(sessionPresent: false, returnCode: 0), .puback(1), .pubrec(1), .pubrel(1), .pubcomp(1),
            .suback(1, returnCodes: [0]), .unsuback(1), .pingresp,
        ]
        #expect(
            packets.map { bytes(of: [$0])[0] } == [0x20, 0x40, 0x50, 0x62, 0x70, 0x90, 0xB0, 0xD0])
    }

    /// All first bytes but those a client may send.
    static let wrongFirstBytes = (0...255 as ClosedRange<UInt8>).filter { first in
        let allowed: [UInt8] = [
            0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x3A, 0x3B, 0x3C, 0x3D, 0x40, 0x50, 0x62, 0x70, 0x82, 0xA2, 0xC0, 0xE0,
        ]
        return !allowed.contains(first)
    }

    @Test("MQTT-2.2.2-2", arguments: wrongFirstBytes)
    func wrongTypesAndFlagsEndTheConnectionAtTheFirstByte(_ first: UInt8) {
        let client = MQTTClientScript.loggedIn()
        client.say(bytes: [first])
        #expect(client.driver.fault != nil)
        #expect(client.driver.takeOutput() == [])
    }

    @Test(
        "MQTT-2.3.1-1",
        arguments: ["32 05 0001 61 0000", "34 05 0001 61 0000", "82 06 0000 0001 61 00", "A2 05 0000 0001 61"])
    func thePacketIdentifierIsNotZero(_ digits: String) {
        #expect(fault(of: hex(digits)) == .framing(.invalidValue(0)))
    }

    @Test("MQTT-2.3.1-2")
    func anIdentifierInUseIsTheSameMessageAgain() {
        let client = MQTTClientScript.loggedIn()
        client.say(bytes: hex("34 06 0001 61 0005 31 34 06 0001 62 0005 32"))
        #expect(client.driver.takeEvents() == [message("a", "1", acknowledgement: 5)])
    }

    @Test("MQTT-2.3.1-3")
    func anIdentifierIsFreeAfterItsLastAcknowledgement() {
        let client = MQTTClientScript.loggedIn()
        for payload in ["1", "2"] {
            client.say(bytes: hex("34 06 0001 61 0005") + utf8(payload))
            #expect(client.driver.takeEvents() == [message("a", payload, acknowledgement: 5)])
            client.driver.send(.acknowledge(5))
            client.say(bytes: hex("62 02 0005"))
            #expect(client.driver.takeOutput() == hex("50 02 0005 70 02 0005"))
        }
    }

    @Test("MQTT-2.3.1-5")
    func atQoSZeroThereIsNoIdentifier() {
        let client = MQTTClientScript.loggedIn()
        client.say(bytes: hex("30 05 0001 61 0000"))
        #expect(client.driver.takeEvents() == [message("a", "\0\0")])
        client.driver.send(.push(.atMostOnce, .bytes), topic: utf8("a"), payload: [0, 0])
        #expect(client.driver.takeOutput() == hex("30 05 0001 61 0000"))
    }

    @Test("MQTT-2.3.1-6", arguments: [1, 0x0100, 0x1234, 0xFFFF] as [UInt16])
    func acknowledgementsCarryTheIdentifier(_ id: UInt16) {
        let client = MQTTClientScript.loggedIn()
        client.say(.publish(MQTTPublish(topic: utf8("a"), qos: .atLeastOnce, packetIdentifier: id)))
        client.driver.send(.acknowledge(id))
        #expect(client.driver.takeOutput() == [0x40, 0x02, UInt8(id >> 8), UInt8(id & 0xFF)])
        client.say(.publish(MQTTPublish(topic: utf8("a"), qos: .exactlyOnce, packetIdentifier: id)))
        client.driver.send(.acknowledge(id))
        client.say(.pubrel(id))
        #expect(client.heard() == [.pubrec(id), .pubcomp(id)])
    }

    @Test("MQTT-3.3.1-2", arguments: [0x38, 0x39] as [UInt8])
    func repetitionAtQoSZeroEndsTheConnection(_ first: UInt8) {
        #expect(fault(of: [first, 3, 0, 1, 0x61]) == .framing(.reservedBits(first & 0x0F)))
    }

    @Test("MQTT-3.3.1-4", arguments: [0x36, 0x37, 0x3E, 0x3F] as [UInt8])
    func qosThreeEndsTheConnection(_ first: UInt8) {
        #expect(fault(of: [first, 5, 0, 1, 0x61, 0, 1]) == .framing(.invalidValue(3)))
    }

    @Test("MQTT-3.3.1-3")
    func repetitionIsNotPassedOn() {
        let client = MQTTClientScript.loggedIn()
        client.say(bytes: hex("3A 05 0001 61 0001"))
        #expect(client.driver.takeEvents() == [message("a", acknowledgement: 1)])
        client.driver.send(.reply(.none, .result, .bytes), topic: utf8("a"))
        #expect(client.driver.takeOutput() == hex("30 03 0001 61"))
    }

    @Test("MQTT-3.3.1-9")
    func messagesToTheClientAreNotRetained() {
        let client = MQTTClientScript.loggedIn()
        client.say(bytes: hex("31 03 0001 61"))
        #expect(client.driver.takeEvents() == [message("a")])
        client.driver.send(.push(.atMostOnce, .bytes), topic: utf8("a"))
        client.driver.send(.push(.atLeastOnce, .bytes), topic: utf8("a"))
        #expect(client.driver.takeOutput() == hex("30 03 0001 61 32 05 0001 61 0001"))
    }

    @Test(
        "MQTT-3.3.2-1",
        arguments: ["30 00", "30 01 00", "30 02 0001", "30 03 0002 61", "32 04 0002 6162", "34 04 0001 61 00"])
    func aPublishBeginsWithAWholeTopicName(_ digits: String) {
        #expect(fault(of: hex(digits)) == .framing(.truncatedField))
    }

    @Test("MQTT-3.3.4-1")
    func theAnswerFollowsTheQoS() {
        let client = MQTTClientScript.loggedIn()
        client.say(bytes: hex("30 03 0001 61 32 05 0001 61 0001 34 05 0001 61 0002"))
        #expect(client.driver.takeOutput() == [])
        client.driver.send(.acknowledge(1))
        client.driver.send(.acknowledge(2))
        #expect(client.driver.takeOutput() == hex("40 02 0001 50 02 0002"))
    }

    @Test("MQTT-3.6.1-1", arguments: [0x60, 0x61, 0x63, 0x66, 0x6A] as [UInt8])
    func pubrelHasItsFlags(_ first: UInt8) {
        #expect(fault(of: [first, 2, 0, 1]) == .framing(.reservedBits(first & 0x0F)))
    }

    @Test("MQTT-4.3.1-1")
    func messagesAtQoSZeroHaveNoFlags() {
        let client = MQTTClientScript.loggedIn()
        client.driver.send(.push(.atMostOnce, .json), topic: utf8("Chat/OnJoin"), payload: utf8("{}"))
        client.driver.send(.kick, payload: utf8("{\"reason\":\"x\"}"))
        client.driver.send(.goodbye)
        #expect(
            client.driver.takeOutput()
                == hex("30 0F 000B") + utf8("Chat/OnJoin{}") + hex("30 1B 000B")
                + utf8("Gate/OnKick{\"reason\":\"x\"}"))
    }

    @Test("MQTT-4.3.2-2")
    func theSameIdentifierAtQoSOneIsANewMessage() {
        let client = MQTTClientScript.loggedIn()
        client.say(bytes: hex("32 05 0001 61 0001"))
        client.driver.send(.acknowledge(1))
        client.say(bytes: hex("3A 05 0001 61 0001 3A 05 0001 61 0001"))
        let one = message("a", acknowledgement: 1)
        #expect(client.driver.takeEvents() == [one, one, one])
        client.driver.send(.acknowledge(1))
        client.driver.send(.acknowledge(1))
        #expect(client.driver.takeOutput() == hex("40 02 0001 40 02 0001 40 02 0001"))
        client.driver.send(.acknowledge(1))
        #expect(client.driver.takeOutput() == [])
    }

    @Test("MQTT-4.3.3-1")
    func pubrecIsAnsweredWithPubrel() {
        let client = MQTTClientScript.loggedIn()
        client.say(bytes: hex("50 02 0007 70 02 0007"))
        #expect(client.driver.takeOutput() == hex("62 02 0007"))
        #expect(client.driver.fault == nil)
    }

    @Test("MQTT-4.3.3-2")
    func aMessageAtQoSTwoIsHandledOnce() {
        let client = MQTTClientScript.loggedIn()
        client.say(bytes: hex("34 05 0001 61 0001"))
        #expect(client.driver.takeOutput() == [])
        client.driver.send(.acknowledge(1))
        client.say(bytes: hex("3C 05 0001 61 0001 3C 05 0001 61 0001 62 02 0001 62 02 0001"))
        #expect(client.driver.takeEvents() == [message("a", acknowledgement: 1)])
        #expect(client.heard() == [.pubrec(1), .pubrec(1), .pubrec(1), .pubcomp(1), .pubcomp(1)])
        client.say(bytes: hex("34 05 0001 61 0001"))
        #expect(client.driver.takeEvents() == [message("a", acknowledgement: 1)])
    }

    @Test func repetitionsOfAMessageNotYetAcceptedAreAnsweredWithIt() {
        let client = MQTTClientScript.loggedIn()
        client.say(bytes: hex("34 05 0001 61 0001 3C 05 0001 61 0001 34 05 0001 62 0002 3C 05 0001 61 0001"))
        #expect(client.driver.takeOutput() == [])
        client.driver.send(.acknowledge(1))
        #expect(client.heard() == [.pubrec(1), .pubrec(1), .pubrec(1)])
        client.driver.send(.acknowledge(2))
        #expect(client.heard() == [.pubrec(2)])
        #expect(
            client.driver.takeEvents() == [message("a", acknowledgement: 1), message("b", acknowledgement: 2)])
    }

    @Test func aPubrelThatDoesNotWaitIsAnsweredInItsTurn() {
        let client = MQTTClientScript.loggedIn()
        client.say(bytes: hex("34 06 0001 61 0001 31 62 02 0001 34 06 0001 61 0001 32 62 02 0001"))
        #expect(client.driver.takeOutput() == [])
        #expect(
            client.driver.takeEvents() == [
                message("a", "1", acknowledgement: 1), message("a", "2", acknowledgement: 1),
            ])
        client.driver.send(.acknowledge(1))
        #expect(client.heard() == [.pubrec(1), .pubcomp(1)])
        client.driver.send(.acknowledge(1))
        #expect(client.heard() == [.pubrec(1), .pubcomp(1)])
        client.say(bytes: hex("34 06 0001 61 0001 33"))
        #expect(client.driver.takeEvents() == [message("a", "3", acknowledgement: 1)])
    }

    @Test func oneIdentifierMayBeUsedAtBothQualities() {
        let client = MQTTClientScript.loggedIn()
        client.say(bytes: hex("32 05 0001 61 0001 34 05 0001 62 0001 32 05 0001 63 0001"))
        for _ in 0..<3 { client.driver.send(.acknowledge(1)) }
        #expect(client.heard() == [.puback(1), .pubrec(1), .puback(1)])
        #expect(client.driver.takeEvents().count == 3)
    }

    @Test("MQTT-4.6.0-2")
    func acknowledgementsKeepTheOrderOfTheMessages() {
        let client = MQTTClientScript.loggedIn()
        for id in [3, 1, 2] as [UInt16] {
            client.say(.publish(MQTTPublish(topic: utf8("a"), qos: .atLeastOnce, packetIdentifier: id)))
        }
        for case .message(_, _, _, _, let id) in client.driver.takeEvents() { client.driver.send(.acknowledge(id)) }
        #expect(client.heard() == [.puback(3), .puback(1), .puback(2)])
    }

    @Test("MQTT-4.8.0-2")
    func incomingIdentifiersAreBounded() {
        var limits = MQTTLimits()
        limits.incomingIdentifiersMax = 3
        for (count, fault) in [(2, nil), (3, nil), (4, WireError.limitReached(3))] as [(UInt16, WireError?)] {
            let client = MQTTClientScript.loggedIn(MQTTConnect(clientID: utf8("c")), limits)
            for id in 1...count {
                client.say(.publish(MQTTPublish(topic: utf8("a"), qos: .exactlyOnce, packetIdentifier: id)))
                if id % 2 == 0 { client.driver.send(.acknowledge(id)) }
            }
            #expect(client.driver.fault == fault)
            #expect(client.driver.takeEvents().count == min(3, Int(count)))
        }
    }

    @Test func thousandMessagesAtQoSTwoLeaveNothingBehind() {
        var limits = MQTTLimits()
        limits.incomingIdentifiersMax = 1
        let client = MQTTClientScript.loggedIn(MQTTConnect(clientID: utf8("c"), cleanSession: false), limits)
        for id in 1...1_000 as ClosedRange<UInt16> {
            client.say(.publish(MQTTPublish(topic: utf8("a"), qos: .exactlyOnce, packetIdentifier: id)))
            client.driver.send(.acknowledge(id))
            client.say(.pubrel(id))
        }
        #expect(client.driver.takeEvents().count == 1_000)
        #expect((client.wire.suspend(at: client.driver.now) as? MQTTSessionState)?.heldIdentifiers == [])
    }

    /// The numbers that are written at the settings.
    @Test func aClientMayKeepWhatIsDocumented() {
        let limits = MQTTLimits()
        #expect(limits.clientIDBytesMax == 128)
        #expect(limits.subscriptionsMax == 1_000 && limits.filterBytesMax == 65_536)
        #expect(limits.incomingIdentifiersMax == 1_024)
        #expect(limits.outgoingWindowMax == 20 && limits.outgoingWaitingMax == 1_000)
        #expect(limits.outgoingBytesMax == 1_048_576)
    }
}
