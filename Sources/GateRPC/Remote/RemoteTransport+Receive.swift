import GateBytes
import GateIO
import GateProtocol
import Synchronization

/// What other nodes say.
extension RemoteTransport: RPCLinkReceiver {
    package func received(_ message: Span<UInt8>) {
        let envelope: RPCEnvelope
        do throws(EnvelopeError) {
            envelope = try RPCEnvelope(decoding: message)
        } catch {
            // Something else speaks here, or another version of us: not ours to answer.
            counters.badEnvelopes.add(1, ordering: .relaxed)
            return
        }
        guard envelope.sender != settings.key else { return heardSelf(envelope) }
        switch envelope.body {
        case .request(let call): serve(call, envelope)
        case .reply: finish(envelope.call, .success(envelope.body))
        case .sessionReply(let reply):
            if gathered(envelope.call, from: envelope.sender, reply) { return }
            finish(envelope.call, .success(envelope.body))
        case .sessionRequest(let request): serveSessions(request, envelope)
        case .announcement(let node): enter(envelope.sender, node, bytes: message.count)
        case .withdrawal:
            let now = settings.clock()
            let known = state.withLock { state in
                state.unaware.remove(envelope.sender)
                return state.directory.withdraw(envelope.sender, at: now)
            }
            if let known {
                left([known], .withdrew)
                tellObservers()
            }
            // Behind every call of ours that is on its way there.
            if !envelope.replyTo.isEmpty { try? post(.withdrawn, to: envelope.replyTo) }
        case .withdrawn: state.withLock { _ = $0.unaware.remove(envelope.sender) }
        case .query:
            let now = settings.clock()
            guard state.withLock({ $0.answers.take(at: now) }) else {
                // They hear of this node with its next announcement.
                counters.refusedQuestions.add(1, ordering: .relaxed)
                return
            }
            tell(envelope.replyTo)
        case .sessionEnded(let session, let reason):
            state.withLock { $0.sessions }?.sessionEnded(session, reason: reason)
        }
    }

    package func linkChanged(isUp: Bool) {
        if isUp {
            counters.connects.add(1, ordering: .relaxed)
            let now = settings.clock()
            let known = state.withLock { state in
                // Nobody could be heard meanwhile.
                state.directory.renew(at: now)
                if state.hasBeenUp { state.upSince = now }
                state.hasBeenUp = true
                return state.sessions == nil ? [] : state.directory.gateways
            }
            announce()
            query()
            meet(known)
        } else {
            end { _ in true }
            endGathers(.unreachable) { _ in true }
        }
    }

    package func undeliverable(_ inbox: String) {
        let gone = state.withLock { $0.directory.remove(inbox: inbox) }
        end { $0.inbox == inbox }
        if gone.isEmpty { return }
        left(gone, .unreachable)
        counters.lostNodes.add(gone.count, ordering: .relaxed)
        tellObservers()
    }

    private func end(where isEnding: (PendingCalls.Entry) -> Bool) {
        let ended = state.withLock { state in
            let ended = state.pending.take(where: isEnding)
            for entry in ended { state.directory.release(entry.node) }
            return ended
        }
        for entry in ended { entry.done(.failure(.unreachable)) }
    }

    // MARK: Directory

    private func enter(_ key: NodeKey, _ node: NodeAnnouncement, bytes: Int) {
        let now = settings.clock()
        let change = state.withLock { state -> NodeDirectory.Change? in
            guard bytes <= EnvelopeLimits.announcementBytesMax else { return nil }
            if state.directory.entries[key] == nil, !state.joins.take(at: now) { return nil }
            return state.directory.enter(key, node, bytes: bytes, at: now)
        }
        guard let change else {
            counters.refusedAnnouncements.add(1, ordering: .relaxed)
            return
        }
        if !change.replaced.isEmpty {
            let replaced = Set(change.replaced.map(\.key))
            end { replaced.contains($0.node) }
            left(change.replaced, .restarted)
        }
        if change.isOther { tellObservers() }
        guard change.isNew else { return }
        settings.changed(.joined(NodeStatus(key: key, announcement: node)))
        tell(node.inbox)
        if node.isGateway { meet([NodeDirectory.Choice(key: key, inbox: node.inbox)]) }
    }

    /// Nodes have gone: whoever waits for them, and the modules that know their clients, hear of it.
    func left(_ gone: [NodeDirectory.Entry], _ reason: NodeChange.Reason) {
        for entry in gone { settings.changed(.left(entry.key, reason)) }
        let keys = Set(gone.map(\.key))
        if reason != .withdrew { endGathers(.unreachable) { keys.contains($0) } }
        guard let sessions = state.withLock({ $0.sessions }) else { return }
        let time: TimeSpan
        switch reason {
        case .silent, .restarted: time = .zero
        case .withdrew: time = RemoteLimits.leaveTime
        // Behind a broker that started anew it may only not be back yet.
        case .unreachable: time = settings.limits.timeToLive
        }
        for entry in gone where entry.node.isGateway {
            sessions.gatewayLeft(sessionNode: entry.node.sessionNode, start: entry.key.start, endsAfter: time)
        }
    }

    /// Gateways are there, or there again.
    private func meet(_ gateways: [NodeDirectory.Choice]) {
        guard let sessions = state.withLock({ $0.sessions }) else { return }
        for gateway in gateways { sessions.gatewayMet(GatewayAddress(choice: gateway)) }
    }

    /// What this node published comes back over some links. A withdrawal that it did not publish is somebody else's.
    private func heardSelf(_ envelope: RPCEnvelope) {
        guard case .withdrawal = envelope.body, state.withLock({ $0.isOpen && !$0.isWithdrawn }) else { return }
        counters.forgedWithdrawals.add(1, ordering: .relaxed)
        settings.changed(.forged(settings.key))
    }

    /// Introduces this node to one other.
    private func tell(_ inbox: String) {
        guard !inbox.isEmpty, let body = announcement else { return }
        try? post(body, to: inbox)
    }

    // MARK: Serving

    private func serve(_ call: RPCEnvelope.Call, _ envelope: RPCEnvelope) {
        lastRequestAt.store(settings.clock().nanoseconds, ordering: .relaxed)
        guard call.remainingMilliseconds > 0 else {
            counters.expiredCalls.add(1, ordering: .relaxed)
            return answer(envelope.call, envelope.replyTo, .failure(.deadlineExceeded))
        }
        let node = call.node.isEmpty ? nil : call.node
        let (router, sessions) = state.withLock { ($0.router, $0.sessions) }
        guard let endpoint = router?.endpoint(type: call.module, node: node) else {
            if envelope.replyTo.isEmpty { counters.droppedNotifications.add(1, ordering: .relaxed) }
            return answer(envelope.call, envelope.replyTo, .failure(.noSuchModule(call.module)))
        }
        if let session = call.session { sessions?.sessionSeen(session) }
        var request = RPCRequest(
            module: call.module, node: node, function: call.function, argument: RPCArgument(call.argument),
            session: call.session, deadline: settings.clock() + .milliseconds(Int(call.remainingMilliseconds)),
            trace: call.trace.trace, expectsReply: !envelope.replyTo.isEmpty)
        request.traceContext = call.trace
        request.depth = Int(call.depth)
        if !request.expectsReply {
            do throws(RPCFault) {
                try endpoint.notify(request)
            } catch {
                counters.droppedNotifications.add(1, ordering: .relaxed)
            }
            return
        }
        guard serving.add(1, ordering: .relaxed).newValue <= settings.limits.servingMax else {
            serving.subtract(1, ordering: .relaxed)
            counters.refusedCalls.add(1, ordering: .relaxed)
            return answer(envelope.call, envelope.replyTo, .failure(.overloaded))
        }
        let loop = loop(for: call.session)
        let (call, replyTo) = (envelope.call, envelope.replyTo)
        let begin: @Sendable () -> Void = { [self, request] in
            endpoint.start(request, on: loop) { [self] result in
                settings.observe?(.served(request.traceContext, request.module, request.function, result.fault))
                answer(call, replyTo, result)
                serving.subtract(1, ordering: .relaxed)
            }
        }
        if loop.isCurrent { begin() } else { loop.postReserved(begin) }
    }

    private func answer(_ call: UInt64, _ replyTo: String, _ result: Result<RPCValue, RPCFault>) {
        guard !replyTo.isEmpty else { return }
        do throws(RPCFault) {
            try post(.reply(result), to: replyTo, call: call)
        } catch {
            // A result that does not fit is a fault that does; where the link is away the caller knows it.
            guard case .tooLarge = error, (try? post(.reply(.failure(error)), to: replyTo, call: call)) != nil else {
                counters.lostAnswers.add(1, ordering: .relaxed)
                return
            }
        }
    }

    private func serveSessions(_ request: [UInt8], _ envelope: RPCEnvelope) {
        // What is asked of all gateways reaches the other nodes too.
        guard settings.isGateway, let sessions = state.withLock({ $0.sessions }) else { return }
        if envelope.replyTo.isEmpty { return sessions.perform(request) }
        launch(on: loop(for: nil)) { [self] in
            let reply = await sessions.answer(request)
            try? post(.sessionReply(reply), to: envelope.replyTo, call: envelope.call)
        }
    }

    /// One session's calls run on one loop, sessions are spread over all.
    private func loop(for session: SessionSnapshot?) -> any EventLoop {
        let loops = settings.loops
        guard loops.count > 1, let id = session?.id else { return loops.first { $0.isCurrent } ?? loops[0] }
        return loops[Int((id.slot ^ UInt32(id.loop)) % UInt32(loops.count))]
    }

    private func launch(on loop: any EventLoop, _ body: @escaping @Sendable () async -> Void) {
        if loop.isCurrent {
            Task.immediate(executorPreference: loop.executor, operation: body)
        } else {
            Task(executorPreference: loop.executor, operation: body)
        }
    }
}

extension Result where Failure == RPCFault {
    /// Why there is no value.
    fileprivate var fault: RPCFault? {
        if case .failure(let fault) = self { fault } else { nil }
    }
}
