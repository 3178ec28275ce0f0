import GateBytes
import GateIO
import GateMQTT
import GateModules
import GateProtocol
import GateRPC
import GateServer
import GateSessions
import GateTestKit
import Testing

/// The end of a gateway.
@Suite struct StopTests {
    let turnstile = Turnstile()
    let handled = Record<String>()

    var module: TestModule {
        let (turnstile, handled) = (turnstile, handled)
        return TestModule("Work") { handlers in
            handlers.register("HD_Wait") { (_: Call, body: [UInt8]) in
                await turnstile.pass()
                handled.add(String(decoding: body, as: UTF8.self))
                return RPCValue.bare(body)
            }
            handlers.registerInline("HD_Raw") { _, payload, reply in reply.writeBare(payload) }
        }
    }

    /// Begins to stop: calls get five seconds, hooks and last bytes two more.
    func stop(_ fixture: GatewayFixture) -> PendingValue<Bool> {
        let now = fixture.group.clock.now
        let gateway = fixture.gateway
        return fixture.group.start {
            await gateway.stop(callsUntil: now + .seconds(5), end: now + .seconds(7))
            return true
        }
    }

    @Test func withoutWorkItIsOverAtOnce() async throws {
        let fixture = try GatewayFixture(module) { $0.loops = 2 }
        let clients = try [fixture.login("a"), fixture.login("b", onLoop: 1), fixture.connect()]
        let stopped = stop(fixture)
        await fixture.group.run { stopped.value != nil }
        let areClosed = clients.allSatisfy(\.isClosed)
        #expect(areClosed)
        #expect(fixture.ends == ["server_stopping": 3])
        #expect(fixture.gateway.connectionCount == 0)
        #expect(fixture.count("sessions") == 0)
    }

    @Test func runningCallsFinishAndAreAnswered() async throws {
        let fixture = try GatewayFixture(module)
        let client = try fixture.login("c")
        client.say(TestClient.message("Work/HD_Wait/1", "runs"), TestClient.message("Work/HD_Wait/2", "waits"))
        let stopped = stop(fixture)
        #expect(!client.isClosed)
        turnstile.open(2)
        await fixture.group.run { stopped.value != nil }
        #expect(client.messages() == ["Work/HD_Wait/1 runs", "Work/HD_Wait/2 waits"])
        #expect(client.stream.end == .closedAfterFlush(linger: .seconds(1)))
        #expect(fixture.ends == ["server_stopping": 1])
    }

    @Test func whatComesBeforeItsClientLeavesIsAnsweredAndNobodyNewIsTaken() async throws {
        let fixture = try GatewayFixture(module)
        let client = try fixture.login("c")
        client.publish("Work/HD_Wait/1", "runs")
        let stopped = stop(fixture)
        client.publish("Work/HD_Raw/2", "new")
        let late = fixture.connect()
        #expect(late.isClosed)
        #expect(client.messages() == ["Work/HD_Raw/2 new"])
        turnstile.open()
        await fixture.group.run { stopped.value != nil }
        #expect(client.messages() == ["Work/HD_Wait/1 runs"])
        #expect(fixture.count("messages_received") == 2)
    }

    @Test func clientsLeaveOneAfterAnother() async throws {
        let fixture = try GatewayFixture(module) { $0.settings.limits.drainRateMax = 90 }
        let clients = try (0..<20).map { try fixture.login("c\($0)") }
        let stopped = stop(fixture)
        var left: [Int] = []
        var before = clients.count
        await fixture.group.run {
            let now = clients.count { !$0.isClosed }
            left.append(before - now)
            before = now
            return stopped.value != nil
        }
        // Ninety a second, and a hundred looks: at most one with each.
        #expect(left.max() == 1)
        #expect(fixture.ends == ["server_stopping": 20])
    }

    @Test func aCallThatDoesNotEndIsNotWaitedForBeyondItsTime() async throws {
        let fixture = try GatewayFixture(module)
        let client = try fixture.login("c")
        client.publish("Work/HD_Wait/1", "stuck")
        let stopped = stop(fixture)
        fixture.advance(by: .milliseconds(4_999))
        #expect(!client.isClosed)
        fixture.advance(by: .milliseconds(1))
        await fixture.group.run { stopped.value != nil }
        #expect(client.messages() == [])
        #expect(client.isClosed)
        #expect(handled.all == [])
        turnstile.open()
        fixture.group.run()
    }

    @Test func hooksAreWaitedFor() async throws {
        let hooks = Turnstile()
        let events = Record<String>()
        let fixture = try GatewayFixture(module) { options in
            options.settings.hooks.disconnected = { _, reason in
                await hooks.pass()
                events.add("\(reason)")
            }
        }
        _ = try fixture.login("c")
        let stopped = stop(fixture)
        await fixture.group.run { hooks.waitingCount == 1 }
        #expect(stopped.value == nil)
        hooks.open()
        await fixture.group.run { stopped.value != nil }
        #expect(events.all == ["serverStopping"])
    }

    @Test func aSlowReaderIsNotWaitedForBeyondItsTime() async throws {
        let fixture = try GatewayFixture(module)
        let client = try fixture.login("c")
        client.stream.limitRoom(to: 0)
        client.publish("Work/HD_Raw/1", "x")
        let stopped = stop(fixture)
        await fixture.group.run {
            fixture.advance(by: .milliseconds(100))
            return stopped.value != nil
        }
        #expect(client.stream.end == .closed)
    }

    /// Saves when the test lets it.
    final class Storage: SessionStorage {
        let saving = Turnstile()
        let saves = Record<[String: String]>()

        func load(_ user: UserID) async throws -> [String: String] { ["a": "1"] }

        func save(_ settings: [String: String], of user: UserID) async {
            await saving.pass()
            saves.add(settings)
        }
    }

    /// A gateway with a client whose settings are being saved.
    func saving(_ storage: Storage) async throws -> GatewayFixture {
        let fixture = try GatewayFixture(module) { options in
            options.settings.hooks.storage = storage
            options.settings.hooks.authenticate = { _ in .accepted(user: "Ann") }
        }
        _ = try fixture.login("c")
        await fixture.group.run { storage.saving.waitingCount == 1 }
        return fixture
    }

    @Test func changesAreSavedBeforeTheEnd() async throws {
        let storage = Storage()
        let fixture = try await saving(storage)
        let stopped = stop(fixture)
        await fixture.group.run { fixture.gateway.connectionCount == 0 }
        #expect(stopped.value == nil)
        storage.saving.open()
        await fixture.group.run { stopped.value != nil }
        #expect(storage.saves.all == [["a": "1"]])
    }

    @Test func aSaveThatDoesNotEndIsNotWaitedForBeyondTheEnd() async throws {
        let storage = Storage()
        let fixture = try await saving(storage)
        let stopped = stop(fixture)
        await fixture.group.run { fixture.gateway.connectionCount == 0 }
        fixture.advance(by: .milliseconds(6_999))
        #expect(stopped.value == nil)
        fixture.advance(by: .milliseconds(1))
        await fixture.group.run { stopped.value != nil }
        #expect(storage.saves.all == [])
        storage.saving.open()
    }
}
