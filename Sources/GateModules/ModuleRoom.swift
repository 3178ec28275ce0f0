import GateIO
import Synchronization

/// Room for a bounded number of handlers of one module, of which the clients of one address get a share only: also
/// handlers of clients that have gone count against it, so that whoever connects again and again gets no more of it.
///
/// Calls that no client caused have no share, as everything else they are bounded by the whole.
final class ModuleRoom: Sendable {
    private struct State {
        var total = 0
        var byNetwork: [ClientNetwork: Int] = [:]
    }

    private let limit: Int
    private let share: Int
    private let state = Mutex(State())

    /// Room for `limit`, with `percent` of it for one address, at least one place.
    init(limit: Int, percent: Int) {
        self.limit = limit
        share = max(1, (limit * min(100, max(1, percent)) + 99) / 100)
    }

    /// Takes a place; it is given back with ``leave(_:)``. `false` when there is none.
    func enter(_ network: ClientNetwork?) -> Bool {
        state.withLock { state in
            guard state.total < limit else { return false }
            if let network, share < limit {
                guard state.byNetwork[network, default: 0] < share else { return false }
                state.byNetwork[network, default: 0] += 1
            }
            state.total += 1
            return true
        }
    }

    /// Gives a place back.
    func leave(_ network: ClientNetwork?) {
        state.withLock { state in
            state.total -= 1
            guard let network, share < limit, let count = state.byNetwork[network] else { return }
            state.byNetwork[network] = count > 1 ? count - 1 : nil
        }
    }
}
