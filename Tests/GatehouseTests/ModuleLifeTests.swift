import Gatehouse
import Synchronization
import Testing

/// Modules start in their order and stop in the reverse one, when clients are served no more.
@Suite("The life of modules", .timeLimit(.minutes(1)))
struct ModuleLifeTests {
    /// What happened, in its order.
    private final class Diary: Sendable {
        private let lines = Mutex<[String]>([])

        var all: [String] { lines.withLock { $0 } }

        func note(_ line: String) {
            lines.withLock { $0.append(line) }
        }

        /// Waits until this has happened.
        func happened(_ line: String) async {
            while !all.contains(line) { await Task.yield() }
        }
    }

    private struct Refusal: Error {}

    /// A module that writes down its life.
    private struct Diarist: Module {
        let type: String
        let diary: Diary
        var startFails = false

        func register(in handlers: inout HandlerTable) {}
        func configure(_ configuration: ModuleConfiguration) async throws { diary.note("configure \(type)") }
        func initialize(_ context: ModuleContext) async throws { diary.note("initialize \(type)") }

        func start() async throws {
            if startFails { throw Refusal() }
            diary.note("start \(type)")
        }

        func stop() async { diary.note("stop \(type)") }
    }

    /// A module whose handler answers when it may.
    private struct Slow: Module {
        let type = "Slow"
        let diary: Diary

        func register(in handlers: inout HandlerTable) {
            handlers.register("HD_Answer") { (_: Call, body: [UInt8]) in
                diary.note("called")
                await diary.happened("may answer")
                diary.note("answered")
                return RPCValue.bare(body)
            }
        }

        func stop() async { diary.note("stop Slow") }

        func sessionEnded(_ session: Session, reason: CloseReason) { diary.note("ended \(reason)") }
    }

    private func configuration(_ url: String) throws -> ServerConfiguration {
        var configuration = ServerConfiguration()
        configuration.loops = 1
        configuration.listeners = [try ListenerConfiguration(url: url)]
        return configuration
    }

    private func diarists(_ diary: Diary, _ types: String..., failing: String = "") -> [any Module] {
        types.map { Diarist(type: $0, diary: diary, startFails: $0 == failing) }
    }

    @Test func modulesStopInTheReverseOrderOfTheirStart() async throws {
        let diary = Diary()
        let server = GatehouseServer(try configuration("mqtt://127.0.0.1:0"), modules: diarists(diary, "A", "B", "C"))
        try await server.start()
        #expect(
            diary.all == [
                "configure A", "configure B", "configure C", "initialize A", "initialize B", "initialize C", "start A",
                "start B", "start C",
            ])
        await server.stop(within: 1)
        #expect(diary.all.suffix(3) == ["stop C", "stop B", "stop A"])
        #expect(diary.all.count == 12)
        await server.stop(within: 1)
        #expect(diary.all.count == 12)
    }

    @Test func modulesStopWhenTheLastCallHasItsAnswerAndItsClientIsGone() async throws {
        let diary = Diary()
        let server = GatehouseServer(
            try configuration("length32://127.0.0.1:0?route=Slow/HD_Answer"),
            modules: diarists(diary, "A") + [Slow(diary: diary)] + diarists(diary, "B"))
        try await server.start()
        let client = try LocalClient(port: server.listeners[0].port)
        try client.send([0, 0, 0, 2] + Array("hi".utf8))
        await diary.happened("called")
        async let stopping: Void = server.stop(within: 30)
        while !server.listeners.isEmpty { await Task.yield() }
        for _ in 0..<1_000 { await Task.yield() }
        diary.note("may answer")
        await stopping
        #expect(
            diary.all.drop { $0 != "called" } == [
                "called", "may answer", "answered", "ended \(CloseReason.serverStopping)", "stop B", "stop Slow",
                "stop A",
            ])
        let heard = client.readAll()
        #expect(heard == [0, 0, 0, 2] + Array("hi".utf8))
    }

    @Test func whereAModuleDoesNotStartThoseBeforeItStopInReverseOrder() async throws {
        let diary = Diary()
        let server = GatehouseServer(
            try configuration("mqtt://127.0.0.1:0"), modules: diarists(diary, "A", "B", "C", "D", failing: "C"))
        await #expect(throws: StartFault.self) { try await server.start() }
        #expect(diary.all.drop { $0 != "start A" } == ["start A", "start B", "stop B", "stop A"])
        #expect(server.listeners.isEmpty)
    }

    @Test func whereAPortIsTakenAllModulesStopInReverseOrder() async throws {
        let first = GatehouseServer(try configuration("mqtt://127.0.0.1:0"), modules: [])
        try await first.start()
        let diary = Diary()
        let second = GatehouseServer(
            try configuration("mqtt://127.0.0.1:\(first.listeners[0].port)"), modules: diarists(diary, "A", "B"))
        await #expect(throws: StartFault.self) { try await second.start() }
        #expect(diary.all.drop { $0 != "start A" } == ["start A", "start B", "stop B", "stop A"])
        await first.stop(within: 1)
    }
}
