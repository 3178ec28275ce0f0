#if RabbitMQ
    import CRabbitMQ
    import GateBytes
    import Glibc
    import Synchronization

    /// What waits for the link's thread, and the way to wake it. Bounded; nobody waits here.
    final class RabbitMQOutbox: Sendable {
        /// One message.
        struct Message {
            /// The inbox of a node; `nil` for all nodes.
            var inbox: String?
            var bytes: [UInt8]
            var addedAt: MonotonicTime
        }

        private struct State {
            var messages: [Message] = []
            var first = 0
            var bytes = 0
            var isClosed = false
        }

        private let state = Mutex(State())
        /// Readable when the thread shall look.
        let descriptor: Int32

        init() {
            descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        }

        deinit { Glibc.close(descriptor) }

        /// Adds a message. `false` when there is no room.
        func add(_ bytes: [UInt8], to inbox: String?) -> Bool {
            let message = Message(inbox: inbox, bytes: bytes, addedAt: RabbitMQClock.now())
            let (isAdded, wakes) = state.withLock { state -> (Bool, Bool) in
                guard !state.isClosed, state.messages.count - state.first < RabbitMQLimits.waitingMessagesMax,
                    state.bytes + bytes.count <= RabbitMQLimits.waitingBytesMax
                else { return (false, false) }
                state.messages.append(message)
                state.bytes += bytes.count
                return (true, state.messages.count - state.first == 1)
            }
            if wakes { wake() }
            return isAdded
        }

        /// Takes the oldest message.
        func next() -> Message? {
            state.withLock { state in
                guard state.first < state.messages.count else { return nil }
                let message = state.messages[state.first]
                state.messages[state.first].bytes = []
                state.bytes -= message.bytes.count
                state.first += 1
                if state.first == state.messages.count {
                    state.messages.removeAll(keepingCapacity: state.first <= 1_024)
                    state.first = 0
                } else if state.first >= 4_096 {
                    state.messages.removeFirst(state.first)
                    state.first = 0
                }
                return message
            }
        }

        /// Forgets what waits: nobody wants an old message on a new connection.
        func removeAll() {
            state.withLock { state in
                state.messages = []
                state.first = 0
                state.bytes = 0
            }
        }

        /// Whether nothing waits.
        var isEmpty: Bool { state.withLock { $0.messages.count == $0.first } }

        /// Whether nothing more is taken.
        var isClosed: Bool { state.withLock { $0.isClosed } }

        /// Takes nothing more; the thread ends when it has sent what waits.
        func close() {
            state.withLock { $0.isClosed = true }
            wake()
        }

        /// Makes the thread look.
        func wake() {
            var one: UInt64 = 1
            // Sound: eight bytes are read from a variable of eight. A counter that is full wakes too.
            _ = uninterrupted { unsafe write(descriptor, &one, 8) }
        }

        /// Makes the descriptor unreadable again.
        func rest() {
            var count: UInt64 = 0
            // Sound: eight bytes are written into a variable of eight.
            _ = uninterrupted { unsafe read(descriptor, &count, 8) }
        }
    }

    /// The clock that never goes back, off the loops.
    enum RabbitMQClock {
        static func now() -> MonotonicTime {
            var time = timespec()
            // Sound: the clock fills in the structure it is given.
            unsafe clock_gettime(CLOCK_MONOTONIC, &time)
            return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
        }
    }
#endif
