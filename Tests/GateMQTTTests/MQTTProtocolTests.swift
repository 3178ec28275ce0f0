import GateBytes
import GateMQTT
import GateProtocol
import GateTestKit
import Testing

@Suite struct MQTTProtocolTests {
    /// A client's whole life, with everything a client may say.
    static let life: [MQTTPacket] = [
        .connect(MQTTConnect(clientID: utf8("c"), cleanSession: false)),
        .publish(MQTTPublish(topic: utf8("Login/HD_Login/1"), payload: utf8("{}"))),
        .publish(MQTTPublish(topic: utf8("a"), payload: utf8("1"), qos: .atLeastOnce, packetIdentifier: 1)),
        .pingreq,
        .subscribe(2, [MQTTSubscription(filter: utf8("a/+"), qos: .exactlyOnce)]),
        .publish(MQTTPublish(topic: utf8("b"), payload: utf8("2"), qos: .exactlyOnce, packetIdentifier: 3)),
        .publish(
            MQTTPublish(topic: utf8("b"), payload: utf8("2"), qos: .exactlyOnce, packetIdentifier: 3, isDuplicate: true)
        ),
        .pubrel(3), .pubrel(4), .puback(9), .pubrec(9), .pubcomp(9),
        .unsubscribe(5, filters: [utf8("a/+"), utf8("c")]),
        .publish(MQTTPublish(topic: utf8("long"), payload: [UInt8](repeating: 7, count: 3_000))),
        .publish(MQTTPublish(topic: utf8("d"))),
        .disconnect, .pingreq,
    ]

    @Test func nothingDependsOnSplits() throws {
        let outcome = try ProtocolVerifier { MQTTProtocol() }.verify(bytes(of: Self.life))
        #expect(outcome.close == .clientGoodbye)
        #expect(outcome.events.count == 6)
        #expect(
            packets(in: outcome.output) == [
                .connack(sessionPresent: false, returnCode: 0), .pingresp, .suback(2, returnCodes: [2]), .pubcomp(4),
                .pubrel(9), .unsuback(5),
            ])
        #expect(packets(in: outcome.acknowledgements) == [.puback(1), .pubrec(3), .pubrec(3), .pubcomp(3)])
    }

    @Test(
        "MQTT-4.8.0-1",
        arguments: ["00", "20 02 0000", "30 03 0001 2B", "10 00", "36 00", "C0 01 00", "30 FF FF FF FF"])
    func nothingBehindAViolationIsProcessed(_ digits: String) throws {
        let login = Array(Self.life.prefix(3))
        let before = bytes(of: login + [.pingreq])
        let outcome = try ProtocolVerifier { MQTTProtocol() }.verify(before + hex(digits) + bytes(of: [.pingreq]))
        #expect(outcome.fault != nil)
        #expect(outcome.events.count == 3)
        #expect(packets(in: outcome.output) == [.connack(sessionPresent: false, returnCode: 0), .pingresp])
    }

    @Test(arguments: [1, 2, 9, 11, 13] as [UInt8])
    func packetsOfTheServerEndTheConnection(_ type: UInt8) {
        #expect(fault(of: [type << 4, 2, 0, 1]) == .unexpectedFrame(kind: Int(type)))
    }

    @Test func eventsOfACallAreBounded() throws {
        let wire = MQTTProtocol()
        var effects = ProtocolEffects(eventsMax: 3)
        let now = MonotonicTime(nanoseconds: 0)
        let connect = bytes(of: [.connect(MQTTConnect(clientID: utf8("c")))])
        #expect(try wire.receive(connect.span, at: now, effects: &effects) == connect.count)
        try wire.send(.accept(sessionPresent: false), topic: Span(), payload: Span(), at: now, effects: &effects)
        effects.beginCall()
        let one = bytes(of: [.publish(MQTTPublish(topic: utf8("a")))])
        let five = one + one + one + one + one
        #expect(try wire.receive(five.span, at: now, effects: &effects) == 3 * one.count)
        let events = effects.events
        #expect(events.count == 3)
        let isFull = effects.isFull
        #expect(isFull)
    }

    @Test(arguments: [(1, 2), (2, 102), (3, 102), (101, 102)])
    func missingBytesAreTold(_ count: Int, needed: Int) throws {
        let client = MQTTClientScript.loggedIn()
        let packet = bytes(of: [.publish(MQTTPublish(topic: utf8("a"), payload: [UInt8](repeating: 0, count: 97)))])
        client.say(bytes: Array(packet.prefix(count)))
        #expect(client.driver.bytesNeeded == needed)
        client.say(bytes: Array(packet.dropFirst(count)))
        #expect(client.driver.takeEvents().count == 1)
    }

    @Test(arguments: [65_534, 65_535, 65_536])
    func aRemainingLengthAboveTheLimitEndsTheConnection(_ length: Int) {
        let client = MQTTClientScript.loggedIn()
        let packet = bytes(of: [
            .publish(MQTTPublish(topic: utf8("a"), payload: [UInt8](repeating: 0, count: length - 3)))
        ])
        client.say(bytes: Array(packet.prefix(4)))
        #expect(
            client.driver.fault == (length <= 65_535 ? nil : .framing(.frameTooLarge(bytes: 65_536, limit: 65_535))))
        client.say(bytes: Array(packet.dropFirst(4)))
        #expect(client.driver.takeEvents().count == (length <= 65_535 ? 1 : 0))
    }

    @Test func nothingIsReadAfterAFault() throws {
        let wire = MQTTProtocol()
        var effects = ProtocolEffects()
        let now = MonotonicTime(nanoseconds: 0)
        #expect(throws: WireError.framing(.unknownKind(0))) {
            try wire.receive([0].span, at: now, effects: &effects)
        }
        let connect = rawConnect()
        #expect(try wire.receive(connect.span, at: now, effects: &effects) == connect.count)
        let events = effects.events
        #expect(events.isEmpty)
        let outputCount = effects.output.count
        #expect(outputCount == 0)
    }

    @Test func aFaultAsReplyIsWrittenAsItIs() {
        let client = MQTTClientScript.loggedIn()
        client.driver.send(
            .reply(.none, .fault, .json), topic: utf8("a/b/1"), payload: utf8("{\"Trace\":\"\",\"Error\":\"x\"}"))
        #expect(
            client.heard() == [
                .publish(MQTTPublish(topic: utf8("a/b/1"), payload: utf8("{\"Trace\":\"\",\"Error\":\"x\"}")))
            ])
    }

    @Test func theDefinitionMakesProtocolsWithItsLimits() throws {
        let definition = ProtocolDefinition.mqtt()
        #expect(definition.name == "mqtt")
        #expect(definition.usesEnvelope)
        let make = try definition.configure(ProtocolOptions(frameBytesMax: 20))
        let driver = WireDriver(make())
        driver.receive(hex("10 15"))
        #expect(driver.fault == .framing(.frameTooLarge(bytes: 21, limit: 20)))
        #expect(throws: ProtocolSetupError.unknownParameter("takeovr", known: [])) {
            try definition.configure(ProtocolOptions(parameters: ["takeovr": "true"]))
        }
    }
}
