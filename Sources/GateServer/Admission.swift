import GateBytes
import GateIO
import GateProtocol
import Synchronization

/// Decides which new connections come in. Safe to use from every loop.
final class Admission: Sendable {
    private struct State {
        var byAddress: [ClientNetwork: Int] = [:]
        var secondBegan = MonotonicTime(nanoseconds: 0)
        var inSecond = 0
    }

    private let limits: GatewayLimits
    private let total = Atomic<Int>(0)
    private let state = Mutex(State())

    init(limits: GatewayLimits) {
        self.limits = limits
    }

    /// Connections that are in.
    var count: Int { total.load(ordering: .relaxed) }

    /// Lets a connection in, or says why not. One that came in must ``leave(_:)``.
    func enter(_ address: SocketAddress, at now: MonotonicTime) -> CloseReason? {
        if total.add(1, ordering: .relaxed).newValue > limits.connectionsMax ?? .max {
            total.subtract(1, ordering: .relaxed)
            return .tooManyConnections
        }
        guard limits.connectionRateMax > 0 || limits.connectionsPerAddressMax > 0 else { return nil }
        let refusal = state.withLock { state in check(&state, ClientNetwork(address), at: now) }
        if refusal != nil { total.subtract(1, ordering: .relaxed) }
        return refusal
    }

    /// A connection that came in has ended.
    func leave(_ address: SocketAddress) {
        total.subtract(1, ordering: .relaxed)
        guard limits.connectionsPerAddressMax > 0 else { return }
        state.withLock { state in
            let key = ClientNetwork(address)
            guard let count = state.byAddress[key] else { return }
            state.byAddress[key] = count > 1 ? count - 1 : nil
        }
    }

    private func check(_ state: inout State, _ address: ClientNetwork, at now: MonotonicTime) -> CloseReason? {
        if limits.connectionRateMax > 0 {
            if now - state.secondBegan >= .seconds(1) {
                state.secondBegan = now
                state.inSecond = 0
            }
            if state.inSecond >= limits.connectionRateMax { return .connectionRate }
        }
        if limits.connectionsPerAddressMax > 0 {
            let count = state.byAddress[address] ?? 0
            if count >= limits.connectionsPerAddressMax { return .tooManyFromAddress }
            state.byAddress[address] = count + 1
        }
        state.inSecond += 1
        return nil
    }
}
