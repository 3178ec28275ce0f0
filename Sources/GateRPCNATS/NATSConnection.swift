#if NATS
    import CNATS
    import GateBytes
    import GateIO

    /// What the library made, on its way from one thread to another.
    // Sound: used by one thread at a time.
    @safe
    struct NATSConnection: @unchecked Sendable {
        var connection: OpaquePointer?
        /// What the loop reads.
        var inbox: OpaquePointer?
        /// What the loop reads.
        var nodes: OpaquePointer?
        /// What a thread of the library's reads.
        var undelivered: OpaquePointer?
        /// Servers that this one has named.
        var discovered: [NATSURL.Place] = []

        /// Frees everything. Perhaps waits for the library's threads.
        func end() {
            unsafe natsSubscription_Destroy(inbox)
            unsafe natsSubscription_Destroy(nodes)
            unsafe natsSubscription_Destroy(undelivered)
            unsafe natsConnection_Destroy(connection)
        }
    }

    /// The loop's ways back to a link, which they do not keep alive.
    final class NATSTurnEnd: TurnObserver {
        private weak var link: NATSLink?

        init(link: NATSLink) {
            self.link = link
        }

        func turnEnded(at now: MonotonicTime) { link?.turnEnded() }
    }

    final class NATSReady: DescriptorHandler {
        private weak var link: NATSLink?

        init(link: NATSLink) {
            self.link = link
        }

        func ready(reading: Bool, writing: Bool) { link?.ready(reading: reading, writing: writing) }
    }

    final class NATSBeat: TimerTarget {
        private weak var link: NATSLink?

        init(link: NATSLink) {
            self.link = link
        }

        func timerFired(at now: MonotonicTime) { link?.beat() }
    }
#endif
