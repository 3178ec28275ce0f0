import GateBytes
import GateIO
import GateModules
import GateProtocol
import GateRPC
import GateSessions

/// The asynchronous messages of one client: those that wait for their turn and those that run. Made at the first need, lives
/// until the last one has ended, also beyond the connection: what was accepted is handled.
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
    }

    /// What is needed when a running message ends or its time is up.
    private struct Running {
        var ticket: UInt32
        var isOrdered: Bool
        var message: Message
        var deadline: MonotonicTime
        var handler: RunningHandler?
    }

    private let gate: LoopGateway
    /// `nil` once the connection has ended.
    private var connection: Connection?
    /// The session as it was when it ended.
    private var lastSession: Session?
    private var waiting: [Message] = []
    private var firstWaiting = 0
    /// Messages for inline handlers of other processes that wait for room.
    private var waitingInline: [Message] = []
    private var firstInline = 0
    /// Messages for other handlers that wait for an earlier one of their route.
    private var held: [Message] = []
    private var isStartingHeld = false
    private var running: [Running] = []
    private var lastTicket: UInt32 = 0
    /// Changes when an ordered message runs past its deadline: the task that it blocks is abandoned, another goes on.
    private var orderedEpoch: UInt32 = 0
    private var isOrderedActive = false
    private var isStarting = false
    /// Handlers that ran past their deadline and have not returned.
    private var overdue = 0
    private(set) var nextDeadline = MonotonicTime.never

    init(gate: LoopGateway, connection: Connection) {
        self.gate = gate
        self.connection = connection
    }

    /// Messages that wait. Overdue handlers take the room of waiting messages, so that they stay bounded too.
    var waitingCount: Int { waiting.count - firstWaiting + waitingInline.count - firstInline + held.count + overdue }

    /// Messages that run beside the ordered one.
    private var besideCount: Int { running.count - (running.contains { $0.isOrdered } ? 1 : 0) }

    /// Handles a message as its handler wants it.
    func take(_ message: Message) {
        let target = message.target
        if target.isOrdered {
            enqueue(message)
        } else if message.isInTurn, runs(target.route) || held.contains(where: { $0.target.route == target.route }) {
            held.append(message)
            gate.pendingWork += 1
        } else {
            begin(message)
        }
    }

    // MARK: In turn

    /// Whether a message of this route is on its way that others wait for.
    private func runs(_ route: Route) -> Bool {
        running.contains { $0.message.isInTurn && $0.message.target.route == route }
            || waitingInline[firstInline...].contains { $0.isInTurn && $0.target.route == route }
    }

    /// Begins the held messages whose turn has come.
    private func startHeld() {
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
    private func begin(_ message: Message) {
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
    private func enqueue(_ message: Message) {
        waiting.append(message)
        gate.pendingWork += 1
        if !isOrderedActive { startOrdered() }
    }

    /// Goes on with the first message that waits. The modules of this process get a task for as long as they follow each
    /// other, those of others a call without one.
    private func startOrdered() {
        // What ends at once comes back here; the loop below goes on with the next.
        if isStarting { return }
        isStarting = true
        defer { isStarting = false }
        while !isOrderedActive, firstWaiting < waiting.count {
            isOrderedActive = true
            if waiting[firstWaiting].target.runtime == nil { startOrderedRemote() } else { startOrderedTask() }
        }
    }

    private func startOrderedTask() {
        let epoch = orderedEpoch
        let me = LoopConfined(self, to: gate.loop)
        let holder = TaskHolder()
        let task = gate.startTask { await me.value.runOrdered(epoch, holder) }
        holder.task = task
        // The task may have suspended inside a message before its handle was known.
        if let index = running.firstIndex(where: { $0.isOrdered }) { running[index].handler = .task(task) }
    }

    private func startOrderedRemote() {
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
            if epoch == orderedEpoch {
                finish(ticket, result)
            } else {
                overdue -= 1
                gate.pendingWork -= 1
                connection?.workHasRoom()
            }
        }
        guard epoch == orderedEpoch else { return }
        isOrderedActive = false
        startOrdered()
    }

    private func run(_ message: Message, until deadline: MonotonicTime) async -> Result<RPCValue, RPCFault> {
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

    // MARK: Modules of other processes

    /// Starts a message that need not wait for the client's others. What is to be run at once waits where there is no
    /// room; other kinds are answered so.
    private func startRemote(_ message: Message, _ kind: RPCHandlerKind) {
        if kind == .inline {
            gate.pendingWork += 1
            waitingInline.append(message)
            startInline()
        } else if besideCount + overdue < gate.limits.inFlightMax {
            gate.pendingWork += 1
            startBeside(message)
        } else {
            connection?.answer(message, .failure(.overloaded))
        }
    }

    private func startInline() {
        while firstInline < waitingInline.count, besideCount + overdue < gate.limits.inFlightMax {
            let message = waitingInline[firstInline]
            firstInline += 1
            startBeside(message)
        }
        if firstInline == waitingInline.count || firstInline >= 32 {
            waitingInline.removeFirst(firstInline)
            firstInline = 0
        }
    }

    private func startBeside(_ message: Message) {
        let ticket = begin(message, isOrdered: false, task: nil)
        call(message, ticket) { work, result in
            work.finish(ticket, result)
            if work.firstInline < work.waitingInline.count {
                work.startInline()
                work.connection?.workHasRoom()
            }
        }
    }

    /// Calls the module of another process; `done` runs on the loop, perhaps before this returns.
    private func call(
        _ message: Message, _ ticket: UInt32,
        done: @escaping @Sendable (Work, Result<RPCValue, RPCFault>) -> Void
    ) {
        let route = message.target.route
        var request = RPCRequest(
            module: route.module, node: route.node, function: route.function, argument: .body(message.payload),
            session: session?.body.snapshot, deadline: deadline(of: ticket), trace: message.trace.trace,
            expectsReply: message.wantsReply)
        request.traceContext = message.trace
        let me = LoopConfined(self, to: gate.loop)
        let loop = gate.loop
        gate.router.start(request, on: loop) { result in
            if loop.isCurrent { done(me.value, result) } else { loop.postReserved { done(me.value, result) } }
        }
    }

    private func takeWaiting() -> Message? {
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
    private func start(
        _ message: Message, _ kind: HandlerKind, _ runtime: ModuleRuntime, _ context: Call.Context,
        _ body: @escaping @Sendable (Call, RPCArgument) async throws(RPCFault) -> RPCValue
    ) {
        guard let session, besideCount + overdue < gate.limits.inFlightMax else {
            connection?.answer(message, .failure(.overloaded))
            return
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

    private func begin(_ message: Message, isOrdered: Bool, task: Task<Void, Never>?) -> UInt32 {
        lastTicket &+= 1
        let deadline = gate.now + gate.limits.callTime
        running.append(
            Running(
                ticket: lastTicket, isOrdered: isOrdered, message: message, deadline: deadline,
                handler: task.map { .task($0) }))
        if deadline < nextDeadline {
            nextDeadline = deadline
            connection?.armTimer()
        }
        return lastTicket
    }

    private func deadline(of ticket: UInt32) -> MonotonicTime {
        running.last { $0.ticket == ticket }?.deadline ?? gate.now
    }

    /// A message has ended; one that was answered at its deadline is only counted off.
    private func finish(_ ticket: UInt32, _ result: Result<RPCValue, RPCFault>) {
        gate.pendingWork -= 1
        guard let index = running.firstIndex(where: { $0.ticket == ticket }) else {
            overdue -= 1
            connection?.workHasRoom()
            return
        }
        let ended = running.remove(at: index)
        if running.isEmpty { nextDeadline = .never }
        if let connection {
            connection.answer(ended.message, result)
        } else if ended.message.wantsReply {
            gate.metrics.add(.lateReplies)
        }
        startHeld()
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
            overdue += 1
            entry.handler?.cancel()
            connection?.answer(entry.message, .failure(.deadlineExceeded))
            if entry.isOrdered {
                orderedEpoch &+= 1
                isOrderedActive = false
            }
        }
        if !isOrderedActive && firstWaiting < waiting.count { startOrdered() }
        startHeld()
    }

    /// The connection has ended. What runs or waits is still handled, without deadlines of ours.
    func connectionEnded(_ session: Session) {
        lastSession = session
        connection = nil
    }

    private var session: Session? {
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
