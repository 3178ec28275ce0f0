import GateBytes
import GateRPC
import Synchronization
import Testing

/// Calls that wait when the way to their node is lost.
@Suite(.timeLimit(.minutes(1)))
struct LinkDownTests {
    /// A node with a module that never answers, and one that calls it.
    private func begin(
        _ cluster: Cluster, meanwhile change: @escaping @Sendable (Cluster.Node) async -> Void
    ) async throws -> RPCFault? {
        let reached = Atomic<Bool>(false)
        let (never, _) = AsyncStream.makeStream(of: Void.self)
        let mute = TestEndpoint("Mute") { _ throws(RPCFault) in
            reached.store(true, ordering: .relaxed)
            for await _ in never {}
            return .null
        }
        let server = try await cluster.start("server", [mute])
        let client = try await cluster.start("client")
        await Cluster.wait { client.router.serves(module: "Mute", node: nil) }
        let call = Task { () async -> RPCFault? in
            do throws(RPCFault) {
                _ = try await client.call("Mute", within: .seconds(3_600))
                return nil
            } catch {
                return error
            }
        }
        await Cluster.wait { reached.load(ordering: .relaxed) && client.transport.pendingCount == 1 }
        await change(server)
        let fault = await call.value
        #expect(client.transport.pendingCount == 0)
        cluster.end()
        return fault
    }

    @Test func theEndOfTheLinkEndsThemAtOnce() async throws {
        let cluster = Cluster(.memory)
        #expect(try await begin(cluster) { _ in cluster.hub.setUp(false) } == .unreachable)
    }

    @Test func anInboxThatIsGoneEndsThemAtOnce() async throws {
        let cluster = Cluster(.memory)
        let fault = try await begin(cluster) { server in
            for link in cluster.hub.all where link !== server.link { link.tellUndeliverable(server.link.inbox) }
        }
        #expect(fault == .unreachable)
    }

    @Test func questionsToAllGatewaysEndWithTheLink() async throws {
        let cluster = Cluster(.memory)
        defer { cluster.end() }
        let asker = try await cluster.start("asker")
        // Gateways without sessions never answer.
        for name in ["one", "two"] { _ = try await cluster.start(name) { $0.isGateway = true } }
        await Cluster.wait { asker.transport.gateways.count == 2 }
        let question = Task {
            await asker.transport.askGateways([1], until: asker.transport.now + .seconds(3_600))
        }
        await Cluster.wait { asker.transport.gatherCount == 1 }
        cluster.hub.setUp(false)
        #expect(await question.value.values.map { $0 } == [.failure(.unreachable), .failure(.unreachable)])
        #expect(asker.transport.gatherCount == 0)
    }
}
