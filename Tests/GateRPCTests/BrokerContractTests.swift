import GateBytes
import GateIO
import GateRPC
import GateUV
import Glibc
import Synchronization
import Testing

/// What every transport with a broker promises when that broker dies, hangs, or has a slow reader.
@Suite(.serialized) struct BrokerContractTests {
    /// Two nodes that found each other over a broker of their own.
    private func nodes(_ kind: LinkKind, _ broker: Broker) async throws -> (Cluster, Cluster.Node) {
        let cluster = Cluster(kind, broker: broker)
        let gateway = try await cluster.start("g")
        _ = try await cluster.start("b", [TestEndpoint.echo()])
        await Cluster.wait { gateway.router.serves(module: "Echo", node: nil) }
        return (cluster, gateway)
    }

    /// The ends of calls that go on for a while, one a millisecond, with the time that each took.
    private func load(
        _ gateway: Cluster.Node, _ calls: Int, within time: TimeSpan
    ) async -> [(Result<RPCValue, RPCFault>, TimeSpan)] {
        await withTaskGroup(of: (Result<RPCValue, RPCFault>, TimeSpan).self) { group in
            for number in 0..<calls {
                group.addTask {
                    try? await Task.sleep(for: .milliseconds(number))
                    let start = gateway.transport.now
                    do throws(RPCFault) {
                        let value = try await gateway.call("Echo", within: time)
                        return (.success(value), gateway.transport.now - start)
                    } catch {
                        return (.failure(error), gateway.transport.now - start)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test(arguments: LinkKind.brokered)
    func everyCallEndsWhenTheBrokerIsKilledAndServiceComesBack(kind: LinkKind) async throws {
        let broker = try await Broker.running(kind)
        defer { broker.end() }
        let (cluster, gateway) = try await nodes(kind, broker)
        defer { cluster.end() }
        async let ends = load(gateway, 1_000, within: .seconds(2))
        #expect(try await gateway.call("Echo") == .bytes([]))
        broker.end()
        await Cluster.wait { !gateway.link.isUp }
        await #expect(throws: RPCFault.unreachable) { try await gateway.call("Echo") }
        try await broker.restart()
        let accepting = gateway.transport.now
        await Cluster.wait { (try? await gateway.call("Echo", within: .seconds(1))) != nil }
        #expect(gateway.transport.now - accepting < .seconds(3))
        let results = await ends
        #expect(results.count == 1_000)
        for (result, time) in results {
            #expect(time < .seconds(3))
            guard case .failure(let fault) = result else { continue }
            #expect([.unreachable, .deadlineExceeded].contains(fault))
        }
        #expect(gateway.transport.pendingCount == 0)
    }

    @Test(arguments: LinkKind.brokered)
    func aFrozenBrokerHoldsNobody(kind: LinkKind) async throws {
        let broker = try await Broker.running(kind)
        defer { broker.end() }
        let (cluster, gateway) = try await nodes(kind, broker)
        defer { cluster.end() }
        broker.signal(SIGSTOP)
        // 64 MB are more than any socket takes, so whoever writes hangs by now; nobody else does.
        let body = [UInt8](repeating: 1, count: 1_000_000)
        let before = gateway.transport.now
        for _ in 0..<64 { _ = try? gateway.link.publish(body) }
        #expect(gateway.transport.now - before < .seconds(2))
        let fault = await #expect(throws: RPCFault.self) {
            try await gateway.call("Echo", within: .milliseconds(500))
        }
        #expect([.deadlineExceeded, .unreachable, .linkFull].contains(fault))
        broker.signal(SIGCONT)
        await Cluster.wait { (try? await gateway.call("Echo", within: .seconds(1))) != nil }
    }

    @Test(arguments: LinkKind.brokered)
    func aSlowConsumerHoldsOnlyItself(kind: LinkKind) async throws {
        let broker = try await Broker.running(kind)
        defer { broker.end() }
        let (cluster, gateway) = try await nodes(kind, broker)
        defer { cluster.end() }
        let slow = try await cluster.start("slow", [TestEndpoint.echo("Slow")])
        await Cluster.wait { gateway.router.serves(module: "Slow", node: nil) }
        let gate = BlockedLoop(slow.group.loops[0])
        // 40 MB for a node whose loop reads nothing.
        let body = [UInt8](repeating: 1, count: 100_000)
        let faults = await withTaskGroup(of: RPCFault?.self) { group in
            for _ in 0..<400 {
                group.addTask {
                    do throws(RPCFault) {
                        _ = try await gateway.call("Slow", "echo", .body(body), within: .seconds(1))
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            for _ in 0..<20 {
                group.addTask {
                    // The others are served beside it.
                    guard (try? await gateway.call("Echo", within: .seconds(5))) != nil else { return .internalError }
                    return .deadlineExceeded
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        for fault in faults {
            #expect([.deadlineExceeded, .linkFull, .unreachable, .noSuchModule("Slow")].contains(fault))
        }
        #expect(gateway.transport.pendingCount == 0)
        gate.open()
        await Cluster.wait { (try? await gateway.call("Slow", within: .seconds(1))) != nil }
    }

    @Test(arguments: LinkKind.brokered)
    func aLinkThatFindsNoBrokerWaitsForOne(kind: LinkKind) async throws {
        let broker = try await Broker.running(kind)
        defer { broker.end() }
        broker.end()
        let cluster = Cluster(kind, broker: broker)
        defer { cluster.end() }
        let gateway = try await cluster.start("g")
        _ = try await cluster.start("b", [TestEndpoint.echo()])
        #expect(!gateway.link.isUp)
        await #expect(throws: RPCFault.unreachable) { try await gateway.call("Echo") }
        #expect(throws: RPCFault.unreachable) { try gateway.link.publish([1]) }
        try await broker.restart()
        await Cluster.wait { (try? await gateway.call("Echo", within: .seconds(1))) != nil }
    }

    @Test(arguments: LinkKind.brokered)
    func aLinkLeavesNothingBehind(kind: LinkKind) async throws {
        let broker = try await Broker.shared(kind)
        for _ in 0..<3 {
            let seen = WeakLink()
            do {
                let cluster = Cluster(kind, broker: broker)
                let node = try await cluster.start("g", [TestEndpoint.echo()])
                await Cluster.wait { node.link.isUp }
                seen.set(node.link)
                await node.transport.stop(by: node.transport.now + .seconds(5))
                cluster.end()
            }
            await Cluster.wait { seen.isGone }
        }
    }
}

/// A loop that does nothing until it is told to.
final class BlockedLoop: Sendable {
    private let isOpen = Atomic<Bool>(false)

    init(_ loop: any EventLoop) {
        loop.postReserved { [self] in
            while !isOpen.load(ordering: .acquiring) { usleep(1_000) }
        }
    }

    func open() { isOpen.store(true, ordering: .releasing) }

    deinit { open() }
}

/// A link that nobody keeps.
private final class WeakLink: Sendable {
    private struct Box {
        weak var link: (any RPCLink)?
    }

    private let box = Mutex(Box())

    var isGone: Bool { box.withLock { $0.link == nil } }

    func set(_ link: any RPCLink) { box.withLock { $0.link = link } }
}
