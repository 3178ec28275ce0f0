import GateBytes
import GateMQTT
import GateProtocol
import GateTestKit
import Testing

/// What outlives a connection, and what is sent at least once. Sections 3.1.2.4, 4.1, 4.3.2 and 4.4.
@Suite struct MQTTSessionTests {
    static let persistent = MQTTConnect(clientID: utf8("c"), cleanSession: false)

    func loggedIn(_ limits: MQTTLimits = MQTTLimits(), resuming state: (any Sendable)? = nil) -> MQTTClientScript {
        .loggedIn(Self.persistent, limits, resuming: state)
    }

    @Test("MQTT-3.1.2-4")
    func withoutCleanSessionTheSessionIsStored() {
        let first = loggedIn()
        #expect(first.driver.credentials?.resumption == .resume)
        first.say(.subscribe(1, [MQTTSubscription(filter: utf8("a/#"), qos: .exactlyOnce)]))
        let second = loggedIn(resuming: first.wire.suspend(at: first.driver.now))
        #expect(second.heard() == [.connack(sessionPresent: true, returnCode: 0)])
        let state = second.wire.suspend(at: second.driver.now) as? MQTTSessionState
        #expect(state?.subscriptions == [utf8("a/#"): .exactlyOnce])
    }

    @Test("MQTT-3.1.2-6")
    func aCleanSessionEndsWithItsConnection() {
        let client = MQTTClientScript.loggedIn()
        #expect(client.driver.credentials?.resumption == .discard)
        client.say(.subscribe(1, [MQTTSubscription(filter: utf8("a/#"), qos: .exactlyOnce)]))
        client.driver.send(.push(.atLeastOnce, .bytes), topic: utf8("a"))
        #expect(client.wire.suspend(at: client.driver.now) == nil)
    }

    @Test("MQTT-3.1.2-6")
    func aCleanSessionTakesNothingOver() {
        let first = loggedIn()
        first.driver.send(.push(.atLeastOnce, .bytes), topic: utf8("a"))
        let state = first.wire.suspend(at: first.driver.now)
        let second = MQTTClientScript.loggedIn(MQTTConnect(clientID: utf8("c")), resuming: state)
        #expect(second.heard() == [.connack(sessionPresent: false, returnCode: 0)])
    }

    @Test("MQTT-4.1.0-1")
    func aSessionIsStoredHoweverItsConnectionEnds() {
        let endings: [(MQTTClientScript) -> Void] = [
            { $0.say(.disconnect) },
            { $0.say(bytes: [0x00]) },
            { $0.say(bytes: rawConnect()) },
            { $0.driver.fireTimer(at: $0.driver.now + .seconds(3_600)) },
            { _ in },
        ]
        for end in endings {
            let client = loggedIn()
            client.say(bytes: hex("34 05 0001 61 0009"))
            client.driver.send(.acknowledge(9))
            end(client)
            let state = client.wire.suspend(at: client.driver.now) as? MQTTSessionState
            #expect(state?.heldIdentifiers == [9])
        }
    }

    @Test("MQTT-4.1.0-2")
    func aCleanSessionLastsAsLongAsItsConnection() {
        let client = MQTTClientScript.loggedIn(MQTTConnect(clientID: utf8("c"), keepAliveSeconds: 0))
        client.say(bytes: hex("34 05 0001 61 0009"))
        client.driver.send(.acknowledge(9))
        client.driver.now = client.driver.now + .seconds(1_000_000)
        client.say(bytes: hex("3C 05 0001 61 0009"))
        #expect(client.driver.takeEvents().count == 1)
        #expect(client.heard() == [.pubrec(9), .pubrec(9)])
    }

    @Test func theFiltersOfAResumedSessionCountAgainstItsLimits() {
        var limits = MQTTLimits()
        limits.filterBytesMax = 10
        limits.subscriptionsMax = 3
        func granted(_ client: MQTTClientScript, _ filter: String) -> Bool {
            client.say(.subscribe(1, [MQTTSubscription(filter: utf8(filter), qos: .atMostOnce)]))
            return client.heard() == [.suback(1, returnCodes: [0])]
        }
        let first = loggedIn(limits)
        #expect(granted(first, "12345678"))
        let second = loggedIn(limits, resuming: first.wire.suspend(at: first.driver.now))
        _ = second.heard()
        #expect(!granted(second, "abc"))
        #expect(granted(second, "ab"))
        #expect(granted(second, "12345678"))
        second.say(.unsubscribe(2, filters: [utf8("12345678")]))
        _ = second.heard()
        #expect(granted(second, "a"))
        let third = loggedIn(limits, resuming: second.wire.suspend(at: second.driver.now))
        _ = third.heard()
        #expect(granted(third, "1234567"))
        #expect(!granted(third, "c"))
    }

    @Test func whatWasNeverAcceptedIsNotStored() {
        let client = MQTTClientScript()
        client.say(.connect(Self.persistent))
        #expect(client.wire.suspend(at: client.driver.now) == nil)
        let refused = MQTTClientScript()
        refused.say(.connect(Self.persistent))
        refused.driver.send(.refuse(.notAuthorized))
        #expect(refused.wire.suspend(at: refused.driver.now) == nil)
    }

    @Test func withoutAPresentSessionNothingIsLeftOfIt() {
        let first = loggedIn()
        first.driver.send(.push(.atLeastOnce, .bytes), topic: utf8("a"))
        let second = MQTTClientScript()
        second.say(.connect(Self.persistent))
        if let state = first.wire.suspend(at: first.driver.now) { second.wire.resume(state, at: second.driver.now) }
        second.driver.send(.accept(sessionPresent: false))
        #expect(second.heard() == [.connack(sessionPresent: false, returnCode: 0)])
    }

    @Test func aMessageAtQoSTwoIsHandledOnceAcrossAReconnect() {
        let first = loggedIn()
        first.say(bytes: hex("34 05 0001 61 0001 34 05 0001 62 0002 34 05 0001 63 0003"))
        #expect(first.driver.takeEvents().count == 3)
        first.driver.send(.acknowledge(1))
        first.driver.send(.acknowledge(2))
        let second = loggedIn(resuming: first.wire.suspend(at: first.driver.now))
        _ = second.driver.takeOutput()
        // 1 was released, 2 accepted; 3 was never accepted, so it comes as a message again.
        second.say(bytes: hex("62 02 0001 3C 05 0001 62 0002 3C 05 0001 63 0003"))
        #expect(second.heard() == [.pubcomp(1), .pubrec(2)])
        #expect(second.driver.takeEvents() == [message("c", acknowledgement: 3)])
        second.driver.send(.acknowledge(3))
        let state = second.wire.suspend(at: second.driver.now) as? MQTTSessionState
        #expect(state?.heldIdentifiers == [2, 3])
    }

    @Test func aMessageAcceptedAfterAFaultIsRemembered() {
        let client = loggedIn()
        client.say(bytes: hex("34 05 0001 61 0001 00"))
        #expect(client.driver.fault == .framing(.unknownKind(0)))
        #expect(client.driver.takeEvents() == [message("a", acknowledgement: 1)])
        client.driver.send(.acknowledge(1))
        let state = client.wire.suspend(at: client.driver.now) as? MQTTSessionState
        #expect(state?.heldIdentifiers == [1])
    }

    @Test("MQTT-4.3.2-1")
    func aPushAtLeastOnceHasItsOwnIdentifier() {
        let client = loggedIn()
        client.driver.send(.push(.atLeastOnce, .json), topic: utf8("a/b"), payload: utf8("1"))
        client.driver.send(.push(.atLeastOnce, .json), topic: utf8("a/b"), payload: utf8("2"))
        #expect(client.driver.takeOutput() == hex("32 08 0003 612F62 0001 31 32 08 0003 612F62 0002 32"))
        client.say(.puback(1))
        client.say(.puback(1))
        client.say(.puback(77))
        let state = client.wire.suspend(at: client.driver.now) as? MQTTSessionState
        #expect(state?.undeliveredCount == 1)
    }

    @Test("MQTT-2.3.1-4")
    func identifiersInUseAreNotGivenAgain() {
        let client = loggedIn()
        var identifiers: [UInt16] = []
        for round in 0..<65_540 {
            client.driver.send(.push(.atLeastOnce, .bytes), topic: utf8("a"))
            guard case .publish(let publish)? = client.heard().first else { break }
            identifiers.append(publish.packetIdentifier)
            // The second one stays without an answer.
            if round != 1 { client.say(.puback(publish.packetIdentifier)) }
        }
        #expect(identifiers.count == 65_540)
        #expect(Array(identifiers.prefix(3)) == [1, 2, 3])
        #expect(Array(identifiers.suffix(6)) == [65_535, 1, 3, 4, 5, 6])
    }

    @Test("MQTT-4.4.0-1")
    func unacknowledgedPushesComeAgainOnTheNextConnection() {
        var limits = MQTTLimits()
        limits.outgoingWindowMax = 2
        let first = loggedIn(limits)
        for payload in ["1", "2", "3", "4"] {
            first.driver.send(.push(.atLeastOnce, .bytes), topic: utf8("a"), payload: utf8(payload))
        }
        #expect(first.driver.takeOutput() == hex("32 06 0001 61 0001 31 32 06 0001 61 0002 32"))
        first.say(.puback(1))
        #expect(first.driver.takeOutput() == hex("32 06 0001 61 0003 33"))
        let second = loggedIn(limits, resuming: first.wire.suspend(at: first.driver.now))
        #expect(
            second.driver.takeOutput() == hex("20 02 01 00 3A 06 0001 61 0002 32 3A 06 0001 61 0003 33"))
        second.say(.puback(2))
        #expect(second.driver.takeOutput() == hex("32 06 0001 61 0004 34"))
        let third = loggedIn(limits, resuming: second.wire.suspend(at: second.driver.now))
        third.say(.puback(3), .puback(4))
        #expect((third.wire.suspend(at: third.driver.now) as? MQTTSessionState)?.undeliveredCount == 0)
    }

    @Test("MQTT-3.3.1-1")
    func whatComesAgainIsMarked() {
        let first = loggedIn()
        first.driver.send(.push(.atLeastOnce, .bytes), topic: utf8("a"))
        #expect(first.driver.takeOutput()[0] == 0x32)
        let second = loggedIn(resuming: first.wire.suspend(at: first.driver.now))
        #expect(second.driver.takeOutput()[4] == 0x3A)
        let third = loggedIn(resuming: second.wire.suspend(at: second.driver.now))
        #expect(third.driver.takeOutput()[4] == 0x3A)
    }

    @Test("MQTT-4.6.0-6")
    func pushesKeepTheirOrder() {
        var limits = MQTTLimits()
        limits.outgoingWindowMax = 3
        let client = loggedIn(limits)
        for index in 0..<50 {
            client.driver.send(.push(.atLeastOnce, .bytes), topic: utf8("a"), payload: [UInt8(index)])
        }
        var payloads: [[UInt8]] = []
        var heard = client.heard()
        while !heard.isEmpty {
            for case .publish(let publish) in heard {
                payloads.append(publish.payload)
                client.say(.puback(publish.packetIdentifier))
            }
            heard = client.heard()
        }
        #expect(payloads == (0..<50).map { [UInt8($0)] })
    }

    @Test func nothingComesAgainOnTheSameConnection() {
        let client = loggedIn()
        client.driver.send(.push(.atLeastOnce, .bytes), topic: utf8("a"))
        #expect(client.heard().count == 1)
        client.driver.now = client.driver.now + .seconds(80)
        client.say(.pingreq)
        client.driver.fireTimer()
        #expect(client.heard() == [.pingresp])
    }

    @Test(arguments: [4, 5, 6])
    func waitingPushesAreBoundedInNumber(_ count: Int) {
        var limits = MQTTLimits()
        limits.outgoingWindowMax = 2
        limits.outgoingWaitingMax = 3
        let client = loggedIn(limits)
        for _ in 0..<count { client.driver.send(.push(.atLeastOnce, .bytes), topic: utf8("a")) }
        #expect(client.driver.fault == (count <= 5 ? nil : .limitReached(3)))
        #expect(client.heard().count == 2)
    }

    @Test(arguments: [(11, nil), (12, nil), (13, .limitReached(40))] as [(Int, WireError?)])
    func waitingPushesAreBoundedInBytes(_ payload: Int, fault: WireError?) {
        var limits = MQTTLimits()
        limits.outgoingBytesMax = 40
        let client = loggedIn(limits)
        // Seven bytes are header, topic and identifier.
        client.driver.send(.push(.atLeastOnce, .bytes), topic: utf8("a"), payload: [UInt8](repeating: 0, count: 14))
        client.driver.send(
            .push(.atLeastOnce, .bytes), topic: utf8("a"), payload: [UInt8](repeating: 0, count: payload))
        #expect(client.driver.fault == fault)
        #expect(client.heard().count == (fault == nil ? 2 : 1))
    }

    @Test func acknowledgedPushesMakeRoom() {
        var limits = MQTTLimits()
        limits.outgoingBytesMax = 14
        let client = loggedIn(limits)
        for id in 1...100 as ClosedRange<UInt16> {
            client.driver.send(.push(.atLeastOnce, .bytes), topic: utf8("a"), payload: [UInt8](repeating: 0, count: 7))
            client.say(.puback(id))
        }
        #expect(client.driver.fault == nil)
        #expect(client.heard().count == 100)
    }
}
