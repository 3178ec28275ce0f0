import GateBytes
import GateMQTT
import GateModules
import GateRPC
import GateTestKit
import Synchronization
import Testing

/// How messages run beside each other.
@Suite struct HandlerKindTests {
    /// Handlers of each kind that wait at a turnstile and keep a record.
    struct Setup {
        let started = Record<String>()
        let ended = Record<String>()
        let turnstile = Turnstile()

        var module: TestModule {
            let (started, ended, turnstile) = (started, ended, turnstile)
            return TestModule("Work") { handlers in
                for (name, kind) in [
                    ("HD_Ordered", HandlerKind.ordered), ("HD_Serial", .serial), ("HD_Concurrent", .concurrent),
                ] {
                    handlers.register(name, kind) { (_: Call, body: [UInt8]) in
                        let text = String(decoding: body, as: UTF8.self)
                        started.add(text)
                        await turnstile.pass()
                        ended.add(text)
                        return RPCValue.bare(body)
                    }
                }
                handlers.registerInline("HD_Inline") { _, body, reply in
                    ended.add(String(decoding: [UInt8](copying: body), as: UTF8.self))
                    reply.writeBare(body)
                }
            }
        }
    }

    static func numbered(_ function: String, _ range: Range<Int>) -> [MQTTPacket] {
        range.map { TestClient.message("Work/\(function)/\($0)", "\($0)") }
    }

    static func answers(_ function: String, _ range: Range<Int>) -> [String] {
        range.map { "Work/\(function)/\($0) \($0)" }
    }

    // MARK: Ordered

    @Test func aThousandNumberedMessagesAreHandledInOrderAndNoneIsRefused() throws {
        let setup = Setup()
        let fixture = try GatewayFixture(setup.module)
        let client = try fixture.login("c")
        client.say(Self.numbered("HD_Ordered", 0..<1_000))
        var steps = 0
        while setup.ended.count < 1_000 && steps < 2_000 {
            setup.turnstile.open()
            fixture.group.run()
            steps += 1
        }
        #expect(setup.started.all == (0..<1_000).map(String.init))
        #expect(setup.ended.all == (0..<1_000).map(String.init))
        #expect(client.messages() == Self.answers("HD_Ordered", 0..<1_000))
        #expect(fixture.allFaults == [:])
        #expect(client.stream.isReading)
    }

    @Test(arguments: [(20, false), (21, false), (22, true)])
    func readingStopsWhenTwentyWaitAndMoreCome(count: Int, isPaused: Bool) throws {
        let setup = Setup()
        let fixture = try GatewayFixture(setup.module)
        let client = try fixture.login("c")
        // One runs, the rest wait.
        client.say(Self.numbered("HD_Ordered", 0..<count))
        #expect(setup.started.all == ["0"])
        #expect(client.stream.isReading == !isPaused)
        #expect(fixture.count("read_pauses") == (isPaused ? 1 : 0))
        setup.turnstile.open()
        fixture.group.run()
        #expect(client.stream.isReading)
        #expect(setup.started.all == ["0", "1"])
        setup.turnstile.open(count)
        fixture.group.run()
        #expect(client.messages() == Self.answers("HD_Ordered", 0..<count))
    }

    @Test func messagesOfOneClientWaitForEachOtherAndClientsDoNot() throws {
        let setup = Setup()
        let fixture = try GatewayFixture(setup.module)
        let first = try fixture.login("a")
        let second = try fixture.login("b")
        first.say(Self.numbered("HD_Ordered", 0..<2))
        second.say(Self.numbered("HD_Ordered", 10..<12))
        #expect(setup.started.all == ["0", "10"])
        setup.turnstile.open(4)
        fixture.group.run()
        #expect(first.messages() == Self.answers("HD_Ordered", 0..<2))
        #expect(second.messages() == Self.answers("HD_Ordered", 10..<12))
    }

    @Test func anInlineMessageDoesNotWaitForAnOrderedOne() throws {
        let setup = Setup()
        let fixture = try GatewayFixture(setup.module)
        let client = try fixture.login("c")
        client.say(Self.numbered("HD_Ordered", 0..<2))
        #expect(client.ask("Work/HD_Inline/1", "now") == "now")
    }

    // MARK: Serial

    @Test func aSerialModuleNeverOverlaps() throws {
        let setup = Setup()
        let fixture = try GatewayFixture(setup.module) { $0.loops = 2 }
        let first = try fixture.login("a")
        let second = try fixture.login("b", onLoop: 1)
        first.say(Self.numbered("HD_Serial", 0..<3))
        second.say(Self.numbered("HD_Serial", 10..<13))
        let order = ["0", "1", "2", "10", "11", "12"]
        for count in 1...6 {
            #expect(setup.started.all == Array(order.prefix(count)))
            #expect(setup.ended.all == Array(order.prefix(count - 1)))
            setup.turnstile.open()
            fixture.group.run()
        }
        #expect(first.messages() == Self.answers("HD_Serial", 0..<3))
        #expect(second.messages() == Self.answers("HD_Serial", 10..<13))
    }

    @Test(arguments: [(2, []), (3, []), (4, ["3"])])
    func aSerialModuleRefusesAboveItsQueue(count: Int, refused: [String]) throws {
        let setup = Setup()
        let fixture = try GatewayFixture(setup.module) { options in
            options.moduleLimits.serialQueueMax = 2
            options.moduleLimits.addressSharePercent = 100
        }
        // One runs, two wait.
        let clients = try (0..<count).map { try fixture.login("c\($0)") }
        for (index, client) in clients.enumerated() { client.publish("Work/HD_Serial/1", "\(index)") }
        let heard = clients.flatMap { $0.messages() }
        #expect(heard.count == refused.count)
        #expect(heard.allSatisfy { $0.contains(#""Error":"the work queue is full!""#) })
        #expect(fixture.allFaults == (refused.isEmpty ? [:] : ["overloaded": 1]))
        setup.turnstile.open(count)
        fixture.group.run()
        #expect(setup.ended.count == min(count, 3))
    }

    // MARK: Concurrent

    @Test(arguments: [19, 20, 21, 22])
    func concurrentHandlersOverlapAndTheTwentyFirstIsRefused(count: Int) throws {
        let setup = Setup()
        let fixture = try GatewayFixture(setup.module)
        let client = try fixture.login("c")
        client.say(Self.numbered("HD_Concurrent", 0..<count))
        #expect(setup.started.count == min(count, 20))
        let refusals = client.messages()
        #expect(refusals.count == max(0, count - 20))
        #expect(refusals.allSatisfy { $0.contains(#""Error":"the work queue is full!""#) })
        setup.turnstile.open(count)
        fixture.group.run()
        #expect(client.messages().count == min(count, 20))
        // There is room again.
        setup.turnstile.open()
        #expect(client.ask("Work/HD_Concurrent/again", "x") == "x")
    }

    @Test func orderedMessagesTakeNoRoomFromConcurrentOnes() throws {
        let setup = Setup()
        let fixture = try GatewayFixture(setup.module)
        let client = try fixture.login("c")
        client.say(Self.numbered("HD_Ordered", 0..<1))
        client.say(Self.numbered("HD_Concurrent", 1..<21))
        #expect(client.messages() == [])
        #expect(setup.started.count == 21)
    }

    @Test(arguments: [(2, 0), (3, 0), (4, 1)])
    func aModuleRunsOnlySoManyConcurrentHandlers(clients: Int, refused: Int) throws {
        let setup = Setup()
        let fixture = try GatewayFixture(setup.module) { options in
            options.moduleLimits.concurrentMax = 3
            options.moduleLimits.addressSharePercent = 100
        }
        for index in 0..<clients { try fixture.login("c\(index)").publish("Work/HD_Concurrent/1") }
        #expect(setup.started.count == clients - refused)
        #expect(fixture.faults("overloaded") == refused)
        setup.turnstile.open(clients)
        fixture.group.run()
        let late = try fixture.login("late")
        setup.turnstile.open()
        #expect(late.ask("Work/HD_Concurrent/1", "x") == "x")
    }

    // MARK: Beyond the connection

    @Test(arguments: ["HD_Ordered", "HD_Serial", "HD_Concurrent", "HD_Inline"])
    func whatWasAcceptedIsHandledThoughTheClientHasGone(function: String) throws {
        let setup = Setup()
        let fixture = try GatewayFixture(setup.module)
        let client = try fixture.login("c")
        client.say((0..<5).map { TestClient.message("Work/\(function)", "\($0)") })
        client.stream.fail(code: 104)
        fixture.group.run()
        #expect(client.isClosed)
        setup.turnstile.open(5)
        fixture.group.run()
        #expect(setup.ended.all == ["0", "1", "2", "3", "4"])
        #expect(fixture.ends == ["peer_reset": 1])
        #expect(fixture.allFaults == [:])
    }

    @Test func anAnswerForAClientThatHasGoneIsCounted() throws {
        let setup = Setup()
        let fixture = try GatewayFixture(setup.module)
        let client = try fixture.login("c")
        client.publish("Work/HD_Ordered/1", "x")
        client.stream.fail(code: 104)
        fixture.group.run()
        setup.turnstile.open()
        fixture.group.run()
        #expect(setup.ended.all == ["x"])
        #expect(fixture.count("late_replies") == 1)
    }
}
