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

    @Test(arguments: ["address", "rate"])
    func whoIsRefusedDoesNotCount(limit: String) throws {
        let fixture = try GatewayFixture { options in
            options.settings.limits.connectionsMax = 2
            if limit == "address" { options.settings.limits.connectionsPerAddressMax = 1 }
            if limit == "rate" { options.settings.limits.connectionRateMax = 1 }
        }
        let first = fixture.connect(host: 0x0A00_0001)
        for _ in 0..<5 { #expect(fixture.connect(host: 0x0A00_0001).isClosed) }
        #expect(fixture.gateway.connectionCount == 1)
        fixture.advance(by: .seconds(1))
        #expect(!fixture.connect(host: 0x0A00_0002).isClosed)
        #expect(fixture.gateway.connectionCount == 2)
        fixture.advance(by: .seconds(1))
        #expect(fixture.connect(host: 0x0A00_0003).isClosed)
        #expect(fixture.gateway.connectionCount == 2)
        first.stream.endOfFile()
        fixture.group.run()
        #expect(fixture.gateway.connectionCount == 1)
        #expect(!fixture.connect(host: 0x0A00_0001).isClosed)
    }

    @Test func anIPv6NetworkCountsAsOneAddress() throws {
        let fixture = try GatewayFixture { $0.settings.limits.connectionsPerAddressMax = 2 }
        func connect(_ high: UInt64, _ low: UInt64) -> ScriptedStream {
            let loop = fixture.group.manualLoops[0]
            let stream = ScriptedStream(on: loop, from: SocketAddress(v6: high, low, port: 1))
            loop.perform { fixture.gateway.accept(stream, on: loop, fixture.listener) }
            fixture.group.run()
            return stream
        }
        let network: UInt64 = 0x2001_0db8_0000_0001
        let streams = (1...3).map { connect(network, $0) }
        #expect(streams.map(\.end) == [.open, .open, .closed])
        #expect(connect(network + 1, 1).end == .open)
    }
}
