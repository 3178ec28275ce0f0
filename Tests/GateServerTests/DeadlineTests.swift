import GateBytes
import GateIO
import GateMQTT
import GateModules
import GateRPC
import GateServer
import GateTestKit
import Testing

/// How long a client's calls may take.
@Suite struct DeadlineTests {
    /// Handlers that hear of their cancellation and come back when the test lets them.
    struct Setup {
        let started = Record<String>()
        let cancelled = Record<String>()
        let ended = Record<String>()
        let turnstile = Turnstile()

        var module: TestModule {
            let (started, cancelled, ended, turnstile) = (started, cancelled, ended, turnstile)
            return TestModule("Work") { handlers in
                for kind in HandlerKind.allCases {
                    handlers.register("HD_\(kind.rawValue)", kind) { (_: Call, body: [UInt8]) in
                        let text = String(decoding: body, as: UTF8.self)
                        started.add(text)
                        await withTaskCancellationHandler {
                            await turnstile.pass()
                        } onCancel: {
                            cancelled.add(text)
                        }
                        ended.add(text)
                        return RPCValue.bare(body)
                    }
                }
                handlers.register("HD_quick") { (_: Call, body: [UInt8]) in RPCValue.bare(body) }
            }
        }
    }

    @Test(arguments: HandlerKind.allCases)
    func theDeadlineIsTheLimit(kind: HandlerKind) throws {
        let setup = Setup()
        let fixture = try GatewayFixture(setup.module) { $0.settings.limits.callTime = .seconds(3) }
        let client = try fixture.login("c")
        client.publish("Work/HD_\(kind.rawValue)/1", "a")
        fixture.advance(by: .milliseconds(2_999))
        #expect(client.messages() == [])
        #expect(setup.cancelled.all == [])
        fixture.advance(by: .milliseconds(1))
        let heard = client.messages()
        #expect(heard.count == 1)
        #expect(heard.first?.contains(#""Error":"deadline exceeded","Result":null"#) == true)
        #expect(setup.cancelled.all == ["a"])
        #expect(fixture.faults("deadline_exceeded") == 1)
        // What comes late is ignored.
        setup.turnstile.open()
        fixture.group.run()
        #expect(setup.ended.all == ["a"])
        #expect(client.messages() == [])
        #expect(fixture.allFaults == ["deadline_exceeded": 1])
    }

    @Test(arguments: HandlerKind.allCases)
    func aResultJustInTimeCounts(kind: HandlerKind) throws {
        let setup = Setup()
        let fixture = try GatewayFixture(setup.module) { $0.settings.limits.callTime = .seconds(3) }
        let client = try fixture.login("c")
        client.publish("Work/HD_\(kind.rawValue)/1", "a")
        fixture.advance(by: .milliseconds(2_999))
        setup.turnstile.open()
        fixture.group.run()
        fixture.advance(by: .seconds(10))
        #expect(client.messages() == ["Work/HD_\(kind.rawValue)/1 a"])
        #expect(setup.cancelled.all == [])
        #expect(fixture.allFaults == [:])
    }

    @Test func theNextOrderedMessageGoesOn() throws {
        let setup = Setup()
        let fixture = try GatewayFixture(setup.module)
        let client = try fixture.login("c")
        client.say(
            TestClient.message("Work/HD_ordered/1", "stuck"), TestClient.message("Work/HD_quick/2", "x"),
            TestClient.message("Work/HD_ordered/3", "next"))
        #expect(setup.started.all == ["stuck"])
        fixture.advance(by: .seconds(10))
        #expect(setup.started.all == ["stuck", "next"])
        let heard = client.messages()
        #expect(heard.count == 2)
        #expect(heard.last == "Work/HD_quick/2 x")
        setup.turnstile.open(2)
        fixture.group.run()
        #expect(client.messages() == ["Work/HD_ordered/3 next"])
    }

    @Test func aSerialQueueGoesOnBehindAHandlerThatTookTooLong() throws {
        let setup = Setup()
        let fixture = try GatewayFixture(setup.module)
        let client = try fixture.login("c")
        client.publish("Work/HD_serial/1", "stuck")
        fixture.advance(by: .seconds(5))
        client.publish("Work/HD_serial/2", "waits too long")
        fixture.advance(by: .seconds(5))
        #expect(setup.cancelled.all == ["stuck"])
        fixture.advance(by: .seconds(5))
        #expect(fixture.faults("deadline_exceeded") == 2)
        client.publish("Work/HD_serial/3", "next")
        setup.turnstile.open(2)
        fixture.group.run()
        // What expired while it waited is not begun.
        #expect(setup.started.all == ["stuck", "next"])
        #expect(client.messages().last == "Work/HD_serial/3 next")
    }

    @Test func aClientBehindHandlersThatNeverReturnIsClosed() throws {
        let setup = Setup()
        let fixture = try GatewayFixture(setup.module) { options in
            options.settings.limits.callTime = .seconds(1)
            options.settings.limits.inFlightMax = 3
        }
        let client = try fixture.login("c")
        client.say((1...60).map { TestClient.message("Work/HD_ordered", "\($0)") })
        // Four seconds are what one running and three waiting messages may take.
        fixture.advance(by: .milliseconds(3_999))
        #expect(!client.isClosed)
        fixture.advance(by: .milliseconds(1))
        #expect(client.isClosed)
        #expect(fixture.ends == ["backlog_timeout": 1])
        setup.turnstile.open(60)
        fixture.group.run()
        #expect(fixture.pendingWork == 0)
    }

    @Test func aHandlersTimeRunsFromItsStart() throws {
        let setup = Setup()
        let fixture = try GatewayFixture(setup.module)
        let client = try fixture.login("c")
        client.say(TestClient.message("Work/HD_ordered/1", "a"), TestClient.message("Work/HD_ordered/2", "b"))
        // The loop sleeps until the first handler comes back.
        fixture.group.clock.move(to: fixture.group.clock.now + .seconds(9))
        setup.turnstile.open()
        fixture.group.run()
        #expect(client.messages() == ["Work/HD_ordered/1 a"])
        fixture.advance(by: .milliseconds(9_999))
        #expect(client.messages() == [])
        fixture.advance(by: .milliseconds(1))
        #expect(client.messages().count == 1)
    }

    @Test(arguments: [(HandlerKind.ordered, 4), (.concurrent, 3)])
    func handlersThatNeverComeBackAreBounded(kind: HandlerKind, started: Int) throws {
        let setup = Setup()
        let fixture = try GatewayFixture(setup.module) { $0.settings.limits.inFlightMax = 3 }
        let client = try fixture.login("c")
        // Short of the time after which such a client is closed.
        for _ in 0..<6 {
            client.publish("Work/HD_\(kind.rawValue)/1", "x")
            fixture.advance(by: .seconds(10))
        }
        #expect(setup.started.count <= started)
        #expect(!client.isClosed)
        setup.turnstile.open(100)
        fixture.group.run()
        fixture.advance(by: .seconds(10))
        _ = client.heard()
        #expect(client.ask("Work/HD_\(kind.rawValue)/2", "again") == "again")
    }

    @Test func onlyTheSlowClientWaits() throws {
        let setup = Setup()
        let fixture = try GatewayFixture(setup.module)
        let slow = try fixture.login("slow")
        slow.publish("Work/HD_ordered/1")
        #expect(try fixture.login("c").ask("Work/HD_quick/1", "x") == "x")
    }

    @Test func anOrderedHandlerPastItsDeadlineDoesNotGoOnWithTheNext() throws {
        let setup = Setup()
        let fixture = try GatewayFixture(setup.module)
        let client = try fixture.login("c")
        client.say(["stuck", "a", "b", "c"].map { TestClient.message("Work/HD_ordered", $0) })
        fixture.advance(by: .seconds(10))
        #expect(setup.started.all == ["stuck", "a"])
        // The first one comes back while the second runs: it may not begin a third beside it.
        for _ in 0..<3 {
            setup.turnstile.open()
            fixture.group.run()
            #expect(setup.started.count - setup.ended.count <= 1)
        }
        setup.turnstile.open()
        fixture.group.run()
        #expect(setup.started.all == ["stuck", "a", "b", "c"])
        #expect(setup.ended.all == ["stuck", "a", "b", "c"])
        #expect(fixture.pendingWork == 0)
    }

    /// A gateway whose clients may have three calls to other nodes, of a second each.
    private func withRoomForThree(_ transport: RemoteModuleTests.Transport) throws -> GatewayFixture {
        try GatewayFixture { options in
            options.transport = transport
            options.settings.limits.inFlightMax = 3
            options.settings.limits.callTime = .seconds(1)
        }
    }

    @Test(arguments: [RPCHandlerKind.inline, .concurrent])
    func callsToOtherNodesThatNeverEndAreBounded(kind: RPCHandlerKind) throws {
        let transport = RemoteModuleTests.Transport(kind: kind)
        let fixture = try withRoomForThree(transport)
        let client = try fixture.login("c")
        for number in 0..<12 {
            client.publish("Far/HD_Echo/\(number)", "x")
            if number % 3 == 2 { fixture.advance(by: .seconds(1)) }
        }
        #expect(transport.requests.count == 3)
        transport.turnstile.open(20)
        fixture.group.run()
        client.publish("Far/HD_Echo/again", "x")
        #expect(client.messages().last == "Far/HD_Echo/again x")
        #expect(fixture.pendingWork == 0)
    }

    @Test func whatIsOverdueTakesTheRoomOfWhatRuns() throws {
        let setup = Setup()
        let fixture = try GatewayFixture(setup.module) { $0.settings.limits.inFlightMax = 3 }
        let client = try fixture.login("c")
        for payload in ["a", "b"] { client.publish("Work/HD_concurrent/1", payload) }
        fixture.advance(by: .seconds(10))
        #expect(fixture.faults("deadline_exceeded") == 2)
        for payload in ["c", "d"] { client.publish("Work/HD_concurrent/1", payload) }
        #expect(setup.started.all == ["a", "b", "c"])
        #expect(fixture.faults("overloaded") == 1)
    }

    @Test(arguments: [RPCHandlerKind.inline, .concurrent])
    func overdueCallsTakeTheRoomOfOpenOnes(kind: RPCHandlerKind) throws {
        let transport = RemoteModuleTests.Transport(kind: kind)
        let fixture = try withRoomForThree(transport)
        let client = try fixture.login("c")
        for number in 0..<2 { client.publish("Far/HD_Echo/\(number)", "x") }
        fixture.advance(by: .seconds(1))
        for number in 2..<4 { client.publish("Far/HD_Echo/\(number)", "x") }
        #expect(transport.requests.count == 3)
    }

    @Test func jobsBehindACancelledOneAreNotCancelled() throws {
        let cancelled = Record<Bool>()
        let turnstile = Turnstile()
        let module = TestModule("Work") { handlers in
            handlers.register("HD_Serial", .serial) { (_: Call, body: [UInt8]) in
                cancelled.add(Task.isCancelled)
                await turnstile.pass()
                return RPCValue.bare(body)
            }
        }
        let fixture = try GatewayFixture(module) { $0.settings.limits.callTime = .seconds(3) }
        let client = try fixture.login("c")
        client.publish("Work/HD_Serial/1", "stuck")
        fixture.advance(by: .seconds(2))
        for number in 2...4 { client.publish("Work/HD_Serial/\(number)", "next") }
        fixture.advance(by: .seconds(1))
        for _ in 0..<4 {
            turnstile.open()
            fixture.group.run()
        }
        #expect(cancelled.all == [false, false, false, false])
        #expect(client.messages().count == 4)
    }
}
