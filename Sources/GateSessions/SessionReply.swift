import GateBytes
package import GateProtocol
package import GateRPC

/// How a gateway answers: `SessionReply` of rpc.proto.
package enum SessionReply: Sendable, Hashable {
    case session(SessionSnapshot)
    case counters(SessionCounters)
    /// Sessions that were reached.
    case count(Int)
    case ids([SessionID])
    /// Logins that win against those of the request.
    case logins([UserLogin])
    case fault(SessionFault)

    /// The bytes of the reply.
    package func encoded() -> [UInt8] {
        var writer = WireWriter()
        switch self {
        case .session(let session): writer.message(1) { session.write(to: &$0) }
        case .counters(let counters):
            writer.message(2) { writer in
                writer.integer(1, counters.messagesReceived)
                writer.integer(2, counters.messagesSent)
                writer.integer(3, counters.bytesReceived)
                writer.integer(4, counters.bytesSent)
            }
        case .count(let count): writer.presentInteger(3, UInt64(max(0, count)))
        case .ids(let ids):
            writer.message(4) { writer in
                for id in ids { writer.message(1) { id.write(to: &$0) } }
            }
        case .logins(let logins):
            writer.message(6) { writer in
                for login in logins { writer.message(1) { login.write(to: &$0) } }
            }
        case .fault(let fault): writer.presentInteger(5, fault.number)
        }
        return writer.bytes
    }

    /// Reads a reply.
    package init(decoding bytes: Span<UInt8>) throws(EnvelopeError) {
        var cursor = WireCursor(0..<bytes.count)
        var reply: SessionReply?
        while let field = try cursor.next(bytes) {
            switch (field.number, field.content) {
            case (1, .range(let range)): reply = .session(try SessionSnapshot.read(bytes, range))
            case (2, .range(let range)): reply = .counters(try Self.counters(bytes, range))
            case (3, .integer(let number)): reply = .count(Int(clamping: number))
            case (4, .range(let range)): reply = .ids(try Self.ids(bytes, range))
            case (6, .range(let range)): reply = .logins(try UserLogin.readAll(bytes, range))
            case (5, .integer(let number)): reply = .fault(try SessionFault(number: number))
            default: continue
            }
        }
        guard let reply else { throw .missing(field: 1) }
        self = reply
    }

    private static func counters(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(EnvelopeError) -> SessionCounters {
        var cursor = WireCursor(range)
        var counters = SessionCounters(messagesReceived: 0, messagesSent: 0, bytesReceived: 0, bytesSent: 0)
        while let field = try cursor.next(bytes) {
            switch (field.number, field.content) {
            case (1, .integer(let number)): counters.messagesReceived = number
            case (2, .integer(let number)): counters.messagesSent = number
            case (3, .integer(let number)): counters.bytesReceived = number
            case (4, .integer(let number)): counters.bytesSent = number
            default: continue
            }
        }
        return counters
    }

    private static func ids(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(EnvelopeError) -> [SessionID] {
        var cursor = WireCursor(range)
        var ids: [SessionID] = []
        while let field = try cursor.next(bytes) {
            guard case (1, .range(let part)) = (field.number, field.content) else { continue }
            try append(try SessionID.read(bytes, part), to: &ids)
        }
        return ids
    }

    static func append(_ id: SessionID, to ids: inout [SessionID]) throws(EnvelopeError) {
        guard ids.count < EnvelopeLimits.sessionIDsMax else { throw .tooMany(limit: EnvelopeLimits.sessionIDsMax) }
        ids.append(id)
    }
}
