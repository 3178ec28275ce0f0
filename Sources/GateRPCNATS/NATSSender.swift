#if NATS
    import Glibc
    import Synchronization

    /// A thread with a bounded queue: what the library may block in happens here, never on a loop.
    // Sound: `queue` guards what threads share; the semaphore is made in init and destroyed when nobody refers to it.
    @safe
    final class NATSSender: @unchecked Sendable {
        /// One message for a subject.
        struct Message {
            var subject: String
            var reply: String?
            var bytes: [UInt8]
        }

        private struct Queue {
            var messages: [Message] = []
            var bytes = 0
            var isClosed = false
        }

        /// Messages that wait.
        static let messagesMax = 65_536
        /// Bytes that wait: 64 MiB.
        static let bytesMax = 67_108_864

        private let queue = Mutex(Queue())
        private let semaphore: UnsafeMutablePointer<sem_t>

        init() {
            unsafe semaphore = .allocate(capacity: 1)
            unsafe semaphore.initialize(to: sem_t())
            unsafe sem_init(semaphore, 0, 0)
        }

        deinit {
            unsafe sem_destroy(semaphore)
            unsafe semaphore.deallocate()
        }

        /// Whether nothing waits.
        var isEmpty: Bool { queue.withLock { $0.messages.isEmpty } }

        /// Adds a message. `false` when there is no room.
        func add(_ message: Message) -> Bool {
            let (isAdded, wakes) = queue.withLock { queue -> (Bool, Bool) in
                guard !queue.isClosed, queue.messages.count < Self.messagesMax,
                    queue.bytes + message.bytes.count <= Self.bytesMax
                else { return (false, false) }
                queue.messages.append(message)
                queue.bytes += message.bytes.count
                return (true, queue.messages.count == 1)
            }
            if wakes { unsafe sem_post(semaphore) }
            return isAdded
        }

        /// Forgets what waits: nobody wants an old message on a new connection.
        func removeAll() {
            queue.withLock { queue in
                queue.messages.removeAll()
                queue.bytes = 0
            }
        }

        /// Ends ``run(_:)`` once what waits is sent.
        func close() {
            queue.withLock { $0.isClosed = true }
            unsafe sem_post(semaphore)
        }

        /// Hands each message to `send` on the calling thread, until ``close()``.
        func run(_ send: (Message) -> Void) {
            while true {
                unsafe sem_wait(semaphore)
                let (messages, isClosed) = queue.withLock { queue -> ([Message], Bool) in
                    var taken: [Message] = []
                    swap(&taken, &queue.messages)
                    queue.bytes = 0
                    return (taken, queue.isClosed)
                }
                for message in messages { send(message) }
                if isClosed { return }
            }
        }

        /// Starts a thread that runs `body`. `false` when the system has none.
        static func startThread(_ body: @escaping @Sendable () -> Void) -> Bool {
            final class Box: Sendable {
                let body: @Sendable () -> Void
                init(_ body: @escaping @Sendable () -> Void) { self.body = body }
            }
            var thread = pthread_t()
            let kept = unsafe Unmanaged.passRetained(Box(body))
            // Sound: the thread takes over the reference it is given.
            let error = unsafe pthread_create(
                &thread, nil,
                { argument in
                    guard let argument = unsafe argument else { return nil }
                    unsafe Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
                    return nil
                }, kept.toOpaque())
            if error != 0 {
                unsafe kept.release()
                return false
            }
            pthread_detach(thread)
            return true
        }
    }
#endif
