import GateBytes
import GateRPC
import Synchronization
import Testing

/// What every transport promises, whatever carries it.
@Suite(.serialized) struct TransportContractTests {
    @Test(arguments: LinkKind.testable)
    func everyValueTravelsThereAndBack(kind: LinkKind) async throws {
        let cluster = Cluster(kind)
        defer { cluster.end() }
        let gateway = try await cluster.start("g")
        _ = try await cluster.start("b", [TestEndpoint.echo()])
        await Cluster.wait { gateway.router.serves(module: "Echo", node: nil) }
        for value in Samples.values {
            switch value {
            case .encodedJSON(let bytes), .bare(let bytes):
                // Bodies, which a handler gets as bytes.
                #expect(try await gateway.call("Echo", "echo", .of(value)) == .bytes(bytes))
            default: #expect(try await gateway.call("Echo", "echo", .of(value)) == value)
            }
        }
        #expect(try await gateway.call("Echo", "echo", .body([1, 2])) == .bytes([1, 2]))
    }

    @Test(arguments: LinkKind.testable)
    func aRequestArrivesWhole(kind: LinkKind) async throws {
        let cluster = Cluster(kind)
        defer { cluster.end() }
        let seen = Mutex<[RPCRequest]>([])
        let module = TestEndpoint("M") { request throws(RPCFault) in
            seen.withLock { $0.append(request) }
            return .null
        }
        let gateway = try await cluster.start("g")
        let backend = try await cluster.start("b", [module])
        await Cluster.wait { gateway.router.serves(module: "M", node: nil) }
        let trace = TraceID(high: 3, low: 4)
        let deadline = gateway.transport.now + .seconds(7)
        _ = try await gateway.router.call(
            RPCRequest(
                module: "M", node: "b", function: "f", argument: .body([]), session: Samples.session,
                deadline: deadline, trace: trace, expectsReply: true))
        let request = try #require(seen.withLock { $0.first })
        #expect(request.function == "f")
        #expect(request.node == "b")
        #expect(request.session == Samples.session)
        #expect(request.trace == trace)
        #expect(request.deadline > backend.transport.now)
        #expect(request.deadline < deadline + .seconds(7))
    }

    @Test(arguments: LinkKind.testable)
    func faultsComeBack(kind: LinkKind) async throws {
        let cluster = Cluster(kind)
        defer { cluster.end() }
        let module = TestEndpoint("M") { _ throws(RPCFault) in throw .handler(code: 7, message: "no") }
        let gateway = try await cluster.start("g")
        _ = try await cluster.start("b", [module])
        await Cluster.wait { gateway.router.serves(module: "M", node: nil) }
        await #expect(throws: RPCFault.handler(code: 7, message: "no")) { try await gateway.call("M") }
        await #expect(throws: RPCFault.noSuchModule("X")) { try await gateway.call("X") }
        await #expect(throws: RPCFault.noSuchModule("M")) { try await gateway.call("M", node: "elsewhere") }
    }

    @Test(arguments: LinkKind.testable)
    func aCallEndsAtItsDeadline(kind: LinkKind) async throws {
        let cluster = Cluster(kind)
        defer { cluster.end() }
        // Does not come back before the test is over.
        let (gate, keeper) = AsyncStream<Void>.makeStream()
        defer { keeper.finish() }
        let module = TestEndpoint("M") { _ throws(RPCFault) in
            for await _ in gate {}
            return .null
        }
        let gateway = try await cluster.start("g")
        _ = try await cluster.start("b", [module])
        await Cluster.wait { gateway.router.serves(module: "M", node: nil) }
        await #expect(throws: RPCFault.deadlineExceeded) {
            try await gateway.call("M", within: .milliseconds(50))
        }
        await #expect(throws: RPCFault.deadlineExceeded) { try await gateway.call("M", within: .zero) }
    }

    @Test(arguments: LinkKind.testable)
    func notificationsArriveInOrderAndAreNotAnswered(kind: LinkKind) async throws {
        let cluster = Cluster(kind)
        defer { cluster.end() }
        let module = TestEndpoint.echo("M")
        let gateway = try await cluster.start("g")
        _ = try await cluster.start("b", [module])
        await Cluster.wait { gateway.router.serves(module: "M", node: nil) }
        for number in 0..<100 {
            try gateway.router.notify(
                RPCRequest(
                    module: "M", function: "\(number)", argument: .body([]), session: nil,
                    deadline: gateway.transport.now + .seconds(5), trace: .random(), expectsReply: false))
        }
        await Cluster.wait { module.notified.withLock { $0.count } == 100 }
        #expect(module.notified.withLock { $0.map(\.function) } == (0..<100).map { "\($0)" })
    }

    @Test(arguments: LinkKind.testable)
    func aMessageAboveTheLimitIsNotSent(kind: LinkKind) async throws {
        let cluster = Cluster(kind)
        defer { cluster.end() }
        let gateway = try await cluster.start("g")
        _ = try await cluster.start("b", [TestEndpoint.echo()])
        await Cluster.wait { gateway.router.serves(module: "Echo", node: nil) }
        let limit = gateway.link.messageBytesMax
        let body = [UInt8](repeating: 7, count: limit - 1_024)
        #expect(try await gateway.call("Echo", "echo", .body(body)) == .bytes(body))
        let fault = await #expect(throws: RPCFault.self) {
            try await gateway.call("Echo", "echo", .body([UInt8](repeating: 7, count: limit)))
        }
        guard case .tooLarge(let bytes, limit)? = fault else { throw TestFailure.unexpected }
        #expect(bytes > limit)
    }

    @Test(arguments: LinkKind.testable)
    func theLimitIsExactAndAboveItNothingIsSent(kind: LinkKind) async throws {
        let cluster = Cluster(kind)
        defer { cluster.end() }
        let module = TestEndpoint.echo("M")
        let gateway = try await cluster.start("g")
        let backend = try await cluster.start("b", [module])
        await Cluster.wait { gateway.router.serves(module: "M", node: nil) }
        let limit = gateway.link.messageBytesMax
        let notify: (Int) -> RPCFault? = { bodyBytes in
            do throws(RPCFault) {
                try gateway.router.notify(
                    RPCRequest(
                        module: "M", function: "f", argument: .body([UInt8](repeating: 5, count: bodyBytes)),
                        session: nil, deadline: .never, trace: TraceID(high: 1, low: 1), expectsReply: false))
                return nil
            } catch {
                return error
            }
        }
        guard case .tooLarge(let bytes, limit)? = notify(limit) else { throw TestFailure.unexpected }
        let largest = limit - (bytes - limit)
        #expect(notify(largest - 1) == nil)
        #expect(notify(largest) == nil)
        #expect(notify(largest + 1) == .tooLarge(bytes: limit + 1, limit: limit))
        try gateway.router.notify(
            RPCRequest(
                module: "M", function: "last", argument: .body([]), session: nil, deadline: .never,
                trace: .random(), expectsReply: false))
        await Cluster.wait { module.notified.withLock { $0.last?.function } == "last" }
        #expect(module.notified.withLock { $0.count } == 3)
        #expect(backend.transport.servingCount == 0)
    }

    @Test(arguments: LinkKind.testable)
    func nineHundredKibibytesTravelWhereTheyFit(kind: LinkKind) async throws {
        let cluster = Cluster(kind)
        defer { cluster.end() }
        let gateway = try await cluster.start("g")
        _ = try await cluster.start("b", [TestEndpoint.echo()])
        await Cluster.wait { gateway.router.serves(module: "Echo", node: nil) }
        let body = (0..<921_600).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        if kind == .udp {
            let limit = gateway.link.messageBytesMax
            let fault = await #expect(throws: RPCFault.self) { try await gateway.call("Echo", "echo", .body(body)) }
            guard case .tooLarge(_, limit)? = fault else { throw TestFailure.unexpected }
        } else {
            #expect(try await gateway.call("Echo", "echo", .body(body)) == .bytes(body))
        }
    }

    @Test(arguments: LinkKind.testable)
    func aResultAboveTheLimitIsAFault(kind: LinkKind) async throws {
        let cluster = Cluster(kind)
        defer { cluster.end() }
        let gateway = try await cluster.start("g")
        let limit = gateway.link.messageBytesMax
        let module = TestEndpoint("M") { _ throws(RPCFault) in .bytes([UInt8](repeating: 1, count: limit)) }
        _ = try await cluster.start("b", [module])
        await Cluster.wait { gateway.router.serves(module: "M", node: nil) }
        let fault = await #expect(throws: RPCFault.self) { try await gateway.call("M") }
        guard case .tooLarge(_, limit)? = fault else { throw TestFailure.unexpected }
    }

    @Test(arguments: LinkKind.testable)
    func callsToAKilledNodeEndSoonAndItsReturnIsSeen(kind: LinkKind) async throws {
        let cluster = Cluster(kind)
        defer { cluster.end() }
        let gateway = try await cluster.start("g")
        let backend = try await cluster.start("b", [TestEndpoint.named("b1")])
        await Cluster.wait { gateway.router.serves(module: "Who", node: nil) }
        #expect(try await gateway.call("Who") == .string("b1"))
        if let link = backend.link as? MemoryLink { cluster.hub.leave(link) }
        backend.kill()
        let before = gateway.transport.now
        await #expect(throws: RPCFault.unreachable) { try await gateway.call("Who", within: .seconds(30)) }
        #expect(gateway.transport.now - before < .seconds(15))
        await #expect(throws: RPCFault.noSuchModule("Who")) { try await gateway.call("Who") }
        let again = try await cluster.start("b", [TestEndpoint.named("b2")])
        await Cluster.wait { gateway.router.serves(module: "Who", node: nil) }
        #expect(try await gateway.call("Who") == .string("b2"))
        await again.transport.stop(by: again.transport.now + .seconds(5))
        await Cluster.wait { !gateway.router.serves(module: "Who", node: nil) }
    }

    /// What is seen of a node that drains: the calls that each node began, and whether it is gone.
    private final class Drain: Sendable {
        let begun = Mutex<[String: Int]>([:])
        let isDone = Atomic<Bool>(false)
    }

    @Test(arguments: LinkKind.testable)
    func aDrainingNodeFailsNoCall(kind: LinkKind) async throws {
        let cluster = Cluster(kind)
        defer { cluster.end() }
        let drain = Drain()
        let slow: @Sendable (String) -> TestEndpoint = { name in
            TestEndpoint("Who") { _ throws(RPCFault) in
                drain.begun.withLock { $0[name, default: 0] += 1 }
                for _ in 0..<100 { await Task.yield() }
                return .string(name)
            }
        }
        let gateway = try await cluster.start("g")
        let first = try await cluster.start("b1", [slow("b1")])
        _ = try await cluster.start("b2", [slow("b2")])
        await Cluster.wait { gateway.transport.nodes.count == 2 }
        let results = await withTaskGroup(of: [RPCValue?].self) { group in
            // Calls are on their way all the time until the node is gone, and for a while after.
            for _ in 0..<16 {
                group.addTask {
                    var answers: [RPCValue?] = []
                    var more = 5
                    while more > 0 {
                        if drain.isDone.load(ordering: .acquiring) { more -= 1 }
                        answers.append(try? await gateway.call("Who", selection: RPCSelection(.roundRobin)))
                    }
                    return answers
                }
            }
            group.addTask {
                await Cluster.wait { drain.begun.withLock { $0["b1", default: 0] } > 16 }
                await first.transport.stop(by: first.transport.now + .seconds(5))
                drain.isDone.store(true, ordering: .releasing)
                return []
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.joined().allSatisfy { $0 != nil })
        #expect(results.joined().contains(.string("b1")))
        #expect(results.allSatisfy { $0.suffix(5).allSatisfy { $0 == .string("b2") } })
    }

    @Test(arguments: LinkKind.testable)
    func aLocalModuleGoesAwayAndComesBackWithoutAnError(kind: LinkKind) async throws {
        let cluster = Cluster(kind)
        defer { cluster.end() }
        let local = TestEndpoint.named("local")
        let gateway = try await cluster.start("g", [local])
        _ = try await cluster.start("b", [TestEndpoint.named("remote")])
        await Cluster.wait { gateway.transport.serves(module: "Who", node: nil) }
        #expect(try await gateway.call("Who") == .string("local"))
        gateway.router.remove(type: "Who")
        #expect(try await gateway.call("Who") == .string("remote"))
        gateway.router.add(local)
        #expect(try await gateway.call("Who") == .string("local"))
    }

    @Test(arguments: LinkKind.testable)
    func manyCallsAtOnceAllEnd(kind: LinkKind) async throws {
        let cluster = Cluster(kind)
        defer { cluster.end() }
        let gateway = try await cluster.start("g")
        for name in ["b1", "b2"] { _ = try await cluster.start(name, [TestEndpoint.echo()]) }
        await Cluster.wait { gateway.transport.nodes.count == 2 }
        let good = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<2_000 {
                group.addTask {
                    let result = try? await gateway.call(
                        "Echo", "echo", .of(.int32(Int32(number))), selection: RPCSelection(.random))
                    return result == .int32(Int32(number))
                }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(good == 2_000)
    }
}
