#if NATS
    import CNATS
    package import GateBytes
    package import GateIO
    package import GateRPC
    import Synchronization

    /// A link over NATS through its own C client, which reconnects for ever, and does clusters, authentication and TLS.
    ///
    /// Subjects: `gatehouse.inbox.TOKEN` is a node's inbox, `gatehouse.nodes` reaches all, and the server says that nobody
    /// reads an inbox on `gatehouse.undelivered.OURS.THEIRS`. At most once, in order for each sender and receiver; what is on
    /// the way is lost with the connection.
    // Sound: threads share `state`, atomics and constants; `connection` is written and destroyed on the sender's thread only.
    @safe
    package final class NATSLink: RPCLink, @unchecked Sendable {
        /// Messages that wait for the loop; the rest is dropped, and its calls end at their deadlines.
        static let receivedMax = 65_536
        private static let nodesSubject = "gatehouse.nodes"
        private static let inboxPrefix = "gatehouse.inbox."

        private enum Event {
            case message([UInt8])
            case undeliverable(String)
            case changed(isUp: Bool)
        }

        private struct State {
            var events: [Event] = []
            var receiver: (any RPCLinkReceiver)?
        }

        package let inbox: String
        private let token: String
        private let url: String
        private let loop: any EventLoop
        private let sender = NATSSender()
        private let up = Atomic<Bool>(false)
        private let ended = Atomic<Bool>(false)
        private let payloadMax = Atomic<Int>(1_048_576)
        private let state = Mutex(State())
        private var connection: OpaquePointer?

        /// A link to the servers that `url` names, separated by commas. `start` tells this start from others.
        package init(url: String, loop: any EventLoop, start: UInt32) {
            self.url = url
            self.loop = loop
            token = String(UInt64(start) << 32 | UInt64(UInt32.random(in: 0 ... .max)), radix: 16)
            inbox = Self.inboxPrefix + token
        }

        package var messageBytesMax: Int { payloadMax.load(ordering: .relaxed) }
        package var isUp: Bool { up.load(ordering: .relaxed) }

        package func open(_ receiver: any RPCLinkReceiver) {
            state.withLock { $0.receiver = receiver }
            let isStarted = NATSSender.startThread { [self] in
                connect()
                sender.run { transmit($0) }
                disconnect()
            }
            precondition(isStarted, "a link has a thread")
        }

        package func send(_ message: [UInt8], to inbox: String) throws(RPCFault) {
            try check(message)
            guard inbox.hasPrefix(Self.inboxPrefix) else {
                enqueue(.undeliverable(inbox))
                return
            }
            let theirs = inbox.dropFirst(Self.inboxPrefix.count)
            try add(
                NATSSender.Message(subject: inbox, reply: "gatehouse.undelivered.\(token).\(theirs)", bytes: message))
        }

        package func publish(_ message: [UInt8]) throws(RPCFault) {
            try check(message)
            try add(NATSSender.Message(subject: Self.nodesSubject, reply: nil, bytes: message))
        }

        package func close(by deadline: MonotonicTime) async {
            state.withLock { $0.receiver = nil }
            sender.close()
            // The thread sends what waits and ends by itself; a broker that hangs is not waited for.
            for _ in 0..<200 where !ended.load(ordering: .acquiring) { try? await Task.sleep(for: .milliseconds(5)) }
            up.store(false, ordering: .relaxed)
        }

        private func check(_ message: [UInt8]) throws(RPCFault) {
            guard isUp else { throw .unreachable }
            let limit = messageBytesMax
            guard message.count <= limit else { throw .tooLarge(bytes: message.count, limit: limit) }
        }

        private func add(_ message: NATSSender.Message) throws(RPCFault) {
            guard sender.add(message) else { throw .overloaded }
        }

        // MARK: On the sender's thread

        private func connect() {
            var options: OpaquePointer?
            // Sound: the library fills in the pointers it is given and copies the texts; each callback gets a reference of its
            // own, which its last call gives back.
            guard unsafe natsOptions_Create(&options) == NATS_OK else { return }
            let me = unsafe Unmanaged.passRetained(self).toOpaque()
            unsafe natsOptions_SetURL(options, url)
            unsafe natsOptions_SetMaxReconnect(options, -1)
            unsafe natsOptions_SetReconnectWait(options, 200)
            unsafe natsOptions_SetReconnectJitter(options, 200, 200)
            unsafe natsOptions_SetPingInterval(options, 2_000)
            unsafe natsOptions_SetMaxPingsOut(options, 1)
            unsafe natsOptions_SetSendAsap(options, true)
            unsafe natsOptions_SetReconnectBufSize(options, 1)
            unsafe natsOptions_SetNoEcho(options, true)
            let connected: natsConnectionHandler = { connection, closure in
                let link = unsafe NATSLink.of(closure)
                unsafe link.wentUp(connection)
            }
            unsafe natsOptions_SetRetryOnFailedConnect(options, true, connected, me)
            unsafe natsOptions_SetReconnectedCB(options, connected, me)
            unsafe natsOptions_SetDisconnectedCB(options, { _, closure in unsafe NATSLink.of(closure).wentDown() }, me)
            unsafe natsOptions_SetClosedCB(
                options,
                { _, closure in
                    guard let closure = unsafe closure else { return }
                    unsafe Unmanaged<NATSLink>.fromOpaque(closure).release()
                }, me)
            let status = unsafe natsConnection_Connect(&connection, options)
            unsafe natsOptions_Destroy(options)
            guard let made = unsafe connection else {
                // A URL that the library does not take; no callback comes.
                unsafe Unmanaged<NATSLink>.fromOpaque(me).release()
                return
            }
            for subject in [inbox, Self.nodesSubject, "gatehouse.undelivered.\(token).*"] {
                unsafe subscribe(made, subject)
            }
            if status == NATS_OK { unsafe wentUp(made) }
        }

        private func subscribe(_ connection: OpaquePointer, _ subject: String) {
            var subscription: OpaquePointer?
            let me = unsafe Unmanaged.passRetained(self).toOpaque()
            let status = unsafe natsConnection_Subscribe(
                &subscription, connection, subject,
                { _, _, message, closure in
                    guard let message = unsafe message else { return }
                    unsafe NATSLink.of(closure).took(message)
                    unsafe natsMsg_Destroy(message)
                }, me)
            guard status == NATS_OK else {
                unsafe Unmanaged<NATSLink>.fromOpaque(me).release()
                return
            }
            unsafe natsSubscription_SetPendingLimits(subscription, Int32(Self.receivedMax), Int32(NATSSender.bytesMax))
            unsafe natsSubscription_SetOnCompleteCB(
                subscription,
                { closure in
                    guard let closure = unsafe closure else { return }
                    unsafe Unmanaged<NATSLink>.fromOpaque(closure).release()
                }, me)
        }

        /// A message for a connection that is away is dropped; its call has ended or will.
        private func transmit(_ message: NATSSender.Message) {
            guard isUp, let connection = unsafe connection else { return }
            // Sound: the library copies subject and bytes before it returns.
            unsafe message.bytes.withUnsafeBytes { bytes in
                let count = Int32(bytes.count)
                if let reply = message.reply {
                    _ = unsafe natsConnection_PublishRequest(
                        connection, message.subject, reply, bytes.baseAddress, count)
                } else {
                    _ = unsafe natsConnection_Publish(connection, message.subject, bytes.baseAddress, count)
                }
            }
        }

        private func disconnect() {
            // Ends the subscriptions too; each callback gives its reference back.
            unsafe natsConnection_Destroy(connection)
            unsafe connection = nil
            ended.store(true, ordering: .releasing)
        }

        // MARK: On the library's threads

        private static func of(_ closure: UnsafeMutableRawPointer?) -> NATSLink {
            guard let closure = unsafe closure else { preconditionFailure("every callback is given its link") }
            return unsafe Unmanaged<NATSLink>.fromOpaque(closure).takeUnretainedValue()
        }

        private func wentUp(_ connection: OpaquePointer?) {
            let limit = unsafe natsConnection_GetMaxPayload(connection)
            if limit > 0 { payloadMax.store(Int(limit), ordering: .relaxed) }
            sender.removeAll()
            up.store(true, ordering: .relaxed)
            enqueue(.changed(isUp: true))
        }

        private func wentDown() {
            up.store(false, ordering: .relaxed)
            enqueue(.changed(isUp: false))
        }

        private func took(_ message: OpaquePointer) {
            if unsafe natsMsg_IsNoResponders(message) {
                guard let subject = unsafe natsMsg_GetSubject(message) else { return }
                let text = unsafe String(cString: subject)
                guard let dot = text.lastIndex(of: ".") else { return }
                return enqueue(.undeliverable(Self.inboxPrefix + text[text.index(after: dot)...]))
            }
            let count = Int(unsafe natsMsg_GetDataLength(message))
            guard count > 0, let data = unsafe natsMsg_GetData(message) else { return }
            // Sound: the message holds `count` bytes until it is destroyed, behind this call.
            let bytes = unsafe data.withMemoryRebound(to: UInt8.self, capacity: count) { pointer in
                unsafe [UInt8](UnsafeBufferPointer(start: pointer, count: count))
            }
            enqueue(.message(bytes))
        }

        /// One post for a burst. Changes of the link are few and never dropped.
        private func enqueue(_ event: Event) {
            let posts = state.withLock { state in
                if case .message = event, state.events.count >= Self.receivedMax { return false }
                state.events.append(event)
                return state.events.count == 1
            }
            if posts { loop.postReserved { [self] in deliver() } }
        }

        // MARK: On the loop

        private func deliver() {
            let (events, receiver) = state.withLock { state -> ([Event], (any RPCLinkReceiver)?) in
                var taken: [Event] = []
                swap(&taken, &state.events)
                return (taken, state.receiver)
            }
            guard let receiver else { return }
            for event in events {
                switch event {
                case .message(let bytes): receiver.received(bytes.span)
                case .undeliverable(let inbox): receiver.undeliverable(inbox)
                case .changed(let isUp): receiver.linkChanged(isUp: isUp)
                }
            }
        }
    }
#endif
