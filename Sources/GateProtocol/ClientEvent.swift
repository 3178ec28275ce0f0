/// Where the bytes of a ``ByteRange`` lie.
public enum ByteRegion: UInt8, Sendable {
    /// In the input that was handed to `receive`.
    case input
    /// In the effects' scratch bytes, where they had to be inflated or unescaped.
    case scratch
}

/// A run of bytes inside the input of a `receive` or inside the scratch bytes; valid until that burst is done.
public struct ByteRange: Hashable, Sendable {
    /// Offset of the first byte.
    public var start: UInt32
    /// Number of bytes.
    public var count: UInt32
    /// Which bytes are meant.
    public var region: ByteRegion

    /// `count` bytes from `start` of `region`.
    @inlinable
    public init(start: Int, count: Int, region: ByteRegion = .input) {
        self.start = UInt32(truncatingIfNeeded: start)
        self.count = UInt32(truncatingIfNeeded: count)
        self.region = region
    }

    /// The bytes `range` of `region`.
    @inlinable
    public init(_ range: Range<Int>, region: ByteRegion = .input) {
        self.init(start: range.lowerBound, count: range.count, region: region)
    }

    /// No bytes.
    @inlinable public static var empty: ByteRange { ByteRange(start: 0, count: 0) }

    /// As offsets into its region.
    @inlinable public var offsets: Range<Int> { Int(start)..<Int(start) + Int(count) }
}

/// What a protocol needs to match a reply to its request; its meaning is the protocol's own.
public struct Correlation: Hashable, Sendable {
    /// The protocol's own value: a request id, a ticket, a sequence number.
    public var rawValue: UInt64

    /// The correlation `rawValue`.
    @inlinable
    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// For messages whose topic says all (MQTT).
    public static let none = Correlation(rawValue: 0)
}

/// One thing a client says.
public struct ClientMessage: Hashable, Sendable {
    /// What the client expects.
    public enum Kind: UInt8, Sendable {
        /// Topic grammar decides whether an answer is wanted (MQTT).
        case publish
        /// An answer is wanted under ``ClientMessage/correlation``, exactly one.
        case request
        /// No answer is wanted.
        case notify
    }

    /// What the client expects.
    public var kind: Kind
    /// Packet identifier to acknowledge once the message is accepted for handling, 0 when none is due.
    public var acknowledgement: UInt16
    /// Topic or route as the client wrote it; empty when the protocol has none and the listener's route counts.
    public var topic: ByteRange
    /// The message's body.
    public var payload: ByteRange
    /// Given back with the reply.
    public var correlation: Correlation
    /// Whether nothing but their order tells its answer from those of earlier requests of its route, so that it begins only
    /// when they are answered.
    public var isInTurn = false

    /// A message; see the properties.
    @inlinable
    public init(
        kind: Kind, topic: ByteRange, payload: ByteRange, correlation: Correlation = .none, acknowledgement: UInt16 = 0
    ) {
        self.kind = kind
        self.acknowledgement = acknowledgement
        self.topic = topic
        self.payload = payload
        self.correlation = correlation
    }
}

/// What a client did, in the gateway's own terms. Trivial to copy: nothing in it is counted.
public enum ClientEvent: Hashable, Sendable {
    /// The client wants a session; ``ProtocolEffects/credentials`` says whose. Ends the `receive`: the connection hands
    /// over nothing more until it has sent ``ServerAction/accept(sessionPresent:)`` or ``ServerAction/refuse(_:)``.
    case opening
    /// The client of an open session says who it is; ``ProtocolEffects/credentials`` tells. Ends the `receive` as an opening
    /// does, and is answered in the same way.
    case login
    /// The client says something to a module.
    case message(ClientMessage)
}
