import GateBytes
import GateProtocol
import GateRPC

/// The parts of a request, as they are read.
extension SessionRequest {
    static func operation(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(EnvelopeError) -> Self {
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

    static func batch(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(EnvelopeError) -> Self {
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

    static func kick(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(EnvelopeError) -> Self {
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

    static func claim(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(EnvelopeError) -> Self {
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

    static func sendToUser(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(EnvelopeError) -> Self {
        var cursor = WireCursor(range)
        var user = ""
        var message: OutgoingMessage?
        while let field = try cursor.next(bytes) {
            switch (field.number, field.content) {
            case (1, .range(let text)): user = try bytes.text(text)
            case (2, .range(let part)): message = try OutgoingMessage.read(bytes, part)
            default: continue
            }
        }
        guard let message else { throw .missing(field: 2) }
        return .sendToUser(UserID(user), message)
    }

    static func kickUser(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(EnvelopeError) -> Self {
        var cursor = WireCursor(range)
        var (user, reason) = ("", "")
        while let field = try cursor.next(bytes) {
            switch (field.number, field.content) {
            case (1, .range(let text)): user = try bytes.text(text)
            case (2, .range(let text)): reason = try bytes.text(text)
            default: continue
            }
        }
        return .kickUser(UserID(user), reason: reason)
    }
}
