import GateBytes
import GateMQTT
import GateModules
import GateProtocol
import GateRPC
import GateServer
import GateSessions
import GateTestKit
import Testing

/// What becomes of the last messages of a client that leaves, or closes its own side only.
@Suite struct LastWordTests {
    /// How a client says its last word.
    enum Ending: String, CaseIterable, Sendable {
        case disconnect, endOfFile, malformed

        func say(_ client: TestClient, behind packets: [MQTTPacket]) {
            switch self {
            case .disconnect: client.say(packets + [.disconnect])
            case .malformed: client.say(bytes: TestClient.bytes(of: packets) + [0x36, 0x03, 0x00, 0x01, 0x61])
            case .endOfFile:
                client.stream.deliver(TestClient.bytes(of: packets))
                client.stream.endOfFile()
                client.say(bytes: [])
            }
        }

        var reason: String {
            switch self {
            case .disconnect: "client_goodbye"
            case .endOfFile: "peer_closed"
            case .malformed: "invalid_value"
            }
        }
    }

    static let functions = ["HD_Ordered", "HD_Serial", "HD_Concurrent"]

    @Test(arguments: Ending.allCases, functions)
    func whatWasAcceptedIsAnsweredBeforeTheEnd(ending: Ending, function: String) throws {
        let setup = HandlerKindTests.Setup()
        let fixture = try GatewayFixture(setup.module)
        let client = try fixture.login("c")
        ending.say(client, behind: HandlerKindTests.numbered(function, 0..<5))
        #expect(!client.isClosed)
        #expect(!client.stream.isReading)
        setup.turnstile.open(4)
        fixture.group.run()
        #expect(!client.isClosed)
        setup.turnstile.open()
        fixture.group.run()
        #expect(client.messages() == HandlerKindTests.answers(function, 0..<5))
        #expect(client.stream.end == .closedAfterFlush(linger: .seconds(1)))
        #expect(fixture.ends == [ending.reason: 1])
        #expect(fixture.count("late_replies") == 0)
    }

    @Test(arguments: Ending.allCases)
    func theSameHoldsForModulesOfOtherProcesses(ending: Ending) throws {
        let transport = RemoteModuleTests.Transport()
        let fixture = try GatewayFixture { $0.transport = transport }
        let client = try fixture.login("c")
        ending.say(client, behind: (0..<5).map { TestClient.message("Far/HD_Echo/\($0)", "\($0)") })
        for count in 1...5 {
            #expect(!client.isClosed)
            #expect(transport.requests.count == count)
            transport.turnstile.open()
            fixture.group.run()
        }
        #expect(client.messages() == (0..<5).map { "Far/HD_Echo/\($0) \($0)" })
        #expect(fixture.ends == [ending.reason: 1])
    }

    @Test(arguments: Ending.allCases)
    func aHandlerThatDoesNotReturnIsWaitedForUntilItsDeadline(ending: Ending) throws {
        let setup = HandlerKindTests.Setup()
        let fixture = try GatewayFixture(setup.module)
        let client = try fixture.login("c")
        ending.say(client, behind: HandlerKindTests.numbered("HD_Ordered", 0..<2))
        fixture.advance(by: .milliseconds(9_999))
        #expect(!client.isClosed)
        fixture.advance(by: .milliseconds(1))
        let heard = client.messages()
        #expect(heard.count == 1)
        #expect(heard.first?.contains("deadline exceeded") == true)
        #expect(client.isClosed)
        #expect(fixture.ends == [ending.reason: 1])
        setup.turnstile.open(2)
        fixture.group.run()
        #expect(setup.ended.all == ["0", "1"])
    }

    @Test func manyAcceptedMessagesAreAllHandledThoughMoreThanMayWait() throws {
        let setup = HandlerKindTests.Setup()
        let fixture = try GatewayFixture(setup.module)
        let client = try fixture.login("c")
        client.stream.deliver(
            TestClient.bytes(
                of: (1...300).map {
                    TestClient.message("Work/HD_Ordered", "\($0)", qos: .atLeastOnce, id: UInt16($0))
                }))
        client.stream.endOfFile()
        fixture.group.run()
        setup.turnstile.open(300)
        fixture.group.run()
        #expect(setup.ended.all == (1...300).map(String.init))
        #expect(client.heard().count == 300)
        #expect(fixture.ends == ["peer_closed": 1])
    }

    @Test func whoFailsMeanwhileEndsAtOnce() throws {
        let setup = HandlerKindTests.Setup()
        let fixture = try GatewayFixture(setup.module)
        let client = try fixture.login("c")
        Ending.disconnect.say(client, behind: HandlerKindTests.numbered("HD_Ordered", 0..<1))
        client.stream.fail(code: 104)
        fixture.group.run()
        #expect(fixture.ends == ["client_goodbye": 1])
        setup.turnstile.open()
        fixture.group.run()
        #expect(fixture.count("late_replies") == 1)
    }

    /// Keeps the session of its last message, and waits.
    private func keeper(_ seen: Record<Session>, _ turnstile: Turnstile) -> TestModule {
        TestModule("Keep") { handlers in
            handlers.register("HD_Wait") { (call: Call, _: [UInt8]) async in
                seen.add(call.session)
                await turnstile.pass()
            }
        }
    }

    @Test func anIDIsFreeAtOnceWithTheStateOfItsSession() throws {
        let (seen, turnstile) = (Record<Session>(), Turnstile())
        let fixture = try GatewayFixture(keeper(seen, turnstile))
        let connect = MQTTConnect(clientID: utf8("c"), cleanSession: false, keepAliveSeconds: 0)
        let first = try fixture.login(connect)
        first.say(TestClient.message("Keep/HD_Wait/1"), .disconnect)
        #expect(!first.isClosed)
        let second = fixture.connect()
        second.say(.connect(connect))
        #expect(second.heard() == [.connack(sessionPresent: true, returnCode: 0)])
        turnstile.open()
        fixture.group.run()
        #expect(first.messages().count == 1)
        #expect(first.isClosed)
        #expect(!second.isClosed)
    }

    @Test func itIsSentToButNotWhatItsNextConnectionWouldMiss() throws {
        let (seen, turnstile) = (Record<Session>(), Turnstile())
        let fixture = try GatewayFixture(keeper(seen, turnstile))
        let client = try fixture.login(MQTTConnect(clientID: utf8("c"), cleanSession: false, keepAliveSeconds: 0))
        client.say(TestClient.message("Keep/HD_Wait/1"), .disconnect)
        let session = try #require(seen.all.first)
        let sent = fixture.group.start { () async -> [Bool] in
            var sent: [Bool] = []
            for quality in [DeliveryQuality.atMostOnce, .atLeastOnce] {
                var message = OutgoingMessage("t", [])
                message.quality = quality
                do {
                    try await session.send(message)
                    sent.append(true)
                } catch {
                    sent.append(false)
                }
            }
            return sent
        }
        fixture.group.run()
        #expect(sent.value == [true, false])
        #expect(client.messages() == ["t "])
        turnstile.open()
        fixture.group.run()
        #expect(client.isClosed)
    }

    @Test func aModuleMayStillCloseIt() throws {
        let (seen, turnstile) = (Record<Session>(), Turnstile())
        let fixture = try GatewayFixture(keeper(seen, turnstile))
        let client = try fixture.login("c")
        client.say(TestClient.message("Keep/HD_Wait/1"), .disconnect)
        let session = try #require(seen.all.first)
        session.post.close()
        fixture.group.run()
        #expect(client.isClosed)
        #expect(fixture.ends == ["closed_by_module": 1])
        turnstile.open()
        fixture.group.run()
    }
}
