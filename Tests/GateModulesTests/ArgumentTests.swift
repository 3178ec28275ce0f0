import GateBytes
import GateIO
import GateJSON
import GateModules
import GateRPC
import GateTestKit
import Testing

/// Handlers that take nothing or several arguments, those of other names, and the nodes of a type.
@Suite struct ArgumentTests {
    static let bank = TestModule("Bank") { handlers in
        handlers.register("pay") { (_: Call, to: String, amount: Int) in "\(amount) to \(to)" }
        handlers.register("three") { (_: Call, point: CallTests.Point, bytes: [UInt8], flag: Bool) in
            "\(point.x) \(point.y) \(bytes) \(flag)"
        }
        handlers.register("values") { (_: Call, one: RPCValue, other: JSONValue) in
            one == .string("text") ? other : JSONValue.null
        }
        handlers.register("five") { (_: Call, a: Int, b: Double, c: Float, d: Int64, e: String?) in
            "\(a) \(b) \(c) \(d) \(e ?? "-")"
        }
        handlers.register("row") { (_: Call, values: [RPCValue]) in values.count }
        handlers.register("ints") { (_: Call, values: [Int]) in values }
        handlers.register("none") { (_: Call) in "none" }
        handlers.registerInline("inline") { _, payload, reply in reply.write(payload) }
    }

    /// The ways of an argument: as it is, or as another node gets it.
    enum Way: CaseIterable, Sendable {
        case here, elsewhere
    }

    /// Another process: what it gets has been through the values that travel.
    private final class Elsewhere: RPCTransport {
        let far: RPCRouter

        init(_ far: ModuleFixture) { self.far = far.router }

        func serves(module: String, node: String?) -> Bool { far.serves(module: module, node: node) }

        private func arrived(_ request: RPCRequest) throws(RPCFault) -> RPCRequest {
            var request = request
            request.argument = RPCArgument(try request.argument.value())
            return request
        }

        func call(_ request: RPCRequest) async throws(RPCFault) -> RPCValue {
            try await far.call(arrived(request))
        }

        func notify(_ request: RPCRequest) throws(RPCFault) { try far.notify(arrived(request)) }

        func nodes(of module: String) -> [RPCNode] {
            module == "Bank"
                ? [RPCNode(name: "node-2", isHere: false, ids: ["b"], version: "2", labels: ["z": "1"])] : []
        }
    }

    private func call<Value: Decodable & Sendable>(
        _ way: Way, _ body: @escaping @Sendable (ModuleContext) async throws(RPCFault) -> Value
    ) throws -> Value {
        let far = ModuleFixture(Self.bank)
        let fixture = way == .here ? far : ModuleFixture(transport: Elsewhere(far))
        let context = ModuleContext(services: fixture.services)
        let pending = fixture.group.start { () async -> Result<Value, RPCFault> in
            do throws(RPCFault) { return .success(try await body(context)) } catch { return .failure(error) }
        }
        far.group.run()
        fixture.group.run()
        return try #require(pending.value).get()
    }

    @Test(arguments: Way.allCases)
    func severalArgumentsKeepTheirTypes(way: Way) throws {
        #expect(
            try call(way) { context throws(RPCFault) -> String in try await context.call("Bank", "pay", "Ann", 3) }
                == "3 to Ann")
        #expect(
            try call(way) { context throws(RPCFault) -> String in
                try await context.call("Bank", "three", CallTests.Point(x: 1, y: 2), [UInt8]([7, 8]), true)
            } == "1 2 [7, 8] true")
        #expect(
            try call(way) { context throws(RPCFault) -> String in
                try await context.call("Bank", "five", 1, 0.5, Float(0.25), Int64.max, String?.none, within: 3)
            } == "1 0.5 0.25 9223372036854775807 -")
        #expect(
            try call(way) { context throws(RPCFault) -> JSONValue in
                try await context.call("Bank", "values", "text", ["a": 1] as JSONValue)
            } == ["a": 1])
    }

    @Test(arguments: Way.allCases)
    func severalArgumentsAreARowToWhoeverTakesARow(way: Way) throws {
        #expect(
            try call(way) { context throws(RPCFault) -> Int in try await context.call("Bank", "row", "a", 1, true) }
                == 3)
        #expect(
            try call(way) { context throws(RPCFault) -> [Int] in try await context.call("Bank", "ints", 1, 2) } == [
                1, 2,
            ])
        #expect(
            try call(way) { context throws(RPCFault) -> JSONValue in try await context.call("Bank", "inline", "a", 1) }
                == ["a", 1])
        #expect(
            try call(way) { context throws(RPCFault) -> String in
                try await context.call("Bank", "pay", [RPCValue.string("Ann"), .int64(3)])
            } == "3 to Ann")
        #expect(
            try call(way) { context throws(RPCFault) -> String in
                try await context.call("Bank", "pay", ["Ann", 3] as JSONValue)
            } == "3 to Ann")
    }

    @Test(arguments: Way.allCases)
    func noArgumentIsOneToo(way: Way) throws {
        #expect(
            try call(way) { context throws(RPCFault) -> String in try await context.call("Bank", "none") } == "none")
        #expect(
            try call(way) { context throws(RPCFault) -> String in try await context.call("Bank", "none", 1, 2) }
                == "none")
        #expect(try call(way) { context throws(RPCFault) -> Int in try await context.call("Bank", "row") } == 0)
    }

    @Test(arguments: Way.allCases)
    func anotherNumberOrTypeIsABadPayload(way: Way) throws {
        #expect(throws: RPCFault.badPayload(jsonSyntax: false)) {
            try call(way) { context throws(RPCFault) -> String in try await context.call("Bank", "pay", "Ann") }
        }
        #expect(throws: RPCFault.badPayload(jsonSyntax: false)) {
            try call(way) { context throws(RPCFault) -> String in try await context.call("Bank", "pay", "Ann", 3, 4) }
        }
        #expect(throws: RPCFault.badPayload(jsonSyntax: false)) {
            try call(way) { context throws(RPCFault) -> String in try await context.call("Bank", "pay", 3, "Ann") }
        }
        #expect(throws: RPCFault.badPayload(jsonSyntax: true)) {
            try call(way) { context throws(RPCFault) -> String in try await context.call("Bank", "pay", utf8("[")) }
        }
    }

    // MARK: Other names

    @Test func namesThatNobodyRegisteredGoToTheHandlerOfOthers() throws {
        let module = TestModule("Rooms") { handlers in
            handlers.register("known") { (_: Call) in "known" }
            handlers.registerOther { (call: Call, name: String, payload: [UInt8]) in
                "\(call.function) \(name) \(payload.count)"
            }
        }
        let fixture = ModuleFixture(module)
        #expect(try fixture.call("Rooms", "known", 1, returning: String.self) == "known")
        #expect(try fixture.call("Rooms", "room-7", [UInt8]([1, 2]), returning: String.self) == "room-7 room-7 2")
        #expect(throws: RPCFault.noSuchModule("Room")) { try fixture.call("Room", "x", 1, returning: String.self) }
    }

    @Test(arguments: HandlerKind.allCases)
    func theHandlerOfOthersHasAKind(kind: HandlerKind) throws {
        let seen = Record<String>()
        let module = TestModule("Rooms") { handlers in
            handlers.registerOther(kind) { (_: Call, name: String, _: Int) in seen.add(name) }
        }
        let fixture = ModuleFixture(module)
        for name in ["a", "b", "*"] { try fixture.notify("Rooms", name, 1) }
        #expect(seen.all == ["a", "b", "*"])
    }

    // MARK: Nodes

    @Test func theNodesOfATypeAreThisOneAndThoseOfTheTransport() throws {
        let far = ModuleFixture(Self.bank)
        let fixture = ModuleFixture(Self.bank, transport: Elsewhere(far))
        let context = ModuleContext(services: fixture.services)
        #expect(
            context.nodes(of: "Bank") == [
                RPCNode(name: "node-1", isHere: true, ids: ["Bank-id"]),
                RPCNode(name: "node-2", isHere: false, ids: ["b"], version: "2", labels: ["z": "1"]),
            ])
        #expect(context.nodes(of: "Nobody") == [])
    }
}
