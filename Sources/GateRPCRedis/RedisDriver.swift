#if Redis
    import GateBytes
    import GateRPC
    import Glibc
    import Synchronization

    /// What a link and its thread both see.
    final class RedisCondition: Sendable {
        let isUp = Atomic<Bool>(false)
        let messageBytesMax = Atomic<Int>(RedisPair.messageBytesDefault)
        let isEnded = Atomic<Bool>(false)
    }

    /// What a link's thread does: it keeps a way to one of the servers, moves messages, and waits in `poll` between. On the
    /// link's thread.
    final class RedisDriver {
        /// What the thread works with.
        struct Parts: Sendable {
            let url: RedisURL
            let inbox: String
            let nodes: String
            let outbox: RedisOutbox
            let events: LinkEvents
            let condition: RedisCondition
            let report: @Sendable (_ server: String, _ fault: String?) -> Void
        }

        private let parts: Parts
        private var schedule: RedisSchedule
        /// What serves.
        private var current: RedisPair?
        /// What shall serve.
        private var attempt: RedisPair?
        /// What was said last of each server, so that it is said once.
        private var said: [Int: RedisFault] = [:]
        private var isPaused = false

        init(_ parts: Parts) {
            self.parts = parts
            schedule = RedisSchedule(servers: parts.url.servers.count, now: RedisSystem.now())
        }

        /// Runs until the outbox ends.
        func run() {
            RedisSystem.blockBrokenPipeSignal()
            while isWanted {
                connectWhenDue()
                send()
                check()
                wait()
            }
            if current != nil { parts.condition.isUp.store(false, ordering: .relaxed) }
            current = nil
            attempt = nil
            parts.condition.isEnded.store(true, ordering: .releasing)
        }

        private var isWanted: Bool {
            switch parts.outbox.life {
            case .open: true
            case .ended: false
            case .draining: current.map { !parts.outbox.isEmpty || !$0.isQuiet } ?? false
            }
        }

        private var jitter: Double { Double.random(in: 0..<1) }

        // MARK: Connecting

        private func connectWhenDue() {
            let now = RedisSystem.now()
            guard attempt == nil, now >= schedule.at else { return }
            let server = schedule.next
            do throws(RedisFault) {
                attempt = try RedisPair(
                    parts.url, server: server, inbox: parts.inbox, nodes: parts.nodes, now: now)
            } catch {
                failed(server, error)
            }
        }

        private func failed(_ server: Int, _ fault: RedisFault) {
            attempt = nil
            schedule.failed(now: RedisSystem.now(), jitter: jitter)
            say(server, fault)
        }

        private func lost(_ pair: RedisPair, _ fault: RedisFault) {
            goDown()
            schedule.lost(now: RedisSystem.now(), jitter: jitter)
            say(pair.server, fault)
        }

        private func say(_ server: Int, _ fault: RedisFault) {
            if said[server] == fault { return }
            said[server] = fault
            parts.report("redis://\(parts.url.servers[server])", fault.description)
        }

        private func goDown() {
            current = nil
            isPaused = false
            parts.condition.isUp.store(false, ordering: .relaxed)
            parts.outbox.removeAll()
            parts.events.add([.changed(isUp: false)])
        }

        private func goUp(_ pair: RedisPair) {
            if current != nil { goDown() }
            attempt = nil
            current = pair
            said = [:]
            schedule.succeeded(pair.server, now: RedisSystem.now(), jitter: jitter)
            parts.outbox.removeAll()
            parts.condition.messageBytesMax.store(pair.messageBytesMax, ordering: .relaxed)
            parts.condition.isUp.store(true, ordering: .relaxed)
            parts.events.add([.changed(isUp: true)])
            parts.report("redis://\(parts.url.servers[pair.server])", nil)
        }

        // MARK: Moving messages

        private func send() {
            guard let pair = current else { return }
            do throws(RedisFault) {
                while pair.room > 0 {
                    let messages = parts.outbox.take(bytes: pair.room)
                    if messages.isEmpty { break }
                    for message in messages { try pair.publish(message) }
                }
                try pair.flush()
            } catch {
                lost(pair, error)
            }
        }

        private func check() {
            let now = RedisSystem.now()
            if let pair = current {
                do throws(RedisFault) {
                    try pair.check(at: now, isPaused: isPaused)
                } catch {
                    lost(pair, error)
                }
            }
            if let pair = attempt {
                do throws(RedisFault) {
                    try pair.check(at: now, isPaused: false)
                } catch {
                    failed(pair.server, error)
                }
            }
        }

        private func wait() {
            isPaused = current != nil && !parts.events.hasRoom
            let outbox = pollfd(fd: parts.outbox.descriptor, events: RedisSystem.readable, revents: 0)
            var polled = [outbox]
            if let pair = current { add(pair, reads: !isPaused, to: &polled) }
            if let pair = attempt { add(pair, reads: true, to: &polled) }
            // Sound: the system fills in the array during the call.
            _ = unsafe poll(&polled, nfds_t(polled.count), timeout)
            if polled[0].revents != 0 { parts.outbox.rest() }
            let now = RedisSystem.now()
            var next = 1
            if let pair = current {
                if let fault = handle(pair, polled[next], polled[next + 1], now) { lost(pair, fault) }
                next += 2
            }
            if let pair = attempt {
                if let fault = handle(pair, polled[next], polled[next + 1], now) {
                    failed(pair.server, fault)
                } else if pair.isUp {
                    goUp(pair)
                }
            }
        }

        private func add(_ pair: RedisPair, reads: Bool, to polled: inout [pollfd]) {
            polled.append(
                pollfd(fd: pair.subscriberDescriptor, events: pair.subscriberEvents(reads: reads), revents: 0))
            polled.append(pollfd(fd: pair.publisherDescriptor, events: pair.publisherEvents, revents: 0))
        }

        private func handle(
            _ pair: RedisPair, _ subscriber: pollfd, _ publisher: pollfd, _ now: MonotonicTime
        ) -> RedisFault? {
            var events: [LinkEvents.Event] = []
            var fault: RedisFault?
            do throws(RedisFault) {
                try pair.handle(
                    subscriber: subscriber.revents, publisher: publisher.revents, at: now, events: &events)
            } catch {
                fault = error
            }
            // What came before the fault counts.
            if pair === current { parts.events.add(events) }
            return fault
        }

        /// Milliseconds until something is due, rounded up; -1 for ever.
        private var timeout: Int32 {
            var due = attempt?.nextCheck ?? schedule.at
            if let next = current?.nextCheck { due = min(due, next) }
            if due == .never { return -1 }
            return Int32(clamping: max(0, (due - RedisSystem.now()).nanoseconds + 999_999) / 1_000_000)
        }
    }
#endif
