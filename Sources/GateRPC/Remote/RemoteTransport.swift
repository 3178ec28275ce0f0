package import GateBytes
package import GateIO
import Synchronization

/// Calls between nodes over any link: who is there, who gets a call, which answer belongs to which call, until when.
///
/// Thread-safe. Nothing blocks, and the lock is never held while the link or a caller runs.
package final class RemoteTransport: RPCTransport {
    struct State {
        var directory = NodeDirectory()
        var pending: PendingCalls
        /// Questions to several nodes at once.
        var gathers = Gathers()
        var modules: [ModuleDescription] = []
        var router: RPCRouter?
        var sessions: (any RPCSessionPeer)?
        var observers: [@Sendable () -> Void] = []
        var isOpen = false
        var isWithdrawn = false
        /// Nodes that have not said that they know of the withdrawal.
        var unaware: Set<NodeKey> = []
        /// When the timer for deadlines fires.
        var armedAt = MonotonicTime.never
        /// Until when the time is counted in which the loop stood still.
        var stoodUntil = MonotonicTime(nanoseconds: .min)
        /// When the link came up again last.
        var upSince = MonotonicTime(nanoseconds: .min)
        /// Whether the link was up before; behind its first time nobody was away.
        var hasBeenUp = false
        /// Whether the link heard nothing when it was looked at last.
        var wasQuiet = false
        /// New nodes that may be entered.
        var joins = RateBudget(burst: RemoteLimits.joinsBurst, perSecond: RemoteLimits.joinsPerSecond)
        /// Questions of others that may be answered.
        var answers = RateBudget(burst: RemoteLimits.answersBurst, perSecond: RemoteLimits.answersPerSecond)
    }

    let settings: RemoteSettings
    let link: any RPCLink
    let state: Mutex<State>
    package let counters = RemoteCounters()
    /// Calls of other nodes that run here.
    let serving = Atomic<Int>(0)
    /// When the last call of another node came, in nanoseconds.
    let lastRequestAt = Atomic<Int64>(.min)
    /// How long one that goes waits for the others to know it.
    static let awareTime = TimeSpan.seconds(1)
    /// How long no call must have come before it goes.
    static let quietTime = TimeSpan.milliseconds(50)
    private let startedAt: MonotonicTime

    /// A transport over a link that is not open yet.
    package init(settings: RemoteSettings, link: any RPCLink) {
        self.settings = settings
        self.link = link
        state = Mutex(State(pending: PendingCalls(limit: settings.limits.pendingCallsMax)))
        startedAt = settings.clock()
    }

    // MARK: Life

    /// Opens the link: from now on other nodes see this one with its modules.
    package func start(serving router: RPCRouter?, _ modules: [ModuleDescription], sessions: (any RPCSessionPeer)?) {
        state.withLock { state in
            state.router = router
            state.modules = modules
            state.sessions = sessions
            state.isOpen = true
        }
        link.open(self)
        announce()
        query()
        keepTime()
    }

    /// Takes no new calls from other nodes; those on the way are answered.
    package func withdraw() {
        let isFirst = state.withLock { state in
            defer { state.isWithdrawn = true }
            guard state.isOpen, !state.isWithdrawn else { return false }
            state.unaware = Set(state.directory.entries.keys)
            return true
        }
        guard isFirst, settings.isVisible else { return }
        publish(.withdrawal)
    }

    /// Ends the link once running calls are answered, or at `deadline`. Calls that wait fail.
    package func stop(by deadline: MonotonicTime) async {
        withdraw()
        let patience = min(deadline, settings.clock() + Self.awareTime)
        while settings.clock() < deadline, isWanted(at: settings.clock(), patience: patience) {
            try? await Task.sleep(for: .milliseconds(5))
        }
        await link.close(by: deadline)
        let left = state.withLock { state in
            state.isOpen = false
            state.router = nil
            state.sessions = nil
            return state.pending.take { _ in true }
        }
        for entry in left { entry.done(.failure(.unreachable)) }
        endGathers(.unreachable) { _ in true }
    }

    /// Whether calls of other nodes run here, or may be on their way.
    private func isWanted(at now: MonotonicTime, patience: MonotonicTime) -> Bool {
        if serving.load(ordering: .relaxed) > 0 { return true }
        guard settings.isVisible, link.isUp, now < patience else { return false }
        let last = MonotonicTime(nanoseconds: lastRequestAt.load(ordering: .relaxed))
        return now < last + Self.quietTime || !state.withLock { $0.unaware.isEmpty }
    }

    /// The other nodes, by name.
    package var nodes: [NodeStatus] {
        state.withLock { state in
            state.directory.entries.values.map { NodeStatus(key: $0.key, announcement: $0.node) }
        }.sorted { ($0.key.name, $0.key.start) < ($1.key.name, $1.key.start) }
    }

    /// Where other nodes reach this one.
    package var inbox: String { link.inbox }

    /// Calls that wait for other nodes.
    package var pendingCount: Int { state.withLock { $0.pending.count } }

    /// Questions to all gateways that are not answered by each yet.
    package var gatherCount: Int { state.withLock { $0.gathers.count } }

    /// Calls of other nodes that run here.
    package var servingCount: Int { serving.load(ordering: .relaxed) }

    /// Asks everyone for an announcement.
    package func query() {
        publish(.query)
    }

    // MARK: RPCTransport

    package var isReachable: Bool {
        guard link.isUp else { return false }
        // Those who are there are just saying so.
        return state.withLock { state in
            !state.directory.entries.isEmpty || settings.clock() >= state.upSince + RemoteLimits.greetingTime
        }
    }

    package func serves(module: String, node: String?) -> Bool {
        state.withLock { $0.directory.serves(module: module, node: node) }
    }

    package func kind(module: String, node: String?, function: String) -> RPCHandlerKind? {
        state.withLock { $0.directory.kind(module: module, node: node, function: function) }
    }

    package func nodes(of module: String) -> [RPCNode] {
        nodes.compactMap { node in
            guard let served = node.announcement.modules.first(where: { $0.type == module }) else { return nil }
            return RPCNode(
                name: node.key.name, isHere: false, ids: Set(served.ids), version: served.version,
                labels: node.announcement.labels)
        }
    }

    package func observeChanges(_ body: @escaping @Sendable () -> Void) {
        state.withLock { $0.observers.append(body) }
    }

    package func call(_ request: RPCRequest) async throws(RPCFault) -> RPCValue {
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<RPCValue, RPCFault>, Never>) in
            start(request, on: settings.loops[0]) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    package func start(_ request: RPCRequest, on loop: any EventLoop, done: @escaping RPCCompletion) {
        let (choice, body): (NodeDirectory.Choice, RPCEnvelope.Body)
        do throws(RPCFault) {
            (choice, body) = try prepare(request)
        } catch {
            return done(.failure(error))
        }
        settings.observe?(.sent(request.traceContext, request.module, request.function, to: choice.key))
        exchange(body, with: choice, until: request.deadline) { answer in
            switch answer {
            case .success(.reply(let result)): done(result)
            case .success: done(.failure(.internalError))
            case .failure(let fault): done(.failure(fault))
            }
        }
    }

    package func notify(_ request: RPCRequest) throws(RPCFault) {
        let (choice, body) = try prepare(request)
        try post(body, to: choice.inbox)
    }

    private func prepare(_ request: RPCRequest) throws(RPCFault) -> (NodeDirectory.Choice, RPCEnvelope.Body) {
        let now = settings.clock()
        guard let remaining = Self.milliseconds(until: request.deadline, from: now) else { throw .deadlineExceeded }
        guard let choice = state.withLock({ $0.directory.select(request, at: now) }) else {
            throw isReachable ? .noSuchModule(request.module) : .unreachable
        }
        let call = RPCEnvelope.Call(
            module: request.module, node: request.node ?? "", function: request.function,
            argument: try request.argument.value(), session: request.session, trace: request.traceContext,
            remainingMilliseconds: remaining, depth: UInt32(clamping: request.depth))
        return (choice, .request(call))
    }

    /// Rounded up; `nil` when nothing is left.
    private static func milliseconds(until deadline: MonotonicTime, from now: MonotonicTime) -> UInt32? {
        guard deadline > now else { return nil }
        if deadline == .never { return .max }
        return UInt32(clamping: ((deadline - now).nanoseconds + 999_999) / 1_000_000)
    }

    // MARK: Sending

    /// Sends to a node; `done` gets the answer, once, on any thread.
    func exchange(
        _ body: RPCEnvelope.Body, with node: NodeDirectory.Choice, until deadline: MonotonicTime,
        done: @escaping @Sendable (PendingCalls.Answer) -> Void
    ) {
        guard link.isUp else { return done(.failure(.unreachable)) }
        let entry = PendingCalls.Entry(done: done, deadline: deadline, node: node.key, inbox: node.inbox)
        let (call, arms) = state.withLock { state -> (UInt64?, Bool) in
            guard state.isOpen else { return (nil, false) }
            let call = state.pending.add(entry)
            if call != nil { state.directory.began(node.key) }
            let arms = call != nil && deadline < state.armedAt
            if arms { state.armedAt = deadline }
            return (call, arms)
        }
        guard let call else { return done(.failure(.linkFull)) }
        if arms { arm(at: deadline) }
        let envelope = RPCEnvelope(sender: settings.key, call: call, replyTo: link.inbox, body: body)
        do throws(RPCFault) {
            try link.send(envelope.encoded(), to: node.inbox)
        } catch {
            finish(call, .failure(error))
        }
    }

    /// Sends to an inbox and waits for nothing.
    func post(_ body: RPCEnvelope.Body, to inbox: String, call: UInt64 = 0) throws(RPCFault) {
        try link.send(RPCEnvelope(sender: settings.key, call: call, body: body).encoded(), to: inbox)
    }

    /// Tells every node. What does not get out now is said again with the next announcement.
    func publish(_ body: RPCEnvelope.Body) {
        let envelope = RPCEnvelope(sender: settings.key, replyTo: link.inbox, body: body)
        try? link.publish(envelope.encoded())
    }

    func finish(_ call: UInt64, _ answer: PendingCalls.Answer) {
        let now = settings.clock()
        let entry = state.withLock { state -> PendingCalls.Entry? in
            guard let entry = state.pending.take(call) else { return nil }
            if case .success = answer {
                state.directory.record(entry.node, isAnswered: true, at: now)
            } else {
                // What could not be sent says nothing about the node.
                state.directory.release(entry.node)
            }
            return entry
        }
        if let entry { entry.done(answer) } else { counters.lateAnswers.add(1, ordering: .relaxed) }
    }

    /// What other nodes serve has changed.
    func tellObservers() {
        for observer in state.withLock({ $0.observers }) { observer() }
    }

    // MARK: Announcements

    func announce() {
        if let body = announcement { publish(body) }
    }

    /// What this node is now; `nil` when it shows itself to nobody.
    var announcement: RPCEnvelope.Body? {
        guard settings.isVisible else { return nil }
        let modules = state.withLock { $0.isWithdrawn || !$0.isOpen ? nil : $0.modules }
        guard let modules else { return nil }
        var node = NodeAnnouncement()
        node.inbox = link.inbox
        node.timeToLive = settings.limits.timeToLive
        node.isGateway = settings.isGateway
        node.sessionNode = settings.sessionNode
        node.modules = modules
        node.load = UInt32(clamping: serving.load(ordering: .relaxed))
        node.ageMilliseconds = UInt64(max(0, (settings.clock() - startedAt).nanoseconds / 1_000_000))
        node.labels = settings.labels
        return .announcement(node)
    }
}
