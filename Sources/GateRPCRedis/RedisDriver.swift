#if Redis
    import GateBytes
    import GateIO
    import GateRPC
    import Synchronization

    /// What a link tells other threads.
    final class RedisCondition: Sendable {
        let isUp = Atomic<Bool>(false)
        let isQuiet = Atomic<Bool>(false)
        let messageBytesMax = Atomic<Int>(RedisPair.messageBytesDefault)
        let admission = RedisAdmission()
    }

    /// The half of a link that lives on its loop: keeps a way to one of the servers and moves messages.
    ///
    /// What a turn of the loop brings leaves in one write at its end. Only the looking up of a name may block, and has a
    /// thread of its own.
    // Sound: after init everything is touched on the loop only.
    @safe
    final class RedisDriver: @unchecked Sendable {
        private enum Attempt {
            case none
            case resolving(server: Int, until: MonotonicTime)
            case connecting(RedisPair)
        }

        private let url: RedisURL
        private let inbox: String
        private let nodes: String
        private let loop: any EventLoop
        private let watcher: DescriptorWatcher
        private let condition: RedisCondition
        private let report: @Sendable (_ server: String, _ fault: String?) -> Void

        /// Not kept: it keeps the link, and that this.
        private weak var receiver: (any RPCLinkReceiver)?
        private var schedule: RedisSchedule
        /// What serves.
        private var current: RedisPair?
        /// What shall serve.
        private var attempt = Attempt.none
        /// A thread looks a name up, perhaps one that nobody waits for any more.
        private var isResolving = false
        /// Counts the addresses of names that did not serve.
        private var turns = 0
        private var queue = RedisFIFO<RedisMessage>()
        private var pace = RedisPace(now: MonotonicTime(nanoseconds: 0))
        private var inbound = RedisInbound()
        private var isHandingOn = false
        private var isDirty = false
        /// What was said last of each server, so that it is said once.
        private var said: [Int: String] = [:]
        private var timer = TimerID.none
        private var timerAt = MonotonicTime.never
        private var isEnded = false

        init(
            url: RedisURL, inbox: String, nodes: String, loop: any EventLoop, watcher: @escaping DescriptorWatcher,
            condition: RedisCondition, report: @escaping @Sendable (_ server: String, _ fault: String?) -> Void
        ) {
            self.url = url
            self.inbox = inbox
            self.nodes = nodes
            self.loop = loop
            self.watcher = watcher
            self.condition = condition
            self.report = report
            schedule = RedisSchedule(servers: url.servers.count, now: MonotonicTime(nanoseconds: 0))
        }

        func start(_ receiver: any RPCLinkReceiver) {
            self.receiver = receiver
            loop.observeTurns(TurnEnd(driver: self))
            look()
        }

        /// Ends the connections; nothing is told any more.
        func end() {
            isEnded = true
            receiver = nil
            if let current { drop(current) }
            if case .connecting(let pair) = attempt { pair.close() }
            attempt = .none
            loop.cancel(timer)
        }

        private var jitter: Double { Double.random(in: 0..<1) }

        // MARK: Connecting

        private func connectWhenDue(_ now: MonotonicTime) {
            guard case .none = attempt, now >= schedule.at else { return }
            let server = schedule.next
            let host = url.servers[server].host
            if RedisSystem.isNumeric(host) { return connect(server, host) }
            guard !isResolving else { return failed(server, .notResolved("the name is still being looked up")) }
            attempt = .resolving(server: server, until: now + RedisPair.connectTime)
            isResolving = LinkThread.start { [self] in
                let found: Result<[String], RedisFault>
                do throws(RedisFault) {
                    found = .success(try RedisSystem.addresses(of: host))
                } catch {
                    found = .failure(error)
                }
                loop.postReserved { [self] in resolved(server, found) }
            }
        }

        private func resolved(_ server: Int, _ found: Result<[String], RedisFault>) {
            isResolving = false
            // Nobody may wait for it any more.
            guard case .resolving(server, _) = attempt, !isEnded else { return }
            switch found {
            case .failure(let fault): failed(server, fault)
            case .success(let addresses):
                if addresses.isEmpty { return failed(server, .notResolved("the name has no address")) }
                connect(server, addresses[turns % addresses.count])
            }
            arm()
        }

        private func connect(_ server: Int, _ address: String) {
            do throws(RedisFault) {
                let pair = try RedisPair(
                    url, server: server, address: address, inbox: inbox, nodes: nodes, now: loop.now)
                attempt = .connecting(pair)
                try pair.watch(
                    watcher, subscriber: Ready(driver: self, pair: pair, side: .subscriber),
                    publisher: Ready(driver: self, pair: pair, side: .publisher))
            } catch {
                failed(server, error)
            }
        }

        private func failed(_ server: Int, _ fault: RedisFault) {
            if case .connecting(let pair) = attempt { pair.close() }
            attempt = .none
            turns &+= 1
            schedule.failed(now: loop.now, jitter: jitter)
            say(server, fault)
        }

        private func lost(_ pair: RedisPair, _ fault: RedisFault) {
            goDown(pair)
            schedule.lost(now: loop.now, jitter: jitter)
            say(pair.server, fault)
        }

        private func say(_ server: Int, _ fault: RedisFault) {
            let reason = fault.description
            if said[server] == reason { return }
            said[server] = reason
            report("redis://\(url.servers[server])", reason)
        }

        private func goDown(_ pair: RedisPair) {
            drop(pair)
            receiver?.linkChanged(isUp: false)
        }

        private func drop(_ pair: RedisPair) {
            current = nil
            condition.isUp.store(false, ordering: .relaxed)
            pair.close()
            condition.admission.release(messages: pair.unanswered)
            // Nobody wants an old message on a new connection.
            while let message = queue.popFirst() { forget(message) }
        }

        private func forget(_ message: RedisMessage) {
            condition.admission.release(bytes: message.bytes.count)
            condition.admission.release(messages: 1)
        }

        private func goUp(_ pair: RedisPair) {
            if let current { goDown(current) }
            attempt = .none
            current = pair
            said = [:]
            schedule.succeeded(pair.server, now: loop.now, jitter: jitter)
            condition.messageBytesMax.store(pair.messageBytesMax, ordering: .relaxed)
            condition.isQuiet.store(false, ordering: .relaxed)
            condition.isUp.store(true, ordering: .relaxed)
            report("redis://\(url.servers[pair.server])", nil)
            receiver?.linkChanged(isUp: true)
        }

        // MARK: Messages

        /// Takes an admitted message, which leaves at the end of the turn.
        func enqueue(_ message: RedisMessage) {
            guard current != nil else { return forget(message) }
            queue.append(message)
            isDirty = true
        }

        /// Tells that nobody reads an inbox.
        func refuse(_ inbox: String) { receiver?.undeliverable(inbox) }

        fileprivate func turnEnded() {
            guard isDirty, let pair = current else { return }
            isDirty = false
            do throws(RedisFault) {
                let now = loop.now
                while pair.room > 0, pace.isOpen(at: now), let message = queue.popFirst() {
                    condition.admission.release(bytes: message.bytes.count)
                    pace.spend(message.bytes.count, at: now)
                    try pair.publish(message)
                }
                try pair.flush()
                if queue.isEmpty || pace.isOpen(at: now) { return }
            } catch {
                lost(pair, error)
            }
            arm()
        }

        fileprivate func ready(_ pair: RedisPair, _ side: RedisPair.Side, reading: Bool, writing: Bool) {
            var events: [RedisPair.Event] = []
            var fault: RedisFault?
            do throws(RedisFault) {
                try pair.advance(side, reading: reading, writing: writing, at: loop.now, events: &events)
            } catch {
                fault = error
            }
            if pair === current {
                condition.isQuiet.store(pair.isQuiet(at: loop.now), ordering: .relaxed)
                // What came before the fault counts.
                deliver(events)
                if let fault { lost(pair, fault) }
            } else if let fault {
                failed(pair.server, fault)
            } else if pair.isUp {
                goUp(pair)
            }
            arm()
        }

        private func deliver(_ events: [RedisPair.Event]) {
            for event in events {
                switch event {
                case .message(let bytes): inbound.append(bytes)
                case .undeliverable(let channel): receiver?.undeliverable(channel)
                case .answered:
                    condition.admission.release(messages: 1)
                    if !queue.isEmpty { isDirty = true }
                }
            }
            if inbound.isFull { current?.pause() }
            if !inbound.isEmpty, !isHandingOn { handOver() }
        }

        private func handOver() {
            isHandingOn = false
            var budget = RedisInbound.turnBytesMax
            while budget > 0, let message = inbound.popFirst() {
                budget -= message.count + 1
                receiver?.received(message.span)
            }
            if inbound.isHalfEmpty { current?.resume(at: loop.now) }
            guard !inbound.isEmpty, !isEnded else { return }
            isHandingOn = true
            loop.postReserved { [self] in handOver() }
        }

        // MARK: Time

        private func arm() {
            var due = schedule.at
            switch attempt {
            case .none: break
            case .resolving(_, let until): due = until
            case .connecting(let pair): due = pair.nextCheck
            }
            if let current {
                due = min(due, current.nextCheck)
                if !queue.isEmpty { due = min(due, pace.opensAt) }
            }
            guard due < timerAt, !isEnded else { return }
            loop.cancel(timer)
            timerAt = due
            timer = loop.schedule(Alarm(driver: self), at: due)
        }

        fileprivate func look() {
            timerAt = .never
            if isEnded { return }
            if !queue.isEmpty { isDirty = true }
            let now = loop.now
            if let pair = current { check(pair, now) }
            switch attempt {
            case .none: break
            case .resolving(let server, let until):
                if now >= until { failed(server, .notResolved("the name is still being looked up")) }
            case .connecting(let pair): check(pair, now)
            }
            connectWhenDue(now)
            arm()
        }

        private func check(_ pair: RedisPair, _ now: MonotonicTime) {
            if pair === current { condition.isQuiet.store(pair.isQuiet(at: now), ordering: .relaxed) }
            if pair.isSilent(at: now) {
                // Perhaps the loop was away, and not the server.
                ready(pair, .subscriber, reading: true, writing: false)
                if isKnown(pair) { ready(pair, .publisher, reading: true, writing: false) }
                guard isKnown(pair) else { return }
            }
            if pair.isSilent(at: now) {
                if pair === current { lost(pair, pair.silence) } else { failed(pair.server, pair.silence) }
                return
            }
            do throws(RedisFault) {
                try pair.probeWhenDue(at: now)
            } catch {
                lost(pair, error)
            }
        }

        private func isKnown(_ pair: RedisPair) -> Bool {
            if case .connecting(let known) = attempt, known === pair { return true }
            return pair === current
        }
    }

    /// The loop's ways back to a driver, which they do not keep alive.
    private final class TurnEnd: TurnObserver {
        private weak var driver: RedisDriver?

        init(driver: RedisDriver) {
            self.driver = driver
        }

        func turnEnded(at now: MonotonicTime) { driver?.turnEnded() }
    }

    private final class Ready: DescriptorHandler {
        private weak var driver: RedisDriver?
        private weak var pair: RedisPair?
        private let side: RedisPair.Side

        init(driver: RedisDriver, pair: RedisPair, side: RedisPair.Side) {
            self.driver = driver
            self.pair = pair
            self.side = side
        }

        func ready(reading: Bool, writing: Bool) {
            guard let driver, let pair else { return }
            driver.ready(pair, side, reading: reading, writing: writing)
        }
    }

    private final class Alarm: TimerTarget {
        private weak var driver: RedisDriver?

        init(driver: RedisDriver) {
            self.driver = driver
        }

        func timerFired(at now: MonotonicTime) { driver?.look() }
    }
#endif
