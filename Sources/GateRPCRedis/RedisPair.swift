#if Redis
    import GateBytes
    import GateRPC

    /// The two connections to one server: one is subscribed, the other publishes, which a subscribed one may not. On the
    /// link's thread.
    ///
    /// Publications are answered with the number of subscribers that they reached, in order. Every two seconds the pair sends
    /// itself a publication of no bytes: it proves both connections, the subscription, and that both reach one server.
    final class RedisPair {
        /// How often the pair looks whether it is alive.
        static let probeTime = TimeSpan.seconds(2)
        /// How long a connection may be silent.
        static let silenceMax = TimeSpan.seconds(5)
        /// How long connecting may take, in all.
        static let connectTime = TimeSpan.seconds(2)
        /// Bytes of publications that are not answered; more wait in the outbox. Keeps a burst of long messages from filling
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

        let server: Int
        private(set) var isUp = false
        /// Bytes of the longest argument that the server takes.
        private var bulkBytesMax = EnvelopeLimits.envelopeBytesMax
        /// Bytes that may wait at once for a subscriber, the part of one message.
        private var bufferBytesMax = messageBytesDefault
        private let inbox: String
        private let subscriber: RedisConnection
        private let publisher: RedisConnection
        private var subscriberWaits: ArraySlice<Waiting> = []
        private var publisherWaits: ArraySlice<Waiting> = []
        private var unansweredBytes = 0
        private var isEchoed = false
        private let deadline: MonotonicTime
        private var probeAt = MonotonicTime.never
        private var subscriberHeardAt: MonotonicTime
        private var publisherHeardAt: MonotonicTime

        /// Begins to connect to the server with this number.
        init(_ url: RedisURL, server: Int, inbox: String, nodes: String, now: MonotonicTime) throws(RedisFault) {
            self.server = server
            self.inbox = inbox
            deadline = now + Self.connectTime
            subscriberHeardAt = now
            publisherHeardAt = now
            // A publication has its channel's name and few bytes more around it.
            let limit = EnvelopeLimits.envelopeBytesMax + 65_536
            subscriber = try RedisConnection(url.servers[server], replyBytesMax: limit)
            publisher = try RedisConnection(url.servers[server], replyBytesMax: limit)
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
            subscriberWaits += [.subscription, .subscription]
            try publisher.append(["CONFIG", "GET", "proto-max-bulk-len"])
            try publisher.append(["CONFIG", "GET", "client-output-buffer-limit"])
            publisherWaits += [.bulkLimit, .bufferLimit]
        }

        var subscriberDescriptor: Int32 { subscriber.descriptor }
        var publisherDescriptor: Int32 { publisher.descriptor }
        func subscriberEvents(reads: Bool) -> Int16 { subscriber.events(reads: reads) }
        var publisherEvents: Int16 { publisher.events(reads: true) }

        /// Bytes of the longest message: an envelope, what the server takes, and a part of what it keeps for a subscriber.
        var messageBytesMax: Int { min(EnvelopeLimits.envelopeBytesMax, bulkBytesMax, bufferBytesMax) }

        // MARK: Sending

        /// Bytes that may be published now.
        var room: Int {
            isUp && publisherWaits.count < Self.unansweredMax ? max(0, Self.unansweredBytesMax - unansweredBytes) : 0
        }

        /// Whether all publications are answered.
        var isQuiet: Bool {
            publisherWaits.allSatisfy { if case .probe = $0 { true } else { false } }
        }

        /// Publishes; ``flush()`` is to follow.
        func publish(_ message: RedisOutbox.Message) throws(RedisFault) {
            try publisher.appendPublish(message.bytes, to: message.channel)
            unansweredBytes += message.bytes.count
            publisherWaits.append(
                .message(channel: message.isForOne ? message.channel : nil, bytes: message.bytes.count))
        }

        /// Writes what the system takes.
        func flush() throws(RedisFault) { try publisher.write() }

        // MARK: Time

        /// When ``check(at:isPaused:)`` is to be called.
        var nextCheck: MonotonicTime {
            isUp
                ? min(probeAt, subscriberHeardAt + Self.silenceMax, publisherHeardAt + Self.silenceMax)
                : deadline
        }

        /// Sends a probe when it is time. `isPaused`: nothing is read from the subscription, so it is silent of itself.
        func check(at now: MonotonicTime, isPaused: Bool) throws(RedisFault) {
            guard isUp else {
                if now >= deadline { throw .silent(milliseconds: Int(Self.connectTime.nanoseconds / 1_000_000)) }
                return
            }
            if isPaused { subscriberHeardAt = now }
            let silence = now - min(subscriberHeardAt, publisherHeardAt)
            guard silence < Self.silenceMax else { throw .silent(milliseconds: Int(silence.nanoseconds / 1_000_000)) }
            if now >= probeAt { try probe(now) }
        }

        private func probe(_ now: MonotonicTime) throws(RedisFault) {
            probeAt = now + Self.probeTime
            try publisher.appendPublish([], to: inbox)
            publisherWaits.append(.probe)
            try publisher.write()
        }

        // MARK: Receiving

        /// Handles what poll says of the two connections; what is to be handed on is appended to `events`.
        func handle(
            subscriber subscriberEvents: Int16, publisher publisherEvents: Int16, at now: MonotonicTime,
            events: inout [LinkEvents.Event]
        ) throws(RedisFault) {
            if subscriberEvents != 0 {
                let isHeard = try advance(subscriber, subscriberEvents) { (reply) throws(RedisFault) in
                    try self.subscriberSaid(reply, &events)
                }
                if isHeard { subscriberHeardAt = now }
            }
            if publisherEvents != 0 {
                let isHeard = try advance(publisher, publisherEvents) { (reply) throws(RedisFault) in
                    try self.publisherSaid(reply, &events)
                }
                if isHeard { publisherHeardAt = now }
            }
            if !isUp { try goUp(now) }
        }

        private func advance(
            _ connection: RedisConnection, _ events: Int16, _ take: (RedisReply) throws(RedisFault) -> Void
        ) throws(RedisFault) -> Bool {
            guard connection.isConnected else {
                try connection.finishConnecting()
                return true
            }
            var isHeard = false
            if events & ~RedisSystem.writable != 0 { isHeard = try connection.read(take) > 0 }
            if events & RedisSystem.writable != 0, try connection.write() { isHeard = true }
            return isHeard
        }

        private func subscriberSaid(_ reply: RedisReply, _ events: inout [LinkEvents.Event]) throws(RedisFault) {
            if case .message(let bytes) = reply {
                if bytes.isEmpty { isEchoed = true } else { events.append(.message(bytes)) }
                return
            }
            guard let waiting = subscriberWaits.popFirst() else { throw .malformed }
            try greeted(waiting, reply)
        }

        private func publisherSaid(_ reply: RedisReply, _ events: inout [LinkEvents.Event]) throws(RedisFault) {
            guard let waiting = publisherWaits.popFirst() else { throw .malformed }
            switch waiting {
            case .message(let channel, let bytes):
                unansweredBytes -= bytes
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
