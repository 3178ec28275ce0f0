import GateBytes
package import GateProtocol
import GateRPC

/// A user's login at a gateway: `UserLogin` of rpc.proto.
package struct UserLogin: Sendable, Hashable {
    package var user: UserID
    package var mark: LoginMark

    package init(user: UserID, mark: LoginMark) {
        self.user = user
        self.mark = mark
    }

    /// Bytes that it takes in a message, at most.
    var bytes: Int { user.rawValue.utf8.count + 48 }

    func write(to writer: inout WireWriter) {
        writer.text(1, user.rawValue)
        writer.message(2) { mark.write(to: &$0) }
    }

    /// All of a list.
    static func readAll(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(EnvelopeError) -> [UserLogin] {
        var cursor = WireCursor(range)
        var logins: [UserLogin] = []
        while let field = try cursor.next(bytes) {
            guard case (1, .range(let part)) = (field.number, field.content) else { continue }
            guard logins.count < EnvelopeLimits.sessionIDsMax else {
                throw .tooMany(limit: EnvelopeLimits.sessionIDsMax)
            }
            logins.append(try read(bytes, part))
        }
        return logins
    }

    private static func read(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(EnvelopeError) -> UserLogin {
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
        return UserLogin(user: UserID(user), mark: mark)
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
