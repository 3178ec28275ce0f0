#if NATS
    import CNATS
    package import GateBytes
    package import GateIO
    package import GateRPC
    import Glibc
    import Synchronization

    /// A link over NATS through its own C client, which reconnects, and does clusters, authentication and TLS.
    ///
    /// What the library gives up for ever (a first connection to a server that does not answer, one that refused us twice)
    /// begins anew here, after a pause.
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
        /// Inboxes whose subjects are kept.
        private static let targetsMax = 8_192
        static let nodesSubject = "gatehouse.nodes"
        static let inboxPrefix = "gatehouse.inbox."

        /// A subject, and where the server says that nobody listens to it.
        private struct Target {
            var subject: [CChar]
            var undelivered: [CChar]
        }

        package let inbox: String
        let token: String
        let url: NATSURL
        let loop: any EventLoop
        /// Hears of a server that was reached, or of the reason why not; never of a password.
        private let report: @Sendable (_ server: String, _ fault: String?) -> Void
        /// The reason that was told last, so that each is told once.
        private let said = Mutex<String?>(nil)
        private let watcher: DescriptorWatcher
        private let up = Atomic<Bool>(false)
        let isClosed = Atomic<Bool>(false)
        private let payloadMax = Atomic<Int>(1_048_576)
        /// Bytes that were accepted and are not with the system.
        private let waiting = Atomic<Int>(0)

        private var receiver: (any RPCLinkReceiver)?
        private var connection: OpaquePointer?
        /// Set once the connecting thread is through.
        private var made: NATSConnection?
        private var watch: (any DescriptorWatch)?
        private var descriptor: Int32 = -1
        /// Bytes that the library holds.
        private var held = 0
        private var isDirty = false
        private var isWriting = false
        private var hasFallen = false
        /// Whether the library gave a connection up before it was adopted.
        private var hasClosed = false
        private var silentBeats = 0
        private var targets: [String: Target] = [:]
        private let nodesTarget = Array(NATSLink.nodesSubject.utf8CString)
        private let ownTarget: [CChar]

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
        }

        package var messageBytesMax: Int { payloadMax.load(ordering: .relaxed) }
        package var isUp: Bool { up.load(ordering: .relaxed) }

        // MARK: For every thread

        package func open(_ receiver: any RPCLinkReceiver) {
            loop.postReserved { [self] in
                self.receiver = receiver
                loop.observeTurns(TurnEnd(link: self))
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
                throw .overloaded
            }
        }

        /// What was admitted is bounded by its bytes.
        private func post(_ message: [UInt8], _ body: @escaping @Sendable (NATSLink) -> Void) {
            loop.postReserved { [self] in body(self) }
        }

        // MARK: Sending, on the loop

        private func transmit(_ message: [UInt8], to inbox: String) {
            guard let target = target(inbox) else {
                waiting.subtract(message.count, ordering: .relaxed)
                receiver?.undeliverable(inbox)
                return
            }
            hand(message, target.subject, target.undelivered)
        }

        private func transmit(_ message: [UInt8]) { hand(message, nodesTarget, nil) }

        private func target(_ inbox: String) -> Target? {
            if let known = targets[inbox] { return known }
            let theirs = inbox.dropFirst(Self.inboxPrefix.count)
            guard inbox.hasPrefix(Self.inboxPrefix), !theirs.isEmpty,
                theirs.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !".*>".utf8.contains($0) })
            else { return nil }
            let made = Target(
                subject: Array(inbox.utf8CString),
                undelivered: Array("gatehouse.undelivered.\(token).\(theirs)".utf8CString))
            if targets.count >= Self.targetsMax { targets.removeAll() }
            targets[inbox] = made
            return made
        }

        /// A message for a connection that is away is dropped; its call has ended.
        private func hand(_ message: [UInt8], _ subject: [CChar], _ reply: [CChar]?) {
            guard isUp, let connection = unsafe connection else {
                waiting.subtract(message.count, ordering: .relaxed)
                return
            }
            held += message.count
            // Sound: the library copies subject, reply and bytes before it returns.
            unsafe message.withUnsafeBytes { bytes in
                let count = Int32(bytes.count)
                if let reply {
                    _ = unsafe natsConnection_PublishRequest(connection, subject, reply, bytes.baseAddress, count)
                } else {
                    _ = unsafe natsConnection_Publish(connection, subject, bytes.baseAddress, count)
                }
            }
            if held > Self.turnBytesMax, !isWriting { flush() }
        }

        /// The library wants to write, or has written everything. Perhaps while it holds its lock.
        func writeChanged(_ wantsToWrite: Bool) {
            guard loop.isCurrent else {
                loop.postReserved { [self] in writeChanged(wantsToWrite) }
                return
            }
            isDirty = wantsToWrite
            if wantsToWrite { return }
            waiting.subtract(held, ordering: .relaxed)
            held = 0
        }

        fileprivate func turnEnded() {
            if isDirty, !isWriting { flush() }
        }

        private func flush() {
            guard unsafe connection != nil, watch != nil else { return }
            unsafe natsConnection_ProcessWriteEvent(connection)
            if hasFallen { return fell() }
            // What the system did not take waits until it does.
            if isDirty, held > 0 {
                let left = max(0, Int(unsafe natsConnection_Buffered(connection)))
                if left < held {
                    waiting.subtract(held - left, ordering: .relaxed)
                    held = left
                }
            }
            guard isDirty != isWriting else { return }
            isWriting = isDirty
            watch?.watch(reading: true, writing: isWriting)
        }

        // MARK: Receiving, on the loop

        fileprivate func ready(reading: Bool, writing: Bool) {
            if reading {
                silentBeats = 0
                unsafe natsConnection_ProcessReadEvent(connection)
                if hasFallen { return fell() }
                drain()
            }
            if writing, watch != nil { flush() }
        }

        /// Hands over what the library has read.
        private func drain() {
            guard let made else { return }
            unsafe drain(made.inbox)
            unsafe drain(made.nodes)
        }

        private func drain(_ subscription: OpaquePointer?) {
            var message: OpaquePointer?
            // Sound: a message holds its bytes until it is destroyed, behind the call that they are lent to.
            while unsafe natsSubscription_NextMsg(&message, subscription, 0) == NATS_OK {
                let count = Int(unsafe natsMsg_GetDataLength(message))
                if count > 0, let data = unsafe natsMsg_GetData(message) {
                    unsafe data.withMemoryRebound(to: UInt8.self, capacity: count) { bytes in
                        unsafe receiver?.received(Span(_unsafeStart: bytes, count: count))
                    }
                }
                unsafe natsMsg_Destroy(message)
            }
        }

        /// Nobody reads an inbox.
        func unreachable(_ inbox: String) { receiver?.undeliverable(inbox) }

        // MARK: Up and down, on the loop

        /// A connection has a socket; the library still speaks with the server on another thread.
        func attached(_ made: OpaquePointer?, _ socket: Int32) {
            guard !isClosed.load(ordering: .acquiring) else { return }
            unsafe connection = made
            watch?.close()
            descriptor = socket
            isWriting = false
            hasFallen = false
            watch = watcher(socket, Ready(link: self))
            watch?.watch(reading: true, writing: false)
        }

        /// The library is through: messages may go.
        func wentUp() {
            guard !isUp, watch != nil, !isClosed.load(ordering: .acquiring) else { return }
            let limit = unsafe natsConnection_GetMaxPayload(connection)
            if limit > 0 { payloadMax.store(Int(limit), ordering: .relaxed) }
            silentBeats = 0
            up.store(true, ordering: .relaxed)
            said.withLock { $0 = nil }
            report(serverName, nil)
            receiver?.linkChanged(isUp: true)
        }

        /// The server of the connection, without what lets one in.
        private var serverName: String {
            var text = [CChar](repeating: 0, count: 512)
            // Sound: the library writes at most what the array holds, a NUL included.
            guard unsafe natsConnection_GetConnectedUrl(connection, &text, text.count) == NATS_OK else {
                return url.shown
            }
            let name = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let scheme = name.hasPrefix("tls://") ? "tls://" : "nats://"
            let host = name.hasPrefix(scheme) ? name.dropFirst(scheme.count) : name[...]
            return scheme + (host.lastIndex(of: "@").map { host[host.index(after: $0)...] } ?? host)
        }

        /// Tells why there is no connection, unless that was told last.
        func say(_ reason: String) {
            let isNew = said.withLock { said in
                defer { said = reason }
                return said != reason
            }
            if isNew, !isClosed.load(ordering: .acquiring) { report(url.shown, reason) }
        }

        /// The library gives the socket up, inside of one of its calls on this loop, with its lock held.
        func falls() {
            up.store(false, ordering: .relaxed)
            watch?.close()
            watch = nil
            descriptor = -1
            hasFallen = true
        }

        private func fell() {
            hasFallen = false
            waiting.subtract(held, ordering: .relaxed)
            held = 0
            isDirty = false
            say(lastError)
            receiver?.linkChanged(isUp: false)
        }

        /// What the library says of the connection.
        private var lastError: String {
            var text: UnsafePointer<CChar>?
            // Sound: the text belongs to the connection, which is there, and is copied at once.
            let status = unsafe natsConnection_GetLastError(connection, &text)
            if let text = unsafe text, unsafe text.pointee != 0 { return unsafe String(cString: text) }
            return status == NATS_OK ? "the server closed the connection" : Self.text(of: status)
        }

        /// What a connecting thread has made; the link may have ended meanwhile.
        func adopt(_ made: NATSConnection) {
            self.made = made
            unsafe connection = made.connection
            if isClosed.load(ordering: .acquiring) { return leave() }
            if hasClosed { return closed() }
            drain()
        }

        /// The library has given a connection up, and no other one is on its way.
        func closed() {
            guard !isClosed.load(ordering: .acquiring) else { return }
            guard let ending = made else {
                hasClosed = true
                return
            }
            hasClosed = false
            say(lastError)
            let wasUp = up.exchange(false, ordering: .relaxed)
            watch?.close()
            watch = nil
            descriptor = -1
            made = nil
            unsafe connection = nil
            waiting.subtract(held, ordering: .relaxed)
            held = 0
            isDirty = false
            if wasUp { receiver?.linkChanged(isUp: false) }
            _ = LinkThread.start { [self] in
                ending.end()
                connect(after: Self.pauseMin)
            }
        }

        private func leave() {
            up.store(false, ordering: .relaxed)
            watch?.close()
            watch = nil
            // What is not adopted yet is ended once it is.
            guard let ending = made else { return }
            made = nil
            unsafe connection = nil
            // The callbacks that ending causes need the link.
            _ = LinkThread.start { [self] in withExtendedLifetime(self) { ending.end() } }
        }

        // MARK: Signs of life, on the loop

        /// Speaks to itself, and gives up a connection that does not answer.
        fileprivate func beat() {
            guard !isClosed.load(ordering: .acquiring) else { return }
            _ = loop.schedule(Beat(link: self), at: loop.now + Self.beatTime)
            guard isUp, let connection = unsafe connection else { return }
            silentBeats += 1
            if silentBeats > Self.silentBeatsMax {
                // The library reads the end of the stream and connects anew.
                _ = shutdown(descriptor, Int32(SHUT_RDWR))
                return
            }
            // Sound: the subject is copied before the call returns.
            _ = unsafe natsConnection_Publish(connection, ownTarget, nil, 0)
        }
    }

    /// What the library made, on its way from one thread to another.
    // Sound: used by one thread at a time.
    @safe
    struct NATSConnection: @unchecked Sendable {
        var connection: OpaquePointer?
        /// What the loop reads.
        var inbox: OpaquePointer?
        /// What the loop reads.
        var nodes: OpaquePointer?
        /// What a thread of the library's reads.
        var undelivered: OpaquePointer?

        /// Frees everything. Perhaps waits for the library's threads.
        func end() {
            unsafe natsSubscription_Destroy(inbox)
            unsafe natsSubscription_Destroy(nodes)
            unsafe natsSubscription_Destroy(undelivered)
            unsafe natsConnection_Destroy(connection)
        }
    }

    /// The loop's ways back to a link, which they do not keep alive.
    private final class TurnEnd: TurnObserver {
        private weak var link: NATSLink?

        init(link: NATSLink) {
            self.link = link
        }

        func turnEnded(at now: MonotonicTime) { link?.turnEnded() }
    }

    private final class Ready: DescriptorHandler {
        private weak var link: NATSLink?

        init(link: NATSLink) {
            self.link = link
        }

        func ready(reading: Bool, writing: Bool) { link?.ready(reading: reading, writing: writing) }
    }

    private final class Beat: TimerTarget {
        private weak var link: NATSLink?

        init(link: NATSLink) {
            self.link = link
        }

        func timerFired(at now: MonotonicTime) { link?.beat() }
    }
#endif
