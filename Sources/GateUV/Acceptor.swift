import CUV
import GateBytes
import GateIO
import Glibc
import Synchronization

/// A listening socket on a loop. Kept by its handle from init until libuv's close callback.
///
/// It accepts by itself instead of through `uv_listen`: the peer's address comes with the connection and without another
/// system call, a flood of connections cannot hold the loop longer than `acceptsPerTurnMax` of them, and running out of
/// file descriptors pauses accepting (libuv 1.44 would spin when its one spare descriptor is gone). Clients that would
/// otherwise hang in the backlog are then closed unheard, on a descriptor that is kept for this.
@safe
final class Acceptor: LoopHandle, TimerTarget {
    /// The system's accept: a connected socket, or a negative errno. Tests give another.
    typealias Accept = @Sendable (_ descriptor: Int32, _ peer: inout sockaddr_storage) -> Int32

    private let loop: UVEventLoop
    /// All loops of the group.
    private let loops: [UVEventLoop]
    private let descriptor: Int32
    private let accept: Accept
    private let accepted: @Sendable (any EventLoop, any ByteStream) -> Void
    private let unaccepted: @Sendable (any EventLoop) -> Void
    /// Given up to accept, and close, a connection that there is no descriptor for; -1 when it is gone.
    private var spare: Int32
    /// Since when no attempt found a descriptor; `.never` while there are some.
    private var shortSince = MonotonicTime.never
    /// Valid until the close callback frees it, after which `isClosed`.
    private let poll: UnsafeMutablePointer<uv_poll_t>
    private var resumeTimer = TimerID.none
    private var isClosed = false

    /// Begins to accept from `descriptor`, which it owns from now on. On the loop.
    init(
        loop: UVEventLoop, of loops: [UVEventLoop], descriptor: Int32, accept: @escaping Accept,
        accepted: @escaping @Sendable (any EventLoop, any ByteStream) -> Void,
        unaccepted: @escaping @Sendable (any EventLoop) -> Void
    ) throws(SystemError) {
        self.unaccepted = unaccepted
        spare = Self.openSpare()
        self.loop = loop
        self.loops = loops
        self.descriptor = descriptor
        self.accept = accept
        self.accepted = accepted
        var error: Int32 = 0
        // Sound: on the loop's thread; the data is set below before anything can call back.
        guard let poll = unsafe gatehouse_poll_create(loop.memory, descriptor, nil, &error) else {
            Glibc.close(descriptor)
            if spare >= 0 { Glibc.close(spare) }
            throw SystemError(uv: error)
        }
        unsafe self.poll = poll
        // Balanced in the close callback.
        unsafe poll.pointee.data = Unmanaged.passRetained(self).toOpaque()
        watch()
    }

    /// Accepts as the system does.
    static let systemAccept: Accept = { descriptor, peer in
        // Sound: the storage holds every kind of address.
        unsafe gatehouse_accept(descriptor, &peer)
    }

    private func watch() {
        // Sound: the handle lives, see `poll`.
        _ = unsafe gatehouse_poll_start(poll) { handle, _, _ in
            guard let data = unsafe handle?.pointee.data else { return }
            // Sound: the data of a poll handle is its acceptor, kept until the close callback.
            unsafe Unmanaged<Acceptor>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.acceptAll() }
        }
    }

    private func acceptAll() {
        let limits = loop.limits
        for _ in 0..<limits.acceptsPerTurnMax where !isClosed {
            var peer = sockaddr_storage()
            let socket = accept(descriptor, &peer)
            if socket < 0 {
                // Anything but "nobody is there" is a shortage that may pass; whom it outlasts is not left waiting.
                if socket == -EAGAIN { return }
                if shortSince == .never { shortSince = loop.now }
                if loop.now >= shortSince + limits.shortageTime && refuse() { continue }
                return pause()
            }
            shortSince = .never
            guard let remote = SocketAddress(system: peer) else {
                Glibc.close(socket)
                continue
            }
            place(socket, from: remote)
        }
    }

    /// Keeps the connection, or gives it to the loop with the fewest streams when this one has too many more.
    ///
    /// The kernel's hash is even for thousands of connections only, and these may stay for days.
    private func place(_ socket: Int32, from remote: SocketAddress) {
        var target = loop
        var fewest = loop.streamCount.load(ordering: .relaxed) - loop.limits.streamImbalanceMax
        for other in loops where other.streamCount.load(ordering: .relaxed) < fewest {
            fewest = other.streamCount.load(ordering: .relaxed)
            target = other
        }
        if target === loop { return Self.open(socket, from: remote, on: loop, accepted) }
        // Counted while it is on the way, so that a burst is not given to one loop alone. There is at most one such post
        // for each file that the process may open.
        target.streamCount.wrappingAdd(1, ordering: .relaxed)
        let isLeft = target.postReserved { [target, accepted] in
            Self.open(socket, from: remote, on: target, accepted)
            target.streamCount.wrappingSubtract(1, ordering: .relaxed)
        }
        if !isLeft { Glibc.close(socket) }
    }

    private static func open(
        _ socket: Int32, from remote: SocketAddress, on loop: UVEventLoop,
        _ accepted: @Sendable (any EventLoop, any ByteStream) -> Void
    ) {
        do throws(SystemError) {
            accepted(loop, try UVStream(loop: loop, fd: socket, remoteAddress: remote))
        } catch {
            // The peer is gone already, or memory is short; it sees its connection closed.
            Glibc.close(socket)
        }
    }

    /// Accepts a connection on the spare descriptor and closes it. `false` when nobody was there or nothing helps.
    private func refuse() -> Bool {
        if spare < 0 { return false }
        Glibc.close(spare)
        var peer = sockaddr_storage()
        let socket = Self.systemAccept(descriptor, &peer)
        if socket >= 0 {
            Glibc.close(socket)
            unaccepted(loop)
        }
        spare = Self.openSpare()
        return socket >= 0
    }

    private static func openSpare() -> Int32 {
        unsafe Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC)
    }

    private func pause() {
        unsafe gatehouse_poll_stop(poll)
        resumeTimer = loop.schedule(self, at: loop.now + .milliseconds(loop.limits.acceptPauseMilliseconds))
    }

    func timerFired(at now: MonotonicTime) {
        resumeTimer = .none
        if !isClosed { watch() }
    }

    /// Stops accepting and frees the address. On the loop.
    func closeHandle() {
        if isClosed { return }
        isClosed = true
        loop.cancel(resumeTimer)
        // Sound: closed once; libuv forgets the descriptor here, the handle is freed in the callback only.
        unsafe gatehouse_poll_close(poll) { handle in
            guard let handle = unsafe handle, let data = unsafe handle.pointee.data else { return }
            unsafe Unmanaged<Acceptor>.fromOpaque(data).release()
            unsafe free(handle)
        }
        Glibc.close(descriptor)
        if spare >= 0 { Glibc.close(spare) }
    }
}
