#if Redis
    import CHiredis

    /// What a server said.
    enum RedisReply {
        /// A publication.
        case message([UInt8])
        case integer(Int64)
        /// A status or a string.
        case text([UInt8])
        case error([UInt8])
        /// The texts of any other array; an element that is no text is empty.
        case texts([[UInt8]])
        case null
    }

    /// Gathers a reply as the library reads it, without the tree that it would build: the bytes of a publication are copied
    /// once, into the array that goes on.
    // Sound: the library calls back on the thread that feeds it, with this object as its private data and for as long as the
    // connection that owns both.
    @safe
    final class RedisReplies {
        /// Texts of one array that are kept; none that we ask for has as many.
        static let textsMax = 64

        private var reply = RedisReply.null
        private var texts: [[UInt8]] = []
        private var isArray = false
        private var isMessage = false

        /// The reply that is complete now.
        func take() -> RedisReply {
            defer {
                reply = .null
                texts = []
                isArray = false
                isMessage = false
            }
            return isArray && !isMessage ? .texts(texts) : reply
        }

        /// The functions that the library is to call.
        static let functions = unsafe redisReplyObjectFunctions(
            createString: { task, text, count in
                guard let task = unsafe task, let me = unsafe RedisReplies.of(task) else { return nil }
                // Sound: the library lends `count` bytes for the length of the call.
                let bytes = unsafe UnsafeRawBufferPointer(start: text, count: count)
                unsafe me.add(bytes, task)
                return unsafe task.pointee.privdata
            },
            createArray: { task, _ in
                guard let task = unsafe task, let me = unsafe RedisReplies.of(task) else { return nil }
                if unsafe task.pointee.parent == nil { me.isArray = true } else { unsafe me.add(nil, task) }
                return unsafe task.pointee.privdata
            },
            createInteger: { task, value in
                guard let task = unsafe task, let me = unsafe RedisReplies.of(task) else { return nil }
                if unsafe task.pointee.parent == nil { me.reply = .integer(value) } else { unsafe me.add(nil, task) }
                return unsafe task.pointee.privdata
            },
            createNil: { task in
                guard let task = unsafe task, let me = unsafe RedisReplies.of(task) else { return nil }
                if unsafe task.pointee.parent != nil { unsafe me.add(nil, task) }
                return unsafe task.pointee.privdata
            },
            freeObject: { _ in })

        private static func of(_ task: UnsafePointer<redisReadTask>) -> RedisReplies? {
            guard let data = unsafe task.pointee.privdata else { return nil }
            return unsafe Unmanaged<RedisReplies>.fromOpaque(data).takeUnretainedValue()
        }

        /// Takes a whole reply, or an element of an array; deeper ones are left out.
        private func add(_ bytes: UnsafeRawBufferPointer?, _ task: UnsafePointer<redisReadTask>) {
            guard let parent = unsafe task.pointee.parent else {
                guard let bytes = unsafe bytes else { return }
                reply = unsafe task.pointee.type == REDIS_REPLY_ERROR ? .error(Array(bytes)) : .text(Array(bytes))
                return
            }
            guard unsafe parent.pointee.parent == nil else { return }
            switch unsafe (Int(task.pointee.idx), bytes) {
            case (0, let bytes?) where unsafe bytes.elementsEqual("message".utf8): isMessage = true
            // The channel is ours or that of all nodes.
            case (1, _) where isMessage: break
            case (2, let bytes?) where isMessage: reply = unsafe .message(Array(bytes))
            default:
                if texts.count < Self.textsMax { texts.append(unsafe bytes.map { unsafe Array($0) } ?? []) }
            }
        }
    }
#endif
