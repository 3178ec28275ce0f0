import GateBytes
import GateRPC
import Synchronization
import Testing

/// Every queue between nodes at its edge.
@Suite(.serialized) struct RemoteLimitTests {
    /// A module whose calls end when it is told so.
    final class Gated: Sendable {
        private let waiting = Mutex<[CheckedContinuation<Void, Never>]>([])

        var count: Int { waiting.withLock { $0.count } }

        var endpoint: TestEndpoint {
            TestEndpoint("M") { [self] _ throws(RPCFault) in
                await withCheckedContinuation { continuation in waiting.withLock { $0.append(continuation) } }
                return .null
            }
        }

        func open() {
            let all = waiting.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
            for continuation in all { continuation.resume() }
        }
    }

    /// The ends of so many calls, the last of which are answered at once.
    private func ends(
        _ calls: Int, of gateway: Cluster.Node, _ gated: Gated, running: Int
    ) async -> (values: Int, faults: [RPCFault]) {
        await withTaskGroup(of: Result<RPCValue, RPCFault>.self) { group in
            for _ in 0..<calls {
                group.addTask {
                    do throws(RPCFault) {
                        return .success(try await gateway.call("M"))
                    } catch {
                        return .failure(error)
                    }
                }
            }
            await Cluster.wait { gated.count == running }
            var ends: (values: Int, faults: [RPCFault]) = (0, [])
            for _ in 0..<calls - running {
                if case .failure(let fault)? = await group.next() { ends.faults.append(fault) }
            }
            gated.open()
            for await end in group {
                switch end {
                case .success: ends.values += 1
                case .failure(let fault): ends.faults.append(fault)
                }
            }
            return ends
        }
    }

    @Test(arguments: [(4, 0), (5, 0), (6, 1), (9, 4)])
    func callsThatWaitForOtherNodesHaveALimit(calls: Int, refused: Int) async throws {
        let cluster = Cluster(.memory)
        defer { cluster.end() }
        let gated = Gated()
        let gateway = try await cluster.start("g", change: { $0.limits.pendingCallsMax = 5 })
        _ = try await cluster.start("b", [gated.endpoint])
        await Cluster.wait { gateway.router.serves(module: "M", node: nil) }
        let ends = await ends(calls, of: gateway, gated, running: calls - refused)
        #expect(ends.values == calls - refused)
        #expect(ends.faults == [RPCFault](repeating: .linkFull, count: refused))
        #expect(gateway.transport.pendingCount == 0)
    }

    @Test(arguments: [(4, 0), (5, 0), (6, 1), (9, 4)])
    func callsOfOtherNodesThatRunHaveALimit(calls: Int, refused: Int) async throws {
        let cluster = Cluster(.memory)
        defer { cluster.end() }
        let gated = Gated()
        let gateway = try await cluster.start("g")
        let backend = try await cluster.start("b", [gated.endpoint], change: { $0.limits.servingMax = 5 })
        await Cluster.wait { gateway.router.serves(module: "M", node: nil) }
        let ends = await ends(calls, of: gateway, gated, running: calls - refused)
        #expect(ends.values == calls - refused)
        #expect(ends.faults == [RPCFault](repeating: .overloaded, count: refused))
        #expect(backend.transport.counters.refusedCalls.load(ordering: .relaxed) == refused)
        await Cluster.wait { backend.transport.servingCount == 0 }
    }

    @Test func whatIsNoEnvelopeAndWhatNobodyTakesIsCounted() async throws {
        let cluster = Cluster(.memory)
        defer { cluster.end() }
        let gateway = try await cluster.start("g")
        let backend = try await cluster.start("b", [TestEndpoint.echo("M")])
        await Cluster.wait { gateway.router.serves(module: "M", node: nil) }
        let counters = backend.transport.counters
        try gateway.link.send([1, 2, 3], to: backend.link.inbox)
        await Cluster.wait { counters.badEnvelopes.load(ordering: .relaxed) == 1 }
        backend.router.remove(type: "M")
        try gateway.router.notify(
            RPCRequest(
                module: "M", function: "f", argument: .body([]), session: nil, deadline: .never, trace: .random(),
                expectsReply: false))
        await Cluster.wait { counters.droppedNotifications.load(ordering: .relaxed) == 1 }
        // A call whose time is over when it comes is answered so and not run.
        let late = RPCEnvelope.Call(
            module: "M", node: "", function: "f", argument: .null, session: nil,
            trace: TraceContext(.random()), remainingMilliseconds: 0)
        try gateway.link.send(
            RPCEnvelope(sender: Samples.key, call: 1, body: .request(late)).encoded(), to: backend.link.inbox)
        await Cluster.wait { counters.expiredCalls.load(ordering: .relaxed) == 1 }
    }

    @Test func aCallWithAFilterPassesALocalModuleThatDoesNotFit() async throws {
        let cluster = Cluster(.memory)
        defer { cluster.end() }
        let gateway = try await cluster.start("g", [TestEndpoint.named("local")])
        _ = try await cluster.start("b", [TestEndpoint.named("remote")], labels: ["zone": "b"])
        await Cluster.wait { gateway.transport.serves(module: "Who", node: nil) }
        #expect(try await gateway.call("Who") == .string("local"))
        let far = RPCSelection(.random, labels: ["zone": "b"])
        #expect(try await gateway.call("Who", selection: far) == .string("remote"))
        await #expect(throws: RPCFault.noSuchModule("Who")) {
            try await gateway.call("Who", selection: RPCSelection(.random, version: "9"))
        }
    }
}
