import GateBytes
import GateIO
import GateModules
import GateRPC
import GateSessions
import GateTestKit
import Logging
import Testing

/// Modules on loops that the test runs, without a gateway.
final class ModuleFixture {
    let group: ManualEventLoopGroup
    let router: RPCRouter
    let sessions: SessionManager
    let services: ModuleServices

    convenience init(
        _ modules: any Module..., loops: Int = 1, interceptors: [Interceptor] = [],
        limits: ModuleLimits = ModuleLimits(),
        transport: (any RPCTransport)? = nil, tracing: (any CallTracing)? = nil
    ) {
        self.init(
            modules, loops: loops, interceptors: interceptors, limits: limits, transport: transport, tracing: tracing)
    }

    init(
        _ modules: [any Module], loops: Int = 1, interceptors: [Interceptor] = [],
        limits: ModuleLimits = ModuleLimits(), transport: (any RPCTransport)? = nil,
        tracing: (any CallTracing)? = nil,
        logger: Logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    ) {
        let group = ManualEventLoopGroup(loopCount: loops)
        let clock = group.clock
        router = RPCRouter(node: "node-1", transport: transport)
        sessions = SessionManager(
            node: "node-1", startNumber: 1, loops: group.loops, hooks: SessionHooks(), policy: .allow,
            clock: { clock.now })
        services = ModuleServices(
            node: "node-1", caller: router, gateway: sessions, loops: group.loops, callTime: .seconds(10),
            clock: { clock.now }, tracing: tracing, logger: logger)
        self.group = group
        for module in modules {
            router.add(
                ModuleRuntime(module: module, services: services, interceptors: interceptors, limits: limits),
                ids: ["\(module.type)-id"])
        }
    }

    /// A call from outside of any call, begun on a loop.
    func begin<Argument: Encodable & Sendable, Value: Decodable & Sendable>(
        _ module: String, _ function: String, _ argument: Argument, within seconds: Double? = nil,
        onLoop index: Int = 0,
        returning: Value.Type = Value.self
    ) -> PendingValue<Result<Value, RPCFault>> {
        let context = ModuleContext(services: services)
        return group.start(onLoop: index) { () async -> Result<Value, RPCFault> in
            do throws(RPCFault) {
                return .success(try await context.call(module, function, argument, within: seconds))
            } catch {
                return .failure(error)
            }
        }
    }

    /// A call that ends at this time.
    func call<Argument: Encodable & Sendable, Value: Decodable & Sendable>(
        _ module: String, _ function: String, _ argument: Argument, onLoop index: Int = 0,
        returning: Value.Type = Value.self
    ) throws -> Value {
        let pending: PendingValue<Result<Value, RPCFault>> = begin(module, function, argument, onLoop: index)
        return try #require(pending.value).get()
    }

    func notify<Argument: Encodable & Sendable>(_ module: String, _ function: String, _ argument: Argument) throws {
        let context = ModuleContext(services: services)
        let pending = group.start { () async -> Result<Void, RPCFault> in
            do throws(RPCFault) {
                return .success(try context.notify(module, function, argument))
            } catch {
                return .failure(error)
            }
        }
        try #require(pending.value).get()
    }
}

/// A module of the test's own handlers.
struct TestModule: Module {
    let type: String
    private let registration: @Sendable (inout HandlerTable) -> Void

    init(_ type: String, _ registration: @escaping @Sendable (inout HandlerTable) -> Void) {
        self.type = type
        self.registration = registration
    }

    func register(in handlers: inout HandlerTable) { registration(&handlers) }
}

/// An error that no client shall read.
struct Secret: Error {}

func utf8(_ text: String) -> [UInt8] { Array(text.utf8) }
