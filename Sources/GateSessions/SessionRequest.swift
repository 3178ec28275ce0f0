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
    /// One message for all sessions of a user.
    case sendToUser(UserID, OutgoingMessage)
    /// Ends all sessions of a user.
    case kickUser(UserID, reason: String)
    /// The logins of the sender, for gateways that meet: each ends those of its own that lose by the policy, and answers with
    /// those that win.
    case settle([UserLogin])

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
        case .sendToUser(let user, let message):
            writer.message(8) { writer in
                writer.text(1, user.rawValue)
                writer.message(2) { message.write(to: &$0) }
            }
        case .kickUser(let user, let reason):
            writer.message(9) { writer in
                writer.text(1, user.rawValue)
                writer.text(2, reason)
            }
        case .settle(let logins):
            writer.message(10) { writer in
                for login in logins { writer.message(1) { login.write(to: &$0) } }
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
            case 8: request = try Self.sendToUser(bytes, range)
            case 9: request = try Self.kickUser(bytes, range)
            case 10: request = .settle(try UserLogin.readAll(bytes, range))
            default: continue
            }
        }
        guard let request else { throw .missing(field: 1) }
        self = request
    }
}
