import GateBytes
import GateIO
import GateModules
import GateProtocol
import GateRPC
import GateSessions

/// From messages to handlers, and back.
extension Connection {
    /// One message of the client. `topic` and `payload` are only lent.
    func dispatch(_ message: ClientMessage, _ topic: Span<UInt8>, _ payload: Span<UInt8>) {
        guard state == .open else { return close(.protocolViolation) }
        countReceivedMessage()
        if message.acknowledgement != 0 { emit(.acknowledge(message.acknowledgement)) }
        if gate.routeHandler != nil && divert(message, topic, payload) { return }
        if !topic.isEmpty {
            route(message, topic, topic, payload)
            return
        }
        if let target = listener.target {
            return run(message, topic, payload, target, wantsReply: message.kind == .request)
        }
        let name = listener.settings.route
        listener.target = route(message, name.span, topic, payload)
    }

    /// Asks the application's route handler. `false` when the usual rule shall decide.
    private func divert(_ message: ClientMessage, _ topic: Span<UInt8>, _ payload: Span<UInt8>) -> Bool {
        guard let handler = gate.routeHandler, let session else { return false }
        switch handler(session.session, topic, payload) {
        case .default: return false
        case .drop: return true
        case .answer(let result, let wantsReply):
            answer(own(message, topic, payload, wantsReply: wantsReply, target: gate.noTarget), result)
        case .route(let route):
            switch gate.resolve(route) {
            case .success(let target): run(message, topic, payload, target, wantsReply: route.wantsReply)
            case .failure(let end): refuse(message, topic, payload, end, wantsReply: route.wantsReply)
            }
        }
        return true
    }

    /// Finds the target of `name`, the topic or what stands in for it, by the bytes that decide it.
    /// - Returns: The target, when it is one that may be kept.
    @discardableResult
    private func route(
        _ message: ClientMessage, _ name: Span<UInt8>, _ topic: Span<UInt8>, _ payload: Span<UInt8>
    ) -> RouteTarget? {
        let (keyEnd, hasToken) = gate.grammar.split(name)
        let wantsReply = message.kind == .publish ? hasToken : message.kind == .request
        if let target = gate.routes.find(name.extracting(0..<keyEnd)) {
            run(message, topic, payload, target, wantsReply: wantsReply)
            return target
        }
        switch gate.resolve(name, keyEnd: keyEnd) {
        case .success(let target):
            run(message, topic, payload, target, wantsReply: wantsReply)
            return target.runtime == nil ? nil : target
        case .failure(let end):
            refuse(message, topic, payload, end, wantsReply: wantsReply)
            return nil
        }
    }

    private func run(
        _ message: ClientMessage, _ topic: Span<UInt8>, _ payload: Span<UInt8>, _ target: RouteTarget,
        wantsReply: Bool
    ) {
        if let body = target.inline, let runtime = target.runtime, let context = target.context {
            return runInline(message, topic, payload, runtime, context, body, wantsReply: wantsReply)
        }
        let owned = own(message, topic, payload, wantsReply: wantsReply, target: target)
        workOfClient.take(owned)
    }

    private func runInline(
        _ message: ClientMessage, _ topic: Span<UInt8>, _ payload: Span<UInt8>, _ runtime: ModuleRuntime,
        _ context: Call.Context, _ body: InlineHandler, wantsReply: Bool
    ) {
        guard let session else { return }
        let trace = gate.trace(of: payload)
        let call = Call(
            context: context, session: session.session, deadline: gate.now + gate.limits.callTime, trace: trace,
            depth: 0)
        var reply = gate.takeReply()
        var fault: RPCFault?
        do throws(RPCFault) {
            try runtime.runInline(body, call, payload, &reply)
        } catch {
            fault = error
        }
        if let fault {
            countFault(FaultKind(fault), isAnswered: wantsReply)
            if wantsReply { sendEnveloped(message.correlation, topic, .failure(fault), trace.trace) }
        } else if wantsReply {
            if reply.form == .bare {
                sendReply(message.correlation, .result, .bytes, topic, reply.bytes.span)
            } else {
                sendEnveloped(message.correlation, topic, .success(reply.value), trace.trace)
            }
        }
        gate.giveReply(&reply)
    }

    private func own(
        _ message: ClientMessage, _ topic: Span<UInt8>, _ payload: Span<UInt8>, wantsReply: Bool, target: RouteTarget
    ) -> Work.Message {
        Work.Message(
            target: target, topic: wantsReply ? [UInt8](copying: topic) : [], payload: [UInt8](copying: payload),
            correlation: message.correlation, wantsReply: wantsReply, isInTurn: message.isInTurn,
            trace: gate.trace(of: payload))
    }

    /// What is kept for this client: bytes that wait for it, and its messages that wait or run.
    var heldBytes: Int { waitingBytes + (work?.bytes ?? 0) }

    private var workOfClient: Work {
        if let work { return work }
        let made = Work(gate: gate, connection: self)
        work = made
        return made
    }

    /// A message has ended. When it was the last one of a client that said its last word, the connection ends too.
    func workHasEnded() {
        guard let endingReason, work?.isIdle ?? true else { return }
        close(endingReason)
    }

    /// Waiting messages have become fewer.
    func workHasRoom() {
        guard pauses.contains(.backlog), let work, work.waitingCount < gate.limits.inFlightMax else { return }
        resume(.backlog)
    }

    // MARK: Answers

    /// Answers a message that has outlived its read burst.
    func answer(_ message: Work.Message, _ result: Result<RPCValue, RPCFault>) {
        if case .failure(let fault) = result { countFault(FaultKind(fault), isAnswered: message.wantsReply) }
        guard message.wantsReply, state == .open else { return }
        if case .success(.bare(let bytes)) = result {
            sendReply(message.correlation, .result, .bytes, message.topic.span, bytes.span)
        } else {
            sendEnveloped(message.correlation, message.topic.span, result, message.trace.trace)
        }
    }

    private func refuse(
        _ message: ClientMessage, _ topic: Span<UInt8>, _ payload: Span<UInt8>, _ end: NoRoute, wantsReply: Bool
    ) {
        // Somebody else's topics: a sensor that reports to whoever listens asks for nothing.
        if message.kind == .publish, !end.looksLikeCall, !listener.settings.answersUnrouted {
            gate.metrics.add(.messagesUnrouted)
            return
        }
        countFault(end.kind, isAnswered: wantsReply)
        guard wantsReply else { return }
        // The text about topics is for those who write topics; elsewhere a name without a route may get no answer.
        let isUnrouted = end.isUnrouted && message.kind == .request
        sendEnveloped(
            message.correlation, topic, .failure(isUnrouted ? NoRoute.unroutedFault : end.fault),
            gate.trace(of: payload).trace, isUnrouted: isUnrouted)
    }

    private func sendEnveloped(
        _ correlation: Correlation, _ topic: Span<UInt8>, _ result: Result<RPCValue, RPCFault>, _ trace: TraceID,
        isUnrouted: Bool = false
    ) {
        var payload = gate.takeEnvelope()
        var (outcome, form) = listener.settings.envelope.write(result, trace: trace, into: &payload)
        if isUnrouted { outcome = .unrouted }
        sendReply(correlation, outcome, form, topic, payload.span)
        gate.giveEnvelope(&payload)
    }

    private func sendReply(
        _ correlation: Correlation, _ outcome: ReplyOutcome, _ form: PayloadForm, _ topic: Span<UInt8>,
        _ payload: Span<UInt8>
    ) {
        guard !isMarked else { return }
        unsafe gate.tally.repliesSent += 1
        countSentMessage()
        emit(.reply(correlation, outcome, form), topic: topic, payload: payload)
    }

    private func countFault(_ kind: FaultKind, isAnswered: Bool) {
        gate.metrics.addFault(kind)
        if !isAnswered { gate.metrics.add(.unansweredFaults) }
    }
}
