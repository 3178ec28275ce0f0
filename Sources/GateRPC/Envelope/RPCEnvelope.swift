import GateBytes
package import GateProtocol

/// One message between nodes: `Envelope` of rpc.proto.
package struct RPCEnvelope: Sendable {
    /// The version that this code speaks.
    package static let version: UInt64 = 1

    /// A call as it travels: `Request` of rpc.proto.
    package struct Call: Sendable {
        package var module: String
        /// Of `type@node`; empty when the caller named none.
        package var node: String
        package var function: String
        package var argument: RPCValue
        package var session: SessionSnapshot?
        package var trace: TraceContext
        /// What is left of the deadline; 0 is over.
        package var remainingMilliseconds: UInt32
        /// See ``RPCRequest/depth``; 0 also where the sender does not know it.
        package var depth: UInt32

        package init(
            module: String, node: String, function: String, argument: RPCValue, session: SessionSnapshot?,
            trace: TraceContext, remainingMilliseconds: UInt32, depth: UInt32 = 0
        ) {
            self.depth = depth
            self.module = module
            self.node = node
            self.function = function
            self.argument = argument
            self.session = session
            self.trace = trace
            self.remainingMilliseconds = remainingMilliseconds
        }
    }

    /// What an envelope holds.
    package enum Body: Sendable {
        case request(Call)
        case reply(Result<RPCValue, RPCFault>)
        /// The bytes of a `SessionRequest`, which the sessions read.
        case sessionRequest([UInt8])
        /// The bytes of a `SessionReply`.
        case sessionReply([UInt8])
        case announcement(NodeAnnouncement)
        case withdrawal
        case query
        case sessionEnded(SessionSnapshot, CloseReason)
        case withdrawn
    }

    /// Who sent it.
    package var sender: NodeKey
    /// Joins an answer to what it answers.
    package var call: UInt64
    /// Inbox that waits for the answer; empty when nobody does.
    package var replyTo: String
    package var body: Body

    package init(sender: NodeKey, call: UInt64 = 0, replyTo: String = "", body: Body) {
        self.sender = sender
        self.call = call
        self.replyTo = replyTo
        self.body = body
    }

    /// The bytes of the envelope.
    package func encoded() -> [UInt8] {
        var writer = WireWriter(reserving: 512)
        writer.integer(1, Self.version)
        writer.text(2, sender.name)
        writer.fixed32(3, sender.start)
        writer.integer(4, call)
        writer.text(5, replyTo)
        switch body {
        case .request(let call): writer.message(6) { call.write(to: &$0) }
        case .reply(let outcome):
            writer.message(7) { writer in
                switch outcome {
                case .success(let value): writer.message(1) { value.write(to: &$0) }
                case .failure(let fault): writer.message(2) { fault.write(to: &$0) }
                }
            }
        case .sessionRequest(let bytes): writer.presentBlob(8, bytes)
        case .sessionReply(let bytes): writer.presentBlob(9, bytes)
        case .announcement(let node): writer.message(10) { node.write(to: &$0) }
        case .withdrawal: writer.message(11) { _ in }
        case .query: writer.message(12) { _ in }
        case .sessionEnded(let session, let reason):
            writer.message(13) { writer in
                writer.message(1) { session.write(to: &$0) }
                writer.text(2, reason.rawValue)
            }
        case .withdrawn: writer.message(14) { _ in }
        }
        return writer.bytes
    }

    /// Reads an envelope.
    package init(decoding bytes: Span<UInt8>) throws(EnvelopeError) {
        guard bytes.count <= EnvelopeLimits.envelopeBytesMax else {
            throw .tooLong(bytes: bytes.count, limit: EnvelopeLimits.envelopeBytesMax)
        }
        var cursor = WireCursor(0..<bytes.count)
        var version: UInt64 = 0
        var key = NodeKey(name: "", start: 0)
        var (call, replyTo): (UInt64, String) = (0, "")
        var body: Body?
        while let field = try cursor.next(bytes) {
            switch (field.number, field.content) {
            case (1, .integer(let number)):
                guard number == Self.version else { throw .unsupportedVersion(number) }
                version = number
            case (2, .range(let text)): key.name = try bytes.text(text)
            case (3, .fixed32(let number)): key.start = number
            case (4, .integer(let number)): call = number
            case (5, .range(let text)): replyTo = try bytes.text(text)
            case (let number, .range(let range)):
                // The version comes first, so that nothing of another one is read.
                if version == 0 { throw .missing(field: 1) }
                if let known = try Self.body(number, bytes, range) { body = known }
            default: continue
            }
        }
        if version == 0 { throw .missing(field: 1) }
        if key.start == 0 { throw .missing(field: 3) }
        guard let body else { throw .missing(field: 6) }
        self.init(sender: key, call: call, replyTo: replyTo, body: body)
    }

    /// The body in field `number`; `nil` for a field of a later version.
    private static func body(
        _ number: Int, _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(EnvelopeError) -> Body? {
        switch number {
        case 6: return .request(try Call.read(bytes, range))
        case 7: return .reply(try reply(bytes, range))
        case 8: return .sessionRequest([UInt8](copying: bytes, range: range))
        case 9: return .sessionReply([UInt8](copying: bytes, range: range))
        case 10: return .announcement(try NodeAnnouncement.read(bytes, range))
        case 11: return .withdrawal
        case 12: return .query
        case 13: return try sessionEnded(bytes, range)
        case 14: return .withdrawn
        default: return nil
        }
    }

    private static func reply(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(EnvelopeError) -> Result<RPCValue, RPCFault> {
        var cursor = WireCursor(range)
        var outcome: Result<RPCValue, RPCFault>?
        while let field = try cursor.next(bytes) {
            switch (field.number, field.content) {
            case (1, .range(let value)): outcome = .success(try RPCValue.read(bytes, value))
            case (2, .range(let fault)): outcome = .failure(try RPCFault.read(bytes, fault))
            default: continue
            }
        }
        guard let outcome else { throw .missing(field: 1) }
        return outcome
    }

    /// A reason that a later version knows is an internal one here.
    private static func sessionEnded(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(EnvelopeError) -> Body {
        var cursor = WireCursor(range)
        var session: SessionSnapshot?
        var reason = CloseReason.internalError
        while let field = try cursor.next(bytes) {
            switch (field.number, field.content) {
            case (1, .range(let part)): session = try SessionSnapshot.read(bytes, part)
            case (2, .range(let text)): reason = CloseReason(rawValue: try bytes.text(text)) ?? .internalError
            default: continue
            }
        }
        guard let session else { throw .missing(field: 1) }
        return .sessionEnded(session, reason)
    }
}

extension RPCEnvelope.Call {
    fileprivate func write(to writer: inout WireWriter) {
        writer.text(1, module)
        writer.text(2, node)
        writer.text(3, function)
        writer.message(4) { argument.write(to: &$0) }
        if let session { writer.message(5) { session.write(to: &$0) } }
        writer.fixed64(6, trace.trace.high)
        writer.fixed64(7, trace.trace.low)
        writer.integer(8, UInt64(remainingMilliseconds))
        writer.fixed64(9, trace.span)
        writer.integer(10, UInt64(trace.flags))
        writer.integer(11, UInt64(depth))
    }

    fileprivate static func read(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(EnvelopeError) -> Self {
        var cursor = WireCursor(range)
        var call = Self(
            module: "", node: "", function: "", argument: .null, session: nil,
            trace: TraceContext(TraceID(high: 0, low: 0)),
            remainingMilliseconds: 0)
        while let field = try cursor.next(bytes) {
            switch (field.number, field.content) {
            case (1, .range(let text)): call.module = try bytes.text(text)
            case (2, .range(let text)): call.node = try bytes.text(text)
            case (3, .range(let text)): call.function = try bytes.text(text)
            case (4, .range(let value)): call.argument = try RPCValue.read(bytes, value)
            case (5, .range(let session)): call.session = try SessionSnapshot.read(bytes, session)
            case (6, .fixed64(let half)): call.trace.trace.high = half
            case (7, .fixed64(let half)): call.trace.trace.low = half
            case (8, .integer(let number)): call.remainingMilliseconds = try number.narrowed(8)
            case (9, .fixed64(let span)): call.trace.span = span
            case (10, .integer(let number)): call.trace.flags = UInt8(truncatingIfNeeded: number)
            case (11, .integer(let number)): call.depth = UInt32(clamping: number)
            default: continue
            }
        }
        return call
    }
}
