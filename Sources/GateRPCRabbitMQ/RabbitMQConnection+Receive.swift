#if RabbitMQ
    import CRabbitMQ

    /// A message that arrives on a channel, frame by frame.
    struct RabbitMQContent {
        /// What follows the last method.
        enum Kind {
            /// No message.
            case nothing
            /// One for this node: sent to its inbox, or to all.
            case delivery(isDirect: Bool)
            /// One of ours that no queue took, with the name of the queue.
            case returned(String)
        }

        var kind: Kind
        /// Bytes that have not arrived.
        var missing: Int
        var bytes: [UInt8]

        static let none = RabbitMQContent(kind: .nothing, missing: 0, bytes: [])
    }

    extension RabbitMQConnection {
        /// One thing that the server says.
        enum Arrival {
            case message([UInt8])
            /// A message of no bytes, which a link sends to see whether it may: to the inbox, or to all.
            case word(isDirect: Bool)
            /// There is no such queue.
            case undeliverable(String)
            /// The server is short of memory or disk and reads nothing more, or reads again.
            case blocked(Bool)
            /// Nothing for us.
            case other
        }

        /// Whether something was read and not yet handed out.
        var hasInput: Bool { unsafe amqp_frames_enqueued(state) != 0 || amqp_data_in_buffer(state) != 0 }

        /// What the server said next; `nil` when nothing more is there. Does not wait.
        func receive() throws(RabbitMQFault) -> Arrival? {
            var frame = unsafe amqp_frame_t()
            var none = timeval(tv_sec: 0, tv_usec: 0)
            // Sound: a frame lives until the buffers of its channel are released, at the end of this call at the earliest.
            let status = unsafe amqp_simple_wait_frame_noblock(state, &frame, &none)
            if status == AMQP_STATUS_TIMEOUT.rawValue { return nil }
            try check(status)
            let channel = Int(unsafe frame.channel)
            guard channel < contents.count else { throw .malformed }
            let arrival =
                switch Int32(unsafe frame.frame_type) {
                case AMQP_FRAME_METHOD: try unsafe begin(frame.payload.method, channel)
                case AMQP_FRAME_HEADER: try unsafe take(size: frame.payload.properties.body_size, channel)
                case AMQP_FRAME_BODY: try unsafe take(body: frame.payload.body_fragment, channel)
                default: Arrival.other
                }
            unsafe amqp_maybe_release_buffers_on_channel(state, frame.channel)
            return arrival
        }

        private func begin(_ method: amqp_method_t, _ channel: Int) throws(RabbitMQFault) -> Arrival {
            switch unsafe method.id {
            case AMQP_BASIC_DELIVER_METHOD:
                // Sound: the library decodes this method to this structure.
                guard let delivery = unsafe method.decoded?.assumingMemoryBound(to: amqp_basic_deliver_t.self).pointee
                else { throw .malformed }
                // What comes by the default exchange, which has no name, was sent to the inbox.
                contents[channel].kind = unsafe .delivery(isDirect: delivery.exchange.len == 0)
            case AMQP_BASIC_RETURN_METHOD:
                // Sound: the library decodes this method to this structure.
                guard let returned = unsafe method.decoded?.assumingMemoryBound(to: amqp_basic_return_t.self).pointee
                else { throw .malformed }
                contents[channel].kind = unsafe .returned(Self.text(returned.routing_key))
            case AMQP_CONNECTION_BLOCKED_METHOD: return .blocked(true)
            case AMQP_CONNECTION_UNBLOCKED_METHOD: return .blocked(false)
            case AMQP_CHANNEL_CLOSE_METHOD, AMQP_CONNECTION_CLOSE_METHOD: throw unsafe Self.closed(method)
            case AMQP_BASIC_CANCEL_METHOD: throw .queueDeleted
            default: break
            }
            return .other
        }

        private func take(size: UInt64, _ channel: Int) throws(RabbitMQFault) -> Arrival {
            guard size <= RabbitMQLimits.messageBytesMax else {
                throw .tooLarge(bytes: size, limit: RabbitMQLimits.messageBytesMax)
            }
            contents[channel].missing = Int(size)
            if case .delivery = contents[channel].kind { contents[channel].bytes.reserveCapacity(Int(size)) }
            return size == 0 ? end(channel) : .other
        }

        private func take(body: amqp_bytes_t, _ channel: Int) throws(RabbitMQFault) -> Arrival {
            let count = unsafe body.len
            guard count <= contents[channel].missing else { throw .malformed }
            contents[channel].missing -= count
            if case .delivery = contents[channel].kind {
                // Sound: the library hands out `len` bytes.
                unsafe contents[channel].bytes.append(
                    contentsOf: UnsafeRawBufferPointer(start: body.bytes, count: count))
            }
            return contents[channel].missing == 0 ? end(channel) : .other
        }

        private func end(_ channel: Int) -> Arrival {
            let content = contents[channel]
            contents[channel] = .none
            return switch content.kind {
            case .nothing: .other
            case .delivery(let isDirect): content.bytes.isEmpty ? .word(isDirect: isDirect) : .message(content.bytes)
            case .returned(let inbox): .undeliverable(inbox)
            }
        }
    }
#endif
