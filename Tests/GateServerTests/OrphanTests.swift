import GateBytes
import GateIO
import GateMQTT
import GateModules
import GateProtocol
import GateRPC
import GateServer
import GateTestKit
import Testing

/// Handlers of clients that have gone.
@Suite struct OrphanTests {
    let setup = DeadlineTests.Setup()

    func fixture(_ change: (inout GatewayFixture.Options) -> Void = { _ in }) throws -> GatewayFixture {
        try GatewayFixture(setup.module, change: change)
    }

    func leave(_ fixture: GatewayFixture, _ client: TestClient) {
        client.stream.fail(code: 104)
        fixture.group.run()
    }

    @Test(arguments: HandlerKind.allCases)
    func theyAreCancelledAtTheirDeadline(kind: HandlerKind) throws {
        let fixture = try fixture()
        let client = try fixture.login("c")
        client.publish("Work/HD_\(kind.rawValue)/1", "a")
        fixture.advance(by: .seconds(4))
        leave(fixture, client)
        fixture.advance(by: .milliseconds(5_999))
        #expect(setup.cancelled.all == [])
        fixture.advance(by: .milliseconds(1))
        #expect(setup.cancelled.all == ["a"])
        setup.turnstile.open()
        fixture.group.run()
        #expect(fixture.pendingWork == 0)
        #expect(fixture.group.manualLoops[0].timerCount == 0)
    }

    @Test func whatWaitsBehindOneThatNeverEndsIsHandled() throws {
        let fixture = try fixture()
        let client = try fixture.login("c")
        client.say(["stuck", "a", "b"].map { TestClient.message("Work/HD_ordered", $0) })
        leave(fixture, client)
        fixture.advance(by: .seconds(10))
        #expect(setup.started.all == ["stuck", "a"])
        setup.turnstile.open(3)
        fixture.group.run()
        #expect(setup.started.all == ["stuck", "a", "b"])
        #expect(fixture.pendingWork == 0)
    }

    /// How many handlers of a room of eight the connections of one address may run, one after another.
    @Test(arguments: [(HandlerKind.concurrent, 2), (.serial, 1)])
    func oneAddressGetsAShareOfAModule(kind: HandlerKind, started: Int) throws {
        let fixture = try fixture { options in
            options.moduleLimits.concurrentMax = 8
            options.moduleLimits.serialQueueMax = 7
        }
        for index in 0..<20 {
            let client = fixture.connect(host: 0x0A00_0001)
            client.say(ClientSessionTests.connect("c\(index)", clean: true))
            client.publish("Work/HD_\(kind.rawValue)/1", "flood")
            leave(fixture, client)
        }
        #expect(setup.started.count == started)
        #expect(fixture.faults("overloaded") == 18)
        for host in 1...3 as ClosedRange<UInt32> {
            let honest = fixture.connect(host: 0x0B00_0000 + host)
            honest.say(ClientSessionTests.connect("honest \(host)", clean: true))
            honest.publish("Work/HD_\(kind.rawValue)/1", "honest")
        }
        #expect(fixture.faults("overloaded") == 18)
        setup.turnstile.open(5)
        fixture.group.run()
        #expect(setup.ended.count == 5)
        // The room is free again.
        let again = fixture.connect(host: 0x0A00_0001)
        again.say(ClientSessionTests.connect("again", clean: true))
        _ = again.heard()
        setup.turnstile.open()
        #expect(again.ask("Work/HD_\(kind.rawValue)/1", "x") == "x")
    }

    @Test func theEndOfTheServerCancelsThemFirst() async throws {
        let fixture = try fixture()
        let client = try fixture.login("c")
        client.publish("Work/HD_concurrent/1", "orphan")
        leave(fixture, client)
        let other = try fixture.login("d")
        other.publish("Work/HD_concurrent/1", "waited for")
        let now = fixture.group.clock.now
        let gateway = fixture.gateway
        let stopped = fixture.group.start {
            await gateway.stop(callsUntil: now + .seconds(25), end: now + .seconds(27))
            return true
        }
        fixture.advance(by: .seconds(1))
        #expect(setup.cancelled.all == ["orphan"])
        // One that does not mind is not waited for.
        setup.turnstile.open()
        fixture.group.run()
        #expect(stopped.value == nil)
        setup.turnstile.open()
        await fixture.group.run { stopped.value != nil }
        #expect(other.messages() == ["Work/HD_concurrent/1 waited for"])
    }

    @Test func oneThatIgnoresItsEndDoesNotHoldTheServer() async throws {
        let fixture = try fixture()
        let client = try fixture.login("c")
        client.publish("Work/HD_concurrent/1", "stuck")
        leave(fixture, client)
        let now = fixture.group.clock.now
        let gateway = fixture.gateway
        let stopped = fixture.group.start {
            await gateway.stop(callsUntil: now + .seconds(25), end: now + .seconds(27))
            return true
        }
        fixture.advance(by: .seconds(1))
        await fixture.group.run { stopped.value != nil }
        #expect(fixture.group.clock.now <= now + .seconds(1))
        setup.turnstile.open()
        fixture.group.run()
    }

    @Test func whatRunsBeyondTheTimeOfTheServerIsCancelled() async throws {
        let fixture = try fixture()
        let client = try fixture.login("c")
        client.publish("Work/HD_ordered/1", "a")
        client.publish("Work/HD_concurrent/2", "b")
        let now = fixture.group.clock.now
        let gateway = fixture.gateway
        let stopped = fixture.group.start {
            await gateway.stop(callsUntil: now + .seconds(2), end: now + .seconds(3))
            return true
        }
        fixture.advance(by: .seconds(2))
        await fixture.group.run { stopped.value != nil }
        #expect(Set(setup.cancelled.all) == ["a", "b"])
        setup.turnstile.open(2)
        fixture.group.run()
    }
}
