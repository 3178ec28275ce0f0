#if NATS
    import CNATS
    import GateIO
    import Glibc
    import Synchronization

    /// The library's callbacks, and what runs on threads of its own.
    extension NATSLink {
        /// Never, as far as the library is concerned: the link looks after its connection itself, on its loop.
        private static let noPing: Int64 = 1 << 40

        /// The pause before the first connection is tried anew, and the longest one, in milliseconds.
        static let pauseMin: UInt32 = 100
        private static let pauseMax: UInt32 = 1_000

        /// Connects, after a pause, until there is a connection that the library keeps by itself. On a thread of its own.
        func connect(after pause: UInt32 = 0) {
            var pause = pause
            while !isClosed.load(ordering: .acquiring) {
                if pause > 0 { usleep(pause * 1_000 + UInt32.random(in: 0...pause * 500)) }
                if isClosed.load(ordering: .acquiring) || attempt() { return }
                pause = min(max(Self.pauseMin, pause * 2), Self.pauseMax)
            }
        }

        /// Connects once; where nobody listens, the library goes on by itself.
        /// - Returns: Whether there is a connection, perhaps one that is not up yet.
        private func attempt() -> Bool {
            var options: OpaquePointer?
            // Sound: the library fills in the pointers it is given and copies the texts. All callbacks share one reference to
            // the link, which the last of them, closed, gives back.
            guard unsafe natsOptions_Create(&options) == NATS_OK else { return false }
            defer { unsafe natsOptions_Destroy(options) }
            let me = unsafe Unmanaged.passRetained(self).toOpaque()
            unsafe natsOptions_SetURL(options, url.text)
            unsafe natsOptions_SetMaxReconnect(options, -1)
            // A server that is starting takes connections before it answers them: the next attempt comes soon.
            unsafe natsOptions_SetTimeout(options, 1_000)
            unsafe natsOptions_SetReconnectWait(options, 100)
            unsafe natsOptions_SetReconnectJitter(options, 200, 200)
            unsafe natsOptions_SetPingInterval(options, Self.noPing)
            unsafe natsOptions_SetSendAsap(options, true)
            unsafe natsOptions_SetReconnectBufSize(options, 1)
            unsafe natsOptions_SetIOBufSize(options, 65_536)
            let connected: natsConnectionHandler = { _, closure in
                let link = unsafe NATSLink.of(closure)
                link.loop.postReserved { link.wentUp() }
            }
            unsafe natsOptions_SetRetryOnFailedConnect(options, true, connected, me)
            unsafe natsOptions_SetReconnectedCB(options, connected, me)
            unsafe natsOptions_SetClosedCB(
                options,
                { _, closure in
                    guard let closure = unsafe closure else { return }
                    let link = unsafe Unmanaged<NATSLink>.fromOpaque(closure).takeRetainedValue()
                    link.loop.postReserved { link.closed() }
                }, me)
            unsafe setLoop(options, me)
            var made: OpaquePointer?
            let status = unsafe natsConnection_Connect(&made, options)
            guard let made = unsafe made else {
                // No callback comes.
                unsafe Unmanaged<NATSLink>.fromOpaque(me).release()
                say(Self.text(of: status))
                return false
            }
            if status != NATS_OK { say(Self.text(of: status)) }
            let all = unsafe subscribed(made)
            loop.postReserved { [self] in
                adopt(all)
                if status == NATS_OK { wentUp() }
            }
            return true
        }

        /// What a status means, in the library's words.
        static func text(of status: natsStatus) -> String {
            // Sound: the library's texts are immortal.
            if status == NATS_NOT_YET_CONNECTED { return "no server listens" }
            return unsafe natsStatus_GetText(status).map { unsafe String(cString: $0) } ?? "status \(status.rawValue)"
        }

        private func setLoop(_ options: OpaquePointer?, _ me: UnsafeMutableRawPointer) {
            // Sound: the "loop" of the callbacks is the link, which the closed callback keeps until the end.
            unsafe natsOptions_SetEventLoop(
                options, me,
                { userData, closure, connection, socket in
                    unsafe userData?.pointee = closure
                    let link = unsafe NATSLink.of(closure)
                    let made = unsafe NATSConnection(connection: connection)
                    link.loop.postReserved { unsafe link.attached(made.connection, Int32(socket)) }
                    return NATS_OK
                },
                { closure, isAdded in
                    // Only the loop makes the library give a socket up; at the end it is not looked at any more.
                    let link = unsafe NATSLink.of(closure)
                    if !isAdded, link.loop.isCurrent { link.falls() }
                    return NATS_OK
                },
                { closure, isAdded in
                    unsafe NATSLink.of(closure).writeChanged(isAdded)
                    return NATS_OK
                },
                { _ in NATS_OK })
        }

        /// Subscribes to what the loop reads by itself, and to what the server says of inboxes that nobody reads.
        private func subscribed(_ connection: OpaquePointer) -> NATSConnection {
            var made = unsafe NATSConnection(connection: connection)
            unsafe made.inbox = polled(inbox, connection)
            unsafe made.nodes = polled(Self.nodesSubject, connection)
            var undelivered: OpaquePointer?
            let me = unsafe Unmanaged.passRetained(self).toOpaque()
            let status = unsafe natsConnection_Subscribe(
                &undelivered, connection, "gatehouse.undelivered.\(token).*",
                { _, _, message, closure in
                    guard let message = unsafe message else { return }
                    unsafe NATSLink.of(closure).undelivered(message)
                    unsafe natsMsg_Destroy(message)
                }, me)
            guard status == NATS_OK else {
                unsafe Unmanaged<NATSLink>.fromOpaque(me).release()
                return made
            }
            unsafe natsSubscription_SetOnCompleteCB(
                undelivered,
                { closure in
                    guard let closure = unsafe closure else { return }
                    unsafe Unmanaged<NATSLink>.fromOpaque(closure).release()
                }, me)
            unsafe made.undelivered = undelivered
            return made
        }

        private func polled(_ subject: String, _ connection: OpaquePointer) -> OpaquePointer? {
            var subscription: OpaquePointer?
            unsafe natsConnection_SubscribeSync(&subscription, connection, subject)
            unsafe natsSubscription_SetPendingLimits(subscription, -1, -1)
            return unsafe subscription
        }

        private func undelivered(_ message: OpaquePointer) {
            guard unsafe natsMsg_IsNoResponders(message), let subject = unsafe natsMsg_GetSubject(message) else {
                return
            }
            let text = unsafe String(cString: subject)
            guard let dot = text.lastIndex(of: ".") else { return }
            let theirs = Self.inboxPrefix + text[text.index(after: dot)...]
            loop.postReserved { [self] in unreachable(theirs) }
        }

        private static func of(_ closure: UnsafeMutableRawPointer?) -> NATSLink {
            guard let closure = unsafe closure else { preconditionFailure("every callback is given its link") }
            return unsafe Unmanaged<NATSLink>.fromOpaque(closure).takeUnretainedValue()
        }
    }
#endif
