import GateBytes
import GateIO
import GateModules
import GateRPC
import GateTestKit
import Logging
import Testing

/// What the log says of handlers that no client called: nothing here knows of listeners.
@Suite struct HandlerLogTests {
    let lines = Record<RecordingLog.Line>()

    private func fixture(_ modules: any Module...) -> ModuleFixture {
        ModuleFixture(modules, logger: RecordingLog.logger(into: lines))
    }

    private static let broken = TestModule("Broken") { handlers in
        for kind in HandlerKind.allCases {
            handlers.register(kind.rawValue, kind) { (_: Call, _: Int) throws in throw Secret() }
        }
        handlers.register("two") { (_: Call, _: Int, _: Int) throws -> Int in throw Secret() }
        handlers.register("none") { (_: Call) throws -> Int in throw Secret() }
        handlers.register("unwritable") { (_: Call) in [Double.nan] }
        handlers.registerOther { (_: Call, _: String, _: [UInt8]) throws -> Int in throw Secret() }
    }

    @Test(arguments: HandlerKind.allCases)
    func aCallThatFailsGetsALine(kind: HandlerKind) throws {
        let fixture = fixture(Self.broken)
        #expect(throws: RPCFault.internalError) {
            try fixture.call("Broken", kind.rawValue, 1, returning: [Int].self)
        }
        try fixture.notify("Broken", kind.rawValue, 1)
        #expect(lines.all.map(\.level) == [.error, .error])
        #expect(lines.all.map(\.metadata["error"]) == ["Secret()", "Secret()"])
        #expect(lines.all.map(\.metadata["function"]) == [kind.rawValue, kind.rawValue])
        #expect(lines.all.allSatisfy { $0.metadata["trace"]?.count == 32 && $0.metadata["module"] == "Broken" })
    }

    @Test(arguments: ["two", "none", "anything"])
    func soDoesEveryShapeOfHandler(function: String) throws {
        let fixture = fixture(Self.broken)
        #expect(throws: RPCFault.internalError) {
            try fixture.call("Broken", function, [1, 2], returning: Int.self)
        }
        #expect(lines.all.map(\.metadata["function"]) == [function])
    }

    @Test func aResultThatIsNoJSONGetsALine() throws {
        let fixture = fixture(Self.broken)
        #expect(throws: RPCFault.internalError) {
            try fixture.call("Broken", "unwritable", 1, returning: [Double].self)
        }
        #expect(lines.all.map(\.level) == [.error])
        #expect(lines.all.first?.metadata["error"]?.contains("nan") == true)
    }

    @Test func aHandlerThatPassesAnInternalErrorOnAddsNoSecondErrorLine() throws {
        let outer = TestModule("Outer") { handlers in
            handlers.register("go") { (call: Call, _: Int) async throws -> Int in
                try await call.call("Broken", "ordered", 1)
            }
        }
        let fixture = fixture(Self.broken, outer)
        #expect(throws: RPCFault.internalError) { try fixture.call("Outer", "go", 1, returning: Int.self) }
        #expect(lines.all.map(\.level) == [.error, .debug])
        #expect(lines.all.map(\.metadata["module"]) == ["Broken", "Outer"])
    }

    @Test func linesOfOneHandlerAreBounded() throws {
        let fixture = fixture(Self.broken)
        let limit = HandlerFailures.linesPerSecondMax
        for _ in 0..<limit + 5 { try fixture.notify("Broken", "ordered", 1) }
        #expect(lines.count == limit)
        try fixture.notify("Broken", "concurrent", 1)
        #expect(lines.count == limit + 1)
        fixture.group.advance(by: .seconds(1))
        try fixture.notify("Broken", "ordered", 1)
        #expect(lines.count == limit + 2)
        #expect(lines.all.last?.metadata["lines.dropped"] == "5")
    }

    @Test func aLongTextIsCutAtAWholeCharacter() throws {
        struct Long: Error, CustomStringConvertible {
            var description: String { String(repeating: "é", count: 10_000) }
        }
        let module = TestModule("Long") { handlers in
            handlers.register("fail") { (_: Call) throws in throw Long() }
        }
        let fixture = fixture(module)
        try fixture.notify("Long", "fail", 1)
        #expect(lines.all.first?.metadata["error"] == String(repeating: "é", count: 512) + "…")
    }

    @Test func aModulesLoggerNamesItAndItsTrace() throws {
        let fixture = fixture()
        let context = ModuleContext(services: fixture.services, module: "Clock")
        context.logger.notice("tick")
        let job = context.beginningTrace()
        job.logger.notice("tock")
        #expect(context.trace == nil)
        let trace = try #require(job.trace)
        #expect(lines.all.map(\.metadata) == [["module": "Clock"], ["module": "Clock", "trace": "\(trace)"]])
    }

    @Test func theCallsOfAJobCarryItsTrace() throws {
        let traces = Record<TraceID>()
        let module = TestModule("Inner") { handlers in
            handlers.register("go") { (call: Call) in traces.add(call.trace) }
        }
        let fixture = fixture(module)
        let context = ModuleContext(services: fixture.services)
        let job = context.beginningTrace()
        _ = fixture.group.start { () async in
            for context in [job, job, context, context] { try? context.notify("Inner", "go") }
        }
        #expect(Array(traces.all.prefix(2)) == [job.trace, job.trace])
        #expect(Set(traces.all).count == 3)
    }
}
