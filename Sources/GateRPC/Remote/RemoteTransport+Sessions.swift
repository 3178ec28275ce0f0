package import GateBytes
import GateIO
package import GateProtocol
import Synchronization

/// The way to the sessions of other gateways.
extension RemoteTransport {
    /// The gateway that holds a session.
    package struct GatewayAddress: Sendable {
        let choice: NodeDirectory.Choice
        /// Its name and start.
        package var key: NodeKey { choice.key }
    }

    /// The gateway of a session; `nil` when it is not there, or was started anew since.
    package func gateway(of id: SessionID) -> GatewayAddress? {
        state.withLock { $0.directory.gateway(of: id) }.map(GatewayAddress.init)
    }

    /// All other gateways.
    package var gateways: [GatewayAddress] {
        state.withLock { $0.directory.gateways }.map(GatewayAddress.init)
    }

    /// Runs `body` on this node's first loop, soon.
    package func later(_ body: @escaping @Sendable () -> Void) { settings.loops[0].postReserved(body) }

    /// Runs `body` on this node's first loop at `time`, unless the loop has ended by then.
    package func later(at time: MonotonicTime, _ body: @escaping @Sendable () -> Void) {
        let loop = settings.loops[0]
        loop.postReserved { _ = loop.schedule(LoopTimer(body), at: time) }
    }

    /// Whether messages go out now.
    package var isUp: Bool { link.isUp }

    /// The time now.
    package var now: MonotonicTime { settings.clock() }

    /// Asks a gateway and waits for its answer.
    package func ask(
        _ gateway: GatewayAddress, _ request: [UInt8], until deadline: MonotonicTime
    ) async throws(RPCFault) -> [UInt8] {
        let answer = await withCheckedContinuation { (continuation: CheckedContinuation<PendingCalls.Answer, Never>) in
            exchange(.sessionRequest(request), with: gateway.choice, until: deadline) {
                continuation.resume(returning: $0)
            }
        }
        guard case .sessionReply(let reply) = try answer.get() else { throw .internalError }
        return reply
    }

    /// Tells a gateway and waits for nothing.
    package func tell(_ gateway: GatewayAddress, _ request: [UInt8]) throws(RPCFault) {
        try post(.sessionRequest(request), to: gateway.choice.inbox)
    }

    /// Tells every node with modules that a session of this node has ended.
    package func tellEnded(_ session: SessionSnapshot, reason: CloseReason) {
        let inboxes = state.withLock { state in
            state.directory.entries.values.filter { !$0.node.modules.isEmpty }.map(\.node.inbox)
        }
        // Best effort: a module that missed it meets a stale id, which is an answer too.
        for inbox in inboxes { try? post(.sessionEnded(session, reason), to: inbox) }
    }
}
