import CUV
package import GateIO
import Glibc
import Synchronization

/// The libuv loops of a process, a thread each (`gate-loop-0` and so on; the system allows 15 letters).
///
/// Every group that was made is ended with ``shutDown()``.
package final class UVEventLoopGroup: EventLoopGroup {
    /// How often another port is tried when one that the system chose is taken on another address of the name; 16.
    static let portChoicesMax = 16

    package let loops: [any EventLoop]
    private let uvLoops: [UVEventLoop]
    private let limits: LoopLimits
    private let threads: Mutex<[pthread_t]>

    /// Starts `loopCount` loops, 1...1 024.
    package init(loopCount: Int, limits: LoopLimits = LoopLimits()) throws(LoopError) {
        precondition((1...1_024).contains(loopCount), "a group has 1...1 024 loops")
        gatehouse_ignore_sigpipe()
        self.limits = limits
        var loops: [UVEventLoop] = []
        do throws(LoopError) {
            for index in 0..<loopCount { loops.append(try UVEventLoop(index: index, limits: limits)) }
        } catch {
            for loop in loops { loop.endUnstarted() }
            throw error
        }
        uvLoops = loops
        self.loops = loops
        var started: [pthread_t] = []
        var failure: Int32 = 0
        for loop in loops {
            var thread = pthread_t()
            let kept = unsafe Unmanaged.passRetained(loop)
            // Sound: the thread takes over the reference it is given.
            failure = unsafe pthread_create(
                &thread, nil,
                { argument in
                    guard let argument = unsafe argument else { return nil }
                    let loop = unsafe Unmanaged<UVEventLoop>.fromOpaque(argument).takeRetainedValue()
                    unsafe gatehouse_name_thread("gate-loop-\(loop.index)")
                    loop.run()
                    return nil
                }, kept.toOpaque())
            if failure != 0 {
                unsafe kept.release()
                break
            }
            started.append(thread)
        }
        threads = Mutex(started)
        if failure != 0 {
            for loop in loops.dropFirst(started.count) { loop.endUnstarted() }
            shutDown()
            throw .systemRefused(code: failure)
        }
    }

    package func listen(
        host: String, port: UInt16, accept: @escaping @Sendable (any EventLoop, any ByteStream) -> Void
    ) throws(ListenError) -> any Listener {
        try listen(host: host, port: port, unaccepted: { _ in }, accept: accept)
    }

    /// The same; `unaccepted` hears of each client that was closed unheard, on the loop that did it, because the process
    /// may open no more files.
    package func listen(
        host: String, port: UInt16, unaccepted: @escaping @Sendable (any EventLoop) -> Void,
        accept: @escaping @Sendable (any EventLoop, any ByteStream) -> Void
    ) throws(ListenError) -> any Listener {
        try listen(host: host, port: port, using: Acceptor.systemAccept, unaccepted: unaccepted, accept: accept)
    }

    /// The same with another accept than the system's.
    func listen(
        host: String, port: UInt16, using systemAccept: @escaping Acceptor.Accept,
        unaccepted: @escaping @Sendable (any EventLoop) -> Void = { _ in },
        accept: @escaping @Sendable (any EventLoop, any ByteStream) -> Void
    ) throws(ListenError) -> any Listener {
        precondition(!uvLoops.contains { $0.isCurrent }, "listen blocks, so it is not called on a loop")
        let sockets = try openSockets(host: host, port: port)
        return UVListener(sockets, loops: uvLoops, using: systemAccept, accepted: accept, unaccepted: unaccepted)
    }

    /// Ends all loops and waits for their threads; open streams are closed without a word to their handlers. A second
    /// call does nothing. Not called on a loop.
    package func shutDown() {
        precondition(!uvLoops.contains { $0.isCurrent }, "a loop cannot wait for itself")
        threads.withLock { threads in
            for loop in uvLoops { loop.stop() }
            for thread in threads { pthread_join(thread, nil) }
            threads.removeAll()
        }
    }

    /// The sockets of every address that `host` means, all on one port.
    private func openSockets(host: String, port: UInt16) throws(ListenError) -> [ListeningSockets] {
        let addresses = try ListeningAddresses.of(host: host, port: port)
        var choices = 1
        while true {
            do { return try openSockets(addresses, port: port) } catch {
                guard case .addressInUse = error, port == 0, choices < Self.portChoicesMax else { throw error }
                choices += 1
            }
        }
    }

    private func openSockets(_ addresses: [SocketAddress], port: UInt16) throws(ListenError) -> [ListeningSockets] {
        var chosen = port
        return try ListeningAddresses.open(addresses, close: { $0.close() }) { wanted throws(SystemError) in
            var address = wanted
            address.port = chosen
            let sockets = try ListeningSockets(address, count: uvLoops.count, backlog: limits.backlog)
            chosen = sockets.address.port
            return sockets
        }
    }
}
