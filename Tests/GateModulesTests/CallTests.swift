import GateBytes
import GateIO
import GateJSON
import GateModules
import GateRPC
import GateSessions
import GateTestKit
import Testing

/// Calls between modules of one process.
@Suite struct CallTests {
    struct Point: Codable, Hashable, Sendable {
        var x: Int
        var y: Int
    }

    /// Says when it is turned into bytes, which its own type must not be.
    struct Reluctant: Codable, Sendable {
        static let encodings = Record<Int>()
        var number: Int

        init(number: Int) { self.number = number }

        init(from decoder: any Decoder) throws {
            number = try decoder.singleValueContainer().decode(Int.self)
        }

        func encode(to encoder: any Encoder) throws {
            Self.encodings.add(number)
            var container = encoder.singleValueContainer()
            try container.encode(number)
        }
    }

    static let echo = TestModule("Echo") { handlers in
        handlers.register("bytes") { (_: Call, body: [UInt8]) in body }
        handlers.register("json") { (_: Call, body: JSONValue) in body }
        handlers.register("point") { (_: Call, point: Point) in Point(x: point.y, y: point.x) }
        handlers.register("text") { (_: Call, text: String) in text }
        handlers.register("number") { (_: Call, number: Int) in number }
        handlers.register("double") { (_: Call, number: Double) in number }
        handlers.register("flag") { (_: Call, flag: Bool) in flag }
        handlers.register("names") { (_: Call, names: [String]) in names }
        handlers.register("nothing") { (_: Call, _: String) in }
        handlers.register("maybe") { (_: Call, text: String?) in text }
        handlers.register("reluctant") { (_: Call, value: Reluctant) in value.number }
        handlers.registerInline("inline") { _, payload, reply in reply.write(payload) }
        handlers.register("fault") { (_: Call, code: Int) throws(RPCFault) -> Int in
            throw .handler(code: code, message: "no")
        }
        handlers.register("secret") { (_: Call, _: Int) throws -> Int in throw Secret() }
        handlers.register("session") { (_: Call, _: Int) throws -> Int in throw SessionFault.alreadyLoggedIn }
    }

    // MARK: Values

    @Test func valuesMakeTheRoundTrip() throws {
        let fixture = ModuleFixture(Self.echo)
        #expect(try fixture.call("Echo", "bytes", [UInt8]([1, 2]), returning: [UInt8].self) == [1, 2])
        #expect(
            try fixture.call("Echo", "json", ["a": [1, nil]] as JSONValue, returning: JSONValue.self) == [
                "a": [1, nil]
            ])
        #expect(try fixture.call("Echo", "point", Point(x: 1, y: 2), returning: Point.self) == Point(x: 2, y: 1))
        #expect(try fixture.call("Echo", "text", "é\u{0}", returning: String.self) == "é\u{0}")
        #expect(try fixture.call("Echo", "number", Int.min, returning: Int.self) == .min)
        #expect(try fixture.call("Echo", "double", 0.1, returning: Double.self) == 0.1)
        #expect(try fixture.call("Echo", "flag", true, returning: Bool.self))
        #expect(try fixture.call("Echo", "names", ["a", "b"], returning: [String].self) == ["a", "b"])
        #expect(try fixture.call("Echo", "names", [String](), returning: [String].self) == [])
        #expect(try fixture.call("Echo", "inline", [UInt8]([3]), returning: [UInt8].self) == [3])
        #expect(try fixture.call("Echo", "inline", [UInt8](), returning: [UInt8].self) == [])
    }

    @Test func anotherTypeOfTheSameShapeGoesThroughItsBody() throws {
        struct Place: Codable, Sendable {
            var x: Int
            var y: Int
            var name: String?
        }
        let fixture = ModuleFixture(Self.echo)
        #expect(try fixture.call("Echo", "point", Place(x: 1, y: 2), returning: JSONValue.self) == ["x": 2, "y": 1])
        #expect(try fixture.call("Echo", "json", Point(x: 1, y: 2), returning: Point.self) == Point(x: 1, y: 2))
        #expect(try fixture.call("Echo", "number", 3, returning: Double.self) == 3)
        #expect(try fixture.call("Echo", "bytes", Point(x: 1, y: 2), returning: Point.self) == Point(x: 1, y: 2))
        #expect(try fixture.call("Echo", "bytes", [String](), returning: [UInt8].self) == utf8("[]"))
    }

    @Test func aValueOfTheSameTypeMovesWithoutBecomingBytes() throws {
        let fixture = ModuleFixture(Self.echo)
        let before = Reluctant.encodings.count
        #expect(try fixture.call("Echo", "reluctant", Reluctant(number: 4), returning: Int.self) == 4)
        #expect(Reluctant.encodings.count == before)
        #expect(try fixture.call("Echo", "number", Reluctant(number: 5), returning: Int.self) == 5)
        #expect(Reluctant.encodings.count == before + 1)
    }

    @Test func aValueOfAnotherShapeIsABadPayload() throws {
        let fixture = ModuleFixture(Self.echo)
        #expect(throws: RPCFault.badPayload(jsonSyntax: false)) {
            try fixture.call("Echo", "point", "text", returning: Point.self)
        }
        #expect(throws: RPCFault.badPayload(jsonSyntax: true)) {
            try fixture.call("Echo", "point", utf8("{"), returning: Point.self)
        }
        #expect(throws: RPCFault.badPayload(jsonSyntax: false)) {
            try fixture.call("Echo", "text", "text", returning: Int.self)
        }
    }

    // MARK: Faults

    @Test func faultsAreTyped() throws {
        let fixture = ModuleFixture(Self.echo)
        let cases: [(String, String, RPCFault)] = [
            ("Nobody", "x", .noSuchModule("Nobody")), ("Echo", "gone", .noSuchHandler("gone")),
            ("Echo", "fault", .handler(code: 7, message: "no")), ("Echo", "secret", .internalError),
            ("Echo", "session", .handler(code: 0, message: "user is logged in elsewhere")),
            ("Echo@node-2", "fault", .noSuchModule("Echo")),
        ]
        for (module, function, fault) in cases {
            #expect(throws: fault) { try fixture.call(module, function, 7, returning: Int.self) }
        }
    }

    @Test(arguments: ["Echo", "Echo@node-1", "Echo@Echo-id"])
    func aModuleIsReachedByItsNames(name: String) throws {
        #expect(try ModuleFixture(Self.echo).call(name, "number", 1, returning: Int.self) == 1)
    }

    // MARK: Deadlines

    let turnstile = Turnstile()
    let started = Record<String>()
    let cancelled = Record<String>()

    /// Waits at the turnstile, by all kinds.
    var slow: TestModule {
        let (turnstile, started, cancelled) = (turnstile, started, cancelled)
        return TestModule("Slow") { handlers in
            for kind in HandlerKind.allCases {
                handlers.register(kind.rawValue, kind) { (_: Call, text: String) in
                    started.add(text)
                    await withTaskCancellationHandler {
                        await turnstile.pass()
                    } onCancel: {
                        cancelled.add(text)
                    }
                    return text
                }
            }
        }
    }

    @Test(arguments: HandlerKind.allCases)
    func aCallEndsAtItsDeadline(kind: HandlerKind) throws {
        let fixture = ModuleFixture(slow)
        let call = fixture.begin("Slow", kind.rawValue, "a", within: 2, returning: String.self)
        fixture.group.advance(by: .milliseconds(1_999))
        #expect(call.value == nil)
        #expect(cancelled.all == [])
        fixture.group.advance(by: .milliseconds(1))
        #expect(call.value == .failure(.deadlineExceeded))
        #expect(cancelled.all == ["a"])
        turnstile.open()
        fixture.group.run()
        #expect(call.value == .failure(.deadlineExceeded))
        #expect(fixture.group.manualLoops[0].timerCount == 0)
    }

    @Test(arguments: HandlerKind.allCases)
    func aResultInTimeLeavesNoTimer(kind: HandlerKind) throws {
        let fixture = ModuleFixture(slow)
        let call = fixture.begin("Slow", kind.rawValue, "a", returning: String.self)
        fixture.group.advance(by: .milliseconds(9_999))
        turnstile.open()
        fixture.group.run()
        #expect(call.value == .success("a"))
        #expect(fixture.group.manualLoops[0].timerCount == 0)
    }

    @Test func aCallWithoutTimeIsNotBegun() throws {
        let fixture = ModuleFixture(slow)
        let call = fixture.begin("Slow", "concurrent", "a", within: 0, returning: String.self)
        #expect(call.value == .failure(.deadlineExceeded))
        #expect(started.all == [])
    }

    @Test func aCallLastsNoLongerThanTheOneItServes() throws {
        let outer = TestModule("Outer") { handlers in
            handlers.register("go") { (call: Call, text: String) async throws -> String in
                try await call.call("Slow", "concurrent", text, within: 100)
            }
        }
        let fixture = ModuleFixture(slow, outer)
        let call = fixture.begin("Outer", "go", "a", within: 3, returning: String.self)
        fixture.group.advance(by: .milliseconds(2_999))
        #expect(cancelled.all == [])
        fixture.group.advance(by: .milliseconds(1))
        #expect(cancelled.all == ["a"])
        #expect(call.value == .failure(.deadlineExceeded))
    }

    // MARK: Queues

    @Test func aFullSerialQueueRefuses() throws {
        var limits = ModuleLimits()
        limits.serialQueueMax = 1
        let fixture = ModuleFixture(slow, limits: limits)
        let calls = ["a", "b", "c"].map { fixture.begin("Slow", "serial", $0, returning: String.self) }
        #expect(calls[2].value == .failure(.overloaded))
        #expect(throws: RPCFault.overloaded) { try fixture.notify("Slow", "serial", "d") }
        turnstile.open(2)
        fixture.group.run()
        #expect(calls[0].value == .success("a"))
        #expect(calls[1].value == .success("b"))
    }

    @Test(arguments: ["ordered", "concurrent"])
    func aModuleThatRunsAsManyAsItMayRefuses(kind: String) throws {
        var limits = ModuleLimits()
        limits.concurrentMax = 1
        let fixture = ModuleFixture(slow, limits: limits)
        let first = fixture.begin("Slow", kind, "a", returning: String.self)
        #expect(fixture.begin("Slow", kind, "b", returning: String.self).value == .failure(.overloaded))
        #expect(throws: RPCFault.overloaded) { try fixture.notify("Slow", kind, "c") }
        turnstile.open(2)
        fixture.group.run()
        #expect(first.value == .success("a"))
        #expect(try fixture.call("Slow", kind, "d", returning: String.self) == "d")
    }

    @Test func notifyDoesNotWait() throws {
        let fixture = ModuleFixture(slow)
        try fixture.notify("Slow", "concurrent", "a")
        #expect(started.all == ["a"])
        turnstile.open()
        fixture.group.run()
        #expect(throws: RPCFault.noSuchModule("Nobody")) { try fixture.notify("Nobody", "x", "a") }
    }

    @Test func aSerialModuleNeverOverlapsOverLoops() throws {
        let fixture = ModuleFixture(slow, loops: 2)
        let calls = (0..<4).map { fixture.begin("Slow", "serial", "\($0)", onLoop: $0 % 2, returning: String.self) }
        for count in 1...4 {
            #expect(started.all == (0..<count).map(String.init))
            turnstile.open()
            fixture.group.run()
        }
        #expect(calls.map(\.value) == (0..<4).map { .success("\($0)") })
    }

    // MARK: Calls that would wait for themselves

    /// `A` is serial and does what it is told; `B` passes calls on.
    static func ring(_ record: Record<String>) -> [TestModule] {
        let serial = TestModule("A") { handlers in
            handlers.register("self", .serial) { (call: Call, _: Int) async throws -> String in
                try await call.call("A", "end", 1)
            }
            handlers.register("round", .serial) { (call: Call, _: Int) async throws -> String in
                try await call.call("B", "back", 1)
            }
            handlers.register("notify", .serial) { (call: Call, _: Int) async throws -> String in
                try call.notify("B", "back", 1)
                return "sent"
            }
            handlers.register("end", .serial) { (_: Call, _: Int) in
                record.add("end")
                return "end"
            }
            handlers.register("beside") { (_: Call, _: Int) in "beside" }
            handlers.register("other", .serial) { (call: Call, _: Int) async throws -> String in
                try await call.call("A", "beside", 1)
            }
        }
        let pass = TestModule("B") { handlers in
            handlers.register("back", .concurrent) { (call: Call, _: Int) async throws -> String in
                try await call.call("A", "end", 1)
            }
        }
        return [serial, pass]
    }

    @Test(arguments: ["self", "round"])
    func aSerialModuleThatWaitsForItselfIsToldAtOnce(function: String) throws {
        let ring = Self.ring(Record())
        let fixture = ModuleFixture(ring[0], ring[1])
        #expect(throws: RPCFault.wouldDeadlock("A")) { try fixture.call("A", function, 1, returning: String.self) }
        #expect(try fixture.call("A", "end", 1, returning: String.self) == "end")
    }

    @Test func aSerialModuleMayCallItsOwnHandlersOfOtherKinds() throws {
        let ring = Self.ring(Record())
        #expect(try ModuleFixture(ring[0], ring[1]).call("A", "other", 1, returning: String.self) == "beside")
    }

    @Test func whoeverIsNotifiedMayCallBack() throws {
        let record = Record<String>()
        let ring = Self.ring(record)
        let fixture = ModuleFixture(ring[0], ring[1])
        #expect(try fixture.call("A", "notify", 1, returning: String.self) == "sent")
        #expect(record.all == ["end"])
    }

    // MARK: What travels along

    @Test func theTraceTravelsAlong() throws {
        let traces = Record<TraceID>()
        let outer = TestModule("Outer") { handlers in
            handlers.register("go") { (call: Call, _: Int) async throws -> Int in
                traces.add(call.trace)
                return try await call.call("Inner", "go", 1)
            }
        }
        let inner = TestModule("Inner") { handlers in
            handlers.registerInline("go") { call, _, reply in
                traces.add(call.trace)
                reply.write(.number(1))
            }
        }
        let fixture = ModuleFixture(outer, inner)
        for _ in 0..<2 { _ = try fixture.call("Outer", "go", 1, returning: Int.self) }
        #expect(traces.all.count == 4)
        #expect(Set(traces.all).count == 2)
        #expect(traces.all[0] == traces.all[1])
    }

    @Test func aCallOfNoClientHasASessionWhoseVerbsFail() throws {
        let module = TestModule("Who") { handlers in
            handlers.register("who") { (call: Call, _: Int) async throws -> Bool in
                try await call.session.send("t", [])
                return true
            }
        }
        #expect(throws: RPCFault.handler(code: 0, message: "No Sesssion found")) {
            try ModuleFixture(module).call("Who", "who", 1, returning: Bool.self)
        }
    }

    // MARK: Interceptors

    @Test func interceptorsSeeEveryCallBeforeAndAfter() throws {
        let seen = Record<String>()
        let first = Interceptor(
            before: { call in seen.add("1 before \(call.module)/\(call.function)") },
            after: { call, fault, _ in seen.add("1 after \(call.function) \(fault?.kind ?? "-")") })
        let second = Interceptor(after: { _, _, _ in seen.add("2 after") })
        let fixture = ModuleFixture(Self.echo, interceptors: [first, second])
        _ = try fixture.call("Echo", "number", 1, returning: Int.self)
        _ = try fixture.call("Echo", "inline", [UInt8](), returning: [UInt8].self)
        #expect(throws: RPCFault.self) { try fixture.call("Echo", "fault", 1, returning: Int.self) }
        #expect(
            seen.all == [
                "1 before Echo/number", "1 after number -", "2 after", "1 before Echo/inline", "1 after inline -",
                "2 after", "1 before Echo/fault", "1 after fault handler", "2 after",
            ])
    }

    @Test func anInterceptorMayRefuse() throws {
        let handled = Record<Int>()
        let module = TestModule("Guarded") { handlers in
            handlers.register("a") { (_: Call, number: Int) in handled.add(number) }
            handlers.registerInline("b") { _, _, _ in handled.add(0) }
        }
        let guarded = Interceptor(before: { call throws(RPCFault) in
            if call.session.isGuest { throw .handler(code: 401, message: "log in first") }
        })
        let fixture = ModuleFixture(module, interceptors: [guarded])
        for function in ["a", "b"] {
            #expect(throws: RPCFault.handler(code: 401, message: "log in first")) {
                try fixture.call("Guarded", function, 1, returning: JSONValue.self)
            }
        }
        #expect(handled.all == [])
    }

    @Test func anInterceptorKnowsTheTimeACallTook() throws {
        let times = Record<TimeSpan>()
        let fixture = ModuleFixture(slow, interceptors: [Interceptor(after: { times.add($2) })])
        let call = fixture.begin("Slow", "ordered", "a", returning: String.self)
        fixture.group.advance(by: .milliseconds(1_234))
        turnstile.open()
        fixture.group.run()
        #expect(call.value == .success("a"))
        #expect(times.all == [.milliseconds(1_234)])
    }
}
