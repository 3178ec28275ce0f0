import GateBytes
import GateIO
import GateUV
import Glibc
import Synchronization

/// One run of the load tool: connect, warm up, measure, wait for the last answers.
///
/// The calling thread keeps the time: it takes both readings of all counters at the same moment as the server's CPU, and
/// in an open loop it wakes the workers when requests are due, to some ten microseconds, where an event loop's timers have
/// ten milliseconds.
package struct LoadRun {
    /// How often the run looks whether it may go on.
    private static let poll = TimeSpan.milliseconds(5)
    /// How long memory may settle before it is read.
    private static let settling = TimeSpan.milliseconds(500)

    private let plan: LoadPlan
    private let progress: ((String) -> Void)?
    private let isCancelled: () -> Bool

    /// A run of `options`; `progress` gets one line a second.
    /// - Throws: What is wrong with the options, or that a host is unknown.
    package init(
        _ options: LoadOptions, progress: ((String) -> Void)? = nil, isCancelled: @escaping () -> Bool = { false }
    ) throws(LoadError) {
        try options.check()
        let address = try Self.address(of: options.target.host, port: options.target.port)
        var sources: [SocketAddress] = []
        for host in options.sourceAddresses { sources.append(try Self.address(of: host, port: 0)) }
        plan = try LoadPlan(options, address: address, sources: sources)
        self.progress = progress
        self.isCancelled = isCancelled
    }

    private static func address(of host: String, port: UInt16) throws(LoadError) -> SocketAddress {
        do { return try resolve(host: host, port: port)[0] } catch { throw .unknownHost(host) }
    }

    /// Runs and comes back with what was found. Blocks; not called on an event loop.
    package func run() throws(LoadError) -> LoadReport {
        raiseFileLimit()
        sharpenTimers()
        let threads = plan.options.threads
        let group: UVEventLoopGroup
        do { group = try UVEventLoopGroup(loopCount: threads) } catch {
            switch error {
            case .systemRefused(let code): throw .systemRefused(code: code)
            }
        }
        var workers: [LoadWorker] = []
        for loop in group.loops {
            guard let loop = loop as? UVEventLoop else { continue }
            workers.append(LoadWorker(plan, loop: loop, index: workers.count, of: threads))
        }
        var report = LoadReport(options: plan.options)
        connect(workers, &report)
        if report.connected > 0 { load(workers, &report) }
        for worker in workers { worker.loop.postReserved { worker.finish() } }
        // Waits for the threads, so the workers' results are ours to read behind it.
        group.shutDown()
        collect(workers, &report)
        return report
    }

    // MARK: Connecting

    private func connect(_ workers: [LoadWorker], _ report: inout LoadReport) {
        let probe = plan.options.serverPID.map { ProcessProbe(pid: $0) }
        report.serverBytesBefore = probe?.residentBytes()
        let start = monotonicNow()
        for worker in workers { worker.loop.postReserved { worker.begin(at: start) } }
        let ramping = TimeSpan.seconds(Double(plan.connectionCount) / Double(plan.options.ramp ?? Int.max))
        var deadline = start + ramping + plan.options.timeout
        var told = start
        var settled = 0
        while true {
            let snapshot = LoadSnapshot(workers.map(\.counters))
            let now = monotonicNow()
            let done = snapshot.ready + snapshot.failed + snapshot.lost
            report.connected = snapshot.ready + snapshot.lost
            // As long as some come about, the others may wait for their turn.
            if done > settled {
                settled = done
                deadline = max(deadline, now + plan.options.timeout)
            }
            if done >= plan.connectionCount || now >= deadline || isCancelled() { break }
            if now - told >= .seconds(1) {
                told = now
                progress?("connecting  \(snapshot.ready) ready  \(snapshot.failed) failed")
            }
            sleepUntil(now + Self.poll)
        }
        report.connectSpan = monotonicNow() - start
        if plan.options.mode == .idle { sleepUntil(monotonicNow() + Self.settling) }
        report.serverBytesAfter = probe?.residentBytes()
    }

    // MARK: Load

    private func load(_ workers: [LoadWorker], _ report: inout LoadReport) {
        let start = monotonicNow() + .milliseconds(plan.options.rate == nil ? 0 : 20)
        let measureStart = start + plan.options.warmup
        let phase = LoadPhase(
            start: start, measureStart: measureStart, measureEnd: measureStart + plan.options.duration)
        for worker in workers { worker.loop.postReserved { worker.sendRequests(phase) } }
        var pacer = plan.options.rate.map { Pacer(workers, Schedule(start: start, rate: $0)) }
        hold(until: phase.measureStart, &pacer, workers)
        let first = Reading(workers, plan.options)
        hold(until: phase.measureEnd, &pacer, workers)
        let second = Reading(workers, plan.options)
        pacer?.wakeAll()
        report.take(from: first, to: second)
        drain(workers)
    }

    /// Sleeps until `end`, wakes workers whose requests are due, and tells how it goes.
    private func hold(until end: MonotonicTime, _ pacer: inout Pacer?, _ workers: [LoadWorker]) {
        var now = monotonicNow()
        var last = (time: now, completed: LoadSnapshot(workers.map(\.counters)).completed)
        while now < end && !isCancelled() {
            let told = last.time + .seconds(1)
            // Cancelling is looked at ten times a second.
            sleepUntil(min(end, told, now + .milliseconds(100), pacer?.nextTime ?? .never))
            now = monotonicNow()
            pacer?.wakeDue(at: now)
            guard now >= told else { continue }
            let snapshot = LoadSnapshot(workers.map(\.counters))
            let rate = Double(snapshot.completed - last.completed) / (now - last.time).seconds
            last = (now, snapshot.completed)
            progress?(
                "\(rate.text(decimals: 0)) /s  \(snapshot.outstanding) in flight  \(snapshot.errors) errors  "
                    + "\(snapshot.lost) connections lost")
            if snapshot.ready == 0 { return }
        }
    }

    /// Waits for the answers of what is on its way.
    private func drain(_ workers: [LoadWorker]) {
        if plan.options.mode == .idle || isCancelled() { return }
        let end = monotonicNow() + plan.options.timeout
        // The counter is written with every look for timeouts; two of those have to pass.
        sleepUntil(monotonicNow() + .milliseconds(250))
        while monotonicNow() < end && !isCancelled() {
            let snapshot = LoadSnapshot(workers.map(\.counters))
            if snapshot.outstanding == 0 || snapshot.ready == 0 { return }
            sleepUntil(monotonicNow() + Self.poll)
        }
        // One more look, so that what has not come by now counts as timed out.
        sleepUntil(monotonicNow() + .milliseconds(150))
    }

    private func collect(_ workers: [LoadWorker], _ report: inout LoadReport) {
        var latencies = LatencyRecorder()
        var connectTimes = LatencyRecorder()
        for worker in workers {
            latencies.add(worker.latencies)
            connectTimes.add(worker.connectTimes)
            report.failed += worker.failed
            report.answered += worker.measured
            report.timeouts += worker.timeouts
            report.lateAnswers += worker.lateAnswers
            report.pushes += worker.pushes
            report.unsent += worker.unsent
            for (kind, count) in worker.errors { report.errors[kind, default: 0] += count }
        }
        let missing = plan.connectionCount - report.connected - report.failed
        if missing > 0 && !isCancelled() {
            report.failed += missing
            report.errors["connect: not ready in time", default: 0] += missing
        }
        report.latencies = latencies.summary()
        report.connectTimes = connectTimes.summary()
    }
}

/// The counters and both CPUs at one moment.
private struct Reading {
    let time = monotonicNow()
    let snapshot: LoadSnapshot
    let own = processCPUTime().total
    let server: TimeSpan?

    init(_ workers: [LoadWorker], _ options: LoadOptions) {
        server = options.serverPID.flatMap { ProcessProbe(pid: $0).cpuTime() }.map { first in
            options.moreServerPIDs.reduce(first) { $0 + (ProcessProbe(pid: $1).cpuTime() ?? .zero) }
        }
        snapshot = LoadSnapshot(workers.map(\.counters))
    }
}

extension LoadReport {
    fileprivate mutating func take(from first: Reading, to second: Reading) {
        window = second.time - first.time
        windowAnswers = second.snapshot.completed - first.snapshot.completed
        windowBytesIn = second.snapshot.bytesIn - first.snapshot.bytesIn
        windowBytesOut = second.snapshot.bytesOut - first.snapshot.bytesOut
        ownCPU = TimeSpan(nanoseconds: second.own.nanoseconds - first.own.nanoseconds)
        if let before = first.server, let after = second.server { serverCPU = after - before }
    }
}

private func - (left: TimeSpan, right: TimeSpan) -> TimeSpan {
    TimeSpan(nanoseconds: left.nanoseconds - right.nanoseconds)
}

/// Wakes the workers of an open loop when their requests are due.
private struct Pacer {
    private let workers: [LoadWorker]
    private let jobs: [@Sendable () -> Void]
    private let schedule: Schedule
    private var woken = 0

    init(_ workers: [LoadWorker], _ schedule: Schedule) {
        self.workers = workers
        self.schedule = schedule
        // Made once, so that a wake-up allocates nothing.
        jobs = workers.map { worker in { worker.wake() } }
    }

    /// When the next request is due.
    var nextTime: MonotonicTime { schedule.time(of: woken) }

    /// Wakes every worker, for what became due last.
    func wakeAll() {
        for (worker, job) in zip(workers, jobs) { worker.loop.postReserved(job) }
    }

    mutating func wakeDue(at now: MonotonicTime) {
        let due = schedule.dueCount(at: now)
        let last = min(due, woken + workers.count)
        while woken < last {
            let index = woken % workers.count
            if !workers[index].isWoken.exchange(true, ordering: .acquiringAndReleasing) {
                workers[index].loop.postReserved(jobs[index])
            }
            woken += 1
        }
        woken = due
    }
}
