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

/// Bytes in and out: what is limited, what waits, what ends.
@Suite struct FlowTests {
    static let echo = TestModule("Echo") { handlers in
        handlers.registerInline("HD_Raw") { _, payload, reply in reply.writeBare(payload) }
        handlers.register("HD_Cast") { (call: Call, body: [UInt8]) in
            await call.sessions.broadcast(OutgoingMessage("on", body))
        }
        handlers.register("HD_Close") { (call: Call, _: [UInt8]) async throws in try await call.session.close() }
    }

    static func fixture(_ change: (inout GatewayLimits) -> Void = { _ in }) throws -> GatewayFixture {
        try GatewayFixture(echo) { change(&$0.settings.limits) }
    }

    /// Bytes of the answer to `HD_Raw` on the topic `Echo/HD_Raw/1`, with a payload so that it has `count` bytes in all.
    static func payload(answerBytes count: Int) -> String {
        String(
            repeating: "x",
            count: count - TestClient.bytes(of: [TestClient.message("Echo/HD_Raw/1", "")]).count - (count > 128 ? 1 : 0)
        )
    }

    // MARK: Turns

    @Test func aTurnsAnswersAreOneWrite() throws {
        let fixture = try Self.fixture()
        let client = try fixture.login("c")
        let before = client.stream.writes.count
        client.say((0..<10).map { TestClient.message("Echo/HD_Raw/\($0)", "x") })
        #expect(client.messages().count == 10)
        #expect(client.stream.writes.count == before + 1)
    }

    @Test func severalReadsOfATurnAreOneWrite() throws {
        let fixture = try Self.fixture()
        let client = try fixture.login("c")
        let before = client.stream.writes.count
        let bytes = TestClient.bytes(of: [TestClient.message("Echo/HD_Raw/1", "x")])
        for _ in 0..<3 { client.stream.deliver(bytes) }
        #expect(client.stream.writes.count == before)
        fixture.group.run()
        #expect(client.stream.writes.count == before + 1)
        #expect(client.messages().count == 3)
    }

    @Test func aCastOfATurnIsOneWriteForEach() throws {
        let fixture = try Self.fixture()
        let clients = try (0..<5).map { try fixture.login("c\($0)") }
        let before = clients.map { $0.stream.writes.count }
        clients[0].say((0..<3).map { TestClient.message("Echo/HD_Cast", "\($0)") })
        #expect(clients.map { $0.stream.writes.count } == before.map { $0 + 1 })
        for client in clients { #expect(client.messages() == ["on 0", "on 1", "on 2"]) }
    }

    @Test func twoConnectionsShareATurn() throws {
        let fixture = try Self.fixture()
        let first = try fixture.login("a")
        let second = try fixture.login("b")
        let turns = fixture.group.manualLoops[0].turnCount
        first.stream.deliver(TestClient.bytes(of: [TestClient.message("Echo/HD_Raw/1", "a")]))
        second.stream.deliver(TestClient.bytes(of: [TestClient.message("Echo/HD_Raw/1", "b"), .disconnect]))
        fixture.group.run()
        #expect(fixture.group.manualLoops[0].turnCount == turns + 1)
        #expect(first.messages() == ["Echo/HD_Raw/1 a"])
        #expect(second.messages() == ["Echo/HD_Raw/1 b"])
        #expect(!first.isClosed)
        #expect(second.isClosed)
    }

    @Test func anySplitOfTheBytesMeansTheSame() throws {
        let packets = (0..<4).map {
            TestClient.message("Echo/HD_Raw/\($0)", String(repeating: "\($0)", count: $0 * 50))
        }
        let bytes = TestClient.bytes(of: packets)
        for size in [1, 2, 3, 7, 50, bytes.count] {
            let client = try Self.fixture().login("c")
            var rest = bytes[...]
            while !rest.isEmpty {
                client.say(bytes: Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            #expect(client.heard() == packets)
        }
    }

    // MARK: Bad input

    @Test func whatCameBeforeAMalformedPacketIsAnsweredAndNothingBehindIt() throws {
        let fixture = try Self.fixture()
        let client = try fixture.login("c")
        let good = TestClient.bytes(of: [TestClient.message("Echo/HD_Raw/1", "before")])
        let bad: [UInt8] = [0x36, 0x03, 0x00, 0x01, 0x61]
        let behind = TestClient.bytes(of: [TestClient.message("Echo/HD_Raw/2", "behind")])
        client.say(bytes: good + bad + behind)
        #expect(client.messages() == ["Echo/HD_Raw/1 before"])
        #expect(client.stream.end == .closedAfterFlush(linger: .seconds(1)))
        #expect(fixture.ends == ["invalid_value": 1])
        #expect(fixture.count("messages_received") == 1)
    }

    @Test func nothingBehindDISCONNECTIsHandled() throws {
        let fixture = try Self.fixture()
        let client = try fixture.login("c")
        client.say(.disconnect, TestClient.message("Echo/HD_Raw/2", "behind"))
        #expect(client.heard() == [])
        #expect(fixture.count("messages_received") == 0)
    }

    @Test func nothingBehindACloseIsHandled() throws {
        let fixture = try Self.fixture()
        let client = try fixture.login("c")
        client.say(TestClient.message("Echo/HD_Close"), TestClient.message("Echo/HD_Raw/2", "behind"))
        #expect(client.heard() == [])
        #expect(fixture.ends == ["closed_by_module": 1])
        #expect(fixture.count("messages_received") == 1)
    }

    @Test(arguments: [(65_534, false), (65_535, false), (65_536, true)])
    func aRemainingLengthAboveTheLimitEndsTheConnectionAtOnce(length: Int, ends: Bool) throws {
        let fixture = try Self.fixture()
        let client = try fixture.login("c")
        // Only the fixed header comes.
        client.say(bytes: [0x30, UInt8(length & 0x7F | 0x80), UInt8(length >> 7 & 0x7F | 0x80), UInt8(length >> 14)])
        #expect(client.isClosed == ends)
        #expect(fixture.ends == (ends ? ["frame_too_large": 1] : [:]))
    }

    @Test func manyMalformedConnectionsLeaveNothing() throws {
        let fixture = try Self.fixture()
        let bystander = try fixture.login("c")
        for index in 0..<2_000 {
            let client = fixture.connect()
            client.say(bytes: index % 2 == 0 ? [0xFF] : Array("GET / HTTP/1.1\r\n\r\n".utf8))
            #expect(client.isClosed)
        }
        #expect(fixture.gateway.connectionCount == 1)
        #expect(fixture.count("sessions") == 1)
        #expect(fixture.group.manualLoops[0].timerCount <= 1)
        #expect(bystander.ask("Echo/HD_Raw/1", "x") == "x")
    }

    // MARK: Frame time

    @Test func aClientThatDribblesIsClosedAtTheFrameTime() throws {
        let fixture = try Self.fixture { $0.frameTime = .seconds(4) }
        let client = try fixture.login("c")
        let bytes = TestClient.bytes(of: [TestClient.message("Echo/HD_Raw/1", String(repeating: "x", count: 50))])
        for byte in bytes.prefix(4) {
            client.say(bytes: [byte])
            fixture.advance(by: .milliseconds(999))
        }
        #expect(!client.isClosed)
        fixture.advance(by: .milliseconds(3))
        #expect(!client.isClosed)
        fixture.advance(by: .milliseconds(1))
        #expect(fixture.ends == ["frame_timeout": 1])
    }

    @Test func eachFrameHasATimeOfItsOwn() throws {
        let fixture = try Self.fixture { $0.frameTime = .seconds(4) }
        let client = try fixture.login("c")
        let bytes = TestClient.bytes(of: [TestClient.message("Echo/HD_Raw/1", "x")])
        // Each read ends one frame and begins the next.
        client.say(bytes: Array(bytes.prefix(5)))
        for _ in 0..<10 {
            fixture.advance(by: .milliseconds(3_999))
            client.say(bytes: Array(bytes.dropFirst(5) + bytes.prefix(5)))
        }
        #expect(client.messages().count == 10)
        #expect(!client.isClosed)
        client.say(bytes: Array(bytes.dropFirst(5)))
        fixture.advance(by: .seconds(100))
        #expect(!client.isClosed)
    }

    // MARK: Slow readers

    @Test func aClientThatTakesNothingIsClosedAtTheWriteDeadline() throws {
        let fixture = try Self.fixture { $0.writeTime = .seconds(4) }
        let client = try fixture.login("c")
        client.stream.limitRoom(to: 3)
        client.publish("Echo/HD_Raw/1", "x")
        fixture.advance(by: .milliseconds(3_999))
        #expect(!client.isClosed)
        fixture.advance(by: .milliseconds(1))
        #expect(fixture.closed(.writeTimeout) == 0)
        // Its last bytes get the linger time.
        fixture.advance(by: .seconds(1))
        #expect(client.stream.end == .closed)
        #expect(fixture.ends == ["write_timeout": 1])
    }

    @Test func everyByteTakenStartsTheWriteDeadlineAnew() throws {
        let fixture = try Self.fixture { $0.writeTime = .seconds(4) }
        let client = try fixture.login("c")
        client.stream.limitRoom(to: 0)
        client.publish("Echo/HD_Raw/1", "x")
        for _ in 0..<5 {
            fixture.advance(by: .milliseconds(3_000))
            client.stream.takeBytes(1)
        }
        #expect(!client.isClosed)
        client.stream.takeEverything()
        fixture.group.run()
        #expect(client.messages() == ["Echo/HD_Raw/1 x"])
        fixture.advance(by: .seconds(100))
        #expect(!client.isClosed)
    }

    @Test(arguments: [(-1, false), (0, false), (1, true)])
    func queuedBytesAreLimited(beyond: Int, isClosed: Bool) throws {
        let fixture = try Self.fixture { limits in
            limits.queuedBytesMax = 10_000
            limits.highWaterBytes = 9_000
        }
        let client = try fixture.login("c")
        let bystander = try fixture.login("b")
        client.stream.limitRoom(to: 0)
        client.publish("Echo/HD_Raw/1", Self.payload(answerBytes: 5_000))
        #expect(client.stream.pendingBytes == 5_000)
        client.publish("Echo/HD_Raw/1", Self.payload(answerBytes: 5_000 + beyond))
        #expect(bystander.ask("Echo/HD_Raw/1", "x") == "x")
        fixture.advance(by: .seconds(1))
        #expect(client.isClosed == isClosed)
        #expect(fixture.ends == (isClosed ? ["slow_reader": 1] : [:]))
        client.stream.takeEverything()
        fixture.group.run()
        #expect(client.messages().count == (isClosed ? 0 : 2))
    }

    @Test func aSlowReaderDelaysNobodysCast() throws {
        let fixture = try Self.fixture { limits in
            limits.queuedBytesMax = 2_000
            limits.highWaterBytes = 1_000
        }
        let slow = try fixture.login("slow")
        let other = try fixture.login("other")
        slow.stream.limitRoom(to: 0)
        for index in 0..<100 {
            other.publish("Echo/HD_Cast", "\(index) " + String(repeating: "x", count: 100))
        }
        #expect(other.messages().count == 100)
        fixture.advance(by: .seconds(1))
        #expect(slow.stream.end == .closed)
        #expect(fixture.ends == ["slow_reader": 1])
    }

    @Test(arguments: [(-1, true), (0, true), (1, false)])
    func aboveTheHighWaterMarkNothingIsRead(beyond: Int, isReading: Bool) throws {
        let fixture = try Self.fixture { $0.highWaterBytes = 10_000 }
        let client = try fixture.login("c")
        client.stream.limitRoom(to: 0)
        client.publish("Echo/HD_Raw/1", Self.payload(answerBytes: 5_000))
        client.publish("Echo/HD_Raw/1", Self.payload(answerBytes: 5_000 + beyond))
        #expect(client.stream.isReading == isReading)
        client.publish("Echo/HD_Raw/1", "behind")
        client.stream.takeEverything()
        fixture.group.run()
        #expect(client.stream.isReading)
        let heard = client.messages()
        #expect(heard.count == 3)
        #expect(heard.last == "Echo/HD_Raw/1 behind")
    }

    @Test func theKeepAliveStandsStillWhileNothingIsRead() throws {
        let fixture = try GatewayFixture(Self.echo) { options in
            options.settings.limits.highWaterBytes = 1_000
            options.settings.limits.writeTime = .seconds(1_000)
        }
        let client = try fixture.login(MQTTConnect(clientID: utf8("c"), keepAliveSeconds: 2))
        client.stream.limitRoom(to: 0)
        fixture.advance(by: .seconds(1))
        client.publish("Echo/HD_Raw/1", Self.payload(answerBytes: 1_001))
        #expect(!client.stream.isReading)
        fixture.advance(by: .seconds(500))
        #expect(!client.isClosed)
        client.stream.takeEverything()
        fixture.group.run()
        #expect(client.stream.isReading)
        // One and a half times two seconds after its last packet, the pause not counted.
        fixture.advance(by: .milliseconds(2_999))
        #expect(!client.isClosed)
        fixture.advance(by: .milliseconds(1))
        #expect(fixture.ends == ["keep_alive_timeout": 1])
    }

    @Test func theFrameTimeStandsStillWhileNothingIsRead() throws {
        let fixture = try Self.fixture { limits in
            limits.highWaterBytes = 1_000
            limits.writeTime = .seconds(1_000)
            limits.frameTime = .seconds(4)
        }
        let client = try fixture.login("c")
        client.stream.limitRoom(to: 0)
        let next = TestClient.bytes(of: [TestClient.message("Echo/HD_Raw/1", "next")])
        client.say(
            bytes: TestClient.bytes(of: [TestClient.message("Echo/HD_Raw/1", Self.payload(answerBytes: 1_001))])
                + next.prefix(5))
        #expect(!client.stream.isReading)
        fixture.advance(by: .seconds(500))
        #expect(!client.isClosed)
        client.stream.takeEverything()
        fixture.group.run()
        client.say(bytes: Array(next.dropFirst(5)))
        #expect(client.messages().last == "Echo/HD_Raw/1 next")
    }

    // MARK: Ends of the client's side

    @Test func aClientThatSaidItsLastWordGetsItsAnswers() throws {
        let fixture = try Self.fixture()
        let client = try fixture.login("c")
        client.stream.deliver(TestClient.bytes(of: [TestClient.message("Echo/HD_Raw/1", "x")]))
        client.stream.endOfFile()
        fixture.group.run()
        #expect(client.messages() == ["Echo/HD_Raw/1 x"])
        #expect(client.stream.end == .closedAfterFlush(linger: .seconds(1)))
        #expect(fixture.ends == ["peer_closed": 1])
    }

    @Test func aSlowClientThatSaidItsLastWordGetsWhatWaitsForIt() throws {
        let fixture = try Self.fixture()
        let client = try fixture.login("c")
        client.stream.limitRoom(to: 3)
        client.publish("Echo/HD_Raw/1", "x")
        client.stream.endOfFile()
        fixture.group.run()
        #expect(client.stream.end == .closedAfterFlush(linger: .seconds(1)))
        client.stream.takeEverything()
        #expect(client.messages() == ["Echo/HD_Raw/1 x"])
    }
}
