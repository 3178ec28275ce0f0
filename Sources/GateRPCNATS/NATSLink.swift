#if NATS
    import CNATS
    package import GateBytes
    package import GateIO
    package import GateRPC
    import Glibc
    import Synchronization

    /// A link over NATS through its own C client, which does authentication and TLS; reconnect is ours.
    ///
    /// The servers of the URL, and behind them those that a server names as further ones of its cluster, are tried one after
    /// another, as ``BrokerRota`` says. A connection counts once what the link publishes has come back to it: a user who may
    /// not publish or subscribe is told so, instead of finding nobody.
    ///
    /// The library reads and writes on the loop, whenever this link tells it to: a message costs no other thread. What of it
    /// may block (connecting, ending) runs on threads of their own; while it connects, the loop does not touch it.
    ///
    /// Subjects: `gatehouse.inbox.TOKEN` is a node's inbox, `gatehouse.nodes` reaches all, and the server says that nobody
    /// reads an inbox on `gatehouse.undelivered.OURS.THEIRS`. At most once, in order for each sender and receiver; what is on
    /// the way is lost with the connection.
    // Sound: what threads share is atomic or constant; all other variables are touched on the loop only.
    @safe
    package final class NATSLink: RPCLink, @unchecked Sendable {
        /// Bytes that wait for the server: 64 MiB.
        static let waitingBytesMax = 67_108_864
        /// Bytes after which a turn's messages leave before its end: 256 KiB.
        static let turnBytesMax = 262_144
        /// How often the link speaks to itself.
        static let beatTime = TimeSpan.seconds(1)
        /// Beats without anything heard after which the connection counts as dead.
        static let silentBeatsMax = 3
        /// Beats without anything heard after which the silence of others says nothing.
        static let quietBeats = 2
        /// Inboxes whose subjects are kept.
        static let targetsMax = 8_192
        static let nodesSubject = "gatehouse.nodes"
        static let inboxPrefix = "gatehouse.inbox."

        /// How long what is published may take to come back before a connection counts.
        static let checkTime = TimeSpan.seconds(2)

        /// A subject, and where the server says that nobody listens to it.
        struct Target {
            var subject: [CChar]
            var undelivered: [CChar]
        }

        /// How far the present connection is.
        enum Phase {
            /// There is none, or the library is not through.
            case away
            /// What was published is awaited, by this time.
            case checking(until: MonotonicTime, inbox: Bool, nodes: Bool)
            case up(since: MonotonicTime)
            /// It served for so long, and the library is not through with it.
            case down(after: TimeSpan)
        }

        package let inbox: String
        let token: String
        let url: NATSURL
        let loop: any EventLoop
        /// Hears of a server that was reached, or of the reason why not; never of a password.
        let report: @Sendable (_ server: String, _ fault: String?) -> Void
        /// What was said last of each server, so that each is said once.
        let said = Mutex<[String: String]>([:])
        /// Which server is next.
        let rota = Mutex(BrokerRota())
        /// Servers that another one has named.
        let discovered = Mutex<[NATSURL.Place]>([])
        let watcher: DescriptorWatcher
        let up = Atomic<Bool>(false)
        let quiet = Atomic<Bool>(false)
        let isClosed = Atomic<Bool>(false)
        let payloadMax = Atomic<Int>(1_048_576)
        /// Bytes that were accepted and are not with the system.
        let waiting = Atomic<Int>(0)

        var receiver: (any RPCLinkReceiver)?
        var connection: OpaquePointer?
        /// Set once the connecting thread is through.
        var made: NATSConnection?
        /// The server of the connection.
        var place: NATSURL.Place?
        var phase = Phase.away
        var watch: (any DescriptorWatch)?
        var descriptor: Int32 = -1
        /// Bytes that the library holds.
        var held = 0
        var isDirty = false
        var isWriting = false
        var hasFallen = false
        /// A connection that the library gave up before it was adopted, by its address.
        var closedEarly: UInt?
        /// Connections that the link gave up itself, until the library is through with them.
        var abandoned: Set<UInt> = []
        var silentBeats = 0
        var targets: [String: Target] = [:]
        let nodesTarget = Array(NATSLink.nodesSubject.utf8CString)
        let ownTarget: [CChar]
        /// Where nobody listens, for the question whether we may send there.
        let probeTarget: Target

        /// A link to the servers that `url` names, on `loop`, which `watcher` makes watches for. `start` tells this start from
        /// others. `report` hears, on any thread, of a server that was reached or of the reason why not, once for each.
        package init(
            url: NATSURL, loop: any EventLoop, watcher: @escaping DescriptorWatcher, start: UInt32,
            report: @escaping @Sendable (_ server: String, _ fault: String?) -> Void = { _, _ in }
        ) {
            self.url = url
            self.report = report
            self.loop = loop
            self.watcher = watcher
            token = String(UInt64(start) << 32 | UInt64(UInt32.random(in: 0 ... .max)), radix: 16)
            inbox = Self.inboxPrefix + token
            ownTarget = Array(inbox.utf8CString)
            probeTarget = Target(
                subject: Array("\(Self.inboxPrefix)probe".utf8CString),
                undelivered: Array("gatehouse.undelivered.\(token).probe".utf8CString))
        }

        package var messageBytesMax: Int { payloadMax.load(ordering: .relaxed) }
        package var isUp: Bool { up.load(ordering: .relaxed) }
        package var isQuiet: Bool { quiet.load(ordering: .relaxed) }

        // MARK: For every thread

        package func open(_ receiver: any RPCLinkReceiver) {
            loop.postReserved { [self] in
                self.receiver = receiver
                loop.observeTurns(NATSTurnEnd(link: self))
                beat()
            }
            let isStarted = LinkThread.start { [self] in connect() }
            precondition(isStarted, "a link has a thread")
        }

        package func send(_ message: [UInt8], to inbox: String) throws(RPCFault) {
            try admit(message)
            if loop.isCurrent { return transmit(message, to: inbox) }
            post(message) { link in link.transmit(message, to: inbox) }
        }

        package func publish(_ message: [UInt8]) throws(RPCFault) {
            try admit(message)
            if loop.isCurrent { return transmit(message) }
            post(message) { link in link.transmit(message) }
        }

        package func close(by deadline: MonotonicTime) async {
            // What was sent last is an answer that somebody waits for.
            while isUp, waiting.load(ordering: .relaxed) > 0, await time() < deadline {
                try? await Task.sleep(for: .milliseconds(5))
            }
            isClosed.store(true, ordering: .releasing)
            await withCheckedContinuation { continuation in
                loop.postReserved { [self] in
                    receiver = nil
                    leave()
                    continuation.resume()
                }
            }
        }

        private func time() async -> MonotonicTime {
            await withCheckedContinuation { continuation in
                loop.postReserved { [self] in continuation.resume(returning: loop.now) }
            }
        }

        private func admit(_ message: [UInt8]) throws(RPCFault) {
            guard isUp else { throw .unreachable }
            let limit = messageBytesMax
            guard message.count <= limit else { throw .tooLarge(bytes: message.count, limit: limit) }
            guard waiting.add(message.count, ordering: .relaxed).newValue <= Self.waitingBytesMax else {
                waiting.subtract(message.count, ordering: .relaxed)
                throw .linkFull
            }
        }

        /// What was admitted is bounded by its bytes.
        private func post(_ message: [UInt8], _ body: @escaping @Sendable (NATSLink) -> Void) {
            loop.postReserved { [self] in body(self) }
        }
    }
#endif
