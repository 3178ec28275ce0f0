#if Redis
    package import GateBytes
    package import GateIO
    package import GateRPC
    import Synchronization

    /// A link over Redis, with hiredis. Its own: a thread with two connections to one of the servers, reconnecting for ever.
    ///
    /// Channels: `gatehouse.inbox.TOKEN` is a node's inbox, `gatehouse.nodes` reaches all. At most once, in order for each
    /// sender and receiver; what is on the way is lost with the connection. The server answers a publication with the number
    /// of its readers, so that an inbox without one is known at once.
    package final class RedisLink: RPCLink {
        private static let nodesChannel = "gatehouse.nodes"
        private static let inboxPrefix = "gatehouse.inbox."

        package let inbox: String
        private let url: RedisURL
        private let loop: any EventLoop
        private let outbox = RedisOutbox()
        private let events: LinkEvents
        private let condition = RedisCondition()
        private let report: @Sendable (_ server: String, _ fault: String?) -> Void

        /// A link to one of the servers that `url` names. `start` tells this start from others. `report` hears, on
        /// the link's thread, of a server that was reached or of the reason why not, once for each change.
        package init(
            url: RedisURL, loop: any EventLoop, start: UInt32,
            report: @escaping @Sendable (_ server: String, _ fault: String?) -> Void = { _, _ in }
        ) {
            self.url = url
            self.loop = loop
            self.report = report
            let token = String(UInt64(start) << 32 | UInt64(UInt32.random(in: 0 ... .max)), radix: 16)
            inbox = Self.inboxPrefix + token
            let outbox = outbox
            events = LinkEvents(loop: loop) { outbox.wake() }
        }

        deinit { outbox.end(.ended) }

        package var messageBytesMax: Int { condition.messageBytesMax.load(ordering: .relaxed) }
        package var isUp: Bool { condition.isUp.load(ordering: .relaxed) }

        package func open(_ receiver: any RPCLinkReceiver) {
            events.open(receiver)
            let parts = RedisDriver.Parts(
                url: url, inbox: inbox, nodes: Self.nodesChannel, outbox: outbox, events: events,
                condition: condition, report: report)
            let isStarted = LinkThread.start { RedisDriver(parts).run() }
            precondition(isStarted, "a link has a thread")
        }

        package func send(_ message: [UInt8], to inbox: String) throws(RPCFault) {
            try check(message)
            // Nobody of ours reads anything else.
            guard inbox.hasPrefix(Self.inboxPrefix) else { return events.add([.undeliverable(inbox)]) }
            try add(RedisOutbox.Message(channel: inbox, isForOne: true, bytes: message))
        }

        package func publish(_ message: [UInt8]) throws(RPCFault) {
            try check(message)
            try add(RedisOutbox.Message(channel: Self.nodesChannel, isForOne: false, bytes: message))
        }

        package func close(by deadline: MonotonicTime) async {
            events.close()
            outbox.end(.draining)
            while !condition.isEnded.load(ordering: .acquiring), await time() < deadline {
                try? await Task.sleep(for: .milliseconds(5))
            }
            outbox.end(.ended)
        }

        private func time() async -> MonotonicTime {
            await withCheckedContinuation { continuation in
                loop.postReserved { [self] in continuation.resume(returning: loop.now) }
            }
        }

        private func check(_ message: [UInt8]) throws(RPCFault) {
            guard isUp else { throw .unreachable }
            let limit = messageBytesMax
            guard message.count <= limit else { throw .tooLarge(bytes: message.count, limit: limit) }
        }

        private func add(_ message: RedisOutbox.Message) throws(RPCFault) {
            guard outbox.add(message) else { throw .overloaded }
        }
    }
#endif
