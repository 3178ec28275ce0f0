import Gatehouse
import Testing

// The module of the README, word for word.

struct Line: Codable { var text: String }

struct Talk: Module {
    let type = "Talk"

    func register(in handlers: inout HandlerTable) {
        handlers.register("HD_Say") { (call: Call, line: Line) in
            var session = call.session
            if session.isGuest { throw RPCFault.message("log in first") }
            session.set("last", line.text)
            try await session.push()
            await call.sessions.broadcast(OutgoingMessage("Talk/OnSay", [UInt8](line.text.utf8)))
            return ["said": line.text]
        }
    }
}

/// Calls the module from another one, as `start` allows.
private struct Caller: Module {
    let type = "Caller"
    let answer = Answer()

    func register(in handlers: inout HandlerTable) {}

    func initialize(_ context: ModuleContext) async throws {
        await answer.keep(context)
    }

    func start() async throws {
        await answer.ask()
    }

    actor Answer {
        private var context: ModuleContext?
        private(set) var fault: RPCFault?
        private(set) var missing: RPCFault?

        func keep(_ context: ModuleContext) {
            self.context = context
        }

        func ask() async {
            do throws(RPCFault) {
                let _: [String: String]? = try await context?.call("Talk", "HD_Say", Line(text: "hello"))
            } catch {
                fault = error
            }
            do throws(RPCFault) {
                let _: JSONValue? = try await context?.call("Talk", "HD_None", Line(text: "hello"))
            } catch {
                missing = error
            }
        }
    }
}

@Suite("A server in a program")
struct ReadmeExampleTests {
    private func configuration(_ url: String) throws -> ServerConfiguration {
        var configuration = ServerConfiguration()
        configuration.loops = 2
        configuration.listeners = [try ListenerConfiguration(url: url)]
        return configuration
    }

    @Test func startsOnAFreePortAndStops() async throws {
        let server = GatehouseServer(try configuration("mqtt://127.0.0.1:0"), modules: [Talk()])
        try await server.start()
        #expect(server.listeners.count == 1)
        #expect(server.listeners[0].port != 0)
        #expect(server.counters["connections"] == 0)
        await server.stop(within: 1)
        #expect(server.listeners.isEmpty)
    }

    @Test func answersACallOfAnotherModuleInTheSameProcess() async throws {
        let caller = Caller()
        let server = GatehouseServer(try configuration("mqtt://127.0.0.1:0"), modules: [Talk(), caller])
        try await server.start()
        #expect(await caller.answer.fault == .message("log in first"))
        #expect(await caller.answer.missing == .noSuchHandler("HD_None"))
        await server.stop(within: 1)
    }

    @Test func refusesAnUnknownProtocolWithNothingLeftRunning() async throws {
        let server = GatehouseServer(try configuration("nonsense://127.0.0.1:0"), modules: [Talk()])
        await #expect(throws: StartFault.self) { try await server.start() }
        #expect(server.listeners.isEmpty)
    }

    @Test func refusesAPortInUseWithNothingLeftRunning() async throws {
        let first = GatehouseServer(try configuration("mqtt://127.0.0.1:0"), modules: [Talk()])
        try await first.start()
        let taken = first.listeners[0].port
        let second = GatehouseServer(try configuration("mqtt://127.0.0.1:\(taken)"), modules: [Talk()])
        await #expect(throws: StartFault.self) { try await second.start() }
        #expect(second.listeners.isEmpty)
        await first.stop(within: 1)
    }

    @Test func refusesTwoModulesOfOneType() async throws {
        let server = GatehouseServer(try configuration("mqtt://127.0.0.1:0"), modules: [Talk(), Talk()])
        await #expect(throws: StartFault.self) { try await server.start() }
    }
}
