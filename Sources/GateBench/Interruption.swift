import GateUV
import Glibc
import Synchronization

/// Whether the user wants a run to end: SIGINT or SIGTERM came.
package final class Interruption: Sendable {
    private let flag: Flag
    private let group: UVEventLoopGroup

    private final class Flag: Sendable {
        let value = Atomic<Bool>(false)
    }

    /// Catches the signals until ``end()``.
    package init() throws(LoadError) {
        let flag = Flag()
        do {
            group = try UVEventLoopGroup(loopCount: 1)
        } catch {
            switch error {
            case .systemRefused(let code): throw .systemRefused(code: code)
            }
        }
        self.flag = flag
        guard let loop = group.loops[0] as? UVEventLoop else { return }
        do {
            _ = try SignalWatcher(loop: loop, signals: [SIGINT, SIGTERM]) { _ in
                flag.value.store(true, ordering: .releasing)
            }
        } catch {
            group.shutDown()
            throw .systemRefused(code: error.code)
        }
    }

    /// Whether one has come.
    package var hasCome: Bool { flag.value.load(ordering: .acquiring) }

    /// Gives the signals their former effect back. Called once.
    package func end() { group.shutDown() }
}
