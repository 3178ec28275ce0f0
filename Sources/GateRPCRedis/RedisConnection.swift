#if Redis
    import CHiredis
    import GateIO
    import Glibc

    /// One connection, which never waits: the loop tells when it can be read or written. On the loop.
    // Sound: the context and the functions live from init to deinit, and nobody else has them.
    @safe
    final class RedisConnection {
        /// Bytes of one read.
        private static let readBytes = 16_384
        /// Reads in a row, so that one connection does not keep the thread.
        private static let readsMax = 512

        private let context: UnsafeMutablePointer<redisContext>
        private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>
        private let replies = RedisReplies()
        private let buffer: UnsafeMutableRawPointer
        private let replyBytesMax: Int
        private var watch: (any DescriptorWatch)?
        /// Whether the loop tells of bytes to be read.
        var reads = true { didSet { adjustWatch() } }
        private var isReading = false
        private var isWriting = false
        /// Whether the system has connected it.
        private(set) var isConnected = false
        /// Whether bytes wait for room in the system's buffer.
        private(set) var isBlocked = true

        /// Begins to connect to an address, and reads replies of so many bytes.
        init(_ address: String, port: UInt16, replyBytesMax: Int) throws(RedisFault) {
            self.replyBytesMax = replyBytesMax
            guard let made = unsafe redisConnectNonBlock(address, Int32(port)) else {
                throw .system(code: ENOMEM)
            }
            guard unsafe made.pointee.err == 0 else {
                let reason = unsafe Self.text(of: made)
                unsafe redisFree(made)
                throw .notConnected(reason)
            }
            unsafe context = made
            unsafe functions = .allocate(capacity: 1)
            unsafe functions.initialize(to: RedisReplies.functions)
            unsafe buffer = .allocate(byteCount: Self.readBytes, alignment: 16)
            unsafe made.pointee.reader.pointee.fn = functions
            unsafe made.pointee.reader.pointee.privdata = Unmanaged.passUnretained(replies).toOpaque()
        }

        deinit {
            unsafe redisFree(context)
            unsafe functions.deallocate()
            unsafe buffer.deallocate()
        }

        private var descriptor: Int32 { unsafe context.pointee.fd }

        // MARK: The loop

        /// Lets the loop tell `handler` from now on.
        func watch(_ watcher: DescriptorWatcher, _ handler: any DescriptorHandler) throws(RedisFault) {
            watch = watcher(descriptor, handler)
            guard watch != nil else { throw .system(code: ENFILE) }
            adjustWatch()
        }

        /// The loop tells nothing more. Comes before the last reference is gone.
        func close() {
            watch?.close()
            watch = nil
        }

        private func adjustWatch() {
            let reads = isConnected && self.reads
            let writes = !isConnected || isBlocked
            guard reads != isReading || writes != isWriting else { return }
            isReading = reads
            isWriting = writes
            watch?.watch(reading: reads, writing: writes)
        }

        /// The loop has told. Also called without that, to see whether something is there.
        /// - Returns: Whether the server gave a sign of life.
        func advance(
            reading: Bool, writing: Bool, _ take: (RedisReply) throws(RedisFault) -> Void
        ) throws(RedisFault) -> Bool {
            guard isConnected else {
                try finishConnecting()
                return true
            }
            var isHeard = false
            if reading { isHeard = try read(take) > 0 }
            if writing, try write() { isHeard = true }
            return isHeard
        }

        // MARK: Writing

        /// Adds a command to what waits.
        func append(_ words: [String]) throws(RedisFault) {
            var pointers: [UnsafePointer<CChar>?] = unsafe words.map { unsafe UnsafePointer(strdup($0)) }
            let counts = words.map { $0.utf8.count }
            // Sound: the copies have these counts and live until the library has copied them.
            defer { unsafe pointers.forEach { unsafe free(UnsafeMutablePointer(mutating: $0)) } }
            try check(unsafe redisAppendCommandArgv(context, Int32(words.count), &pointers, counts))
        }

        /// Adds a publication to what waits.
        func appendPublish(_ bytes: [UInt8], to channel: String) throws(RedisFault) {
            // Sound: the library copies the three texts before it returns.
            let status = unsafe channel.withCString { channelText in
                unsafe bytes.withUnsafeBytes { body in
                    unsafe "PUBLISH".withCString { verb in
                        // A body of no bytes may have no address, which the library would not take.
                        let text = unsafe body.baseAddress?.assumingMemoryBound(to: CChar.self) ?? verb
                        var words: [UnsafePointer<CChar>?] = unsafe [verb, channelText, text]
                        return unsafe redisAppendCommandArgv(
                            context, 3, &words, [7, channel.utf8.count, body.count])
                    }
                }
            }
            try check(status)
        }

        /// Writes what waits, as far as the system takes it now.
        /// - Returns: Whether bytes went out that had waited for room.
        @discardableResult
        func write() throws(RedisFault) -> Bool {
            guard isConnected else { return false }
            let before = unsafe sdslen(context.pointee.obuf)
            guard before > 0 else {
                isBlocked = false
                adjustWatch()
                return false
            }
            let wasBlocked = isBlocked
            var isDone: Int32 = 0
            try check(unsafe redisBufferWrite(context, &isDone))
            isBlocked = isDone == 0
            adjustWatch()
            let after = unsafe sdslen(context.pointee.obuf)
            return wasBlocked && after < before
        }

        /// The system says that it is connected, or why not.
        private func finishConnecting() throws(RedisFault) {
            var code: Int32 = 0
            var count = socklen_t(MemoryLayout<Int32>.size)
            // Sound: four bytes are written into a variable of four.
            guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &count) == 0 else {
                throw .system(code: errno)
            }
            guard code == 0 else { throw .system(code: code) }
            isConnected = true
            try write()
        }

        // MARK: Reading

        /// Reads what is there.
        /// - Returns: Bytes.
        private func read(_ take: (RedisReply) throws(RedisFault) -> Void) throws(RedisFault) -> Int {
            var sum = 0
            for _ in 0..<Self.readsMax {
                // Sound: the buffer has so many bytes.
                let count = unsafe Glibc.read(descriptor, buffer, Self.readBytes)
                if count == 0 { throw .closed }
                if count < 0 {
                    let code = errno
                    if code == EINTR { continue }
                    if code == EAGAIN || code == EWOULDBLOCK { break }
                    throw code == ECONNRESET ? .closed : .system(code: code)
                }
                sum += count
                let text = unsafe buffer.assumingMemoryBound(to: CChar.self)
                guard unsafe redisReaderFeed(context.pointee.reader, text, count) == REDIS_OK else {
                    throw .system(code: ENOMEM)
                }
                try takeReplies(take)
                if count < Self.readBytes { break }
            }
            return sum
        }

        private func takeReplies(_ take: (RedisReply) throws(RedisFault) -> Void) throws(RedisFault) {
            while true {
                var reply: UnsafeMutableRawPointer?
                guard unsafe redisReaderGetReply(context.pointee.reader, &reply) == REDIS_OK else {
                    throw .malformed
                }
                guard unsafe reply != nil else { break }
                try take(replies.take())
            }
            let kept = unsafe context.pointee.reader.pointee.len
            guard kept <= replyBytesMax else { throw .replyTooLarge(bytes: kept, limit: replyBytesMax) }
        }

        private func check(_ status: Int32) throws(RedisFault) {
            if status == REDIS_OK { return }
            switch unsafe context.pointee.err {
            case REDIS_ERR_EOF: throw .closed
            case REDIS_ERR_OOM: throw .system(code: ENOMEM)
            default:
                let code = errno
                throw code == EPIPE || code == ECONNRESET ? .closed : .system(code: code)
            }
        }

        private static func text(of context: UnsafeMutablePointer<redisContext>) -> String {
            unsafe withUnsafeBytes(of: &context.pointee.errstr) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
        }
    }
#endif
