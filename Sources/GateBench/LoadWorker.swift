import GateBytes
import GateIO
import GateUV
import Synchronization

/// One event loop's share of a run.
///
/// Per message: a reply's frame is cut out of the burst, its token finds when the request counts from, the latency joins
/// a run of equal ones, and the next request is one copy of an encoded frame. One write a burst; nothing is allocated.
// Sound: made before the loop gets its first job and read after the loop has ended; between the two everything but
// `counters` and `isWoken` (atomics) and constants is touched on the loop only.
final class LoadWorker: @unchecked Sendable {
    /// Kinds of errors that are told apart; further ones count as "other".
    static let errorKindsMax = 64
    /// Connections that are being made at once; a server's backlog may be as short as a hundred, and a client that finds
    /// it full tries again after a second.
    static let connectingMax = 64
    /// How often new connections are looked after.
    static let tick = TimeSpan.milliseconds(20)
    /// Ticks between two looks for answers that do not come.
    static let ticksPerTimeoutCheck = 5

    let loop: UVEventLoop
    let plan: LoadPlan
    let index: Int
    let count: Int
    let counters = LoadCounters()
    /// Whether a job that sends what is due is on its way.
    let isWoken = Atomic<Bool>(false)

    // What a run found.
    var latencies = LatencyRecorder()
    var connectTimes = LatencyRecorder()
    var measured = 0
    var timeouts = 0
    var lateAnswers = 0
    var unsent = 0
    var pushes = 0
    var errors: [String: Int] = [:]
    var bytesIn = 0
    var bytesOut = 0

    // Connecting.
    var connections: [LoadConnection] = []
    var started = 0
    var connecting = 0
    var ramp: Schedule?
    var ticks = 0
    private var ready = 0
    private(set) var failed = 0

    // Sending.
    var phase: LoadPhase?
    var isFinished = false
    var schedule: Schedule?
    var sent = 0
    var nextConnection = 0
    var tally: FanoutTally
    var readers = 0
    var caster: LoadConnection?
    private var completed = 0
    private var failures = 0
    private var lost = 0
    private var generator: UInt64

    init(_ plan: LoadPlan, loop: UVEventLoop, index: Int, of count: Int) {
        self.plan = plan
        self.loop = loop
        self.index = index
        self.count = count
        tally = FanoutTally(inFlight: plan.options.castsInFlight)
        generator = UInt64(index) &+ 1
    }

    /// Connections that this worker makes: every `count`-th.
    var share: Int { (plan.connectionCount - index + count - 1) / count }

    // MARK: From the connections

    func becameReady(_ connection: LoadConnection) {
        connecting -= 1
        ready += 1
        switch connection.role {
        case .reader: readers += 1
        case .caster: caster = connection
        case .requester, .stalled: break
        }
        publishConnections()
        connectMore()
    }

    func connectionFailed(_ kind: String) {
        // What the end of the run cuts off did not fail.
        if isFinished { return }
        connecting -= 1
        failed += 1
        note("connect: " + kind)
        publishConnections()
        connectMore()
    }

    func connectionLost(_ connection: LoadConnection, _ kind: String) {
        // A server rightly drops who never reads.
        ready -= 1
        if connection.role == .stalled { return publishConnections() }
        if connection.role == .reader { readers -= 1 }
        lost += 1
        failures += connection.outstanding
        note("lost: " + kind)
        publishConnections()
    }

    private func publishConnections() {
        counters.failed.store(failed, ordering: .relaxed)
        counters.lost.store(lost, ordering: .relaxed)
        counters.ready.store(ready, ordering: .relaxed)
    }

    @inline(__always)
    func answered(after latency: Int64, start: Int64) {
        completed += 1
        if let phase, phase.measures(start) {
            measured += 1
            latencies.record(latency)
        }
    }

    func requestFailed(_ kind: String, start: Int64) {
        failures += 1
        // As with answers, so that both numbers are of the same time.
        if let phase, phase.measures(start) { note(kind) }
    }

    @inline(__always)
    func delivered(_ input: Span<UInt8>, _ body: Range<Int>, at now: MonotonicTime) {
        guard let number = FanoutTally.number(in: input, body: body), let start = tally.delivered(number) else {
            lateAnswers += 1
            return
        }
        answered(after: now.nanoseconds - start, start: start)
    }

    /// A connection has handled what came; what is to be sent now goes out in one write.
    func burstEnded(_ connection: LoadConnection, at now: MonotonicTime) {
        if let phase, phase.sends(at: now) {
            if plan.options.mode == .fanout {
                castMore(at: now)
            } else if schedule != nil {
                if sent < due(at: now) { sendDue(at: now) }
            } else {
                connection.fillWindow(at: now)
            }
        }
        connection.flush()
        publish()
    }

    private func publish() {
        counters.completed.store(completed, ordering: .relaxed)
        counters.bytesIn.store(bytesIn, ordering: .relaxed)
        counters.bytesOut.store(bytesOut, ordering: .relaxed)
        counters.errors.store(failures + timeouts, ordering: .relaxed)
    }

    /// Counts an error.
    func note(_ kind: String) {
        let name = errors[kind] != nil || errors.count < Self.errorKindsMax ? kind : "other"
        errors[name, default: 0] += 1
    }

    // MARK: Requests

    /// The next request by weight.
    @inline(__always)
    func chooseRequest() -> RequestTemplate {
        plan.requests.count == 1 ? plan.requests[0] : chooseWeighted()
    }

    private func chooseWeighted() -> RequestTemplate {
        // SplitMix64: the same draws in every run.
        generator &+= 0x9E37_79B9_7F4A_7C15
        var draw = generator
        draw = (draw ^ (draw >> 30)) &* 0xBF58_476D_1CE4_E5B9
        draw = (draw ^ (draw >> 27)) &* 0x94D0_49BB_1331_11EB
        draw ^= draw >> 31
        let value = draw % plan.bounds[plan.bounds.count - 1]
        return plan.requests[plan.bounds.firstIndex { value < $0 } ?? 0]
    }

    /// Requests of an open loop that should be on their way at `now`.
    private func due(at now: MonotonicTime) -> Int {
        guard let schedule, let phase else { return 0 }
        let last = MonotonicTime(nanoseconds: phase.measureEnd.nanoseconds - 1)
        return schedule.dueCount(at: min(now, last))
    }

    /// Sends what is due, over the connections in turn; what finds no room waits, and its latency counts on.
    func sendDue(at now: MonotonicTime) {
        guard let schedule else { return }
        let due = due(at: now)
        let burst = (due - sent) / max(1, connections.count) + 1
        var full = 0
        while sent < due && full < connections.count {
            let connection = connections[nextConnection]
            nextConnection = nextConnection + 1 == connections.count ? 0 : nextConnection + 1
            var room = burst
            while room > 0 && sent < due && connection.hasRoom {
                connection.appendRequest(chooseRequest(), start: schedule.time(of: sent))
                sent += 1
                room -= 1
            }
            if room == burst {
                full += 1
            } else {
                full = 0
                connection.flush()
            }
        }
    }

    /// Keeps the pushed messages in flight.
    func castMore(at now: MonotonicTime) {
        guard let caster, let cast = plan.cast, readers > 0 else { return }
        while tally.hasRoom {
            caster.appendCast(cast, number: tally.push(at: now.nanoseconds, readers: readers))
        }
        caster.flush()
    }

    // MARK: Time

    /// Looks for answers that do not come any more.
    func giveUp(at now: MonotonicTime) {
        let deadline = now - plan.options.timeout
        var given = 0
        var outstanding = 0
        for connection in connections where connection.state == .ready {
            let count = connection.giveUp(before: deadline)
            given += count
            outstanding += connection.outstanding
            if count > 0 { burstEnded(connection, at: now) }
        }
        if plan.options.mode == .fanout {
            given += tally.giveUp(before: deadline.nanoseconds)
            outstanding += tally.count
            if let phase, phase.sends(at: now) { castMore(at: now) }
        }
        timeouts += given
        counters.outstanding.store(outstanding, ordering: .relaxed)
        publish()
    }
}
