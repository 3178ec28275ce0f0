import GateBytes
import GateIO
import GateProtocol
import GateRPC

/// Envelopes and values for tests.
enum Samples {
    static let key = NodeKey(name: "n1", start: 7)

    static let session = SessionSnapshot(
        id: SessionID(node: 1, start: 2, loop: 3, slot: 4, generation: 5), node: "gate", userID: "ada",
        isGuest: false, settings: ["b": "2", "a": ""], remoteAddress: SocketAddress(v4: 0x7F00_0001, port: 1883),
        protocolName: "mqtt", connectedAtMilliseconds: -1)

    static let values: [RPCValue] = [
        .null, .bool(false), .bool(true), .int32(.min), .int32(.max), .int32(0), .int64(.min), .int64(.max),
        .float(-0.0), .float(.infinity), .float(.leastNonzeroMagnitude), .double(-0.0),
        .double(.greatestFiniteMagnitude),
        .double(0.1), .string(""), .string("ä\u{0}𝄞"), .bytes([]), .bytes([0, 255]), .encodedJSON([0x5B, 0x5D]),
        .bare([1]), .array([]), .array([.null, .array([.bool(true)])]), .map([:]),
        .map(["": .int32(1), "k": .map(["x": .bytes([9])])]),
        .session(session), .array([.int32(1), .session(session), .bytes([1])]),
    ]

    static var announcement: NodeAnnouncement {
        var node = NodeAnnouncement()
        node.inbox = "127.0.0.1:4001"
        node.timeToLive = .milliseconds(4_000)
        node.isGateway = true
        node.sessionNode = 0xFFFF_FFFF
        node.modules = [
            ModuleDescription(
                type: "Chat", ids: ["c1", ""], version: "1.2", functions: ["HD_Say": .ordered, "HD_Raw": .inline]),
            ModuleDescription(type: "Login"),
        ]
        node.load = 3
        node.ageMilliseconds = 1 << 40
        node.labels = ["zone": "b"]
        return node
    }

    static var call: RPCEnvelope.Call {
        RPCEnvelope.Call(
            module: "Chat", node: "c1", function: "HD_Say", argument: .bytes([1, 2]), session: session,
            trace: TraceContext(TraceID(high: 1, low: .max), span: 5, flags: 1), remainingMilliseconds: 10_000)
    }

    static var bodies: [RPCEnvelope.Body] {
        [
            .request(call), .reply(.success(.string("said"))), .reply(.failure(.tooLarge(bytes: 5, limit: 4))),
            .sessionRequest([1, 2, 3]), .sessionReply([]), .announcement(announcement), .withdrawal, .query,
            .sessionEnded(session, .keepAliveTimeout), .withdrawn,
        ]
    }

    static func envelope(_ body: RPCEnvelope.Body) -> [UInt8] {
        RPCEnvelope(sender: key, call: 300, replyTo: "in", body: body).encoded()
    }

    static func decode(_ bytes: [UInt8]) throws(EnvelopeError) -> RPCEnvelope {
        try RPCEnvelope(decoding: bytes.span)
    }

    static func decodeValue(_ bytes: [UInt8]) throws(EnvelopeError) -> RPCValue {
        try RPCValue.read(bytes.span, 0..<bytes.count)
    }
}
