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
        guard envelope.sender != settings.key else { return }
        switch envelope.body {
        case .request(let call): serve(call, envelope)
        case .reply, .sessionReply: finish(envelope.call, .success(envelope.body))
        case .sessionRequest(let request): serveSessions(request, envelope)
        case .announcement(let node): enter(envelope.sender, node)
        case .withdrawal:
            let now = settings.clock()
            let wasKnown = state.withLock { state in
                state.unaware.remove(envelope.sender)
                return state.directory.withdraw(envelope.sender, at: now)
            }
            if wasKnown {
                settings.changed(.left(envelope.sender, .withdrew))
                tellObservers()
            }
            // Behind every call of ours that is on its way there.
            if !envelope.replyTo.isEmpty { try? post(.withdrawn, to: envelope.replyTo) }
        case .withdrawn: state.withLock { _ = $0.unaware.remove(envelope.sender) }
        case .query: tell(envelope.replyTo)
        case .sessionEnded(let session, let reason):
            state.withLock { $0.sessions }?.sessionEnded(session, reason: reason)
        }
    }

    package func linkChanged(isUp: Bool) {
        if isUp {
            counters.connects.add(1, ordering: .relaxed)
            let inbox = link.inbox
            if let body = announcement {
                try? link.publish(RPCEnvelope(sender: settings.key, replyTo: inbox, body: body).encoded())
            }
            query()
        } else {
            end { _ in true }
        }
    }

    package func undeliverable(_ inbox: String) {
        let gone = state.withLock { $0.directory.remove(inbox: inbox) }
        end { $0.inbox == inbox }
        for key in gone { settings.changed(.left(key, .unreachable)) }
        if gone.isEmpty { return }
        counters.lostNodes.add(gone.count, ordering: .relaxed)
        tellObservers()
    }

    private func end(where isEnding: (PendingCalls.Entry) -> Bool) {
        let ended = state.withLock { $0.pending.take(where: isEnding) }
        for entry in ended { entry.done(.failure(.unreachable)) }
    }

    // MARK: Directory

    private func enter(_ key: NodeKey, _ node: NodeAnnouncement) {
        let now = settings.clock()
        guard let change = state.withLock({ $0.directory.enter(key, node, at: now) }) else { return }
        if !change.replaced.isEmpty { end { change.replaced.contains($0.node) } }
        for old in change.replaced { settings.changed(.left(old, .restarted)) }
        if change.isOther { tellObservers() }
        guard change.isNew else { return }
        settings.changed(.joined(NodeStatus(key: key, announcement: node)))
        tell(node.inbox)
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
        guard let endpoint = state.withLock({ $0.router })?.endpoint(type: call.module, node: node) else {
            if envelope.replyTo.isEmpty { counters.droppedNotifications.add(1, ordering: .relaxed) }
            return answer(envelope.call, envelope.replyTo, .failure(.noSuchModule(call.module)))
        }
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
        guard let sessions = state.withLock({ $0.sessions }) else { return }
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
