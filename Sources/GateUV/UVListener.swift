package import GateIO
import Glibc
import Synchronization

/// The acceptors of one `listen`, spread over the loops.
package final class UVListener: Listener {
    package let addresses: [SocketAddress]
    private let loops: [UVEventLoop]
    private let isClosed = Atomic<Bool>(false)
    /// By loop. Sound: each entry is touched on its own loop only.
    private let shares: [Share]

    /// One loop's part.
    // Sound: `acceptors` is only touched on the loop that the share belongs to.
    private final class Share: @unchecked Sendable {
        var acceptors: [Acceptor] = []
    }

    init(
        _ sockets: [ListeningSockets], loops: [UVEventLoop], using accept: @escaping Acceptor.Accept,
        accepted: @escaping @Sendable (any EventLoop, any ByteStream) -> Void,
        unaccepted: @escaping @Sendable (any EventLoop) -> Void
    ) {
        addresses = sockets.map(\.address)
        self.loops = loops
        shares = loops.map { _ in Share() }
        for (loop, share) in zip(loops, shares) {
            let descriptors = sockets.map { $0.descriptors[loop.index] }
            loop.postReserved {
                for descriptor in descriptors {
                    // An acceptor that cannot be made has freed its socket: the system then gives its clients to the
                    // other loops.
                    guard
                        let acceptor = try? Acceptor(
                            loop: loop, of: loops, descriptor: descriptor, accept: accept, accepted: accepted,
                            unaccepted: unaccepted)
                    else { continue }
                    share.acceptors.append(acceptor)
                }
            }
        }
    }

    package func close() {
        if isClosed.exchange(true, ordering: .acquiringAndReleasing) { return }
        for (loop, share) in zip(loops, shares) {
            loop.postReserved {
                for acceptor in share.acceptors { acceptor.closeHandle() }
                share.acceptors.removeAll()
            }
        }
    }
}
