#if Redis
    import CHiredis
    import Glibc
    import Synchronization

    /// What waits for the link's thread, and the way to wake it. Bounded; nobody waits here.
    // Sound: `state` guards what threads share; the descriptor is made in init and closed when nobody refers to it.
    final class RedisOutbox: Sendable {
        /// One message for an inbox, or for all nodes.
        struct Message {
            var channel: String
            /// Whether the caller is told when nobody reads the channel.
            var isForOne: Bool
            var bytes: [UInt8]
        }

        /// How long the thread goes on.
        enum Life {
            case open
            /// Until what waits is sent.
            case draining
            case ended
        }

        private struct State {
            var messages: [Message] = []
            var first = 0
            var bytes = 0
            var isWaitedFor = false
            var life = Life.open
        }

        /// Messages that wait.
        static let messagesMax = 65_536
        /// Bytes that wait: 64 MiB.
        static let bytesMax = 67_108_864

        private let state = Mutex(State())
        /// Readable when the thread shall look.
        let descriptor: Int32

        init() {
            descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        }

        deinit { close(descriptor) }

        /// Adds a message. `false` when there is no room.
        func add(_ message: Message) -> Bool {
            let (isAdded, wakes) = state.withLock { state -> (Bool, Bool) in
                guard case .open = state.life, state.messages.count - state.first < Self.messagesMax,
                    state.bytes + message.bytes.count <= Self.bytesMax
                else { return (false, false) }
                state.messages.append(message)
                state.bytes += message.bytes.count
                defer { state.isWaitedFor = false }
                return (true, state.isWaitedFor)
            }
            if wakes { wake() }
            return isAdded
        }

        /// Takes messages until they have `bytes` or nothing is left; the thread is woken by the next one then.
        func take(bytes: Int) -> [Message] {
            state.withLock { state in
                var taken = 0
                var end = state.first
                while end < state.messages.count, taken < bytes {
                    taken += state.messages[end].bytes.count + 1
                    state.bytes -= state.messages[end].bytes.count
                    end += 1
                }
                if end == state.messages.count {
                    var all: [Message] = []
                    swap(&all, &state.messages)
                    if state.first > 0 { all.removeFirst(state.first) }
                    state.first = 0
                    state.isWaitedFor = true
                    return all
                }
                let some = Array(state.messages[state.first..<end])
                state.first = end
                if state.first * 2 > state.messages.count {
                    state.messages.removeFirst(state.first)
                    state.first = 0
                }
                return some
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

        var life: Life { state.withLock { $0.life } }

        /// Takes nothing more; the thread ends when it has sent what waits, or at once.
        func end(_ life: Life) {
            state.withLock { $0.life = life }
            wake()
        }

        /// Makes the thread look.
        func wake() {
            var one: UInt64 = 1
            // Sound: eight bytes are read from a variable of eight. A counter that is full wakes too.
            _ = unsafe write(descriptor, &one, 8)
        }

        /// Makes the descriptor unreadable again.
        func rest() {
            var count: UInt64 = 0
            // Sound: eight bytes are written into a variable of eight.
            _ = unsafe read(descriptor, &count, 8)
        }
    }
#endif
