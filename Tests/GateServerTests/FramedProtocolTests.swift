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

/// A gateway whose listener speaks a protocol that is nothing but a codec.
@Suite struct FramedProtocolTests {
    /// Kind, id, length of the route, length of the body: one byte each; then route and body.
    struct Codec: FrameCodec {
        func decode(_ input: Span<UInt8>, scanned: Int) throws(FramingError) -> DecodeStep<GateFrame> {
            if input.count < 4 { return .incomplete(needed: 4, scanned: 0) }
            guard let kind = GateFrame.Kind(rawValue: input[0]) else { throw .unknownKind(Int(input[0])) }
            let body = 4 + Int(input[2])
            let end = body + Int(input[3])
            if input.count < end { return .incomplete(needed: end, scanned: 0) }
            let frame = GateFrame(
                kind, route: [UInt8](copying: input, range: 4..<body), id: UInt64(input[1]),
                payload: [UInt8](copying: input, range: body..<end))
            return .frame(frame, byteCount: end)
        }

        func encode(_ frame: GateFrame, into output: inout ByteBuffer) throws(FramingError) {
            if frame.route.count > 255 { throw .notEncodable(bytes: frame.route.count, limit: 255) }
            if frame.payload.count > 255 { throw .notEncodable(bytes: frame.payload.count, limit: 255) }
            for byte in [
                frame.kind.rawValue, UInt8(truncatingIfNeeded: frame.id), UInt8(frame.route.count),
                UInt8(frame.payload.count),
            ] { output.append(byte) }
            output.append(frame.route)
            output.append(frame.payload)
        }
    }

    final class Client {
        let client: TestClient

        init(_ client: TestClient) { self.client = client }

        func say(_ frames: GateFrame...) {
            var output = ByteBuffer()
            for frame in frames { try? Codec().encode(frame, into: &output) }
            client.say(bytes: output.array())
        }

        func heard() -> [GateFrame] {
            var rest = client.stream.takeOutput()
            var frames: [GateFrame] = []
            while case .frame(let frame, let count)? = try? Codec().decode(rest.span, scanned: 0) {
                frames.append(frame)
                rest.removeFirst(count)
            }
            return frames
        }
    }

    let turnstile = Turnstile()

    func fixture(_ change: (inout GatewayFixture.Options) -> Void = { _ in }) throws -> GatewayFixture {
        let turnstile = turnstile
        let module = TestModule("Echo") { handlers in
            handlers.registerInline("HD_Raw") { _, payload, reply in reply.write(payload) }
            handlers.register("HD_Wait", .concurrent) { (_: Call, body: [UInt8]) in
                await turnstile.pass()
                return body
            }
            handlers.register("HD_Push") { (call: Call, body: [UInt8]) async throws in
                try await call.session.send("on", body)
            }
            handlers.register("HD_Kick") { (call: Call, _: [UInt8]) async throws in
                try await call.session.kick(reason: "out")
            }
            handlers.register("HD_Fault") { (_: Call, _: [UInt8]) throws(RPCFault) -> String in throw .message("why") }
        }
        return try GatewayFixture(module, change: change)
    }

    /// A client of a listener with that route.
    func connect(_ fixture: GatewayFixture, route: String = "", idle: TimeSpan = .zero) -> Client {
        let listener = ListenerSettings(
            protocolName: "framed", makeProtocol: { FramedProtocol(Codec(), idle: idle) }, route: route,
            envelope: BareEnvelope())
        return Client(fixture.connect(through: listener))
    }

    static func request(_ route: String, _ body: String, id: UInt64 = 1) -> GateFrame {
        GateFrame(.request, route: utf8(route), id: id, payload: utf8(body))
    }

    @Test func theSessionIsThereAtConnect() throws {
        let connected = Record<Session>()
        let fixture = try fixture { $0.settings.hooks.connected = { connected.add($0) } }
        let client = connect(fixture)
        #expect(connected.all.map(\.protocolName) == ["framed"])
        #expect(client.heard() == [])
        fixture.advance(by: .seconds(100))
        #expect(!client.client.isClosed)
    }

    @Test func anAnswerBearsTheIDOfItsRequest() throws {
        let client = connect(try fixture())
        client.say(Self.request("Echo/HD_Raw", "a", id: 7), Self.request("Echo/HD_Fault", "", id: 8))
        #expect(
            client.heard() == [
                GateFrame(.response, route: utf8("Echo/HD_Raw"), id: 7, payload: utf8("a")),
                GateFrame(.error, route: utf8("Echo/HD_Fault"), id: 8, payload: utf8("why")),
            ])
    }

    @Test func answersMayOvertakeEachOther() throws {
        let fixture = try fixture()
        let client = connect(fixture)
        client.say(Self.request("Echo/HD_Wait", "slow", id: 1), Self.request("Echo/HD_Raw", "fast", id: 2))
        #expect(client.heard().map(\.id) == [2])
        turnstile.open()
        fixture.group.run()
        #expect(client.heard().map(\.id) == [1])
    }

    @Test func withoutAnIDOneRequestOfARouteRunsAtATime() throws {
        let fixture = try fixture()
        let client = connect(fixture)
        client.say(
            Self.request("Echo/HD_Wait", "first", id: 0), Self.request("Echo/HD_Wait", "second", id: 0),
            Self.request("Echo/HD_Raw", "other", id: 0))
        #expect(client.heard().map(\.payload) == [utf8("other")])
        for expected in ["first", "second"] {
            #expect(turnstile.waitingCount == 1)
            turnstile.open()
            fixture.group.run()
            #expect(client.heard().map(\.payload) == [utf8(expected)])
        }
        #expect(turnstile.waitingCount == 0)
    }

    @Test func requestsThatWaitForTheirTurnAreBoundedAndNoneIsLost() throws {
        let fixture = try fixture { $0.settings.limits.inFlightMax = 4 }
        let client = connect(fixture)
        let names = (0..<20).map { "\($0)" }
        for name in names { client.say(Self.request("Echo/HD_Wait", name, id: 0)) }
        var heard: [[UInt8]] = []
        for _ in names {
            #expect(turnstile.waitingCount == 1)
            turnstile.open()
            fixture.group.run()
            heard += client.heard().map(\.payload)
        }
        #expect(heard == names.map { utf8($0) })
    }

    @Test func whoRunsOutOfTimeGivesTheNextOneItsTurn() throws {
        let fixture = try fixture()
        let client = connect(fixture)
        client.say(Self.request("Echo/HD_Wait", "late", id: 0), Self.request("Echo/HD_Wait", "next", id: 0))
        fixture.advance(by: .seconds(15))
        #expect(client.heard().map(\.kind) == [.error])
        #expect(turnstile.waitingCount == 2)
        turnstile.open(2)
        fixture.group.run()
        #expect(client.heard().map(\.payload) == [utf8("next")])
    }

    @Test func aNotifyIsNotAnsweredWhateverItsRouteSays() throws {
        let fixture = try fixture()
        let client = connect(fixture)
        client.say(
            GateFrame(.notify, route: utf8("Echo/HD_Raw/1"), payload: [1]),
            GateFrame(.notify, route: utf8("Gone/HD_X/1")))
        #expect(client.heard() == [])
        #expect(fixture.count("messages_received") == 2)
        #expect(fixture.count("unanswered_faults") == 1)
    }

    @Test func aFrameWithoutARouteGoesToTheListeners() throws {
        let fixture = try fixture()
        let client = connect(fixture, route: "Echo/HD_Raw")
        for body in ["a", "b"] {
            client.say(Self.request("", body))
            #expect(client.heard() == [GateFrame(.response, id: 1, payload: utf8(body))])
        }
        client.say(Self.request("Echo/HD_Fault", ""))
        #expect(client.heard().map(\.kind) == [.error])
    }

    @Test(arguments: [
        ("", "no route for this message"), ("Gone", "no route for this message"),
        ("Gone/HD_X", "Service(type:Gone) not found"), ("Echo/HD_Gone", "Remote function(HD_Gone) not found"),
        ("Echo/Secret", "Method(Secret) must begin with 'HD_'"),
    ])
    func aListenersRouteThatLeadsNowhereSaysWhy(route: String, text: String) throws {
        let client = connect(try fixture(), route: route)
        for _ in 0..<2 {
            client.say(Self.request("", "a"))
            #expect(client.heard() == [GateFrame(.error, id: 1, payload: utf8(text))])
        }
    }

    @Test func heartbeatsAreEchoedAndSilenceEnds() throws {
        let fixture = try fixture()
        let client = connect(fixture, idle: .seconds(5))
        for _ in 0..<3 {
            fixture.advance(by: .milliseconds(4_999))
            client.say(GateFrame(.heartbeat, id: 3))
            #expect(client.heard() == [GateFrame(.heartbeat, id: 3)])
        }
        fixture.advance(by: .milliseconds(4_999))
        #expect(!client.client.isClosed)
        fixture.advance(by: .milliseconds(1))
        #expect(fixture.ends == ["keep_alive_timeout": 1])
    }

    @Test func aPushAndAKickAreFramesOfTheirKind() throws {
        let client = connect(try fixture())
        client.say(GateFrame(.notify, route: utf8("Echo/HD_Push"), payload: utf8("p")))
        client.say(GateFrame(.notify, route: utf8("Echo/HD_Kick")))
        #expect(
            client.heard() == [
                GateFrame(.push, route: utf8("on"), payload: utf8("p")),
                GateFrame(.kick, payload: utf8(#"{"reason":"out"}"#)),
            ])
        #expect(client.client.isClosed)
    }

    @Test(arguments: [(false, 0), (true, 1)])
    func theAnswerOfTheHookComesBeforeAnyMessage(refuses: Bool, ends: Int) throws {
        let turnstile = turnstile
        let fixture = try fixture { options in
            options.settings.hooks.authenticatesWithoutLogin = true
            options.settings.hooks.authenticate = { _ in
                await turnstile.pass()
                return refuses ? .refused(.notAuthorized) : .accepted(user: "Ann")
            }
        }
        let client = connect(fixture)
        client.say(Self.request("Echo/HD_Raw", "a"))
        #expect(client.heard() == [])
        #expect(!client.client.stream.isReading)
        turnstile.open()
        fixture.group.run()
        #expect(client.heard().map(\.payload) == (refuses ? [] : [utf8("a")]))
        #expect(fixture.closed(.refused) == ends)
        #expect(client.client.isClosed == refuses)
    }

    @Test func aHookThatAnswersAtOnceLetsTheClientIn() throws {
        let client = connect(
            try fixture {
                $0.settings.hooks.authenticatesWithoutLogin = true
                $0.settings.hooks.authenticate = { _ in .accepted() }
            })
        client.say(Self.request("Echo/HD_Raw", "a"))
        #expect(client.heard().map(\.payload) == [utf8("a")])
    }

    @Test(arguments: [(254, false), (255, false), (256, true)])
    func anAnswerThatTheProtocolCannotSayEndsTheConnection(bytes: Int, isClosed: Bool) throws {
        let fixture = try GatewayFixture(
            TestModule("Big") { handlers in
                handlers.register("HD_Big") { (_: Call, _: [UInt8]) in [UInt8](repeating: 1, count: bytes) }
            })
        let client = connect(fixture)
        client.say(Self.request("Big/HD_Big", ""))
        #expect(client.heard().count == (isClosed ? 0 : 1))
        #expect(fixture.ends == (isClosed ? ["not_encodable": 1] : [:]))
    }

    @Test func anUnknownFrameEndsTheConnectionBehindTheAnswers() throws {
        let fixture = try fixture()
        let client = connect(fixture)
        var output = ByteBuffer()
        try Codec().encode(Self.request("Echo/HD_Raw", "a"), into: &output)
        client.client.say(bytes: output.array() + [99, 0, 0, 0] + output.array())
        #expect(client.heard().map(\.payload) == [utf8("a")])
        #expect(fixture.ends == ["unknown_kind": 1])
        #expect(fixture.count("messages_received") == 1)
    }

    @Test func aServersFrameFromAClientIsAViolation() throws {
        let fixture = try fixture()
        connect(fixture).say(GateFrame(.push, route: utf8("Echo/HD_Raw")))
        #expect(fixture.ends == ["protocol_violation": 1])
    }
}
