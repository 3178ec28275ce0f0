package import GateBytes
import Synchronization

/// Questions to all gateways at once.
extension RemoteTransport {
    /// Asks all other gateways and waits for their answers, or for the reasons why there are none.
    ///
    /// Where the link reaches all at once it is one message, which each gateway answers; else one for each of them.
    package func askGateways(
        _ request: [UInt8], until deadline: MonotonicTime
    ) async -> [NodeKey: Result<[UInt8], RPCFault>] {
        let all = gateways
        if all.isEmpty { return [:] }
        if all.count == 1 || !link.publishesReliably { return await askEach(all, request, until: deadline) }
        return await withCheckedContinuation { continuation in
            gather(request, from: Set(all.map(\.key)), until: deadline) { continuation.resume(returning: $0) }
        }
    }

    /// Tells all other gateways and waits for nothing; one message where the link reaches all at once.
    package func tellGateways(_ request: [UInt8]) {
        let all = gateways
        if all.count > 1, link.publishesReliably {
            let envelope = RPCEnvelope(sender: settings.key, body: .sessionRequest(request))
            try? link.publish(envelope.encoded())
        } else {
            // A link that is away loses it.
            for gateway in all { try? tell(gateway, request) }
        }
    }

    private func askEach(
        _ gateways: [GatewayAddress], _ request: [UInt8], until deadline: MonotonicTime
    ) async -> [NodeKey: Result<[UInt8], RPCFault>] {
        // Not as results of the group: the optimiser of 6.3.1 spoils such a pair, and the process dies.
        let answers = CollectedAnswers()
        await withTaskGroup(of: Void.self) { group in
            for gateway in gateways {
                group.addTask { [self] in
                    let answer = await answer(of: gateway, to: request, until: deadline)
                    answers.all.withLock { $0[gateway.key] = answer }
                }
            }
        }
        return answers.all.withLock { $0 }
    }

    private func answer(
        of gateway: GatewayAddress, to request: [UInt8], until deadline: MonotonicTime
    ) async -> Result<[UInt8], RPCFault> {
        do throws(RPCFault) {
            return .success(try await ask(gateway, request, until: deadline))
        } catch {
            return .failure(error)
        }
    }

    private func gather(
        _ request: [UInt8], from nodes: Set<NodeKey>, until deadline: MonotonicTime,
        done: @escaping @Sendable (Gathers.Answers) -> Void
    ) {
        let entry = Gathers.Entry(missing: nodes, deadline: deadline, done: done)
        let (call, arms) = state.withLock { state -> (UInt64?, Bool) in
            guard state.isOpen, state.gathers.count < RemoteLimits.gathersMax else { return (nil, false) }
            let call = state.pending.reserve()
            state.gathers.add(call, entry)
            let arms = deadline < state.armedAt
            if arms { state.armedAt = deadline }
            return (call, arms)
        }
        guard let call else {
            counters.refusedQuestions.add(1, ordering: .relaxed)
            return done(nodes.reduce(into: [:]) { $0[$1] = .failure(.linkFull) })
        }
        if arms { arm(at: deadline) }
        let envelope = RPCEnvelope(
            sender: settings.key, call: call, replyTo: link.inbox, body: .sessionRequest(request))
        do throws(RPCFault) {
            try link.publish(envelope.encoded())
        } catch {
            if let entry = state.withLock({ $0.gathers.take(call, error) }) { entry.done(entry.answers) }
        }
    }

    /// A gateway has answered. `false` when nobody asked it.
    func gathered(_ call: UInt64, from node: NodeKey, _ answer: [UInt8]) -> Bool {
        let (isKnown, ended) = state.withLock { state -> (Bool, Gathers.Entry?) in
            if state.gathers.count == 0 { return (false, nil) }
            let entered = state.gathers.enter(call, from: node, answer)
            return (entered.isKnown, entered.ended)
        }
        if let ended { ended.done(ended.answers) }
        return isKnown
    }

    /// Nothing comes from these nodes any more.
    func endGathers(_ fault: RPCFault, where isLost: (NodeKey) -> Bool) {
        let ended = state.withLock { $0.gathers.lose(fault, where: isLost) }
        for entry in ended { entry.done(entry.answers) }
    }
}

/// What several tasks were answered.
private final class CollectedAnswers: Sendable {
    let all = Mutex<[NodeKey: Result<[UInt8], RPCFault>]>([:])
}
