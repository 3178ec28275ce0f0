import GateBytes

/// The frame that every gateway protocol can be reduced to. A codec with this `Frame` needs nothing more: see
/// ``FramedProtocol``.
public struct GateFrame: Hashable, Sendable {
    /// What the frame is for.
    public enum Kind: UInt8, Sendable {
        case request, notify, response, push, error, heartbeat, kick
    }

    /// What the frame is for.
    public var kind: Kind
    /// Route or topic, UTF-8; empty when the protocol has none.
    public var route: [UInt8]
    /// Request id, given back in the response; 0 where the protocol has none, which takes one request of a route at a time.
    public var id: UInt64
    /// The body; in an ``Kind/error`` frame the text of the fault. A codec whose protocol has no place for an error writes
    /// it as a response with the body `{"Error":text}`; nobody else does that for it.
    public var payload: [UInt8]

    /// A frame; see the properties.
    public init(_ kind: Kind, route: [UInt8] = [], id: UInt64 = 0, payload: [UInt8] = []) {
        self.kind = kind
        self.route = route
        self.id = id
        self.payload = payload
    }

    /// The frame that says `action`, or `nil` where this kind of protocol has no word for it.
    public init?(_ action: ServerAction, topic: Span<UInt8>, payload: Span<UInt8>) {
        let route = [UInt8](copying: topic)
        let body = [UInt8](copying: payload)
        switch action {
        case .reply(let correlation, .result, _):
            self.init(.response, route: route, id: correlation.rawValue, payload: body)
        case .reply(let correlation, .fault, _), .reply(let correlation, .coded, _),
            .reply(let correlation, .unrouted, _):
            self.init(.error, route: route, id: correlation.rawValue, payload: body)
        case .push: self.init(.push, route: route, payload: body)
        case .kick: self.init(.kick, payload: body)
        case .accept, .refuse, .acknowledge, .goodbye: return nil
        }
    }
}
