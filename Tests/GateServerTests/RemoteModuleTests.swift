import GateBytes
import GateIO
import GateJSON
import GateMQTT
import GateModules
import GateProtocol
import GateRPC
import GateServer
import GateSessions
import GateTestKit
import Testing

/// Clients of modules that run in another process.
@Suite struct RemoteModuleTests {
    /// The way to a process that serves `Far` on the node `node-2`; its answers wait at a turnstile.
    final class Transport: RPCTransport {
        let requests = Record<RPCRequest>()
        let turnstile = Turnstile()
        private let kind: RPCHandlerKind?

        init(kind: RPCHandlerKind? = nil) {
            self.kind = kind
        }

        func kind(module: String, node: String?, function: String) -> RPCHandlerKind? { kind }

        func serves(module: String, node: String?) -> Bool { module == "Far" && node != "node-3" }

        func call(_ request: RPCRequest) async throws(RPCFault) -> RPCValue {
            requests.add(request)
            await turnstile.pass()
            switch request.function {
            case "HD_Echo":
                guard case .body(let bytes) = request.argument else { throw .internalError }
                return .bare(bytes)
            case "HD_Away": throw .unreachable
            default: throw .noSuchHandler(request.function)
            }
        }

        func notify(_ request: RPCRequest) throws(RPCFault) { requests.add(request) }
    }

    let transport = Transport()

    func fixture() throws -> GatewayFixture { try GatewayFixture { [transport] in $0.transport = transport } }

    @Test func aMessageGoesThereWithItsSessionAndDeadline() throws {
        let fixture = try fixture()
        let client = try fixture.login("c")
        let now = fixture.group.clock.now
        transport.turnstile.open()
        #expect(client.ask("Far@node-2/HD_Echo/1", "x") == "x")
        let request = try #require(transport.requests.all.first)
        #expect(request.module == "Far")
        #expect(request.node == "node-2")
        #expect(request.function == "HD_Echo")
        #expect(request.deadline == now + .seconds(10))
        #expect(request.session?.remoteAddress.host == "192.0.2.1")
        #expect(request.expectsReply)
    }

    @Test(arguments: [
        ("Far/HD_Away/1", "service unreachable"), ("Far/HD_Gone/1", "Remote function(HD_Gone) not found"),
        ("Far@node-3/HD_Echo/1", "Service(type:Far) not found"),
        ("Far/Secret/1", "Method(Secret) must begin with 'HD_'"),
    ])
    func itsFaultsAreTold(topic: String, text: String) throws {
        transport.turnstile.open()
        #expect(try fixture().login("c").error(topic) == text)
    }

    @Test func messagesOfOneClientKeepTheirOrder() throws {
        let fixture = try fixture()
        let client = try fixture.login("c")
        client.say((0..<50).map { TestClient.message("Far/HD_Echo/\($0)", "\($0)") })
        for count in 1...50 {
            #expect(transport.requests.count == count)
            transport.turnstile.open()
            fixture.group.run()
        }
        #expect(client.messages() == (0..<50).map { "Far/HD_Echo/\($0) \($0)" })
    }

    @Test func aSilentNodeEndsAtTheDeadline() throws {
        let fixture = try fixture()
        let client = try fixture.login("c")
        client.publish("Far/HD_Echo/1", "x")
        fixture.advance(by: .milliseconds(9_999))
        #expect(client.heard() == [])
        fixture.advance(by: .milliseconds(1))
        #expect(client.messages().first?.contains("deadline exceeded") == true)
        transport.turnstile.open()
        fixture.group.run()
        #expect(client.heard() == [])
    }

    @Test func withoutATokenNobodyWaits() throws {
        let fixture = try fixture()
        let client = try fixture.login("c")
        transport.turnstile.open(1)
        client.publish("Far/HD_Echo", "x")
        #expect(transport.requests.all.map(\.expectsReply) == [false])
        #expect(client.heard() == [])
        #expect(fixture.allFaults == [:])
    }

    @Test func whenTheLocalModuleGoesAwayCallsGoToTheOtherProcess() throws {
        let local = TestModule("Far") { handlers in
            handlers.registerInline("HD_Echo") { _, _, reply in reply.writeBare(utf8("local").span) }
        }
        let fixture = try GatewayFixture(local) { [transport] in $0.transport = transport }
        let listener = ListenerSettings(
            protocolName: "framed", makeProtocol: { FramedProtocol(FramedProtocolTests.Codec()) },
            route: "Far/HD_Echo", envelope: BareEnvelope())
        let framed = FramedProtocolTests.Client(fixture.connect(through: listener))
        let client = try fixture.login("c")
        transport.turnstile.open(2)
        for answer in ["local", "far"] {
            #expect(client.ask("Far/HD_Echo/1", "far") == answer)
            framed.say(GateFrame(.request, payload: utf8("far")))
            #expect(framed.heard().map(\.payload) == [utf8(answer)])
            fixture.gateway.router.remove(type: "Far")
            fixture.group.run()
        }
    }

    @Test func aModuleThatComesIsPreferred() throws {
        let fixture = try fixture()
        let client = try fixture.login("c")
        transport.turnstile.open()
        #expect(client.ask("Far/HD_Echo/1", "far") == "far")
        let local = TestModule("Far") { handlers in
            handlers.registerInline("HD_Echo") { _, _, reply in reply.writeBare(utf8("local").span) }
        }
        fixture.gateway.router.add(ModuleRuntime(module: local, services: fixture.gateway.services))
        #expect(client.ask("Far/HD_Echo/2", "far") == "local")
    }

    @Test func routesToOtherProcessesAreNotKept() throws {
        let fixture = try fixture()
        let client = try fixture.login("c")
        transport.turnstile.open(100)
        for index in 0..<100 { client.publish("Far@node-x\(index)/HD_Echo") }
        #expect(fixture.cachedRoutes == 0)
    }
}
