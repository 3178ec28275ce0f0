#if NATS
    import CNATS
    import GateBytes
    import GateIO
    import GateRPC
    import Glibc
    import Synchronization

    /// Why one server did not take us, in words that show no password.
    struct NATSFault: Error {
        var text: String

        /// At most this many characters of what a server or the library says.
        private static let charactersMax = 200

        /// What the server or the library said, without what a terminal would obey.
        init(_ text: String) {
            let plain = text.unicodeScalars.prefix(Self.charactersMax).map { scalar in
                (0x20...0x7E).contains(scalar.value) ? Character(scalar) : "?"
            }
            self.text = String(plain)
        }
    }

    /// What runs on a connecting thread, and the library's callbacks.
    extension NATSLink {
        /// How long one server may take to let us in: connecting, encryption, password.
        private static let connectMilliseconds: Int64 = 1_000

        /// Connects to one server after another until one takes us. On a thread of its own.
        func connect(after pause: TimeSpan = .zero) {
            var pause = pause
            while !isClosed.load(ordering: .acquiring) {
                sleep(pause)
                if isClosed.load(ordering: .acquiring) { return }
                let place = nextPlace
                do throws(NATSFault) {
                    return try attempt(place)
                } catch {
                    say(error.text, of: place)
                    pause = waitAfterFailure()
                }
            }
        }

        /// In slices, so that a link that is closed does not keep its thread.
        private func sleep(_ time: TimeSpan) {
            var left = time.nanoseconds / 1_000
            while left > 0, !isClosed.load(ordering: .acquiring) {
                usleep(UInt32(min(left, 50_000)))
                left -= 50_000
            }
        }

        private func attempt(_ place: NATSURL.Place) throws(NATSFault) {
            LinkThread.leavesOpenSSLAlone
            var options: OpaquePointer?
            // Sound: the library fills in the pointers it is given and copies the texts. All callbacks share one reference to
            // the link, which the last of them, closed, gives back.
            guard unsafe natsOptions_Create(&options) == NATS_OK else { throw NATSFault("no memory") }
            defer { unsafe natsOptions_Destroy(options) }
            try unsafe apply(place, to: options)
            let me = unsafe Unmanaged.passRetained(self).toOpaque()
            unsafe setCallbacks(options, me)
            var made: OpaquePointer?
            let status = unsafe natsConnection_Connect(&made, options)
            guard status == NATS_OK, let made = unsafe made else {
                // No callback comes.
                unsafe Unmanaged<NATSLink>.fromOpaque(me).release()
                throw Self.fault(status, place)
            }
            let all = unsafe subscribed(made)
            loop.postReserved { [self] in adopt(all, place) }
        }

        private func apply(_ place: NATSURL.Place, to options: OpaquePointer?) throws(NATSFault) {
            let server = "nats://\(place.server)"
            var statuses = unsafe [
                natsOptions_SetURL(options, server), natsOptions_SetName(options, "gatehouse"),
                // Which server is next, and when, is decided here.
                natsOptions_SetAllowReconnect(options, false),
                natsOptions_SetTimeout(options, Self.connectMilliseconds),
                // The link looks after its connection itself, on its loop.
                natsOptions_SetPingInterval(options, 1 << 40), natsOptions_SetSendAsap(options, true),
                natsOptions_SetIOBufSize(options, 65_536),
            ]
            if let password = place.password {
                statuses.append(unsafe natsOptions_SetUserInfo(options, place.user ?? "", password))
            } else if let token = place.user {
                statuses.append(unsafe natsOptions_SetToken(options, token))
            }
            if place.isEncrypted {
                statuses.append(unsafe natsOptions_SetSecure(options, true))
                statuses.append(unsafe natsOptions_SetExpectedHostname(options, place.certificateName))
            }
            if let path = url.files["cacert"] {
                statuses.append(unsafe natsOptions_LoadCATrustedCertificates(options, path))
            }
            if let certificate = url.files["cert"], let key = url.files["key"] {
                statuses.append(unsafe natsOptions_LoadCertificatesChain(options, certificate, key))
            }
            if let path = url.files["creds"] {
                statuses.append(unsafe natsOptions_SetUserCredentialsFromFiles(options, path, nil))
            }
            for status in statuses where status != NATS_OK { throw Self.fault(status, place) }
        }

        // MARK: Reasons

        /// What a status of this thread's last call means.
        private static func fault(_ status: natsStatus, _ place: NATSURL.Place) -> NATSFault {
            var last = NATS_OK
            // Sound: the text belongs to this thread until its next call, and is copied at once.
            let text = unsafe nats_GetLastError(&last).map { unsafe String(cString: $0) } ?? ""
            let said = last == status && !text.isEmpty ? text : Self.text(of: status)
            switch status {
            case NATS_NO_SERVER:
                return NATSFault(nameFault(of: place.server.host) ?? "no server listens")
            case NATS_CONNECTION_AUTH_FAILED: return NATSFault("user, password or token refused (\(said))")
            case NATS_SSL_ERROR: return NATSFault("TLS: \(said)")
            case NATS_SECURE_CONNECTION_WANTED: return NATSFault("the server has no TLS, expected nats://")
            case NATS_TIMEOUT: return NATSFault("the server does not answer")
            case NATS_PROTOCOL_ERROR: return NATSFault("this is no NATS server (\(said))")
            case NATS_CONNECTION_CLOSED: return NATSFault("the server closed the connection (\(said))")
            default: return NATSFault(said)
            }
        }

        /// Why a name leads nowhere; `nil` when it has an address. May block.
        private static func nameFault(of host: String) -> String? {
            var found: UnsafeMutablePointer<addrinfo>?
            // Sound: the list belongs to us until it is freed; the text is immortal.
            let status = unsafe getaddrinfo(host, nil, nil, &found)
            if let found = unsafe found { unsafe freeaddrinfo(found) }
            if status == 0 { return nil }
            return unsafe "the name is not known (\(String(cString: gai_strerror(status))))"
        }

        /// What a status means, in the library's words.
        static func text(of status: natsStatus) -> String {
            // Sound: the library's texts are immortal.
            unsafe natsStatus_GetText(status).map { unsafe String(cString: $0) } ?? "status \(status.rawValue)"
        }

        // MARK: Callbacks

        private func setCallbacks(_ options: OpaquePointer?, _ me: UnsafeMutableRawPointer) {
            // Sound: the closed callback, the last one, gives the reference back; a connection's address is compared only.
            unsafe natsOptions_SetClosedCB(
                options,
                { connection, closure in
                    guard let closure = unsafe closure else { return }
                    let link = unsafe Unmanaged<NATSLink>.fromOpaque(closure).takeRetainedValue()
                    let number = UInt(bitPattern: connection)
                    link.loop.postReserved { link.closed(number) }
                }, me)
            unsafe natsOptions_SetErrorHandler(
                options,
                { connection, _, status, closure in
                    guard status == NATS_NOT_PERMITTED else { return }
                    let link = unsafe NATSLink.of(closure)
                    let text = unsafe NATSFault(NATSLink.lastError(of: connection)).text
                    let number = UInt(bitPattern: connection)
                    link.loop.postReserved { link.refused(text, by: number) }
                }, me)
            unsafe setLoop(options, me)
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

        /// What the library says of a connection.
        static func lastError(of connection: OpaquePointer?) -> String {
            var text: UnsafePointer<CChar>?
            // Sound: the text belongs to the connection, which is there, and is copied at once.
            let status = unsafe natsConnection_GetLastError(connection, &text)
            if let text = unsafe text, unsafe text.pointee != 0 { return unsafe String(cString: text) }
            return status == NATS_OK ? "the server closed the connection" : Self.text(of: status)
        }

        private static func of(_ closure: UnsafeMutableRawPointer?) -> NATSLink {
            guard let closure = unsafe closure else { preconditionFailure("every callback is given its link") }
            return unsafe Unmanaged<NATSLink>.fromOpaque(closure).takeUnretainedValue()
        }

        // MARK: Subscriptions

        /// Subscribes to what the loop reads by itself, and to what the server says of inboxes that nobody reads.
        private func subscribed(_ connection: OpaquePointer) -> NATSConnection {
            var made = unsafe NATSConnection(connection: connection)
            unsafe made.inbox = polled(inbox, connection)
            unsafe made.nodes = polled(Self.nodesSubject, connection)
            made.discovered = unsafe discovered(connection)
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

        /// The further servers of the cluster that the server has named.
        private func discovered(_ connection: OpaquePointer) -> [NATSURL.Place] {
            var names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
            var count: Int32 = 0
            // Sound: on success the library hands over an array of `count` texts that are ours to free.
            guard unsafe natsConnection_GetDiscoveredServers(connection, &names, &count) == NATS_OK,
                let names = unsafe names
            else { return [] }
            var found: [NATSURL.Place] = []
            for index in 0..<Int(count) {
                guard let name = unsafe names[index] else { continue }
                if let place = url.place(discovered: unsafe String(cString: name)) { found.append(place) }
                unsafe free(name)
            }
            unsafe free(names)
            return found
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
    }
#endif
