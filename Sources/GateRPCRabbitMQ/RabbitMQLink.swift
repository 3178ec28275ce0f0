#if RabbitMQ
    package import GateBytes
    package import GateIO
    package import GateRPC
    import Synchronization

    /// A link over RabbitMQ through its own C client, which does authentication and TLS; reconnect is ours.
    ///
    /// A node's inbox is a queue of its connection, `gatehouse.inbox.TOKEN.NUMBER`, which is gone when the connection is: what
    /// is sent to it then comes back at once. `gatehouse.nodes` is an exchange that reaches all. At most once, in order for
    /// each sender and receiver; what is on the way is lost with a connection.
    ///
    /// The library blocks, so one thread owns the connection. It sends what waits in a bounded queue and hands what comes to
    /// the loop; it reads nothing more while the loop has too much. A server that stops reading holds the thread for some
    /// seconds at most, then the connection counts as lost; nobody else is ever held.
    package final class RabbitMQLink: RPCLink {
        static let inboxPrefix = "gatehouse.inbox."
        /// Bytes of an inbox; longer ones are none.
        static let inboxBytesMax = 128

        let url: RabbitMQURL
        let outbox: RabbitMQOutbox
        let events: LinkEvents
        let report: @Sendable (_ server: String, _ fault: String?) -> Void
        private let token: String
        private let names: Mutex<String>
        private let up = Atomic<Bool>(false)
        private let quiet = Atomic<Bool>(false)
        private let blocked = Atomic<Bool>(false)
        private let ended = Atomic<Bool>(false)
        private let limit = Atomic<Int>(RabbitMQLimits.messageBytesMax)

        /// A link to one of the servers that `url` names. `start` tells this start from others.
        /// - Parameter report: Hears, on the link's thread, of a server that was reached, or of the reason why not; never
        ///   of a password.
        package init(
            url: RabbitMQURL, loop: any EventLoop, start: UInt32,
            report: @escaping @Sendable (_ server: String, _ fault: String?) -> Void = { _, _ in }
        ) {
            self.url = url
            self.report = report
            let outbox = RabbitMQOutbox()
            self.outbox = outbox
            events = LinkEvents(loop: loop) { outbox.wake() }
            token = String(UInt64(start) << 32 | UInt64(UInt32.random(in: 0 ... .max)), radix: 16)
            names = Mutex(Self.inboxPrefix + token + ".1")
        }

        /// The queue of this connection, or of the next one.
        package var inbox: String { names.withLock { $0 } }
        package var messageBytesMax: Int { limit.load(ordering: .relaxed) }
        package var isUp: Bool { up.load(ordering: .relaxed) }
        package var isQuiet: Bool { quiet.load(ordering: .relaxed) }

        package func open(_ receiver: any RPCLinkReceiver) {
            events.open(receiver)
            let isStarted = LinkThread.start { [self] in
                run()
                ended.store(true, ordering: .releasing)
            }
            precondition(isStarted, "a link has a thread")
        }

        package func send(_ message: [UInt8], to inbox: String) throws(RPCFault) {
            try check(message)
            guard inbox.hasPrefix(Self.inboxPrefix), inbox.utf8.count <= Self.inboxBytesMax else {
                events.add([.undeliverable(inbox)])
                return
            }
            guard outbox.add(message, to: inbox) else { throw .linkFull }
        }

        package func publish(_ message: [UInt8]) throws(RPCFault) {
            try check(message)
            guard outbox.add(message, to: nil) else { throw .linkFull }
        }

        package func close(by deadline: MonotonicTime) async {
            events.close()
            outbox.close()
            // The thread sends what waits and ends by itself; a server that hangs is not waited for.
            let latest = RabbitMQClock.now() + RabbitMQLimits.closeTimeMax
            while !ended.load(ordering: .acquiring), RabbitMQClock.now() < latest {
                try? await Task.sleep(for: .milliseconds(5))
            }
            up.store(false, ordering: .relaxed)
        }

        private func check(_ message: [UInt8]) throws(RPCFault) {
            guard isUp else { throw .unreachable }
            let limit = messageBytesMax
            guard message.count <= limit else { throw .tooLarge(bytes: message.count, limit: limit) }
            // What the server does not read now is refused now: nobody knows how long it will last.
            if blocked.load(ordering: .relaxed) { throw .linkFull }
        }

        // MARK: On the link's thread

        func wentUp() {
            outbox.removeAll()
            blocked.store(false, ordering: .relaxed)
            up.store(true, ordering: .relaxed)
            events.add([.changed(isUp: true)])
        }

        func setQuiet(_ isQuiet: Bool) { quiet.store(isQuiet, ordering: .relaxed) }

        func setBlocked(_ isBlocked: Bool) { blocked.store(isBlocked, ordering: .relaxed) }

        /// The queue is gone. The next one has another name: a server that has not noticed yet still holds the old one.
        func wentDown(number: Int) {
            up.store(false, ordering: .relaxed)
            rename(number: number)
            events.add([.changed(isUp: false)])
        }

        /// The name of the next connection's queue.
        func rename(number: Int) { names.withLock { $0 = "\(Self.inboxPrefix)\(token).\(number)" } }

        /// From now on a message that the server refused is refused here.
        func learn(messageBytesMax: Int) {
            limit.store(min(messageBytesMax, RabbitMQLimits.messageBytesMax), ordering: .relaxed)
        }
    }
#endif
