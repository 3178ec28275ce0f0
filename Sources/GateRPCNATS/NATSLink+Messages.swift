#if NATS
    import CNATS
    import GateBytes
    import GateIO
    import GateRPC
    import Synchronization

    /// Messages, on the loop.
    extension NATSLink {
        // MARK: Sending, on the loop

        func transmit(_ message: [UInt8], to inbox: String) {
            guard let target = target(inbox) else {
                waiting.subtract(message.count, ordering: .relaxed)
                receiver?.undeliverable(inbox)
                return
            }
            hand(message, target.subject, target.undelivered)
        }

        func transmit(_ message: [UInt8]) { hand(message, nodesTarget, nil) }

        private func target(_ inbox: String) -> Target? {
            if let known = targets[inbox] { return known }
            let theirs = inbox.dropFirst(Self.inboxPrefix.count)
            guard inbox.hasPrefix(Self.inboxPrefix), !theirs.isEmpty,
                theirs.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !".*>".utf8.contains($0) })
            else { return nil }
            let made = Target(
                subject: Array(inbox.utf8CString),
                undelivered: Array("gatehouse.undelivered.\(token).\(theirs)".utf8CString))
            if targets.count >= Self.targetsMax { targets.removeAll() }
            targets[inbox] = made
            return made
        }

        /// A message for a connection that is away is dropped; its call has ended.
        private func hand(_ message: [UInt8], _ subject: [CChar], _ reply: [CChar]?) {
            guard isUp, let connection = unsafe connection else {
                waiting.subtract(message.count, ordering: .relaxed)
                return
            }
            held += message.count
            // Sound: the library copies subject, reply and bytes before it returns.
            unsafe message.withUnsafeBytes { bytes in
                let count = Int32(bytes.count)
                if let reply {
                    _ = unsafe natsConnection_PublishRequest(connection, subject, reply, bytes.baseAddress, count)
                } else {
                    _ = unsafe natsConnection_Publish(connection, subject, bytes.baseAddress, count)
                }
            }
            if held > Self.turnBytesMax, !isWriting { flush() }
        }

        /// The library wants to write, or has written everything. Perhaps while it holds its lock.
        func writeChanged(_ wantsToWrite: Bool) {
            guard loop.isCurrent else {
                loop.postReserved { [self] in writeChanged(wantsToWrite) }
                return
            }
            isDirty = wantsToWrite
            if wantsToWrite { return }
            waiting.subtract(held, ordering: .relaxed)
            held = 0
        }

        func turnEnded() {
            if isDirty, !isWriting { flush() }
        }

        private func flush() {
            guard unsafe connection != nil, watch != nil else { return }
            unsafe natsConnection_ProcessWriteEvent(connection)
            if hasFallen { return lost() }
            // What the system did not take waits until it does.
            if isDirty, held > 0 {
                let left = max(0, Int(unsafe natsConnection_Buffered(connection)))
                if left < held {
                    waiting.subtract(held - left, ordering: .relaxed)
                    held = left
                }
            }
            guard isDirty != isWriting else { return }
            isWriting = isDirty
            watch?.watch(reading: true, writing: isWriting)
        }

        // MARK: Receiving, on the loop

        func ready(reading: Bool, writing: Bool) {
            if reading {
                if silentBeats > 0 {
                    silentBeats = 0
                    quiet.store(false, ordering: .relaxed)
                }
                unsafe natsConnection_ProcessReadEvent(connection)
                if hasFallen { return lost() }
                drain()
            }
            if writing, watch != nil { flush() }
        }

        /// Hands over what the library has read.
        func drain() {
            guard let made else { return }
            unsafe drain(made.inbox, ofNodes: false)
            unsafe drain(made.nodes, ofNodes: true)
        }

        private func drain(_ subscription: OpaquePointer?, ofNodes isOfNodes: Bool) {
            var message: OpaquePointer?
            // Sound: a message holds its bytes until it is destroyed, behind the call that they are lent to.
            while unsafe natsSubscription_NextMsg(&message, subscription, 0) == NATS_OK {
                let count = Int(unsafe natsMsg_GetDataLength(message))
                if count == 0 {
                    // A link's word to itself; the one to all nodes comes from others too.
                    let reply = unsafe natsMsg_GetReply(message).map { unsafe String(cString: $0) }
                    echoed(ofNodes: isOfNodes, isOurs: !isOfNodes || reply == inbox)
                } else if let data = unsafe natsMsg_GetData(message) {
                    unsafe data.withMemoryRebound(to: UInt8.self, capacity: count) { bytes in
                        unsafe receiver?.received(Span(_unsafeStart: bytes, count: count))
                    }
                }
                unsafe natsMsg_Destroy(message)
            }
        }

        /// Nobody reads an inbox.
        func unreachable(_ inbox: String) { receiver?.undeliverable(inbox) }
    }
#endif
