import GateBytes
import GateModules
import GateRPC
import GateTestKit
import Synchronization
import Testing

/// How deep calls may lead into each other.
@Suite struct CallDepthTests {
    /// A module whose handlers call themselves as often as they are told, through the call or through the context.
    final class Deep: Module {
        let type = "Deep"
        let deepest = Mutex(0)
        private let context = Mutex<ModuleContext?>(nil)

        func initialize(_ context: ModuleContext) async throws { self.context.withLock { $0 = context } }

        func use(_ context: ModuleContext) { self.context.withLock { $0 = context } }

        private func reach(_ depth: Int) { deepest.withLock { $0 = max($0, depth) } }

        func register(in handlers: inout HandlerTable) {
            for kind in [HandlerKind.ordered, .concurrent] {
                handlers.register("call-\(kind.rawValue)", kind) { (call: Call, left: Int) async throws -> Int in
                    if left == 0 { return 0 }
                    return try await call.call("Deep", "call-\(kind.rawValue)", left - 1, returning: Int.self) + 1
                }
            }
            handlers.register("context", .concurrent) { [self] (_: Call, left: Int) async throws -> Int in
                guard left > 0, let context = context.withLock({ $0 }) else { return 0 }
                return try await context.call("Deep", "context", left - 1, returning: Int.self) + 1
            }
            handlers.register("mixed", .concurrent) { [self] (call: Call, left: Int) async throws -> Int in
                guard left > 0, let context = context.withLock({ $0 }) else { return 0 }
                if left % 2 == 0 { return try await call.call("Deep", "mixed", left - 1, returning: Int.self) + 1 }
                return try await context.call("Deep", "mixed", left - 1, returning: Int.self) + 1
            }
            handlers.registerInline("notify") { [self] call, payload, _ in
                reach(payload.count)
                try? call.notify("Deep", "notify", [UInt8](copying: payload) + [0])
            }
            handlers.register("serial", .serial) { (call: Call, left: Int) async throws -> Int in left }
            handlers.register("many") { (call: Call, count: Int) async throws -> Int in
                var sum = 0
                for _ in 0..<count { sum += try await call.call("Deep", "call-ordered", 0, returning: Int.self) + 1 }
                return sum
            }
        }
    }

    static func fixture() -> (ModuleFixture, Deep) {
        let module = Deep()
        let fixture = ModuleFixture(module)
        module.use(ModuleContext(services: fixture.services))
        return (fixture, module)
    }

    // The outermost call of a test comes from no handler, and counts as one.
    @Test(arguments: ["call-ordered", "call-concurrent", "context", "mixed"])
    func theLimitIsSixtyFour(function: String) throws {
        let (fixture, _) = Self.fixture()
        #expect(try fixture.call("Deep", function, 62, returning: Int.self) == 62)
        #expect(try fixture.call("Deep", function, 63, returning: Int.self) == 63)
        for depth in [64, 65, 100_000] {
            #expect(throws: RPCFault.tooDeep(limit: 64)) {
                try fixture.call("Deep", function, depth, returning: Int.self)
            }
        }
        #expect(try fixture.call("Deep", function, 3, returning: Int.self) == 3)
    }

    @Test func aHandlerThatNotifiesItselfEnds() throws {
        let (fixture, module) = Self.fixture()
        try fixture.notify("Deep", "notify", [UInt8]())
        fixture.group.run()
        #expect(module.deepest.withLock { $0 } == 63)
    }

    @Test func callsThatEndAtOnceDoNotGrowTheStack() throws {
        let (fixture, _) = Self.fixture()
        #expect(try fixture.call("Deep", "many", 20_000, returning: Int.self) == 20_000)
    }

    @Test(arguments: [(64, true), (65, false), (Int.max, false)])
    func theDepthOfARequestDecides(depth: Int, isTaken: Bool) throws {
        let (fixture, _) = Self.fixture()
        let router = fixture.router
        var request = RPCRequest(
            module: "Deep", function: "call-ordered", argument: .body([UInt8]("0".utf8)), session: nil,
            deadline: fixture.group.clock.now + .seconds(1), trace: .random(), expectsReply: true)
        request.depth = depth
        let sent = request
        let ended = fixture.group.start { () async -> Result<RPCValue, RPCFault> in
            do throws(RPCFault) {
                return .success(try await router.call(sent))
            } catch {
                return .failure(error)
            }
        }
        #expect(ended.value == (isTaken ? .success(.int64(0)) : .failure(.tooDeep(limit: 64))))
    }
}
