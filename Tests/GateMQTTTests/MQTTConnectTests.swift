import GateMQTT
import GateProtocol
import GateTestKit
import Testing

/// Sections 3.1 and 3.2: CONNECT and CONNACK.
@Suite struct MQTTConnectTests {
    @Test("MQTT-3.1.0-1", arguments: ["30 03 0001 61", "C0 00", "E0 00", "82 06 0001 0001 61 00", "40 02 0001"])
    func anythingButConnectFirstEndsTheConnection(_ digits: String) {
        let result = firstPacket(hex(digits) + rawConnect())
        #expect(result.fault == .unexpectedFrame(kind: Int(hex(digits)[0] >> 4)))
        #expect(result.output == [])
        #expect(result.events == [])
    }

    @Test func aWrongFirstByteIsEnough() {
        #expect(firstPacket([0x30]).fault == .unexpectedFrame(kind: 3))
        #expect(firstPacket([0x47]).fault == .framing(.reservedBits(7)))
        #expect(firstPacket([0x00]).fault == .framing(.unknownKind(0)))
        #expect(firstPacket([0xF0]).fault == .framing(.unknownKind(15)))
    }

    @Test("MQTT-3.1.0-2")
    func aSecondConnectEndsTheConnection() {
        let client = MQTTClientScript.loggedIn()
        client.say(bytes: rawConnect() + hex("C0 00"))
        #expect(client.driver.fault == .unexpectedFrame(kind: 1))
        #expect(client.driver.takeOutput() == [])
    }

    @Test("MQTT-3.1.2-1", arguments: ["HTTP", "mqtt", "MQTX", "MQTTT", "", "MQIsdP"])
    func anotherProtocolNameIsClosedWithoutConnack(_ name: String) {
        let result = firstPacket(rawConnect(name: name))
        #expect(result.fault == .unsupportedProtocol(level: 0))
        #expect(result.output == [])
    }

    @Test(
        "MQTT-3.1.2-2",
        arguments: [("MQTT", 3), ("MQTT", 5), ("MQTT", 0), ("MQTT", 0x84), ("MQIsdp", 4), ("MQIsdp", 2)]
            as [(String, UInt8)])
    func anUnknownLevelIsToldSo(_ name: String, level: UInt8) {
        let result = firstPacket(rawConnect(name: name, level: level, payload: hex("05 01 02 03")) + hex("C000"))
        #expect(result.fault == .unsupportedProtocol(level: Int(level)))
        #expect(result.output == hex("20 02 00 01"))
    }

    @Test("MQTT-3.1.2-3", arguments: [0x01, 0x03, 0xC3] as [UInt8])
    func theReservedConnectFlagIsZero(_ flags: UInt8) {
        #expect(firstPacket(rawConnect(flags: flags)).fault == .framing(.reservedBits(flags)))
        #expect(firstPacket(rawConnect(flags: flags)).output == [])
    }

    @Test("MQTT-3.1.2-9")
    func aWillHasTopicAndMessage() {
        let payload = field(utf8("c")) + field(utf8("gone")) + field([])
        #expect(firstPacket(rawConnect(flags: 0x06, payload: payload)).events == [.opening])
        #expect(firstPacket(rawConnect(flags: 0x06, payload: field(utf8("c")))).fault == .framing(.truncatedField))
        let withoutMessage = field(utf8("c")) + field(utf8("gone"))
        #expect(firstPacket(rawConnect(flags: 0x06, payload: withoutMessage)).fault == .framing(.truncatedField))
    }

    @Test("MQTT-3.1.2-11")
    func withoutWillFlagThereAreNoWillFields() {
        let payload = field(utf8("c")) + field(utf8("gone")) + field([])
        #expect(firstPacket(rawConnect(payload: payload)).fault == .framing(.trailingBytes(8)))
    }

    @Test("MQTT-3.1.2-13", arguments: [0x0A, 0x12, 0x1A] as [UInt8])
    func withoutWillFlagTheWillQoSIsZero(_ flags: UInt8) {
        #expect(firstPacket(rawConnect(flags: flags)).fault == .framing(.reservedBits(flags)))
    }

    @Test("MQTT-3.1.2-14")
    func theWillQoSIsNotThree() {
        let payload = field(utf8("c")) + field(utf8("gone")) + field([])
        #expect(firstPacket(rawConnect(flags: 0x1E, payload: payload)).fault == .framing(.invalidValue(3)))
        #expect(firstPacket(rawConnect(flags: 0x16, payload: payload)).events == [.opening])
    }

    @Test("MQTT-3.1.2-15")
    func withoutWillFlagWillRetainIsZero() {
        #expect(firstPacket(rawConnect(flags: 0x22)).fault == .framing(.reservedBits(0x22)))
    }

    @Test("MQTT-3.1.2-18")
    func withoutItsFlagThereIsNoUserName() {
        let payload = field(utf8("c")) + field(utf8("user"))
        #expect(firstPacket(rawConnect(payload: payload)).fault == .framing(.trailingBytes(6)))
    }

    @Test("MQTT-3.1.2-19")
    func withItsFlagThereIsAUserName() {
        #expect(firstPacket(rawConnect(flags: 0x82)).fault == .framing(.truncatedField))
        let client = MQTTClientScript()
        client.say(bytes: rawConnect(flags: 0x82, payload: field(utf8("c")) + field(utf8("user"))))
        #expect(client.driver.credentials?.userName == utf8("user"))
        #expect(client.driver.credentials?.password == nil)
    }

    @Test("MQTT-3.1.2-20")
    func withoutItsFlagThereIsNoPassword() {
        let payload = field(utf8("c")) + field(utf8("user")) + field(utf8("pw"))
        #expect(firstPacket(rawConnect(flags: 0x82, payload: payload)).fault == .framing(.trailingBytes(4)))
    }

    @Test("MQTT-3.1.2-21")
    func withItsFlagThereIsAPassword() {
        let payload = field(utf8("c")) + field(utf8("user"))
        #expect(firstPacket(rawConnect(flags: 0xC2, payload: payload)).fault == .framing(.truncatedField))
        let client = MQTTClientScript()
        client.say(bytes: rawConnect(flags: 0xC2, payload: payload + field([0x00, 0xFF])))
        #expect(client.driver.credentials?.password == [0x00, 0xFF])
    }

    @Test("MQTT-3.1.2-22")
    func noPasswordWithoutUserName() {
        let payload = field(utf8("c")) + field(utf8("pw"))
        #expect(firstPacket(rawConnect(flags: 0x42, payload: payload)).fault == .framing(.reservedBits(0x42)))
    }

    @Test("MQTT-3.1.3-1")
    func theFieldsOfThePayloadComeInOrder() {
        let will = MQTTWill(topic: utf8("w/t"), payload: utf8("bye"), qos: .atLeastOnce, isRetained: true)
        let connect = MQTTConnect(
            clientID: utf8("id"), cleanSession: false, keepAliveSeconds: 300, will: will, userName: utf8("u"),
            password: utf8("p"))
        #expect(
            bytes(of: [.connect(connect)])
                == hex("10 1E 0004 4D515454 04 EC 012C 0002 6964 0003 772F74 0003 627965 0001 75 0001 70"))
        let client = MQTTClientScript()
        client.say(.connect(connect))
        #expect(client.driver.credentials?.clientID == utf8("id"))
        #expect(client.driver.credentials?.userName == utf8("u"))
        #expect(client.driver.credentials?.password == utf8("p"))
    }

    @Test("MQTT-3.1.3-2")
    func theClientIDIsHandedOnAsItIs() {
        let client = MQTTClientScript()
        client.say(.connect(MQTTConnect(clientID: hex("EFBBBF C3A9 2F"), cleanSession: false)))
        #expect(client.driver.credentials?.clientID == hex("EFBBBF C3A9 2F"))
    }

    @Test("MQTT-3.1.3-3")
    func aConnectWithoutClientIDEndsTheConnection() {
        #expect(firstPacket(rawConnect(payload: [])).fault == .framing(.truncatedField))
        #expect(firstPacket(rawConnect(payload: [0])).fault == .framing(.truncatedField))
    }

    @Test("MQTT-3.1.3-4", arguments: ["C3", "EDA080", "6100"])
    func theClientIDIsText(_ digits: String) {
        #expect(firstPacket(rawConnect(payload: field(hex(digits)))).fault == .framing(.invalidText))
    }

    @Test("MQTT-3.1.3-5", arguments: [1, 22, 23, 127, 128, 129])
    func idsUpToTheLimitAreAccepted(_ count: Int) {
        let id = Array("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
        let client = MQTTClientScript()
        let clientID = (0..<count).map { id[$0 % id.count] }
        client.say(.connect(MQTTConnect(clientID: clientID)))
        #expect(client.driver.credentials?.clientID == (count <= 128 ? clientID : nil))
        #expect(client.driver.fault == (count <= 128 ? nil : .identifierRejected))
        #expect(client.driver.takeOutput() == (count <= 128 ? [] : hex("20 02 00 02")))
    }

    @Test("MQTT-3.1.3-6")
    func anEmptyIDIsReplacedByAUniqueOne() {
        let client = MQTTClientScript()
        client.say(bytes: rawConnect(payload: field([])))
        #expect(client.driver.credentials?.clientID == utf8("made-up"))
        let first = MQTTConfiguration().makeClientID()
        #expect(first.count == 37)
        #expect(first.starts(with: utf8("auto-")))
        #expect(first != MQTTConfiguration().makeClientID())
    }

    @Test("MQTT-3.1.3-7")
    func anEmptyIDNeedsACleanSession() {
        #expect(firstPacket(rawConnect(flags: 0x02, payload: field([]))).events == [.opening])
        #expect(firstPacket(rawConnect(flags: 0x00, payload: field([]))).events == [])
    }

    @Test("MQTT-3.1.3-8")
    func anEmptyIDWithoutCleanSessionIsToldSo() {
        let result = firstPacket(rawConnect(flags: 0x00, payload: field([])) + hex("C000"))
        #expect(result.fault == .identifierRejected)
        #expect(result.output == hex("20 02 00 02"))
    }

    @Test("MQTT-3.1.3-9")
    func aRefusedIDIsToldSo() {
        let tooLong = MQTTConnect(clientID: [UInt8](repeating: 0x61, count: 129))
        let result = firstPacket(bytes(of: [.connect(tooLong), .pingreq]))
        #expect(result.fault == .identifierRejected)
        #expect(result.output == hex("20 02 00 02"))
    }

    @Test("MQTT-3.1.3-10", arguments: ["C3", "EDA080", "6100", "", "2B", "612F23"])
    func theWillTopicIsATopicName(_ digits: String) {
        let payload = field(utf8("c")) + field(hex(digits)) + field([])
        #expect(firstPacket(rawConnect(flags: 0x06, payload: payload)).fault == .framing(.invalidText))
    }

    @Test("MQTT-3.1.3-11", arguments: ["C3", "EDA080", "6100"])
    func theUserNameIsText(_ digits: String) {
        let payload = field(utf8("c")) + field(hex(digits))
        #expect(firstPacket(rawConnect(flags: 0x82, payload: payload)).fault == .framing(.invalidText))
    }

    @Test("MQTT-3.1.4-1", arguments: ["10 00", "10 02 0004", "10 0C 0004 4D515454 04 02 003C 0001"])
    func aConnectThatDoesNotConformIsClosedWithoutConnack(_ digits: String) {
        let result = firstPacket(hex(digits))
        #expect(result.fault == .framing(.truncatedField))
        #expect(result.output == [])
    }

    @Test("MQTT-3.1.4-4")
    func anAcceptedConnectIsAnsweredWithCodeZero() {
        let client = MQTTClientScript()
        client.say(bytes: rawConnect())
        client.driver.send(.accept(sessionPresent: false))
        #expect(client.driver.takeOutput() == hex("20 02 00 00"))
    }

    @Test("MQTT-3.1.4-5", arguments: [Refusal.badCredentials, .notAuthorized, .unavailable])
    func nothingBehindARefusedConnectIsProcessed(_ refusal: Refusal) {
        let client = MQTTClientScript()
        client.say(bytes: rawConnect() + hex("C000 32 05 0001 61 0001"))
        client.driver.send(.refuse(refusal))
        _ = client.driver.takeOutput()
        client.say(bytes: hex("C000"))
        #expect(client.driver.takeEvents() == [.opening])
        #expect(client.driver.takeOutput() == [])
    }

    @Test func nothingBehindAConnectIsProcessedBeforeItsAnswer() {
        let client = MQTTClientScript()
        let behind = hex("C000 32 05 0001 61 0001")
        client.say(bytes: rawConnect() + behind)
        client.say(bytes: hex("C000"))
        #expect(client.driver.takeEvents() == [.opening])
        #expect(client.driver.takeOutput() == [])
        #expect(client.driver.tail == behind + hex("C000"))
        client.driver.send(.accept(sessionPresent: false))
        client.say(bytes: [])
        #expect(client.driver.takeOutput() == hex("20 02 00 00 D000 D000"))
        #expect(client.driver.takeEvents() == [message("a", acknowledgement: 1)])
    }

    @Test("MQTT-3.2.0-1")
    func nothingIsWrittenBeforeConnack() {
        let client = MQTTClientScript()
        client.say(bytes: rawConnect())
        client.driver.send(.push(.atMostOnce, .json), topic: utf8("a"))
        client.driver.send(.push(.atLeastOnce, .json), topic: utf8("a"))
        client.driver.send(.reply(.none, .result, .json), topic: utf8("a"))
        client.driver.send(.kick, payload: utf8("{}"))
        client.driver.send(.acknowledge(1))
        client.driver.send(.goodbye)
        #expect(client.driver.takeOutput() == [])
        client.driver.send(.accept(sessionPresent: false))
        #expect(client.driver.takeOutput() == hex("20 02 00 00"))
    }

    @Test("MQTT-3.2.2-1")
    func aCleanSessionIsNeverPresent() {
        let client = MQTTClientScript()
        client.say(bytes: rawConnect(flags: 0x02))
        client.driver.send(.accept(sessionPresent: true))
        #expect(client.driver.takeOutput() == hex("20 02 00 00"))
    }

    @Test("MQTT-3.2.2-2")
    func aStoredSessionIsPresent() {
        let client = MQTTClientScript()
        client.say(bytes: rawConnect(flags: 0x00))
        #expect(client.driver.credentials?.resumption == .resume)
        client.driver.send(.accept(sessionPresent: true))
        #expect(client.driver.takeOutput() == hex("20 02 01 00"))
    }

    @Test("MQTT-3.2.2-3")
    func withoutAStoredSessionNoneIsPresent() {
        let client = MQTTClientScript()
        client.say(bytes: rawConnect(flags: 0x00))
        client.driver.send(.accept(sessionPresent: false))
        #expect(client.driver.takeOutput() == hex("20 02 00 00"))
    }

    @Test(
        "MQTT-3.2.2-4",
        arguments: [(Refusal.unavailable, 3), (.badCredentials, 4), (.notAuthorized, 5)] as [(Refusal, UInt8)])
    func aRefusalHasItsCodeAndNoSession(_ refusal: Refusal, code: UInt8) {
        let client = MQTTClientScript()
        client.say(bytes: rawConnect(flags: 0x00))
        client.driver.send(.refuse(refusal))
        #expect(client.driver.takeOutput() == [0x20, 0x02, 0x00, code])
    }

    @Test("MQTT-3.2.2-5")
    func aRefusalClosesTheConnection() {
        let client = MQTTClientScript()
        client.say(bytes: rawConnect())
        client.driver.send(.refuse(.notAuthorized))
        #expect(client.driver.close == .refused)
    }

    @Test("MQTT-3.2.2-6")
    func withoutAFittingCodeThereIsNoConnack() {
        let result = firstPacket(rawConnect(name: "AMQP"))
        #expect(result.fault?.closeReason == .unsupportedProtocol)
        #expect(result.output == [])
    }

    @Test func version31IsSpoken() {
        let client = MQTTClientScript()
        client.say(bytes: hex("10 0F 0006 4D5149736470 03 00 003C 0001 31"))
        #expect(client.driver.credentials?.clientID == utf8("1"))
        client.driver.send(.accept(sessionPresent: true))
        #expect(client.driver.takeOutput() == hex("20 02 00 00"))
    }

    @Test func version31KnowsNoEmptyID() {
        let result = firstPacket(rawConnect(name: "MQIsdp", level: 3, payload: field([])))
        #expect(result.fault == .identifierRejected)
        #expect(result.output == hex("20 02 00 02"))
    }

    @Test func inVersion31UserNameAndPasswordMayBeMissing() {
        #expect(firstPacket(rawConnect(name: "MQIsdp", level: 3, flags: 0xC2)).events == [.opening])
        let withName = field(utf8("c")) + field(utf8("u"))
        #expect(firstPacket(rawConnect(name: "MQIsdp", level: 3, flags: 0xC2, payload: withName)).events == [.opening])
    }

    @Test(arguments: [0x01, 0x03, 0x0A, 0x12, 0x22, 0x33] as [UInt8])
    func inVersion31ConnectFlagsThatAreNotUsedMeanNothing(_ flags: UInt8) {
        #expect(firstPacket(rawConnect(name: "MQIsdp", level: 3, flags: flags)).events == [.opening])
        #expect(firstPacket(rawConnect(flags: flags)).fault == .framing(.reservedBits(flags)))
    }

    @Test func inVersion31WhatMakesNoSenseIsStillRefused() {
        #expect(firstPacket(rawConnect(name: "MQIsdp", level: 3, flags: 0x1A)).fault == .framing(.invalidValue(3)))
        #expect(firstPacket(rawConnect(name: "MQIsdp", level: 3, flags: 0x42)).fault == .framing(.reservedBits(0x42)))
    }

    @Test(arguments: 1...15 as ClosedRange<UInt8>)
    func inVersion31TheFlagsOfTheFixedHeaderAreNotUsed(_ flags: UInt8) {
        var connect = rawConnect(name: "MQIsdp", level: 3)
        connect[0] |= flags
        let client = MQTTClientScript()
        client.say(bytes: connect)
        client.driver.send(.accept(sessionPresent: false))
        #expect(client.driver.takeOutput() == hex("20 02 00 00"))
        var packets = hex("C0 00 82 06 0001 0001 61 01 A2 05 0002 0001 61 62 02 0003 40 02 0004 50 02 0005 70 02 0006")
        for offset in [0, 2, 10, 17, 21, 25, 29] { packets[offset] = packets[offset] & 0xF0 | flags }
        client.say(bytes: packets)
        #expect(client.driver.takeOutput() == hex("D000 90 03 0001 01 B0 02 0002 70 02 0003 62 02 0005"))
        client.say(bytes: [0xE0 | flags, 0])
        #expect(client.driver.close == .clientGoodbye)
        #expect(client.driver.fault == nil)
    }

    @Test("MQTT-2.2.2-2", arguments: 1...15 as ClosedRange<UInt8>)
    func inVersion311TheFlagsOfConnectAreZero(_ flags: UInt8) {
        var connect = rawConnect()
        connect[0] |= flags
        let result = firstPacket(connect)
        #expect(result.fault == .framing(.reservedBits(flags)))
        #expect(result.output == [])
        let client = MQTTClientScript.loggedIn()
        client.say(bytes: [0xC0 | flags, 0])
        #expect(client.driver.fault == .framing(.reservedBits(flags)))
    }

    @Test func inVersion31RequestsMayBeRepeated() {
        let client = MQTTClientScript.loggedIn(MQTTConnect(clientID: utf8("c"), version: .v31))
        client.say(bytes: hex("8A 06 0001 0001 61 01 AA 05 0002 0001 61 6A 02 0003"))
        #expect(client.driver.takeOutput() == hex("90 03 0001 01 B0 02 0002 70 02 0003"))
        #expect(client.driver.fault == nil)
    }
}
