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

/// Payloads that many clients get, and the bound on what is kept for all of them.
@Suite struct SharedOutputTests {
    let turnstile = Turnstile()

    /// Casts what it gets, at the quality that the handler's name says, or sends it back.
    var module: TestModule {
        let turnstile = turnstile
        return TestModule("Cast") { handlers in
            for (name, quality) in [("HD_Most", DeliveryQuality.atMostOnce), ("HD_Least", .atLeastOnce)] {
                handlers.registerInline(name) { call, payload, _ in
                    call.session.everyone.postBroadcast(OutgoingMessage("news", payload, quality: quality))
                }
            }
            handlers.registerInline("HD_Me") { call, payload, _ in
                call.session.post.send(OutgoingMessage("me", payload))
            }
            handlers.register("HD_Wait", .concurrent) { (_: Call, body: [UInt8]) in
                await turnstile.pass()
                return RPCValue.bare(body)
            }
        }
    }

    static func text(_ letter: Character, _ count: Int) -> String { String(repeating: letter, count: count) }

    func stalled(_ count: Int, _ fixture: GatewayFixture) throws -> [TestClient] {
        try (0..<count).map { index in
            let client = try fixture.login("stalled \(index)")
            client.stream.limitRoom(to: 0)
            return client
        }
    }

    @Test(arguments: ["HD_Most", "HD_Least"])
    func stalledClientsShareWhatIsCast(function: String) throws {
        let fixture = try GatewayFixture(module)
        let clients = try stalled(50, fixture)
        let caster = try fixture.login("caster")
        for letter in "abcdefgh" as String { caster.publish("Cast/\(function)", Self.text(letter, 60_000)) }
        // Eight payloads once, and a part of one on its way to each.
        let kept = try #require(fixture.count("queued_bytes"))
        #expect((480_000..<640_000).contains(kept), "\(kept)")
        for client in clients {
            client.stream.takeEverything()
            fixture.group.run()
            #expect(client.messages() == "abcdefgh".map { "news " + Self.text($0, 60_000) })
        }
        #expect(fixture.count("queued_bytes") == 0)
        #expect(caster.heard().count == 8)
    }

    @Test(arguments: [7, 700, 5_000, 100_000])
    func orderIsKeptHoweverTheClientReads(step: Int) throws {
        let fixture = try GatewayFixture(module)
        let client = try fixture.login("c")
        client.stream.limitRoom(to: 3)
        let payloads = [
            Self.text("a", 10), Self.text("b", 5_000), Self.text("c", 4_095), Self.text("d", 4_096), Self.text("e", 30),
            Self.text("f", 20_000), Self.text("g", 1),
        ]
        let before = try #require(fixture.count("sent_bytes"))
        client.say(payloads.map { TestClient.message("Cast/HD_Me", $0) })
        var reads = 0
        while client.stream.pendingBytes > 0, reads < 100_000 {
            client.stream.takeBytes(step)
            fixture.group.run()
            reads += 1
        }
        #expect(client.messages() == payloads.map { "me " + $0 })
        #expect(fixture.count("queued_bytes") == 0)
        #expect(
            fixture.count("sent_bytes")
                == before + TestClient.bytes(of: payloads.map { TestClient.message("me", $0) }).count)
    }

    @Test func messagesOfQualityOneComeAgainWhole() throws {
        let fixture = try GatewayFixture(module)
        let client = fixture.connect()
        client.say(ClientSessionTests.connect())
        client.publish("Cast/HD_Least", Self.text("x", 10_000))
        client.stream.fail(code: 104)
        fixture.group.run()
        let again = fixture.connect()
        again.say(ClientSessionTests.connect())
        var expected = MQTTPublish(
            topic: utf8("news"), payload: utf8(Self.text("x", 10_000)), qos: .atLeastOnce, packetIdentifier: 1)
        expected.isDuplicate = true
        #expect(again.heard() == [.connack(sessionPresent: true, returnCode: 0), .publish(expected)])
    }

    @Test func messagesBehindTheWindowFollow() throws {
        let fixture = try GatewayFixture(module)
        let client = try fixture.login("c")
        for letter in "abcdefghijklmnopqrstuvwxyz" as String {
            client.publish("Cast/HD_Least", Self.text(letter, 5_000))
        }
        var letters = ""
        while true {
            let packets = client.heard()
            if packets.isEmpty { break }
            for case .publish(let message) in packets {
                letters.append(Character(UnicodeScalar(message.payload[0])))
                #expect(message.payload.count == 5_000)
                client.say(.puback(message.packetIdentifier))
            }
        }
        #expect(letters == "abcdefghijklmnopqrstuvwxyz")
    }

    @Test func whatIsSharedCountsForEachClient() throws {
        let fixture = try GatewayFixture(module) { $0.settings.limits.queuedBytesMax = 100_000 }
        let clients = try stalled(2, fixture)
        let caster = try fixture.login("caster")
        caster.publish("Cast/HD_Most", Self.text("a", 60_000))
        #expect(clients.allSatisfy { !$0.isClosed })
        caster.publish("Cast/HD_Most", Self.text("b", 60_000))
        fixture.advance(by: .seconds(1))
        #expect(fixture.ends == ["slow_reader": 2])
        #expect(!caster.isClosed)
        #expect(fixture.count("queued_bytes") == 0)
    }

    @Test func lastBytesArePassedOn() throws {
        let fixture = try GatewayFixture(module)
        let client = try fixture.login("c")
        client.stream.limitRoom(to: 10)
        client.publish("Cast/HD_Most", Self.text("a", 20_000))
        client.publish("Cast/HD_Most", Self.text("b", 20_000))
        client.say(.disconnect)
        var reads = 0
        while client.stream.pendingBytes > 0, reads < 1_000 {
            client.stream.takeBytes(3_000)
            fixture.group.run()
            reads += 1
        }
        #expect(client.messages() == ["news " + Self.text("a", 20_000), "news " + Self.text("b", 20_000)])
        #expect(client.stream.end == .closedAfterFlush(linger: .seconds(1)))
        #expect(fixture.count("connections") == 0)
    }

    // MARK: The bound on all

    @Test func theWorstOffenderIsClosedFirst() throws {
        let fixture = try GatewayFixture(module) { options in
            options.loops = 2
            options.settings.limits.queuedBytesTotalMax = 200_000
            options.settings.limits.highWaterBytes = 1_000_000
        }
        let small = try fixture.login("small", onLoop: 1)
        let (middle, large) = try (fixture.login("middle"), fixture.login("large"))
        for client in [small, middle, large] { client.stream.limitRoom(to: 0) }
        // On the loop of the worst, and above what is looked at.
        for _ in 0..<5 { middle.publish("Cast/HD_Me", Self.text("m", 4_000)) }
        for _ in 0..<10 { small.publish("Cast/HD_Me", Self.text("s", 4_000)) }
        var sent = 0
        while !large.isClosed, sent < 100 {
            large.publish("Cast/HD_Me", Self.text("l", 4_000))
            sent += 1
            #expect(fixture.count("queued_bytes") ?? .max <= 200_000)
        }
        #expect((33...36).contains(sent), "\(sent)")
        #expect(fixture.ends == ["queued_bytes_total": 1])
        #expect(large.isClosed && !small.isClosed && !middle.isClosed)
        #expect(large.stream.end == .closed)
        #expect((fixture.count("queued_bytes") ?? .max) <= 70_000)
    }

    @Test func messagesThatRunCountToo() throws {
        let fixture = try GatewayFixture(module) { options in
            options.settings.limits.queuedBytesTotalMax = 400_000
        }
        let honest = try fixture.login("honest")
        honest.publish("Cast/HD_Wait/1", "small")
        let greedy = try fixture.login("greedy")
        for number in 0..<20 { greedy.publish("Cast/HD_Wait/\(number)", Self.text("g", 30_000)) }
        #expect(fixture.ends == ["queued_bytes_total": 1])
        #expect(greedy.isClosed && !honest.isClosed)
        turnstile.open(30)
        fixture.group.run()
        #expect(honest.messages() == ["Cast/HD_Wait/1 small"])
        #expect(fixture.count("queued_bytes") == 0)
        #expect(fixture.pendingWork == 0)
    }

    @Test func everyEndGivesItsBytesBack() throws {
        let fixture = try GatewayFixture(module) { options in
            options.settings.limits.callTime = .seconds(1)
            options.settings.limits.inFlightMax = 4
        }
        let client = try fixture.login("c")
        for number in 0..<10 { client.publish("Cast/HD_Wait/\(number)", Self.text("x", 1_000)) }
        #expect((fixture.count("queued_bytes") ?? 0) > 4_000)
        fixture.advance(by: .seconds(1))
        #expect((fixture.count("queued_bytes") ?? 0) > 4_000)
        client.stream.fail(code: 104)
        fixture.group.run()
        turnstile.open(10)
        fixture.group.run()
        #expect(fixture.count("queued_bytes") == 0)
        #expect(fixture.pendingWork == 0)
    }
}
