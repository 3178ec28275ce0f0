#if Redis
    package import GateBytes
    package import GateIO
    package import GateRPC
    import Synchronization

    /// A link over Redis: hiredis formats and reads, this link connects, waits and connects anew, for ever.
    ///
    /// Channels: `gatehouse.inbox.TOKEN` is a node's inbox, `gatehouse.nodes` reaches all. At most once, in order for each
    /// sender and receiver; what is on the way is lost with the connection. The server answers a publication with the number
    /// of its readers, so that an inbox without one is known at once.
    package final class RedisLink: RPCLink {
        private static let nodesChannel = "gatehouse.nodes"
        private static let inboxPrefix = "gatehouse.inbox."

        package let inbox: String
        private let loop: any EventLoop
        private let driver: RedisDriver
        private let condition = RedisCondition()

        /// A link to one of the servers that `url` names, on `loop`, which `watcher` makes watches for. `start` tells this
        /// start from others. `report` hears, on the loop, of a server that was reached or of the reason why not, once for
        /// each change.
        package init(
            url: RedisURL, loop: any EventLoop, watcher: @escaping DescriptorWatcher, start: UInt32,
            report: @escaping @Sendable (_ server: String, _ fault: String?) -> Void = { _, _ in }
        ) {
            self.loop = loop
            let token = String(UInt64(start) << 32 | UInt64(UInt32.random(in: 0 ... .max)), radix: 16)
            inbox = Self.inboxPrefix + token
            driver = RedisDriver(
                url: url, inbox: inbox, nodes: Self.nodesChannel, loop: loop, watcher: watcher, condition: condition,
                report: report)
        }

        deinit { loop.postReserved { [driver] in driver.end() } }

        package var messageBytesMax: Int { condition.messageBytesMax.load(ordering: .relaxed) }
        package var isUp: Bool { condition.isUp.load(ordering: .relaxed) }
        package var isQuiet: Bool { condition.isQuiet.load(ordering: .relaxed) }

        package func open(_ receiver: any RPCLinkReceiver) {
            loop.postReserved { [driver] in driver.start(receiver) }
        }

        package func send(_ message: [UInt8], to inbox: String) throws(RPCFault) {
            try check(message)
            // Nobody of ours reads anything else.
            guard inbox.hasPrefix(Self.inboxPrefix) else {
                loop.postReserved { [driver] in driver.refuse(inbox) }
                return
            }
            try add(RedisMessage(channel: inbox, isForOne: true, bytes: message))
        }

        package func publish(_ message: [UInt8]) throws(RPCFault) {
            try check(message)
            try add(RedisMessage(channel: Self.nodesChannel, isForOne: false, bytes: message))
        }

        package func close(by deadline: MonotonicTime) async {
            // What was sent last is an answer that somebody waits for.
            while isUp, !condition.admission.isEmpty, await time() < deadline {
                try? await Task.sleep(for: .milliseconds(5))
            }
            await withCheckedContinuation { continuation in
                loop.postReserved { [driver] in
                    driver.end()
                    continuation.resume()
                }
            }
        }

        private func time() async -> MonotonicTime {
            await withCheckedContinuation { continuation in
                loop.postReserved { [loop] in continuation.resume(returning: loop.now) }
            }
        }

        private func check(_ message: [UInt8]) throws(RPCFault) {
            guard isUp else { throw .unreachable }
            let limit = messageBytesMax
            guard message.count <= limit else { throw .tooLarge(bytes: message.count, limit: limit) }
        }

        private func add(_ message: RedisMessage) throws(RPCFault) {
            guard condition.admission.admit(bytes: message.bytes.count) else { throw .linkFull }
            if loop.isCurrent { return driver.enqueue(message) }
            loop.postReserved { [driver] in driver.enqueue(message) }
        }
    }
#endif
