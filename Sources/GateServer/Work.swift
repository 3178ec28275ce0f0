import GateBytes
import GateIO
import GateModules
import GateProtocol
import GateRPC
import GateSessions

/// The asynchronous messages of one client: those that wait for their turn and those that run. Made at the first need, lives
/// until the last one has ended, also beyond the connection: what was accepted is handled, within the same deadlines. Of a
/// client that has gone it counts against its address; see ``ModuleRoom``.
///
/// On the loop. Waiting messages are bounded by `inFlightMax` (then the connection stops reading), running ones by
/// `inFlightMax` concurrent ones and one ordered one, plus as many that ran past their deadline and have not returned.
final class Work {
    /// A message that has outlived its read burst.
    struct Message {
        var target: RouteTarget
        /// Empty when no reply is wanted.
        var topic: [UInt8]
        var payload: [UInt8]
        var correlation: Correlation
        var wantsReply: Bool
        /// See ``ClientMessage/isInTurn``.
        var isInTurn: Bool
        var trace: TraceContext

        /// What it holds, about.
        var bytes: Int { topic.count + payload.count + 256 }
    }

    /// What is needed when a running message ends or its time is up.
    struct Running {
        var ticket: UInt32
        var isOrdered: Bool
        var message: Message
        var deadline: MonotonicTime
        var handler: RunningHandler?
    }

    let gate: LoopGateway
    /// `nil` once the connection has ended.
    var connection: Connection?
    /// The session as it was when it ended.
    var lastSession: Session?
    var waiting: [Message] = []
    var firstWaiting = 0
    /// Messages for inline handlers of other processes that wait for room.
    var waitingInline: [Message] = []
    var firstInline = 0
    /// Messages for other handlers that wait for an earlier one of their route.
    var held: [Message] = []
    var isStartingHeld = false
    var running: [Running] = []
    var lastTicket: UInt32 = 0
    /// Changes when an ordered message runs past its deadline: the task that it blocks is abandoned, another goes on.
    var orderedEpoch: UInt32 = 0
    var isOrderedActive = false
    var isStarting = false
    /// Handlers that ran past their deadline and have not returned, with the bytes of their messages, by ticket.
    var overdue: [UInt32: Int] = [:]
    /// Bytes of the messages that wait, run or are overdue.
    private(set) var bytes = 0
    var nextDeadline = MonotonicTime.never
    /// Takes the place of the connection's timer once that has ended.
    var timer = TimerID.none
    var timerAt = MonotonicTime.never

    init(gate: LoopGateway, connection: Connection) {
        self.gate = gate
        self.connection = connection
    }

    /// Whether nothing runs or waits, but for handlers that are past their time.
    var isIdle: Bool { running.isEmpty && waitingCount == overdue.count }

    /// Messages that wait. Overdue handlers take the room of waiting messages, so that they stay bounded too.
    var waitingCount: Int {
        waiting.count - firstWaiting + waitingInline.count - firstInline + held.count + overdue.count
    }

    /// Messages that run beside the ordered one.
    var besideCount: Int { running.count - (running.contains { $0.isOrdered } ? 1 : 0) }

    /// Handles a message as its handler wants it.
    func take(_ message: Message) {
        let target = message.target
        keep(message.bytes)
        if target.isOrdered {
            enqueue(message)
        } else if message.isInTurn, runs(target.route) || held.contains(where: { $0.target.route == target.route }) {
            held.append(message)
            gate.pendingWork += 1
        } else {
            begin(message)
        }
    }

    func keep(_ count: Int) {
        bytes += count
        gate.queuedDelta += count
    }

    /// There is no room for a message.
    func refuse(_ message: Message) {
        keep(-message.bytes)
        connection?.answer(message, .failure(.overloaded))
    }

    // MARK: In turn

    /// Whether a message of this route is on its way that others wait for.
    func runs(_ route: Route) -> Bool {
        running.contains { $0.message.isInTurn && $0.message.target.route == route }
            || waitingInline[firstInline...].contains { $0.isInTurn && $0.target.route == route }
    }

    /// Begins the held messages whose turn has come.
    func startHeld() {
        // What ends at once comes back here; the loop below goes on.
        if held.isEmpty || isStartingHeld { return }
        isStartingHeld = true
        defer { isStartingHeld = false }
        while let next = held.firstIndex(where: { !runs($0.target.route) }) {
            let message = held.remove(at: next)
            gate.pendingWork -= 1
            begin(message)
        }
    }

    /// Begins a message that is not for an ordered handler.
    func begin(_ message: Message) {
        let target = message.target
        if let runtime = target.runtime, let context = target.context,
            case .suspending(let kind, let body)? = target.handler?.body
        {
            start(message, kind, runtime, context, body)
        } else {
            startRemote(message, target.remoteKind)
        }
    }

    // MARK: Ordered

    /// Puts a message behind the client's others.
    func enqueue(_ message: Message) {
        waiting.append(message)
        gate.pendingWork += 1
        if !isOrderedActive { startOrdered() }
    }

    /// Goes on with the first message that waits. The modules of this process get a task for as long as they follow each
    /// other, those of others a call without one.
    func startOrdered() {
        // What ends at once comes back here; the loop below goes on with the next.
        if isStarting { return }
        isStarting = true
        defer { isStarting = false }
        while !isOrderedActive, firstWaiting < waiting.count {
            isOrderedActive = true
            if waiting[firstWaiting].target.runtime == nil { startOrderedRemote() } else { startOrderedTask() }
        }
    }

    func startOrderedTask() {
        let epoch = orderedEpoch
        let me = LoopConfined(self, to: gate.loop)
        let holder = TaskHolder()
        let task = gate.startTask { await me.unlessEnded?.runOrdered(epoch, holder) }
        holder.task = task
        // The task may have suspended inside a message before its handle was known.
        if let index = running.firstIndex(where: { $0.isOrdered }) { running[index].handler = .task(task) }
    }

    func startOrderedRemote() {
        guard let message = takeWaiting() else { return }
        connection?.workHasRoom()
        let epoch = orderedEpoch
        let ticket = begin(message, isOrdered: true, task: nil)
        call(message, ticket) { work, result in
            work.finish(ticket, result)
            guard epoch == work.orderedEpoch else { return }
            work.isOrderedActive = false
            work.startOrdered()
        }
    }

    private func runOrdered(_ epoch: UInt32, _ holder: TaskHolder) async {
        while epoch == orderedEpoch, firstWaiting < waiting.count, waiting[firstWaiting].target.runtime != nil,
            let message = takeWaiting()
        {
            connection?.workHasRoom()
            let ticket = begin(message, isOrdered: true, task: holder.task)
            let result = await run(message, until: deadline(of: ticket))
            // A handler that outlived the loop ends here, in silence.
            guard gate.loop.isCurrent else { return }
            if epoch == orderedEpoch {
                finish(ticket, result)
            } else {
                gate.pendingWork -= 1
                overdueHasReturned(ticket)
            }
        }
        guard epoch == orderedEpoch else { return }
        isOrderedActive = false
        startOrdered()
    }

    func run(_ message: Message, until deadline: MonotonicTime) async -> Result<RPCValue, RPCFault> {
        do throws(RPCFault) {
            guard let runtime = message.target.runtime, let context = message.target.context, let session,
                case .suspending(_, let body)? = message.target.handler?.body
            else { throw .internalError }
            let call = Call(context: context, session: session, deadline: deadline, trace: message.trace)
            return .success(try await runtime.run(body, call, .body(message.payload)))
        } catch {
            return .failure(error)
        }
    }

    func takeWaiting() -> Message? {
        guard firstWaiting < waiting.count else {
            waiting.removeAll(keepingCapacity: waiting.capacity <= 64)
            firstWaiting = 0
            return nil
        }
        let message = waiting[firstWaiting]
        firstWaiting += 1
        if firstWaiting >= 32 {
            waiting.removeFirst(firstWaiting)
            firstWaiting = 0
        }
        return message
    }

    // MARK: Serial and concurrent

    /// Starts a message beside the client's others, or answers that there is no room.
    func start(
        _ message: Message, _ kind: HandlerKind, _ runtime: ModuleRuntime, _ context: Call.Context,
        _ body: @escaping @Sendable (Call, RPCArgument) async throws(RPCFault) -> RPCValue
    ) {
        guard let session, besideCount + overdue.count < gate.limits.inFlightMax else {
            return refuse(message)
        }
        gate.pendingWork += 1
        let ticket = begin(message, isOrdered: false, task: nil)
        let call = Call(context: context, session: session, deadline: deadline(of: ticket), trace: message.trace)
        let me = LoopConfined(self, to: gate.loop)
        let loop = gate.loop
        let done: @Sendable (Result<RPCValue, RPCFault>) -> Void = { result in
            if loop.isCurrent {
                me.value.finish(ticket, result)
            } else {
                loop.postReserved { me.value.finish(ticket, result) }
            }
        }
        guard let started = runtime.start(kind, on: loop, body, call, .body(message.payload), done: done) else {
            return finish(ticket, .failure(.overloaded))
        }
        if let index = running.firstIndex(where: { $0.ticket == ticket }) { running[index].handler = started }
    }

    // MARK: Ends

    func begin(_ message: Message, isOrdered: Bool, task: Task<Void, Never>?) -> UInt32 {
        lastTicket &+= 1
        var time = gate.limits.callTime
        if connection == nil && gate.isDraining { time = min(time, Self.drainTime) }
        let deadline = gate.now + time
        running.append(
            Running(
                ticket: lastTicket, isOrdered: isOrdered, message: message, deadline: deadline,
                handler: task.map { .task($0) }))
        if deadline < nextDeadline {
            nextDeadline = deadline
            armTimer()
        }
        return lastTicket
    }

    func deadline(of ticket: UInt32) -> MonotonicTime {
        running.last { $0.ticket == ticket }?.deadline ?? gate.now
    }

    /// A message has ended; one that was answered at its deadline is only counted off.
    func finish(_ ticket: UInt32, _ result: Result<RPCValue, RPCFault>) {
        gate.pendingWork -= 1
        guard let index = running.firstIndex(where: { $0.ticket == ticket }) else {
            overdueHasReturned(ticket)
            return
        }
        let ended = running.remove(at: index)
        keep(-ended.message.bytes)
        if running.isEmpty { nextDeadline = .never }
        if let connection {
            connection.answer(ended.message, result)
        } else if ended.message.wantsReply {
            gate.metrics.add(.lateReplies)
        }
        startHeld()
        connection?.workHasRoom()
        connection?.workHasEnded()
        endIfDone()
    }

    func overdueHasReturned(_ ticket: UInt32) {
        guard let count = overdue.removeValue(forKey: ticket) else { return }
        keep(-count)
        gate.overdueWork -= 1
        connection?.workHasRoom()
    }

    /// Answers what ran too long. Its handler is cancelled, and for the client it has ended.
    func expire(at now: MonotonicTime) {
        var expired: [Running] = []
        running.removeAll { entry in
            if entry.deadline > now { return false }
            expired.append(entry)
            return true
        }
        nextDeadline = running.map(\.deadline).min() ?? .never
        for entry in expired {
            overdue[entry.ticket] = entry.message.bytes
            gate.overdueWork += 1
            entry.handler?.cancel()
            connection?.answer(entry.message, .failure(.deadlineExceeded))
            if entry.isOrdered {
                orderedEpoch &+= 1
                isOrderedActive = false
            }
        }
        if !isOrderedActive && firstWaiting < waiting.count { startOrdered() }
        startHeld()
        endIfDone()
        connection?.workHasEnded()
    }

    /// The loop stood still for `span`, in which no handler could end.
    func moveDeadlines(by span: TimeSpan) {
        for index in running.indices { running[index].deadline = running[index].deadline + span }
        nextDeadline = nextDeadline + span
    }

    var session: Session? {
        connection?.session?.session ?? lastSession
    }
}

/// The handle of a task that is only known once the task has begun. On the loop.
// Sound: written and read on one loop only; `LoopConfined` guards the `Work` that does so.
private final class TaskHolder: @unchecked Sendable {
    var task: Task<Void, Never>?
}

@available(*, unavailable)
extension Work: Sendable {}
