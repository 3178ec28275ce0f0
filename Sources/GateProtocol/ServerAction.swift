/// Why a client is not let in. MQTT writes it as CONNACK 4, 5 and 3.
public enum Refusal: Sendable, Hashable {
    /// User name or password are wrong.
    case badCredentials
    /// The client is known and may not come in.
    case notAuthorized
    /// The server cannot take it now.
    case unavailable
}

/// What the bytes of a payload are, for protocols that put them into a text.
public enum PayloadForm: UInt8, Sendable {
    /// Bytes of no known form. A protocol whose slot is JSON embeds them when they are one JSON value, else as base64.
    case bytes
    /// One valid JSON value.
    case json
    /// UTF-8 text that is no JSON.
    case text
}

/// How an answer ended.
public enum ReplyOutcome: Sendable, Hashable {
    /// The payload is the result.
    case result
    /// The payload is the text of a fault, for the protocol's own error slot; without one {"Error":text} is sent.
    case fault
    /// The same, with the code that the handler gave it (`RPCFault.handler(code:message:)`), for protocols that have a place
    /// for one.
    case coded(Int32)
    /// What the client named leads nowhere, and the payload is the text of that fault. A protocol whose servers keep silent
    /// about such requests writes nothing; any other takes it as a ``fault``.
    case unrouted

    /// The handler's code; 0 for none.
    public var code: Int32 { if case .coded(let code) = self { code } else { 0 } }
}

/// How surely a push shall arrive.
public enum DeliveryQuality: UInt8, Sendable {
    /// Sent once, forgotten.
    case atMostOnce
    /// Kept until the client acknowledges it, where the protocol can.
    case atLeastOnce
}

/// What the gateway says to one client; the protocol turns it into bytes.
public enum ServerAction: Sendable, Hashable {
    /// The session that ``ClientEvent/opening`` asked for is open.
    case accept(sessionPresent: Bool)
    /// It is not; the connection closes once this is written.
    case refuse(Refusal)
    /// The message with this packet identifier was accepted for handling.
    case acknowledge(UInt16)
    /// The answer to a request; `topic` is the request's own, byte for byte.
    case reply(Correlation, ReplyOutcome, PayloadForm)
    /// A message that the client did not ask for; `topic` names it.
    case push(DeliveryQuality, PayloadForm)
    /// A notice with the JSON object {"reason":text} before the connection closes.
    case kick
    /// The server goes away; written where the protocol has a word for it.
    case goodbye
}
