import GateIO
import Synchronization
import Testing

@testable import GateUV

@Suite(.timeLimit(.minutes(1)))
struct LoopExecutorTests {
    private actor Counter {
        var value = 0

        func next() -> Int {
            value += 1
            return value
        }
    }

    @Test func bringsATaskBackToItsLoopAfterEachAwait() async throws {
        try await withLoops(2) { group in
            let (loop, other) = (group.loops[0], group.loops[1])
            let (facts, record) = AsyncStream.makeStream(of: (String, Bool).self)
            loop.postReserved {
                Task(executorPreference: loop.executor) {
                    record.yield(("start", loop.isCurrent))
                    try await Task.sleep(nanoseconds: 1)
                    record.yield(("sleep", loop.isCurrent))
                    await withCheckedContinuation { continuation in other.postReserved { continuation.resume() } }
                    record.yield(("continuation", loop.isCurrent))
                    let counter = Counter()
                    _ = await counter.next()
                    record.yield(("actor", loop.isCurrent))
                    async let child = loop.isCurrent
                    record.yield(("child", await child))
                    await MainActor.run {}
                    record.yield(("main actor", loop.isCurrent))
                    record.finish()
                }
            }
            var names: [String] = []
            for await (name, isOnLoop) in facts {
                names.append(name)
                #expect(isOnLoop, "after \(name)")
            }
            #expect(names == ["start", "sleep", "continuation", "actor", "child", "main actor"])
        }
    }

    @Test func aTaskOutlivesItsLoopAndTheirGroup() async throws {
        let (gate, opening) = AsyncStream.makeStream(of: Int.self)
        let (facts, record) = AsyncStream.makeStream(of: String.self)
        try await withLoops { group in
            let loop = group.loops[0]
            loop.postReserved {
                Task.immediate(executorPreference: loop.executor) {
                    record.yield("begun")
                    for await _ in gate { break }
                    await Task.yield()
                    record.yield("ended")
                    record.finish()
                }
            }
            for await _ in facts { break }
        }
        opening.yield(1)
        for await fact in facts { #expect(fact == "ended") }
    }

    @Test func aLoopThatHasEndedTakesNothing() async throws {
        let loop = try await withLoops { group in
            #expect(!group.loops[0].hasEnded)
            return group.loops[0]
        }
        #expect(loop.hasEnded)
        #expect(!loop.post {})
        #expect(!loop.postReserved {})
    }

    @Test func startsAnImmediateTaskInsideTheCallback() async throws {
        try await withLoops { group in
            let loop = group.loops[0]
            let (facts, record) = AsyncStream.makeStream(of: String.self)
            loop.postReserved {
                Task.immediate(executorPreference: loop.executor) {
                    record.yield(loop.isCurrent ? "task" : "elsewhere")
                    await Task.yield()
                    record.yield(loop.isCurrent ? "resumed" : "elsewhere")
                    record.finish()
                }
                record.yield("callback")
            }
            var order: [String] = []
            for await fact in facts { order.append(fact) }
            #expect(order == ["task", "callback", "resumed"])
        }
    }

    /// Whoever starts an immediate task for another loop gets its first part run on the wrong thread.
    @Test func startsAnImmediateTaskOfAnotherLoopOnTheCallersThread() async throws {
        try await withLoops(2) { group in
            let (loop, other) = (group.loops[0], group.loops[1])
            let (first, second) = await withCheckedContinuation { continuation in
                other.postReserved {
                    Task.immediate(executorPreference: loop.executor) {
                        let first = other.isCurrent
                        await Task.yield()
                        continuation.resume(returning: (first, loop.isCurrent))
                    }
                }
            }
            #expect(first)
            #expect(second)
        }
    }

    @Test(arguments: [1, 2, 3, 4, 100])
    func partsOfTasksKeepTheirOrderThoughATurnHasNoRoomForAll(jobsPerTurn: Int) async throws {
        var limits = LoopLimits()
        limits.executorJobsPerTurnMax = jobsPerTurn
        try await withLoops(limits: limits) { group in
            let loop = group.loops[0]
            let (facts, record) = AsyncStream.makeStream(of: Int.self)
            loop.postReserved {
                for number in 0..<6 {
                    Task(executorPreference: loop.executor) {
                        record.yield(number)
                        if number > 1 { return }
                        // Comes behind all that wait already.
                        Task(executorPreference: loop.executor) {
                            record.yield(10 + number)
                            if number == 1 { record.finish() }
                        }
                    }
                }
            }
            var order: [Int] = []
            for await fact in facts { order.append(fact) }
            #expect(order == [0, 1, 2, 3, 4, 5, 10, 11])
        }
    }

    @Test func whatATaskStillHasToDoWhenItsLoopEndsIsDoneElsewhere() async throws {
        try await withLoops { group in
            guard let loop = group.loops[0] as? UVEventLoop else { return }
            let (facts, record) = AsyncStream.makeStream(of: Bool.self)
            loop.postReserved {
                Task(executorPreference: loop.executor) {
                    loop.stop()
                    // Runs in the loop's last turn, behind the last look at the parts of tasks.
                    loop.postReserved {
                        Task(executorPreference: loop.executor) {
                            record.yield(loop.isCurrent)
                            record.finish()
                        }
                    }
                }
            }
            var isOnLoop: [Bool] = []
            for await fact in facts { isOnLoop.append(fact) }
            #expect(isOnLoop == [false])
        }
    }

    @Test func aTaskOfALoopThatHasEndedRunsElsewhere() async throws {
        let loop = try await withLoops { $0.loops[0] }
        #expect(await Task(executorPreference: loop.executor) { loop.isCurrent }.value == false)
    }

    @Test(arguments: [1, 2])
    func goesOnWithSocketsWhileTasksKeepComing(jobsPerTurn: Int) async throws {
        var limits = LoopLimits()
        limits.executorJobsPerTurnMax = jobsPerTurn
        try await withLoops(limits: limits) { group in
            let loop = group.loops[0]
            let isDone = Atomic<Bool>(false)
            let busy = Task(executorPreference: loop.executor) {
                while !isDone.load(ordering: .relaxed) { await Task.yield() }
            }
            let server = try Server(group) { peer, bytes in peer.send(bytes) }
            let client = try await connect(group, to: server.address)
            await client.onLoop { $0.send([1, 2]) }
            #expect(await client.bytes(2) == [1, 2])
            isDone.store(true, ordering: .relaxed)
            await busy.value
        }
    }
}
