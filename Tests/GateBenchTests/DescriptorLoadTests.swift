import GateBench
import GateBytes
import GateDescriptors
import GateProtocol
import Testing

/// The client's side of descriptors: what is sent, and what is made of what comes.
@Suite struct DescriptorLoadTests {
    static let payload = Array(#""xyz""#.utf8)

    private func client(_ text: String) throws -> DescriptorClient {
        let file = DescriptorFile(name: "own.json5", bytes: Array(text.utf8))
        guard case .loaded(let descriptor) = ProtocolDescriptor.load(file) else {
            throw LoadError.invalidOption("descriptor", allowed: "one that loads")
        }
        return try DescriptorClient(DescriptorWorkbench(descriptor, file, options: ProtocolOptions()))
    }

    private func request(_ client: DescriptorClient, _ topic: String, token: Int) throws -> [UInt8] {
        var output = ByteBuffer(Array("before".utf8))
        try RequestTemplate(client, topic: topic, payload: Self.payload).append(token: token, to: &output)
        return Array(output.array().dropFirst(6))
    }

    @Test func pomeloBeginsWithItsHandshake() throws {
        let client = try DescriptorClient(shipped: "pomelo")
        #expect(client.opening.map { $0.bytes.first } == [1, 2])
        #expect(client.opening.map(\.isAnswered) == [true, true])
        #expect(client.heartbeat == [3, 0, 0, 0])
        // A third of twice the heartbeat of ten seconds.
        #expect(client.heartbeatInterval == TimeSpan(nanoseconds: 20_000_000_000 / 3))
        #expect(!client.answersHeartbeats)
        #expect(client.answersNameRequests)
    }

    @Test(arguments: [(0, [0x80, 0x80, 0x80, 0x01]), (1, [0x81, 0x80, 0x80, 0x01]), (300, [0xAC, 0x82, 0x80, 0x01])])
    func pomelosRequestHasItsIdAsAVarint(token: Int, id: [UInt8]) throws {
        let client = try DescriptorClient(shipped: "pomelo")
        let body = [0x00] + id + [11] + Array("Echo.HD_Raw".utf8) + Self.payload
        #expect(try request(client, "Echo/HD_Raw", token: token) == [4, 0, 0, UInt8(body.count)] + body)
    }

    @Test(arguments: [(0, "100000000"), (42, "100000042"), (99_999_999, "199999999")])
    func anIdInJSONIsDigits(token: Int, id: String) throws {
        let client = try DescriptorClient(shipped: "length32-json")
        let bytes = try request(client, "A/HD_B", token: token)
        let body = String(decoding: bytes.dropFirst(4), as: UTF8.self)
        #expect(body.contains(#""id":\#(id)"#))
        #expect(body.contains(#""route":"A/HD_B""#))
        #expect(body.contains(#""body":"xyz""#))
        #expect(bytes.prefix(4) == [0, 0, 0, UInt8(body.utf8.count)])
    }

    /// Kinds that keys alone tell apart.
    @Test(arguments: [
        (#"{"r":"A/b","p":1}"#, DescriptorClient.Frame.Kind.push), (#"{"i":1,"p":1}"#, .answer),
        (#"{"i":1,"e":"no"}"#, .failure),
    ])
    func kindsAreToldByTheKeysThatFramesHave(body: String, kind: DescriptorClient.Frame.Kind) throws {
        let client = try client(
            """
            {frame: [{name: "body", type: "json", len: "u8", json: {route: "r", id: "i", payload: "p", error: "e"}}],
             kinds: {request: {has: ["route", "id"]}, error: {has: ["id", "error"]}, push: {has: ["route", "payload"]},
              response: {has: ["id", "payload"]}},
             vectors: [{in: ["13", {text: '{"r":"A/b","i":"7"}'}], events: [{route: "A/b"}]}]}
            """)
        let bytes = [UInt8(body.utf8.count)] + Array(body.utf8)
        #expect(try client.read(bytes.span, at: 0)?.kind == kind)
    }

    static let numbered: [(order: String, bytes: [UInt8])] = [("be", [0, 0, 1, 2]), ("le", [2, 1, 0, 0])]

    @Test(arguments: numbered)
    func anIdOfFixedWidthHasTheFieldsOrder(order: String, bytes: [UInt8]) throws {
        let client = try client(
            """
            {
              order: "\(order)",
              frame: [
                {name: "size", type: "u8", counts: "after"}, {name: "id", type: "u32"},
                {name: "payload", type: "bytes", len: "rest"},
              ],
            }
            """)
        // From 1, so that no id is a zero.
        #expect(try request(client, "", token: 257) == [UInt8(4 + Self.payload.count)] + bytes + Self.payload)
    }

    @Test func ashortIdStartsAgain() throws {
        let client = try client(
            """
            {
              frame: [
                {name: "size", type: "u8", counts: "after"}, {name: "id", type: "u8"},
                {name: "payload", type: "bytes", len: "rest"},
              ],
            }
            """)
        #expect(try RequestTemplate(client, topic: "", payload: []).tokenLimit == 255)
        #expect(try request(client, "", token: 254)[1] == 255)
    }

    @Test(arguments: ["line", "netstring", "int32"])
    func withoutAnIdAnswersComeInOrder(name: String) throws {
        let client = try DescriptorClient(shipped: name)
        #expect(try RequestTemplate(client, topic: "", payload: Self.payload).tokenOffset == nil)
        #expect(client.opening == [])
    }

    @Test func aCodeIsTheTopicInDigitsOrItsHash() throws {
        let client = try DescriptorClient(shipped: "cellnet")
        #expect(try request(client, "515", token: 0) == [7, 0, 3, 2] + Self.payload)
        #expect(try request(client, "main.J", token: 0) == [7, 0, 0xDD, 0xB1] + Self.payload)
    }

    @Test func aNameIsNoCode() throws {
        let client = try DescriptorClient(shipped: "firefly")
        #expect(throws: LoadError.self) { try RequestTemplate(client, topic: "Echo/HD_Raw", payload: []) }
    }

    @Test func whatOnlyItsOwnClientWritesComesFromTheVectors() throws {
        let client = try DescriptorClient(shipped: "skynet")
        let template = try RequestTemplate(client, topic: "1", payload: [])
        #expect(template.bytes == [0, 4, 0x15, 0x02, 0x04, 0x04])
        #expect(template.tokenOffset == nil)
    }

    @Test func anOpeningThatNoVectorShowsIsRefused() throws {
        let text = """
            {
              frame: [{name: "op", type: "u8"}, {name: "size", type: "u8", counts: "after"},
                {name: "payload", type: "bytes", len: "rest"}],
              kinds: {hello: {op: 1}, request: {op: 2}, response: {op: 3}},
              states: {new: {hello: "goto open", else: "close"}, open: {request: "deliver", else: "close"}},
            }
            """
        #expect(throws: FrameComposingFault.self) { try client(text) }
    }

    private func replies(_ name: String, _ bytes: [UInt8]) throws -> [Reply] {
        let client = try DescriptorClient(shipped: name)
        let template = try RequestTemplate(client, topic: "Echo/HD_Raw", payload: Self.payload)
        let reader = ReplyReader(.descriptor, client: client, request: template)
        var replies: [Reply] = []
        var offset = 0
        while let reply = try reader.next(in: bytes.span, at: offset) {
            replies.append(reply)
            offset = reply.end
        }
        return replies
    }

    @Test func pomelosFramesAreToldApart() throws {
        let answer: [UInt8] = [4, 0, 0, 7, 0x04, 0xAC, 0x82, 0x80, 0x01, 0x7B, 0x7D]
        let fault: [UInt8] = [4, 0, 0, 30, 0x04, 0x80, 0x80, 0x80, 0x01] + Array(#"{"code":500,"msg":"none"}"#.utf8)
        let push: [UInt8] = [4, 0, 0, 5, 0x06, 1, 0x61, 0x7B, 0x7D]
        let heartbeat: [UInt8] = [3, 0, 0, 0]
        let found = try replies("pomelo", answer + fault + push + heartbeat + [5, 0, 0, 0] + answer.dropLast())
        #expect(found.map(\.kind) == [.answer, .failure, .push, .heartbeat, .other])
        #expect(found.map(\.token) == [300, 0, -1, -1, -1])
        #expect(found[0].body == 9..<11)
    }

    @Test func anIdOfNoRequestOfOursIsNone() throws {
        #expect(try replies("pomelo", [4, 0, 0, 4, 0x04, 0x01, 0x7B, 0x7D]).map(\.token) == [-1])
    }

    @Test func answersInJSONNameTheirRequest() throws {
        let bodies = [#"{"id":100000042,"result":[1]}"#, #"{"id":100000007,"error":"no"}"#]
        var bytes: [UInt8] = []
        for body in bodies { bytes += [0, 0, 0, UInt8(body.utf8.count)] + Array(body.utf8) }
        bytes += [0, 0, 0, 0]
        let found = try replies("length32-json", bytes)
        #expect(found.map(\.kind) == [.answer, .failure, .heartbeat])
        #expect(found.map(\.token) == [42, 7, -1])
        #expect(bytes[found[0].body] == Array("[1]".utf8)[...])
        #expect(bytes[found[1].body] == Array(#""no""#.utf8)[...])
    }

    @Test func brokenFramesAreNamed() throws {
        #expect(throws: ReplyFault.malformedFrame) { try replies("pomelo", [9, 0, 0, 0]) }
    }
}
