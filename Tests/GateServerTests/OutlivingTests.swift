import GateBytes
import GateIO
import GateModules
import GateProtocol
import GateRPC
import GateServer
import GateSessions
import GateTestKit
import Testing

/// What goes on after the gateway was stopped and its loops have ended: it ends in silence.
@Suite struct OutlivingTests {
    let turnstile = Turnstile()
    let events = Record<String>()

    /// Stops a gateway that is not waited for, and ends its loops.
    static func stop(_ fixture: GatewayFixture) async {
        let now = fixture.group.clock.now
        let gateway = fixture.gateway
        let stopped = fixture.group.start {
            await gateway.stop(callsUntil: now, end: now)
            return true
        }
        await fixture.group.run { stopped.value != nil }
        fixture.group.end()
    }

    /// Lets what waits go on, elsewhere, until all of it has returned.
    func goOn(_ count: Int) async {
        turnstile.open(count)
        while events.count < count { await Task.yield() }
        // What a task does behind the last line of ours.
        for _ in 0..<1_000 { await Task.yield() }
    }

    @Test(arguments: ["connected", "disconnected", "authenticate"])
    func aHook(name: String) async throws {
        let (turnstile, events) = (turnstile, events)
        let fixture = try GatewayFixture { options in
            switch name {
            case "connected":
                options.settings.hooks.connected = { _ in
                    await turnstile.pass()
                    events.add(name)
                }
            case "disconnected":
                options.settings.hooks.disconnected = { _, _ in
                    await turnstile.pass()
                    events.add(name)
                }
            default:
                options.settings.hooks.authenticate = { _ in
                    await turnstile.pass()
                    events.add(name)
                    return .accepted(user: "Ann")
                }
            }
        }
        let client = fixture.connect()
        client.say(ClientSessionTests.connect())
        await Self.stop(fixture)
        #expect(turnstile.waitingCount == 1)
        await goOn(1)
        #expect(events.all == [name])
    }

    /// A handler of each kind that, when it goes on, does everything that a handler may.
    func module(_ seen: Record<Session>) -> TestModule {
        let (turnstile, events) = (turnstile, events)
        return TestModule("Work") { handlers in
            for kind in HandlerKind.allCases {
                handlers.register("HD_\(kind.rawValue)", kind) { (call: Call, _: [UInt8]) async throws -> String in
                    seen.add(call.session)
                    await turnstile.pass()
                    var session = call.session
                    session.set("a", "b")
                    let faults = [
                        await Self.fault { try await session.push() }, await Self.fault { try await session.update() },
                        await Self.fault { try await session.bind("Ann") },
                        await Self.fault { try await session.unbind() },
                        await Self.fault { try await session.send("t", []) },
                        await Self.fault { try await session.close() },
                        await Self.fault { _ = try await session.counters() },
                    ]
                    session.post.send("t", [])
                    session.post.kick(reason: "late")
                    let reached = await session.everyone.broadcast(OutgoingMessage("t", []))
                    var called = "-"
                    do throws(RPCFault) {
                        called = try await call.call("Work", "HD_quick", 1)
                    } catch {
                        called = error.kind
                    }
                    events.add("\(Set(faults).sorted()) \(reached) \(called)")
                    return "late"
                }
            }
            handlers.register("HD_quick") { (_: Call, _: Int) in "quick" }
            handlers.register("HD_outer", .concurrent) { (call: Call, _: [UInt8]) async throws -> String in
                let inner: String = (try? await call.call("Work", "HD_inner", 1)) ?? "fault"
                events.add("outer \(inner)")
                return inner
            }
            handlers.register("HD_inner", .concurrent) { (_: Call, _: Int) async -> String in
                await turnstile.pass()
                return "inner"
            }
        }
    }

    private static func fault(_ body: () async throws -> Void) async -> String {
        do {
            try await body()
            return "none"
        } catch {
            return "\(error)"
        }
    }

    @Test(arguments: HandlerKind.allCases)
    func aHandlerAndItsVerbs(kind: HandlerKind) async throws {
        let seen = Record<Session>()
        let fixture = try GatewayFixture(module(seen))
        let client = try fixture.login("c")
        client.publish("Work/HD_\(kind.rawValue)/1")
        client.publish("Work/HD_\(kind.rawValue)/2")
        await Self.stop(fixture)
        await goOn(1)
        #expect(events.all.first == #"["noSuchSession"] 0 unreachable"#)
        turnstile.open(5)
        for _ in 0..<1_000 { await Task.yield() }
        // What waited behind it belonged to the loop.
        if kind == .ordered { #expect(events.count == 1) }
    }

    @Test func aCallOfAHandler() async throws {
        let fixture = try GatewayFixture(module(Record()))
        let client = try fixture.login("c")
        client.publish("Work/HD_outer/1")
        await Self.stop(fixture)
        await goOn(1)
        #expect(events.all == ["outer inner"])
    }

    @Test func aSave() async throws {
        let (turnstile, events) = (turnstile, events)
        let storage = StopTests.Storage()
        let fixture = try GatewayFixture(module(Record())) { options in
            options.settings.hooks.storage = storage
            options.settings.hooks.authenticate = { _ in .accepted(user: "Ann") }
            options.settings.hooks.connected = { session in
                await turnstile.pass()
                var session = session
                session.set("late", "1")
                events.add(await Self.fault { try await session.push() })
            }
        }
        let client = fixture.connect()
        client.say(ClientSessionTests.connect())
        await fixture.group.run { storage.saving.waitingCount == 1 }
        await Self.stop(fixture)
        await goOn(1)
        #expect(events.all == ["noSuchSession"])
        storage.saving.open(2)
        while storage.saves.count < 1 { await Task.yield() }
    }

    @Test func anotherStop() async throws {
        let fixture = try GatewayFixture()
        _ = try fixture.login("c")
        await Self.stop(fixture)
        let now = fixture.group.clock.now
        await fixture.gateway.stop(callsUntil: now + .seconds(1), end: now + .seconds(1))
        #expect(fixture.gateway.connectionCount == 0)
    }
}
