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

struct Bank: Module {
    let type = "Bank"

    func register(in handlers: inout HandlerTable) {
        handlers.register("Pay") { (call: Call, to: String, amount: Int) in
            call.logger.info("paid", metadata: ["amount": "\(amount)"])
            return "\(amount) to \(to)"
        }
        handlers.registerOther { (call: Call, name: String, payload: [UInt8]) in
            "\(name) is not known here"
        }
    }
}

struct Clerk: Module {
    let type = "Clerk"

    func register(in handlers: inout HandlerTable) {
        handlers.register("HD_Pay") { (call: Call) in
            let receipt: String = try await call.call("Bank", "Pay", "Ann", 3)
            return receipt
        }
    }

    func initialize(_ context: ModuleContext) async throws {
        let names = context.nodes(of: "Bank").map(\.name)
        context.logger.info("banks", metadata: ["nodes": "\(names)"])
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
        private(set) var receipt: String?
        private(set) var other: String?
        private(set) var nodes: [RPCNode]?

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
            receipt = try? await context?.call("Clerk", "HD_Pay")
            other = try? await context?.call("Bank", "Lend", "Ann", 3)
            nodes = context?.nodes(of: "Bank")
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

    @Test func handlersTakeSeveralArgumentsAndOtherNames() async throws {
        let caller = Caller()
        let server = GatehouseServer(
            try configuration("mqtt://127.0.0.1:0"), modules: [Talk(), Bank(), Clerk(), caller])
        try await server.start()
        #expect(await caller.answer.receipt == "3 to Ann")
        #expect(await caller.answer.other == "Lend is not known here")
        #expect(await caller.answer.nodes?.map(\.isHere) == [true])
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
