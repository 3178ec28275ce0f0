#if Redis
    import GateBytes
    import GateIO
    import GateRPC

    /// One publication: for an inbox, or for all nodes.
    struct RedisMessage {
        var channel: String
        /// Whether the caller is told when nobody reads the channel.
        var isForOne: Bool
        var bytes: [UInt8]
    }

    /// The two connections to one server: one is subscribed, the other publishes, which a subscribed one may not. On the loop.
    ///
    /// Publications are answered with the number of subscribers that they reached, in order. Once a second the pair sends
    /// itself a publication of no bytes: it proves both connections, the subscription, and that both reach one server.
    final class RedisPair {
        /// How often the pair looks whether it is alive.
        static let probeTime = TimeSpan.seconds(1)
        /// How long a connection may be silent behind a probe.
        static let silenceMax = TimeSpan.seconds(4)
        /// How long behind a probe the silence of others says nothing about them.
        static let quietTime = TimeSpan.milliseconds(1_500)
        /// How long connecting may take, in all.
        static let connectTime = TimeSpan.seconds(2)
        /// Bytes of publications that are not answered; more wait in the link. Keeps a burst of long messages from filling
        /// the server's buffer for a subscriber.
        static let unansweredBytesMax = 1_048_576
        /// Publications that are not answered.
        static let unansweredMax = 16_384
        /// The part of the server's buffer for a subscriber that one message may fill.
        static let bufferShare = 4
        /// Bytes of the longest message where the server does not say what it takes: a quarter of its default of 32 MiB.
        static let messageBytesDefault = 8_388_608

        private enum Waiting {
            case authentication
            case name
            case hello
            case subscription
            case bulkLimit
            case bufferLimit
            case probe
            /// To be told of when nobody reads its channel, where it has one; its bytes.
            case message(channel: String?, bytes: Int)
        }

        /// What a pair has for the link.
        enum Event {
            case message([UInt8])
            /// Nobody reads this channel.
            case undeliverable(String)
            /// One publication is answered.
            case answered
        }

        /// One of the two connections.
        enum Side {
            case subscriber
            case publisher
        }

        let server: Int
        private(set) var isUp = false
        /// Publications of the link that the server has not answered.
        private(set) var unanswered = 0
        private let inbox: String
        private let subscriber: RedisConnection
        private let publisher: RedisConnection
        private var subscriberWaits = RedisFIFO<Waiting>()
        private var publisherWaits = RedisFIFO<Waiting>()
        private var unansweredBytes = 0
        /// Bytes of the longest argument that the server takes.
        private var bulkBytesMax = EnvelopeLimits.envelopeBytesMax
        /// Bytes that may wait at once for a subscriber, the part of one message.
        private var bufferBytesMax = messageBytesDefault
        private var isEchoed = false
        private var isPaused = false
        private let deadline: MonotonicTime
        private var probeAt = MonotonicTime.never
        /// The first probe that one of the two has not answered.
        private var probedAt = MonotonicTime.never
        private var subscriberHeardAt: MonotonicTime
        private var publisherHeardAt: MonotonicTime

        /// Begins to connect to an address of the server with this number.
        init(
            _ url: RedisURL, server: Int, address: String, inbox: String, nodes: String, now: MonotonicTime
        ) throws(RedisFault) {
            self.server = server
            self.inbox = inbox
            deadline = now + Self.connectTime
            subscriberHeardAt = now
            publisherHeardAt = now
            // A publication has its channel's name and few bytes more around it.
            let limit = EnvelopeLimits.envelopeBytesMax + 65_536
            let port = url.servers[server].port
            subscriber = try RedisConnection(address, port: port, replyBytesMax: limit)
            publisher = try RedisConnection(address, port: port, replyBytesMax: limit)
            var greeting: [(Waiting, [String])] = []
            if let password = url.password {
                greeting.append((.authentication, ["AUTH"] + (url.user.map { [$0] } ?? []) + [password]))
            }
            greeting.append((.name, ["CLIENT", "SETNAME", "gatehouse"]))
            greeting.append((.hello, ["HELLO", "2"]))
            for (waiting, words) in greeting {
                try subscriber.append(words)
                try publisher.append(words)
                subscriberWaits.append(waiting)
                publisherWaits.append(waiting)
            }
            try subscriber.append(["SUBSCRIBE", inbox, nodes])
            subscriberWaits.append(.subscription)
            subscriberWaits.append(.subscription)
            try publisher.append(["CONFIG", "GET", "proto-max-bulk-len"])
            publisherWaits.append(.bulkLimit)
            try publisher.append(["CONFIG", "GET", "client-output-buffer-limit"])
            publisherWaits.append(.bufferLimit)
        }

        /// Reads nothing from the subscription until ``resume(at:)``.
        func pause() {
            isPaused = true
            subscriber.reads = false
        }

        /// Reads again.
        func resume(at now: MonotonicTime) {
            guard isPaused else { return }
            isPaused = false
            subscriberHeardAt = now
            subscriber.reads = true
        }

        /// Lets the loop tell these handlers when a connection is ready.
        func watch(
            _ watcher: DescriptorWatcher, subscriber ofSubscriber: any DescriptorHandler,
            publisher ofPublisher: any DescriptorHandler
        ) throws(RedisFault) {
            try subscriber.watch(watcher, ofSubscriber)
            try publisher.watch(watcher, ofPublisher)
        }

        /// The loop tells nothing more. Comes before the last reference is gone.
        func close() {
            subscriber.close()
            publisher.close()
        }

        /// Bytes of the longest message: an envelope, what the server takes, and a part of what it keeps for a subscriber.
        var messageBytesMax: Int { min(EnvelopeLimits.envelopeBytesMax, bulkBytesMax, bufferBytesMax) }

        // MARK: Sending

        /// Bytes that may be published now.
        var room: Int {
            isUp && unanswered < Self.unansweredMax ? max(0, Self.unansweredBytesMax - unansweredBytes) : 0
        }

        /// Publishes; ``flush()`` is to follow.
        func publish(_ message: RedisMessage) throws(RedisFault) {
            try publisher.appendPublish(message.bytes, to: message.channel)
            unansweredBytes += message.bytes.count
            unanswered += 1
            publisherWaits.append(
                .message(channel: message.isForOne ? message.channel : nil, bytes: message.bytes.count))
        }

        /// Writes what the system takes.
        func flush() throws(RedisFault) {
            if !publisher.isBlocked { try publisher.write() }
        }

        // MARK: Time

        /// When ``isSilent(at:)`` is to be asked and ``probeWhenDue(at:)`` to be called.
        var nextCheck: MonotonicTime { isUp ? min(probeAt, probedAt + Self.silenceMax) : deadline }

        /// Whether the server has not said what it should have by now. A loop that was away itself reads first, then asks.
        func isSilent(at now: MonotonicTime) -> Bool {
            guard isUp else { return now >= deadline }
            return now >= probedAt + Self.silenceMax && isBehind
        }

        /// Whether the server may hang.
        func isQuiet(at now: MonotonicTime) -> Bool { isUp && now >= probedAt + Self.quietTime && isBehind }

        /// Whether the first probe is still to be answered.
        private var isBehind: Bool { publisherHeardAt < probedAt || (subscriberHeardAt < probedAt && !isPaused) }

        /// The fault of one that is silent.
        var silence: RedisFault {
            .silent(milliseconds: Int((isUp ? Self.silenceMax : Self.connectTime).nanoseconds / 1_000_000))
        }

        /// Sends a probe when it is time.
        func probeWhenDue(at now: MonotonicTime) throws(RedisFault) {
            if isUp, now >= probeAt { try probe(now) }
        }

        private func probe(_ now: MonotonicTime) throws(RedisFault) {
            if probedAt == .never || !isBehind { probedAt = now }
            probeAt = now + Self.probeTime
            try publisher.appendPublish([], to: inbox)
            publisherWaits.append(.probe)
            try flush()
        }

        // MARK: Receiving

        /// Reads and writes one of the connections; what is for the link is appended to `events`.
        func advance(
            _ side: Side, reading: Bool, writing: Bool, at now: MonotonicTime, events: inout [Event]
        ) throws(RedisFault) {
            switch side {
            case .subscriber:
                let isHeard = try subscriber.advance(reading: reading, writing: writing) { (reply) throws(RedisFault) in
                    try self.subscriberSaid(reply, &events)
                }
                if isHeard { subscriberHeardAt = now }
            case .publisher:
                let isHeard = try publisher.advance(reading: reading, writing: writing) { (reply) throws(RedisFault) in
                    try self.publisherSaid(reply, &events)
                }
                if isHeard { publisherHeardAt = now }
            }
            if !isUp { try goUp(now) }
        }

        private func subscriberSaid(_ reply: RedisReply, _ events: inout [Event]) throws(RedisFault) {
            if case .message(let bytes) = reply {
                if bytes.isEmpty { isEchoed = true } else { events.append(.message(bytes)) }
                return
            }
            guard let waiting = subscriberWaits.popFirst() else { throw .malformed }
            try greeted(waiting, reply)
        }

        private func publisherSaid(_ reply: RedisReply, _ events: inout [Event]) throws(RedisFault) {
            guard let waiting = publisherWaits.popFirst() else { throw .malformed }
            switch waiting {
            case .message(let channel, let bytes):
                unansweredBytes -= bytes
                unanswered -= 1
                events.append(.answered)
                guard let channel else { return }
                switch reply {
                case .integer(let readers) where readers > 0: break
                // Also where the server refuses it: the call that waits for an answer gets none.
                case .integer, .error: events.append(.undeliverable(channel))
                default: throw .malformed
                }
            case .probe:
                if case .error(let reason) = reply { throw RedisFault(reason: reason) }
                guard case .integer(let readers) = reply else { throw .malformed }
                guard readers > 0 else { throw .divided }
            default: try greeted(waiting, reply)
            }
        }

        private func greeted(_ waiting: Waiting, _ reply: RedisReply) throws(RedisFault) {
            if case .error(let reason) = reply {
                var isSecret = false
                if case .authentication = waiting { isSecret = true }
                let fault = RedisFault(reason: reason, hidesReason: isSecret)
                if case .subscription = waiting { throw fault }
                // Old servers and restricted users lack commands that we can do without.
                guard fault.isOfMissingCommand else { throw fault }
                return
            }
            guard case .texts(let texts) = reply else { return }
            switch waiting {
            case .hello: try met(texts)
            case .bulkLimit:
                if let limit = texts.last.flatMap({ Int(String(decoding: $0, as: UTF8.self)) }) { bulkBytesMax = limit }
            case .bufferLimit:
                if let limit = texts.last.flatMap(Self.subscriberBuffer) { bufferBytesMax = limit / Self.bufferShare }
            default: break
            }
        }

        private func met(_ texts: [[UInt8]]) throws(RedisFault) {
            for index in stride(from: 0, to: texts.count - 1, by: 2) {
                let name = String(decoding: texts[index], as: UTF8.self)
                switch (name, String(decoding: texts[index + 1], as: UTF8.self)) {
                case ("mode", "cluster"): throw .cluster
                case ("mode", "sentinel"): throw .sentinel
                case ("role", "replica"), ("role", "slave"): throw .replica
                default: break
                }
            }
        }

        /// Of `normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60` the first number behind `pubsub`; where it
        /// is 0, which is no limit, room for the longest messages.
        private static func subscriberBuffer(_ text: [UInt8]) -> Int? {
            let words = text.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
            guard let name = words.firstIndex(of: "pubsub"), name + 1 < words.count else { return nil }
            let limit = Int(words[name + 1]) ?? 0
            return limit > 0 ? limit : EnvelopeLimits.envelopeBytesMax * bufferShare
        }

        /// Up once both are greeted, the subscriptions are confirmed and the first probe came back.
        private func goUp(_ now: MonotonicTime) throws(RedisFault) {
            guard subscriberWaits.isEmpty, publisherWaits.isEmpty else { return }
            guard probeAt == .never else {
                isUp = isEchoed
                return
            }
            try probe(now)
        }
    }
#endif
