#if RabbitMQ
    import CRabbitMQ
    import GateBytes
    import GateRPC
    import Glibc

    /// One connection, used on its link's thread only.
    ///
    /// Messages leave on one channel and arrive on another, each with processes of its own in the server: a server that
    /// waits until we read still reads what we write.
    // Sound: `state` is the library's connection, made in init, used on one thread, and destroyed with this object.
    @safe
    final class RabbitMQConnection {
        /// Reaches all nodes: a fanout exchange that goes with the last of them.
        static let nodesExchange = "gatehouse.nodes"
        static let outgoing: amqp_channel_t = 1
        static let incoming: amqp_channel_t = 2

        let state: OpaquePointer
        /// What arrives on the two channels.
        var contents = [RabbitMQContent](repeating: .none, count: 3)

        /// Connects and logs in; this takes at most some seconds, name servers aside.
        init(_ server: RabbitMQURL.Server, of url: RabbitMQURL, name: String) throws(RabbitMQFault) {
            guard let made = unsafe amqp_new_connection() else {
                throw .library(status: AMQP_STATUS_NO_MEMORY.rawValue)
            }
            unsafe state = made
            var time = timeval(tv_sec: RabbitMQLimits.answerSeconds, tv_usec: 0)
            // Sound: the library copies the time and the texts.
            unsafe amqp_set_handshake_timeout(state, &time)
            unsafe amqp_set_rpc_timeout(state, &time)
            let socket = try url.isEncrypted ? unsafe encrypted(url) : unsafe amqp_tcp_socket_new(state)
            guard let socket = unsafe socket else { throw .library(status: AMQP_STATUS_NO_MEMORY.rawValue) }
            try check(unsafe amqp_socket_open_noblock(socket, server.host, Int32(server.port), &time))
            var limit = RabbitMQLimits.writeMillisecondsMax
            // Sound: the option is a 32-bit number. Without it a server that stops reading would hold this thread.
            unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &limit, 4)
            try unsafe check(
                gatehouse_amqp_login(
                    state, url.virtualHost, 8, RabbitMQLimits.frameBytesMax, RabbitMQLimits.heartbeatSeconds, name,
                    url.user, url.password))
        }

        deinit {
            unsafe amqp_destroy_connection(state)
        }

        private func encrypted(_ url: RabbitMQURL) throws(RabbitMQFault) -> OpaquePointer? {
            LinkThread.leavesOpenSSLAlone
            guard let socket = unsafe amqp_ssl_socket_new(state) else { return nil }
            // The library checks the certificate and the name in it unless it is told not to.
            if let path = url.trustedCertificates {
                guard unsafe amqp_ssl_socket_set_cacert(socket, path) == 0 else { throw .certificates(path: path) }
            } else {
                unsafe SSL_CTX_set_default_verify_paths(amqp_ssl_socket_get_context(socket))
            }
            if let own = url.ownCertificate {
                guard unsafe amqp_ssl_socket_set_key(socket, own.certificate, own.key) == 0 else {
                    throw .certificates(path: own.certificate)
                }
            }
            return unsafe socket
        }

        var descriptor: Int32 { unsafe amqp_get_sockfd(state) }

        /// Makes the queue of this node and begins to read it.
        func listen(at inbox: String) throws(RabbitMQFault) {
            try unsafe check(
                gatehouse_amqp_listen(
                    state, Self.outgoing, Self.incoming, inbox, Self.nodesExchange,
                    Int64(RabbitMQLimits.queueBytesMax), RabbitMQLimits.waitTimeMax.nanoseconds / 1_000_000))
        }

        /// Sends a word of no bytes to all and one to itself, and waits for the latter: whoever may not write is told so now,
        /// and not with every message. What comes meanwhile is dropped, like what came before.
        func check(_ inbox: String, until end: MonotonicTime) throws(RabbitMQFault) {
            for inbox in [nil, inbox] { try publish(RabbitMQOutbox.Message(inbox: inbox, bytes: [], addedAt: end)) }
            while true {
                switch try receive() {
                case .word(isDirect: true): return
                case .some: continue
                case nil: break
                }
                let left = (end - RabbitMQClock.now()).nanoseconds
                guard left > 0 else { throw .noEcho }
                var descriptors = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
                // Sound: the call looks at one element of an array of one.
                _ = unsafe poll(&descriptors, 1, Int32(clamping: left / 1_000_000 + 1))
            }
        }

        /// Writes a message. Waits while the server does not read, until the connection ends for that.
        func publish(_ message: RabbitMQOutbox.Message) throws(RabbitMQFault) {
            let status = unsafe message.bytes.withUnsafeBytes { bytes in
                // Sound: the library writes texts and bytes before it returns.
                if let inbox = message.inbox {
                    unsafe gatehouse_amqp_publish(state, Self.outgoing, "", inbox, 1, bytes.baseAddress, bytes.count)
                } else {
                    unsafe gatehouse_amqp_publish(
                        state, Self.outgoing, Self.nodesExchange, "", 0, bytes.baseAddress, bytes.count)
                }
            }
            try check(status)
        }

        /// Says that we are here, for a time when nothing is read and so the library does not say it.
        func beat() throws(RabbitMQFault) {
            var frame = unsafe amqp_frame_t()
            unsafe frame.frame_type = UInt8(AMQP_FRAME_HEARTBEAT)
            try check(unsafe amqp_send_frame(state, &frame))
        }

        /// Ends the connection once the server has read everything.
        func close() {
            _ = unsafe amqp_connection_close(state, AMQP_REPLY_SUCCESS)
        }

        // MARK: What the library answers

        func check(_ status: Int32) throws(RabbitMQFault) {
            if status < 0 { throw .library(status: status) }
        }

        private func check(_ reply: amqp_rpc_reply_t) throws(RabbitMQFault) {
            switch unsafe reply.reply_type {
            case AMQP_RESPONSE_NORMAL: return
            case AMQP_RESPONSE_SERVER_EXCEPTION: throw unsafe Self.closed(reply.reply)
            default: throw unsafe .library(status: reply.library_error)
            }
        }

        /// The server's reason for closing a channel or the connection; both have the same fields.
        static func closed(_ method: amqp_method_t) -> RabbitMQFault {
            // Sound: the library decodes these two methods to this structure, which lives as long as its buffers.
            guard unsafe method.id == AMQP_CHANNEL_CLOSE_METHOD || method.id == AMQP_CONNECTION_CLOSE_METHOD,
                let close = unsafe method.decoded?.assumingMemoryBound(to: amqp_channel_close_t.self).pointee
            else { return .malformed }
            return unsafe .closed(code: close.reply_code, reason: text(close.reply_text))
        }

        /// At most ``RabbitMQLimits/reasonBytesMax`` printable characters.
        static func text(_ bytes: amqp_bytes_t) -> String {
            // Sound: the library hands out `len` bytes.
            let raw = unsafe UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.len)
            let plain = unsafe raw.prefix(RabbitMQLimits.reasonBytesMax).map { byte in
                (0x20...0x7E).contains(byte) ? byte : UInt8(ascii: "?")
            }
            return String(decoding: plain, as: UTF8.self)
        }
    }
#endif
