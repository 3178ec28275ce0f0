import GateBytes
public import GateFuzz
import GateProtocol
import GateRPC
import GateSessions

/// What is promised about any message from another node: envelopes, what nodes ask of sessions, and values.
///
/// A message is read or refused. What was read is inside its limits, and the same, to the bit, when it was written and read
/// again; each part of what was written is refused as cut off. A field of a later version changes nothing, and a fault
/// stays one whatever comes behind it.
/// - Parameter input: The first byte says what the others are.
/// - Throws: ``FuzzFinding``.
public func fuzzRPCEnvelope(_ input: Span<UInt8>) throws(FuzzFinding) {
    guard let first = input.count > 0 ? input[0] : nil else { return }
    let bytes = [UInt8](copying: input, range: 1..<input.count)
    switch first % 8 {
    case 0: try MessageCheck<WireValue>.check(bytes)
    case 1: try MessageCheck<SessionRequest>.check(bytes)
    case 2: try MessageCheck<SessionReply>.check(bytes)
    case 3: try MessageCheck<RPCEnvelope>.check(announcement(repeating: bytes))
    case 4: try MessageCheck<RPCEnvelope>.check(RPCEnvelope(sender: key, body: .sessionRequest(bytes)).encoded())
    default: try MessageCheck<RPCEnvelope>.check(bytes)
    }
}

private let key = NodeKey(name: "n", start: 1)

/// An announcement with the same fields over and over, so that short inputs reach what bounds their number.
private func announcement(repeating fields: [UInt8]) -> [UInt8] {
    let times = fields.isEmpty || fields.count > 16 ? 1 : 16_384 / fields.count
    var inbox = WireWriter()
    inbox.text(1, "x")
    var writer = WireWriter()
    writer.integer(1, RPCEnvelope.version)
    writer.fixed32(3, key.start)
    writer.presentBlob(10, inbox.bytes + [[UInt8]](repeating: fields, count: times).joined())
    return writer.bytes
}

/// A message of one kind.
protocol FuzzedMessage {
    init(decoding bytes: Span<UInt8>) throws(EnvelopeError)
    func encoded() -> [UInt8]
    /// The same to the bit; texts by their bytes.
    func isSame(as other: Self) -> Bool
    /// Throws when something is above a limit.
    func checkLimits() throws(FuzzFinding)
}

/// Holds one kind of message to what is promised.
enum MessageCheck<Message: FuzzedMessage> {
    /// Fields that no version has yet: an integer, eight bytes, bytes, four bytes.
    private static var unknown: [UInt8] {
        [0x98, 0x3E, 5, 0x99, 0x3E, 1, 2, 3, 4, 5, 6, 7, 8, 0x9A, 0x3E, 1, 9, 0x9D, 0x3E, 1, 2, 3, 4]
    }

    static func check(_ bytes: [UInt8]) throws(FuzzFinding) {
        let longer = read(bytes + unknown)
        switch read(bytes) {
        case .failure(.truncated), .failure(.missing): return
        case .failure(let fault):
            guard case .failure(fault) = longer else { throw FuzzFinding("\(fault) was forgotten: \(longer)") }
        case .success(let message):
            try message.checkLimits()
            guard case .success(let other) = longer, other.isSame(as: message) else {
                throw FuzzFinding("\(message) became \(longer) with fields of a later version")
            }
            try checkRoundTrip(message)
        }
    }

    private static func read(_ bytes: [UInt8]) -> Result<Message, EnvelopeError> {
        Result { () throws(EnvelopeError) in try Message(decoding: bytes.span) }
    }

    private static func checkRoundTrip(_ message: Message) throws(FuzzFinding) {
        let written = message.encoded()
        guard case .success(let again) = read(written), again.isSame(as: message) else {
            throw FuzzFinding("\(message) was written and came back as \(read(written))")
        }
        if again.encoded() != written { throw FuzzFinding("\(message) is written in two ways") }
        // The ends, and some of the middle of a long one.
        for count in 0..<written.count where count < 40 || count > written.count - 24 {
            guard case .failure = read(Array(written[..<count])) else {
                throw FuzzFinding("\(count) bytes of \(written) are a message too")
            }
        }
    }
}

extension RPCEnvelope: FuzzedMessage {
    func isSame(as other: RPCEnvelope) -> Bool {
        guard sender == other.sender, call == other.call, isSameText(replyTo, other.replyTo) else { return false }
        switch (body, other.body) {
        case (.request(let one), .request(let two)):
            return isSameText(one.module, two.module) && isSameText(one.node, two.node)
                && isSameText(one.function, two.function) && isSameValue(one.argument, two.argument)
                && one.session == two.session && one.trace == two.trace
                && one.remainingMilliseconds == two.remainingMilliseconds
        case (.reply(.success(let one)), .reply(.success(let two))): return isSameValue(one, two)
        case (.reply(.failure(let one)), .reply(.failure(let two))): return one == two
        case (.sessionRequest(let one), .sessionRequest(let two)): return one == two
        case (.sessionReply(let one), .sessionReply(let two)): return one == two
        case (.announcement(let one), .announcement(let two)): return one == two
        case (.withdrawal, .withdrawal), (.withdrawn, .withdrawn), (.query, .query): return true
        case (.sessionEnded(let one, let why), .sessionEnded(let two, let other)): return one == two && why == other
        default: return false
        }
    }

    func checkLimits() throws(FuzzFinding) {
        try checkNames([sender.name, replyTo])
        if sender.start == 0 { throw FuzzFinding("a node without a start") }
        switch body {
        case .request(let call):
            try checkNames([call.module, call.node, call.function])
            try checkValue(call.argument, depth: 1)
            if let session = call.session { try checkSession(session) }
        case .reply(.success(let value)): try checkValue(value, depth: 1)
        case .reply(.failure(let fault)):
            if fault.clientText.utf8.count > EnvelopeLimits.textBytesMax + 100 {
                throw FuzzFinding("a fault of \(fault.clientText.utf8.count) bytes")
            }
        case .announcement(let node):
            try checkNames([node.inbox])
            try checkCount(node.modules.count, EnvelopeLimits.modulesMax)
            try checkCount(node.labels.count, EnvelopeLimits.settingsMax)
            for module in node.modules {
                try checkNames([module.type, module.version] + module.ids + Array(module.functions.keys))
                try checkCount(max(module.ids.count, module.functions.count), EnvelopeLimits.modulesMax)
            }
        case .sessionEnded(let session, _): try checkSession(session)
        case .sessionRequest(let bytes): try MessageCheck<SessionRequest>.check(bytes)
        case .sessionReply(let bytes): try MessageCheck<SessionReply>.check(bytes)
        case .withdrawal, .withdrawn, .query: return
        }
    }
}

extension SessionRequest: FuzzedMessage {
    func isSame(as other: SessionRequest) -> Bool { self == other }

    func checkLimits() throws(FuzzFinding) {
        switch self {
        case .operate(_, .bind(let user)), .sessions(let user): try checkNames([user.rawValue])
        case .operate(_, .write(let set, let remove)):
            try checkNames(Array(set.keys) + remove)
            try checkCount(max(set.count, remove.count), EnvelopeLimits.settingsMax)
        case .operate(_, .send(let message)), .broadcast(let message), .batch(_, let message),
            .sendToUser(_, let message):
            if case .sendToUser(let user, _) = self { try checkNames([user.rawValue]) }
            try checkCount(message.topic.count, EnvelopeLimits.textBytesMax)
            if String(validating: message.topic, as: UTF8.self) == nil { throw FuzzFinding("a topic that is no text") }
        case .kickOthers(let user, _, let reason): try checkNames([user.rawValue, reason])
        case .claim(let user, _): try checkNames([user.rawValue])
        case .kickUser(let user, let reason): try checkNames([user.rawValue, reason])
        case .settle(let logins):
            try checkCount(logins.count, EnvelopeLimits.sessionIDsMax)
            try checkNames(logins.map(\.user.rawValue))
        case .operate, .counters: return
        }
    }
}

extension SessionReply: FuzzedMessage {
    func isSame(as other: SessionReply) -> Bool { self == other }

    func checkLimits() throws(FuzzFinding) {
        switch self {
        case .session(let session): try checkSession(session)
        case .count(let count): if count < 0 { throw FuzzFinding("\(count) sessions") }
        case .ids(let ids): try checkCount(ids.count, EnvelopeLimits.sessionIDsMax)
        case .logins(let logins):
            try checkCount(logins.count, EnvelopeLimits.sessionIDsMax)
            try checkNames(logins.map(\.user.rawValue))
        case .counters, .fault: return
        }
    }
}

/// A value on its own.
struct WireValue: FuzzedMessage {
    let value: RPCValue

    init(decoding bytes: Span<UInt8>) throws(EnvelopeError) { value = try RPCValue.read(bytes, 0..<bytes.count) }

    func encoded() -> [UInt8] {
        var writer = WireWriter()
        value.write(to: &writer)
        return writer.bytes
    }

    func isSame(as other: WireValue) -> Bool { isSameValue(value, other.value) }

    func checkLimits() throws(FuzzFinding) { try checkValue(value, depth: 1) }
}

/// Equal to the bit: `==` holds no NaN for itself, and 0 for -0.
private func isSameValue(_ one: RPCValue, _ two: RPCValue) -> Bool {
    switch (one, two) {
    case (.float(let one), .float(let two)): one.bitPattern == two.bitPattern
    case (.double(let one), .double(let two)): one.bitPattern == two.bitPattern
    case (.string(let one), .string(let two)): isSameText(one, two)
    case (.array(let one), .array(let two)): one.count == two.count && zip(one, two).allSatisfy(isSameValue)
    case (.map(let one), .map(let two)):
        one.count == two.count
            && one.allSatisfy { key, value in two[key].map { isSameValue(value, $0) } ?? false }
    default: one == two
    }
}

/// `==` of texts is for readers: é is é however it is made.
private func isSameText(_ one: String, _ two: String) -> Bool { one.utf8.elementsEqual(two.utf8) }

private func checkValue(_ value: RPCValue, depth: Int) throws(FuzzFinding) {
    if depth > EnvelopeLimits.valueDepthMax { throw FuzzFinding("a value \(depth) deep") }
    switch value {
    case .array(let elements):
        try checkCount(elements.count, EnvelopeLimits.valuesMax)
        for element in elements { try checkValue(element, depth: depth + 1) }
    case .map(let entries):
        try checkNames(Array(entries.keys))
        for value in entries.values { try checkValue(value, depth: depth + 1) }
    case .json: throw FuzzFinding("JSON that was not checked")
    default: return
    }
}

private func checkSession(_ session: SessionSnapshot) throws(FuzzFinding) {
    try checkNames([session.node, session.protocolName, session.userID?.rawValue ?? ""])
    try checkNames(Array(session.settings.keys))
    try checkCount(session.settings.count, EnvelopeLimits.settingsMax)
}

private func checkNames(_ names: [String]) throws(FuzzFinding) {
    for name in names where name.utf8.count > EnvelopeLimits.nameBytesMax {
        throw FuzzFinding("a name of \(name.utf8.count) bytes")
    }
}

private func checkCount(_ count: Int, _ limit: Int) throws(FuzzFinding) {
    if count > limit { throw FuzzFinding("\(count) where at most \(limit) are allowed") }
}
