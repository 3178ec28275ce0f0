import GateBytes
import GateIO
import GateMQTT
import GateModules
import GateProtocol
import GateServer
import GateTestKit
import Testing

/// Who comes in at all.
@Suite struct AdmissionTests {
    @Test(arguments: [2, 3, 4])
    func connectionsInAllAreLimited(count: Int) throws {
        let fixture = try GatewayFixture { $0.settings.limits.connectionsMax = 3 }
        let clients = (0..<count).map { _ in fixture.connect() }
        #expect(clients.map(\.isClosed) == (0..<count).map { $0 >= 3 })
        #expect(fixture.gateway.connectionCount == min(count, 3))
        #expect(fixture.count("connections") == min(count, 3))
        #expect(fixture.count("connections_rejected") == max(0, count - 3))
        #expect(fixture.ends == (count > 3 ? ["too_many_connections": 1] : [:]))
    }

    @Test func oneThatLeavesMakesRoom() throws {
        let fixture = try GatewayFixture { $0.settings.limits.connectionsMax = 1 }
        let first = fixture.connect()
        #expect(fixture.connect().isClosed)
        first.stream.endOfFile()
        fixture.group.run()
        #expect(!fixture.connect().isClosed)
    }

    @Test func theLimitCountsOverAllLoops() throws {
        let fixture = try GatewayFixture { options in
            options.loops = 2
            options.settings.limits.connectionsMax = 2
        }
        let clients = [0, 1, 0, 1].map { fixture.connect(onLoop: $0) }
        #expect(clients.map(\.isClosed) == [false, false, true, true])
    }

    @Test(arguments: [1, 2, 3])
    func connectionsOfOneAddressAreLimited(count: Int) throws {
        let fixture = try GatewayFixture { $0.settings.limits.connectionsPerAddressMax = 2 }
        let other = fixture.connect(host: 0x0A00_0001)
        let clients = (0..<count).map { _ in fixture.connect(host: 0x0A00_0002) }
        #expect(!other.isClosed)
        #expect(clients.map(\.isClosed) == (0..<count).map { $0 >= 2 })
        #expect(fixture.ends == (count > 2 ? ["too_many_from_address": 1] : [:]))
        clients[0].stream.endOfFile()
        fixture.group.run()
        #expect(!fixture.connect(host: 0x0A00_0002).isClosed)
    }

    @Test(arguments: [1, 2, 3])
    func newConnectionsInASecondAreLimited(count: Int) throws {
        let fixture = try GatewayFixture { $0.settings.limits.connectionRateMax = 2 }
        let clients = (0..<count).map { _ in fixture.connect() }
        #expect(clients.map(\.isClosed) == (0..<count).map { $0 >= 2 })
        #expect(fixture.ends == (count > 2 ? ["connection_rate": 1] : [:]))
        fixture.advance(by: .milliseconds(999))
        #expect(fixture.connect().isClosed == (count >= 2))
        fixture.advance(by: .milliseconds(1))
        #expect(!fixture.connect().isClosed)
        #expect(!fixture.connect().isClosed)
        #expect(fixture.connect().isClosed)
    }

    @Test func oneThatIsRefusedHearsNothing() throws {
        let fixture = try GatewayFixture { $0.settings.limits.connectionsMax = 0 }
        let client = fixture.connect()
        #expect(client.stream.end == .closed)
        #expect(client.stream.takeOutput() == [])
        #expect(fixture.count("connections_opened") == 0)
    }
}
