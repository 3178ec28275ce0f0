#if NATS
    import CNATS
    import GateBytes
    import GateIO
    import GateRPC
    import Glibc
    import Synchronization

    /// The connection comes, is checked, serves and goes. On the loop, unless it says otherwise.
    extension NATSLink {
        // MARK: Which server, on any thread

        private var places: [NATSURL.Place] { url.places + discovered.withLock { $0 } }

        /// The server that is tried next.
        var nextPlace: NATSURL.Place {
            let places = places
            return places[rota.withLock { $0.next } % places.count]
        }

        /// The wait behind an attempt that failed.
        func waitAfterFailure() -> TimeSpan {
            let count = places.count
            return rota.withLock { $0.failed(servers: count, jitter: .random(in: 0..<1)) }
        }

        private func waitAfterLoss(_ time: TimeSpan) -> TimeSpan {
            let count = places.count
            return rota.withLock { $0.lost(after: time, servers: count, jitter: .random(in: 0..<1)) }
        }

        /// Says why a server does not serve, unless that was said of it last.
        func say(_ reason: String, of place: NATSURL.Place) {
            let isNew = said.withLock { said in
                defer { said[place.shown] = reason }
                return said[place.shown] != reason
            }
            if isNew, !isClosed.load(ordering: .acquiring) { report(place.shown, reason) }
        }

        // MARK: It comes

        /// A connection has a socket; the library still speaks with the server on another thread.
        func attached(_ made: OpaquePointer?, _ socket: Int32) {
            guard !isClosed.load(ordering: .acquiring) else { return }
            unsafe connection = made
            watch?.close()
            descriptor = socket
            isWriting = false
            hasFallen = false
            watch = watcher(socket, NATSReady(link: self))
            watch?.watch(reading: true, writing: false)
        }

        /// What a connecting thread has made; the link may have ended meanwhile.
        func adopt(_ made: NATSConnection, _ place: NATSURL.Place) {
            self.made = made
            self.place = place
            unsafe connection = made.connection
            if isClosed.load(ordering: .acquiring) { return leave() }
            let known = url.places.map(\.server)
            discovered.withLock { discovered in
                discovered = Array(
                    made.discovered.filter { !known.contains($0.server) }.prefix(BrokerAuthority.serversMax))
            }
            if unsafe closedEarly == UInt(bitPattern: made.connection) {
                closedEarly = nil
                return restart(reason: unsafe Self.lastError(of: made.connection))
            }
            // Without a socket the closed callback is on its way.
            if watch == nil { return }
            check()
            drain()
        }

        /// Publishes to itself, to all and to nobody; the server answers each with an echo or a refusal.
        private func check() {
            phase = .checking(until: loop.now + Self.checkTime, inbox: false, nodes: false)
            // Sound: the library copies what it is given before it returns.
            _ = unsafe natsConnection_PublishRequest(
                connection, probeTarget.subject, probeTarget.undelivered, nil, 0)
            _ = unsafe natsConnection_PublishRequest(connection, nodesTarget, ownTarget, nil, 0)
            _ = unsafe natsConnection_Publish(connection, ownTarget, nil, 0)
        }

        /// A word of the link has come back. The one to itself was sent last, so it says that the others were let through.
        func echoed(ofNodes isOfNodes: Bool, isOurs: Bool) {
            guard isOurs, case .checking(let until, let inbox, let nodes) = phase else { return }
            let (hasInbox, hasNodes) = (inbox || !isOfNodes, nodes || isOfNodes)
            phase = .checking(until: until, inbox: hasInbox, nodes: hasNodes)
            if hasInbox, hasNodes { wentUp() }
        }

        /// The server does not let us publish or subscribe something.
        func refused(_ reason: String, by number: UInt) {
            guard unsafe UInt(bitPattern: connection) == number, made != nil, case .checking = phase else { return }
            // Several may be refused at once, in whatever order; which subject it was is in the server's log.
            let kind = reason.prefix { $0 != "\"" }.split(separator: " ").prefix(4).joined(separator: " ")
            abandon("not allowed to publish and subscribe gatehouse.> (\(kind))")
        }

        private func wentUp() {
            let limit = unsafe natsConnection_GetMaxPayload(connection)
            if limit > 0 { payloadMax.store(Int(limit), ordering: .relaxed) }
            silentBeats = 0
            quiet.store(false, ordering: .relaxed)
            phase = .up(since: loop.now)
            up.store(true, ordering: .relaxed)
            said.withLock { $0 = [:] }
            if let place { report(place.shown, nil) }
            receiver?.linkChanged(isUp: true)
        }

        // MARK: It goes

        /// The library gives the socket up, inside of one of its calls on this loop, with its lock held.
        func falls() {
            up.store(false, ordering: .relaxed)
            watch?.close()
            watch = nil
            descriptor = -1
            hasFallen = true
        }

        /// Behind ``falls()``, once the library's lock is free; the closed callback follows.
        func lost() {
            hasFallen = false
            stand()
        }

        /// The library has given a connection up.
        func closed(_ number: UInt) {
            if abandoned.remove(number) != nil || isClosed.load(ordering: .acquiring) { return }
            guard let made else {
                closedEarly = number
                return
            }
            guard unsafe UInt(bitPattern: made.connection) == number else { return }
            restart(reason: unsafe Self.lastError(of: made.connection))
        }

        /// Gives the connection up itself.
        private func abandon(_ reason: String) {
            unsafe abandoned.insert(UInt(bitPattern: connection))
            restart(reason: reason)
        }

        /// Ends what there is of a connection, and makes the next one.
        private func restart(reason: String) {
            guard let ending = made else { return }
            if let place { say(reason, of: place) }
            stand()
            let wait = if case .down(let time) = phase { waitAfterLoss(time) } else { waitAfterFailure() }
            phase = .away
            made = nil
            unsafe connection = nil
            _ = LinkThread.start { [self] in
                ending.end()
                connect(after: wait)
            }
        }

        /// Nothing goes out any more; whoever waits for an answer hears of it.
        private func stand() {
            up.store(false, ordering: .relaxed)
            watch?.close()
            watch = nil
            descriptor = -1
            waiting.subtract(held, ordering: .relaxed)
            held = 0
            isDirty = false
            guard case .up(let since) = phase else { return }
            phase = .down(after: loop.now - since)
            receiver?.linkChanged(isUp: false)
        }

        /// The link is closed.
        func leave() {
            up.store(false, ordering: .relaxed)
            phase = .away
            watch?.close()
            watch = nil
            // What is not adopted yet is ended once it is.
            guard let ending = made else { return }
            made = nil
            unsafe connection = nil
            // The callbacks that ending causes need the link.
            _ = LinkThread.start { [self] in withExtendedLifetime(self) { ending.end() } }
        }

        // MARK: Signs of life

        /// Speaks to itself, and gives up a connection that does not answer.
        func beat() {
            guard !isClosed.load(ordering: .acquiring) else { return }
            _ = loop.schedule(NATSBeat(link: self), at: loop.now + Self.beatTime)
            guard let connection = unsafe connection, made != nil else { return }
            switch phase {
            case .away, .down: return
            case .checking(let until, _, _):
                guard loop.now >= until else { return }
                abandon("what is published on gatehouse.> does not come back: may this user publish and subscribe it?")
            case .up:
                silentBeats += 1
                quiet.store(silentBeats >= Self.quietBeats, ordering: .relaxed)
                if silentBeats > Self.silentBeatsMax {
                    // The library reads the end of the stream.
                    _ = shutdown(descriptor, Int32(SHUT_RDWR))
                    return
                }
                // Sound: the subject is copied before the call returns.
                _ = unsafe natsConnection_Publish(connection, ownTarget, nil, 0)
            }
        }
    }
#endif
