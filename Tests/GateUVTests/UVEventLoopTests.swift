import GateBytes
import GateIO
import Glibc
import Synchronization
import Testing

@testable import GateUV

@Suite(.timeLimit(.minutes(1)))
struct UVEventLoopTests {
    /// The numbers that are written at the limits.
    @Test func aLoopHoldsAndDoesWhatIsDocumented() {
        let limits = LoopLimits()
        #expect(limits.standstillTime == .seconds(1) && limits.shortageTime == .seconds(1))
        #expect(limits.mailboxJobsMax == 65_536 && limits.executorJobsPerTurnMax == 4_096)
        #expect(limits.acceptsPerTurnMax == 64 && limits.acceptPauseMilliseconds == 100 && limits.backlog == 1_024)
        #expect(limits.streamImbalanceMax == 4 && limits.readBufferBytes == 65_536)
    }

    @Test func knowsWhetherItIsCurrent() async throws {
        try await withLoops(2) { group in
            let (first, second) = (group.loops[0], group.loops[1])
            #expect(!first.isCurrent)
            #expect(await onLoop(first) { first.isCurrent && !second.isCurrent })
            #expect(await onLoop(second) { second.isCurrent && second.index == 1 })
        }
    }

    @Test func runsPostsInOrder() async throws {
        try await withLoops { group in
            let loop = group.loops[0]
            let order = Mutex<[Int]>([])
            for number in 0..<1_000 {
                if number % 3 == 0 {
                    loop.postReserved { order.withLock { $0.append(number) } }
                } else {
                    #expect(loop.post { order.withLock { $0.append(number) } })
                }
            }
            await onLoop(loop) {}
            #expect(order.withLock { $0 } == Array(0..<1_000))
        }
    }

    @Test func runsAPostFromTheLoopItself() async throws {
        try await withLoops { group in
            let loop = group.loops[0]
            await withCheckedContinuation { continuation in
                loop.postReserved {
                    #expect(loop.post { loop.postReserved { continuation.resume() } })
                }
            }
        }
    }

    @Test(arguments: [1, 7])
    func refusesPostsAboveTheMailboxLimit(limit: Int) async throws {
        var limits = LoopLimits()
        limits.mailboxJobsMax = limit
        try await withLoops(limits: limits) { group in
            let loop = group.loops[0]
            let answers = await onLoop(loop) {
                // On the loop nothing is taken out meanwhile.
                let answers = (0...limit).map { _ in loop.post {} }
                return answers
            }
            #expect(answers == [Bool](repeating: true, count: limit) + [false])
            let passed = Mutex(0)
            await onLoop(loop) {
                for _ in 0..<limit { #expect(loop.post { passed.withLock { $0 += 1 } }) }
                for _ in 0..<3 { loop.postReserved { passed.withLock { $0 += 1 } } }
                #expect(!loop.post {})
            }
            await onLoop(loop) {}
            #expect(passed.withLock { $0 } == limit + 3)
            #expect(await onLoop(loop) { loop.post {} })
        }
    }

    @Test func refusesPostsAfterItsEnd() async throws {
        let group = try UVEventLoopGroup(loopCount: 2)
        await Task.detached {
            group.shutDown()
            group.shutDown()
        }.value
        #expect(!group.loops[0].post {})
        group.loops[1].postReserved {}
        let loop = try #require(group.loops[0] as? UVEventLoop)
        #expect(throws: SystemError(code: ECANCELED)) { try SignalWatcher(loop: loop, signals: [SIGWINCH]) { _ in } }
        // A task that still prefers the loop goes on elsewhere.
        let value = await Task(executorPreference: group.loops[0].executor) { 5 }.value
        #expect(value == 5)
    }

    @Test func firesTimersInOrderAndNeverEarly() async throws {
        try await withLoops { group in
            let loop = group.loops[0]
            let (fires, record) = AsyncStream.makeStream(of: (Int, Bool).self)
            await onLoop(loop) {
                for delay in [60, 10, 40, 0, 20] {
                    let time = loop.now + .milliseconds(delay)
                    _ = loop.schedule(Alarm { record.yield((delay, $0 >= time)) }, at: time)
                }
                let never = loop.schedule(Alarm { _ in record.yield((-1, false)) }, at: loop.now + .milliseconds(30))
                loop.cancel(never)
                loop.cancel(never)
            }
            var order: [Int] = []
            for await (delay, isInTime) in fires {
                order.append(delay)
                #expect(isInTime)
                if order.count == 5 { break }
            }
            #expect(order == [0, 10, 20, 40, 60])
        }
    }

    @Test func ignoresATimerThatNeverComes() async throws {
        try await withLoops { group in
            let loop = group.loops[0]
            let timer = await onLoop(loop) { loop.schedule(Alarm { _ in }, at: .never) }
            #expect(timer == .none)
            await onLoop(loop) { loop.cancel(timer) }
        }
    }

    @Test func setsATimerAgainFromInsideItself() async throws {
        try await withLoops { group in
            let loop = group.loops[0]
            await withCheckedContinuation { continuation in
                loop.postReserved {
                    let alarm = Metronome(loop, beats: 3) { continuation.resume() }
                    _ = loop.schedule(alarm, at: loop.now)
                }
            }
        }
    }

    @Test func endsEachTurnWithItsObservers() async throws {
        try await withLoops { group in
            let loop = group.loops[0]
            let (turns, record) = AsyncStream.makeStream(of: Int.self)
            let work = Mutex(0)
            await onLoop(loop) {
                loop.observeTurns(Observer { record.yield(work.withLock { $0 }) })
                _ = loop.schedule(Alarm { _ in work.withLock { $0 = 2 } }, at: loop.now + .milliseconds(10))
                work.withLock { $0 = 1 }
            }
            // What a callback did and what a timer did are both seen before the loop waits, or this would hang.
            var seen = Set<Int>()
            for await value in turns {
                seen.insert(value)
                if seen.contains(2) { break }
            }
            #expect(seen.contains(1))
        }
    }

    @Test func readsWhatCameBeforeItsTimersFireWhenItStoodStill() async throws {
        var limits = LoopLimits()
        limits.standstillTime = .milliseconds(5)
        let clients = try UVEventLoopGroup(loopCount: 1)
        try await withLoops(limits: limits) { group in
            let loop = group.loops[0]
            let (events, record) = AsyncStream.makeStream(of: String.self)
            let server = try Server(group) { _, _ in record.yield("read") }
            let client = try await connect(clients, to: server.address)
            _ = try #require(await server.next())
            let (isBlocked, blocked) = AsyncStream.makeStream(of: Int.self)
            let goesOn = Atomic(false)
            loop.postReserved {
                loop.observeTurns(Standstill { record.yield("stood still") })
                _ = loop.schedule(Alarm { _ in record.yield("timer") }, at: loop.now + .milliseconds(10))
                blocked.yield(1)
                while !goesOn.load(ordering: .acquiring) {}
            }
            for await _ in isBlocked { break }
            await client.onLoop { $0.send([1]) }
            let begin = ContinuousClock.now
            while ContinuousClock.now - begin < .milliseconds(40) { await Task.yield() }
            goesOn.store(true, ordering: .releasing)
            var order: [String] = []
            for await event in events {
                order.append(event)
                if event == "timer" { break }
            }
            // Versions of libuv differ in whether timers or sockets come first.
            #expect(order.last == "timer" && Set(order) == ["stood still", "read", "timer"])
            #expect(await onLoop(loop) { loop.standstill } >= .milliseconds(25))
        }
        await Task.detached { clients.shutDown() }.value
    }

    @Test func handsSignalsToAClosure() async throws {
        try await withLoops { group in
            let loop = try #require(group.loops[0] as? UVEventLoop)
            let (signals, record) = AsyncStream.makeStream(of: Int32.self)
            let watcher = try SignalWatcher(loop: loop, signals: [SIGWINCH]) { record.yield($0) }
            kill(getpid(), SIGWINCH)
            for await number in signals {
                #expect(number == SIGWINCH)
                break
            }
            watcher.cancel()
            #expect(throws: SystemError(code: EINVAL)) { try SignalWatcher(loop: loop, signals: [SIGKILL]) { _ in } }
        }
    }

    @Test func knowsWhatTheProcessUses() throws {
        #expect(raiseFileLimit() >= 256)
        #expect(try #require(residentBytes()) > 1 << 20)
        #expect(processCPUTime().total > .zero)
    }
}

private final class Alarm: TimerTarget {
    private let ring: (MonotonicTime) -> Void

    init(_ ring: @escaping (MonotonicTime) -> Void) {
        self.ring = ring
    }

    func timerFired(at now: MonotonicTime) {
        ring(now)
    }
}

private final class Metronome: TimerTarget {
    private let loop: any EventLoop
    private var beats: Int
    private let done: () -> Void

    init(_ loop: any EventLoop, beats: Int, done: @escaping () -> Void) {
        self.loop = loop
        self.beats = beats
        self.done = done
    }

    func timerFired(at now: MonotonicTime) {
        beats -= 1
        if beats == 0 { return done() }
        _ = loop.schedule(self, at: now)
    }
}

private final class Observer: TurnObserver {
    private let turn: () -> Void

    init(_ turn: @escaping () -> Void) {
        self.turn = turn
    }

    func turnEnded(at now: MonotonicTime) {
        turn()
    }
}

private final class Standstill: TurnObserver {
    private let told: () -> Void

    init(_ told: @escaping () -> Void) {
        self.told = told
    }

    func turnEnded(at now: MonotonicTime) {}

    func loopStoodStill(for span: TimeSpan) { told() }
}
