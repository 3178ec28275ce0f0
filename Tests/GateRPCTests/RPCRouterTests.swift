import GateBytes
import GateRPC
import Synchronization
import Testing

/// Where calls go.
@Suite struct RPCRouterTests {
    /// A module that answers with its name, and keeps what it was notified of.
    final class Endpoint: RPCEndpoint {
        let type: String
        let name: String
        let notified = Mutex<[String]>([])

        init(_ type: String, _ name: String) {
            self.type = type
            self.name = name
        }

        func call(_ request: RPCRequest) async throws(RPCFault) -> RPCValue { .string(name) }

        func notify(_ request: RPCRequest) throws(RPCFault) { notified.withLock { $0.append(request.function) } }
    }

    /// Another process that serves `Chat` on the node `far`.
    final class Transport: RPCTransport {
        let notified = Mutex<[String]>([])

        func serves(module: String, node: String?) -> Bool { module == "Chat" && (node == nil || node == "far") }

        func call(_ request: RPCRequest) async throws(RPCFault) -> RPCValue { .string("far") }

        func notify(_ request: RPCRequest) throws(RPCFault) { notified.withLock { $0.append(request.function) } }
    }

    static func request(_ module: String, node: String? = nil) -> RPCRequest {
        RPCRequest(
            module: module, node: node, function: "f", argument: .body([]), session: nil, deadline: .never,
            trace: .random(), expectsReply: true)
    }

    @Test func aModuleOfThisProcessIsPreferred() async throws {
        let router = RPCRouter(node: "near", transport: Transport())
        #expect(try await router.call(Self.request("Chat")) == .string("far"))
        router.add(Endpoint("Chat", "local"), ids: ["id"])
        for node in [nil, "near", "id"] as [String?] {
            #expect(try await router.call(Self.request("Chat", node: node)) == .string("local"))
        }
        #expect(try await router.call(Self.request("Chat", node: "far")) == .string("far"))
    }

    @Test func callsGoElsewhereOnceTheLocalModuleIsGone() async throws {
        let router = RPCRouter(node: "near", transport: Transport())
        router.add(Endpoint("Chat", "local"))
        router.remove(type: "Chat")
        #expect(router.endpoint(type: "Chat", node: nil) == nil)
        #expect(try await router.call(Self.request("Chat")) == .string("far"))
    }

    @Test(arguments: [nil, "near", "far", ""] as [String?])
    func aModuleThatNobodyServesIsAFault(node: String?) async {
        for router in [RPCRouter(node: "near"), RPCRouter(node: "near", transport: Transport())] {
            await #expect(throws: RPCFault.noSuchModule("Mail")) {
                try await router.call(Self.request("Mail", node: node))
            }
            #expect(throws: RPCFault.noSuchModule("Mail")) { try router.notify(Self.request("Mail", node: node)) }
            #expect(!router.serves(module: "Mail", node: node))
        }
    }

    @Test func aNotificationTakesTheSameWay() throws {
        let transport = Transport()
        let router = RPCRouter(node: "near", transport: transport)
        try router.notify(Self.request("Chat"))
        let local = Endpoint("Chat", "local")
        router.add(local)
        try router.notify(Self.request("Chat"))
        #expect(transport.notified.withLock { $0.count } == 1)
        #expect(local.notified.withLock { $0.count } == 1)
    }
}
