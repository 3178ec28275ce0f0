#if RabbitMQ
    import GateBytes
    import GateRPC
    import Glibc

    /// What the link's thread does, until the link is closed.
    extension RabbitMQLink {
        /// Frames that are read before messages are sent again.
        private static let framesPerTurn = 256
        /// Messages that are sent before frames are read again.
        private static let messagesPerTurn = 32
        /// The longest wait for something to happen, so that heartbeats go out in time. Milliseconds.
        private static let turnMillisecondsMax: Int32 = 500

        /// Connects to one server after another.
        func run() {
            var rota = BrokerRota()
            var number = 1
            var said: [String: RabbitMQFault] = [:]
            while !outbox.isClosed {
                let server = url.servers[rota.next % url.servers.count]
                let place = "\(url.isEncrypted ? "amqps" : "amqp")://\(server)"
                var connectedAt: MonotonicTime?
                var hasQueue = false
                do throws(RabbitMQFault) {
                    let connection = try RabbitMQConnection(server, of: url, name: "gatehouse \(inbox)")
                    try connection.listen(at: inbox)
                    hasQueue = true
                    try connection.check(
                        inbox, until: RabbitMQClock.now() + .seconds(Double(RabbitMQLimits.answerSeconds)))
                    connectedAt = RabbitMQClock.now()
                    said = [:]
                    report(place, nil)
                    wentUp()
                    try serve(connection)
                    return
                } catch {
                    if let limit = error.messageBytesMax { learn(messageBytesMax: limit) }
                    // One line of each server for a row of equal failures.
                    if said[place] != error { report(place, error.description) }
                    said[place] = error
                    // The server may still hold the queue of a connection that it has not missed yet.
                    if hasQueue { number += 1 }
                    if connectedAt != nil { wentDown(number: number) } else { rename(number: number) }
                }
                let (count, jitter) = (url.servers.count, Double.random(in: 0..<1))
                if let connectedAt {
                    pause(for: rota.lost(after: RabbitMQClock.now() - connectedAt, servers: count, jitter: jitter))
                } else {
                    pause(for: rota.failed(servers: count, jitter: jitter))
                }
            }
        }

        /// Waits until the time is over or the link is closed.
        private func pause(for time: TimeSpan) {
            let end = RabbitMQClock.now() + time
            while !outbox.isClosed {
                let left = (end - RabbitMQClock.now()).nanoseconds / 1_000_000
                if left <= 0 { return }
                var descriptors = [pollfd(fd: outbox.descriptor, events: Int16(POLLIN), revents: 0)]
                // Sound: the call looks at one element of an array of one.
                if unsafe poll(&descriptors, 1, Int32(clamping: left)) > 0 { outbox.rest() }
            }
        }

        /// Carries messages both ways until the link is closed.
        private func serve(_ connection: RabbitMQConnection) throws(RabbitMQFault) {
            var turn = Turn(heardAt: RabbitMQClock.now())
            while true {
                let hasRoom = events.hasRoom
                let hasWork = !outbox.isEmpty && !turn.isBlocked
                if outbox.isClosed, !hasWork { return connection.close() }
                let ready = wait(
                    connection, reads: hasRoom, writes: hasWork, until: turn.isBlocked ? .never : turn.probes.next)
                let now = RabbitMQClock.now()
                if ready.reads || !hasRoom { turn.heardAt = now }
                if hasRoom {
                    try read(connection, &turn)
                } else if ready.reads || now >= turn.beatsAt {
                    // What is ready although nothing was asked for is the end, which a write finds out.
                    turn.beatsAt = now + .seconds(Double(RabbitMQLimits.heartbeatSeconds) / 2)
                    try connection.beat()
                }
                setQuiet(now - turn.heardAt > RabbitMQLimits.quietTime)
                if now - turn.heardAt > RabbitMQLimits.silenceMax {
                    throw .silent(milliseconds: Int((now - turn.heardAt).nanoseconds / 1_000_000))
                }
                if turn.isBlocked { continue }
                if ready.writes { try write(connection, &turn, now) }
                for inbox in turn.probes.due(now) {
                    try connection.publish(RabbitMQOutbox.Message(inbox: inbox, bytes: [], addedAt: now))
                }
            }
        }

        /// What a turn leaves to the next one.
        private struct Turn {
            /// When the server said something last.
            var heardAt: MonotonicTime
            /// When it must hear of us while nothing is read.
            var beatsAt = MonotonicTime(nanoseconds: .min)
            /// Whether it has said that it reads nothing.
            var isBlocked = false
            var probes = RabbitMQProbes()
        }

        /// Waits until there is something to do.
        private func wait(
            _ connection: RabbitMQConnection, reads: Bool, writes: Bool, until next: MonotonicTime
        ) -> (reads: Bool, writes: Bool) {
            let hasInput = reads && connection.hasInput
            let asked = (reads ? POLLIN : 0) | (writes ? POLLOUT : 0)
            var descriptors = [
                pollfd(fd: connection.descriptor, events: Int16(asked), revents: 0),
                pollfd(fd: outbox.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            var time = Self.turnMillisecondsMax
            if hasInput {
                time = 0
            } else if next != .never {
                let left = (next - RabbitMQClock.now()).nanoseconds
                time = min(time, Int32(clamping: max(0, left + 999_999) / 1_000_000))
            }
            // Sound: the call looks at two elements of an array of two.
            _ = unsafe poll(&descriptors, 2, time)
            if descriptors[1].revents != 0 { outbox.rest() }
            let happened = Int32(descriptors[0].revents)
            return (hasInput || happened & ~POLLOUT != 0, happened & POLLOUT != 0)
        }

        private func read(_ connection: RabbitMQConnection, _ turn: inout Turn) throws(RabbitMQFault) {
            var arrived: [LinkEvents.Event] = []
            // What was read counts, also when the connection is lost behind it.
            defer { events.add(arrived) }
            for _ in 0..<Self.framesPerTurn {
                guard let arrival = try connection.receive() else { return }
                switch arrival {
                case .message(let bytes): arrived.append(.message(bytes))
                case .undeliverable(let inbox): arrived.append(.undeliverable(inbox))
                case .blocked(let isBlocked):
                    turn.isBlocked = isBlocked
                    setBlocked(isBlocked)
                case .word, .other: break
                }
            }
        }

        private func write(
            _ connection: RabbitMQConnection, _ turn: inout Turn, _ now: MonotonicTime
        ) throws(RabbitMQFault) {
            for _ in 0..<Self.messagesPerTurn {
                guard let message = outbox.next() else { return }
                if now - message.addedAt > RabbitMQLimits.waitTimeMax { continue }
                if let inbox = message.inbox { turn.probes.sent(to: inbox, at: now) }
                try connection.publish(message)
            }
        }
    }
#endif
