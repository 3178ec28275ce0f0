import GateBytes
package import GateProtocol
package import GateRPC

/// What a node asks of a gateway's sessions: `SessionRequest` of rpc.proto.
package enum SessionRequest: Sendable, Hashable {
    case operate(SessionID, SessionOperation)
    case counters(SessionID)
    case batch([SessionID], OutgoingMessage)
    case broadcast(OutgoingMessage)
    case sessions(of: UserID)
    case kickOthers(UserID, before: LoginMark, reason: String)
    /// Asks whether a session stands against a login at the sender.
    case claim(UserID, LoginMark)

    /// The bytes of the request.
    package func encoded() -> [UInt8] {
        var writer = WireWriter()
        switch self {
        case .operate(let id, let operation):
            writer.message(1) { writer in
                writer.message(1) { id.write(to: &$0) }
                operation.write(to: &writer)
            }
        case .counters(let id): writer.message(2) { id.write(to: &$0) }
        case .batch(let ids, let message):
            writer.message(3) { writer in
                for id in ids { writer.message(1) { id.write(to: &$0) } }
                writer.message(2) { message.write(to: &$0) }
            }
        case .broadcast(let message): writer.message(4) { message.write(to: &$0) }
        case .sessions(let user): writer.presentText(5, user.rawValue)
        case .kickOthers(let user, let mark, let reason):
            writer.message(6) { writer in
                writer.text(1, user.rawValue)
                writer.text(2, reason)
                writer.message(3) { mark.write(to: &$0) }
            }
        case .claim(let user, let mark):
            writer.message(7) { writer in
                writer.text(1, user.rawValue)
                writer.message(2) { mark.write(to: &$0) }
            }
        }
        return writer.bytes
    }

    /// Reads a request.
    package init(decoding bytes: Span<UInt8>) throws(EnvelopeError) {
        var cursor = WireCursor(0..<bytes.count)
        var request: SessionRequest?
        while let field = try cursor.next(bytes) {
            guard case .range(let range) = field.content else { continue }
            switch field.number {
            case 1: request = try Self.operation(bytes, range)
            case 2: request = .counters(try SessionID.read(bytes, range))
            case 3: request = try Self.batch(bytes, range)
            case 4: request = .broadcast(try OutgoingMessage.read(bytes, range))
            case 5: request = .sessions(of: UserID(try bytes.text(range)))
            case 6: request = try Self.kick(bytes, range)
            case 7: request = try Self.claim(bytes, range)
            default: continue
            }
        }
        guard let request else { throw .missing(field: 1) }
        self = request
    }

    private static func operation(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(EnvelopeError) -> Self {
        var cursor = WireCursor(range)
        var id: SessionID?
        var operation: SessionOperation?
        while let field = try cursor.next(bytes) {
            if case (1, .range(let part)) = (field.number, field.content) {
                id = try SessionID.read(bytes, part)
            } else if let verb = try SessionOperation.read(bytes, field) {
                operation = verb
            }
        }
        guard let id else { throw .missing(field: 1) }
        guard let operation else { throw .missing(field: 2) }
        return .operate(id, operation)
    }

    private static func batch(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(EnvelopeError) -> Self {
        var cursor = WireCursor(range)
        var ids: [SessionID] = []
        var message: OutgoingMessage?
        while let field = try cursor.next(bytes) {
            switch (field.number, field.content) {
            case (1, .range(let part)): try SessionReply.append(try SessionID.read(bytes, part), to: &ids)
            case (2, .range(let part)): message = try OutgoingMessage.read(bytes, part)
            default: continue
            }
        }
        guard let message else { throw .missing(field: 2) }
        return .batch(ids, message)
    }

    private static func kick(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(EnvelopeError) -> Self {
        var cursor = WireCursor(range)
        var (user, reason) = ("", "")
        var mark: LoginMark?
        while let field = try cursor.next(bytes) {
            switch (field.number, field.content) {
            case (1, .range(let text)): user = try bytes.text(text)
            case (2, .range(let text)): reason = try bytes.text(text)
            case (3, .range(let part)): mark = try LoginMark.read(bytes, part)
            default: continue
            }
        }
        guard let mark else { throw .missing(field: 3) }
        return .kickOthers(UserID(user), before: mark, reason: reason)
    }

    private static func claim(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(EnvelopeError) -> Self {
        var cursor = WireCursor(range)
        var user = ""
        var mark: LoginMark?
        while let field = try cursor.next(bytes) {
            switch (field.number, field.content) {
            case (1, .range(let text)): user = try bytes.text(text)
            case (2, .range(let part)): mark = try LoginMark.read(bytes, part)
            default: continue
            }
        }
        guard let mark else { throw .missing(field: 2) }
        return .claim(UserID(user), mark)
    }
}

/// `LoginMark` of rpc.proto.
extension LoginMark {
    func write(to writer: inout WireWriter) {
        writer.integer(1, count)
        writer.message(2) { id.write(to: &$0) }
    }

    static func read(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(EnvelopeError) -> LoginMark {
        var cursor = WireCursor(range)
        var count: UInt64 = 0
        var id: SessionID?
        while let field = try cursor.next(bytes) {
            switch (field.number, field.content) {
            case (1, .integer(let number)): count = number
            case (2, .range(let part)): id = try SessionID.read(bytes, part)
            default: continue
            }
        }
        guard let id else { throw .missing(field: 2) }
        return LoginMark(count: count, id: id)
    }
}

/// How a gateway answers: `SessionReply` of rpc.proto.
package enum SessionReply: Sendable, Hashable {
    case session(SessionSnapshot)
    case counters(SessionCounters)
    /// Sessions that were reached.
    case count(Int)
    case ids([SessionID])
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
