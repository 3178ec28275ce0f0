import GateProtocol
import GateRPC
import GateTestKit
import Testing

@testable import GateSessions

/// What nodes ask of a gateway's sessions, and its answers.
@Suite struct SessionWireTests {
    static let id = SessionID(node: 0xFFFF_FFFF, start: 1, loop: 65_535, slot: 7, generation: .max)
    static let message = OutgoingMessage("Chat/OnSay", [0, 255], form: .json, quality: .atLeastOnce)

    static let mark = LoginMark(count: .max, id: id)

    static let requests: [SessionRequest] = [
        .operate(id, .bind("ada")), .operate(id, .bind("")), .operate(id, .unbind),
        .operate(id, .write(set: ["a": "1", "b": ""], remove: ["c", ""])), .operate(id, .write(set: [:], remove: [])),
        .operate(id, .send(message)), .operate(id, .close), .operate(id, .kick(reason: "")), .operate(id, .read),
        .counters(id), .batch([], message), .batch([id, id], OutgoingMessage("", [])), .broadcast(message),
        .sessions(of: "ada"), .sessions(of: ""), .kickOthers("ada", before: mark, reason: "second login"),
        .claim("ada", mark),
    ]

    static let replies: [SessionReply] = [
        .session(Samples.session),
        .counters(SessionCounters(messagesReceived: .max, messagesSent: 0, bytesReceived: 1, bytesSent: 2)),
        .count(0), .count(50), .ids([]), .ids([id]), .fault(.noSuchSession), .fault(.alreadyLoggedIn),
        .fault(.overloaded), .fault(.linkFull), .fault(.unreachable), .fault(.storageFailed),
    ]

    @Test(arguments: requests)
    func requestsTravel(request: SessionRequest) throws {
        #expect(try SessionRequest(decoding: request.encoded().span) == request)
    }

    @Test(arguments: replies)
    func repliesTravel(reply: SessionReply) throws {
        #expect(try SessionReply(decoding: reply.encoded().span) == reply)
    }

    @Test func aRequestHasExactlyTheseBytes() {
        let id = SessionID(node: 1, start: 2, loop: 0, slot: 3, generation: 4)
        #expect(
            SessionRequest.operate(id, .kick(reason: "x")).encoded() == [
                0x0A, 19, 0x0A, 14, 0x0D, 1, 0, 0, 0, 0x15, 2, 0, 0, 0, 0x20, 3, 0x28, 4, 0x3A, 1, 0x78,
            ])
    }

    @Test(arguments: requests)
    func truncatedRequestsAreRefused(request: SessionRequest) {
        let bytes = request.encoded()
        for count in 0..<bytes.count {
            #expect(throws: EnvelopeError.self) { try SessionRequest(decoding: [UInt8](bytes[..<count]).span) }
        }
    }

    @Test(arguments: replies)
    func truncatedRepliesAreRefused(reply: SessionReply) {
        let bytes = reply.encoded()
        for count in 0..<bytes.count {
            #expect(throws: EnvelopeError.self) { try SessionReply(decoding: [UInt8](bytes[..<count]).span) }
        }
    }

    @Test func damagedRequestsAreReadOrRefused() {
        var generator = SeededGenerator(seed: 9)
        for request in Self.requests {
            let whole = request.encoded()
            for _ in 0..<500 {
                var bytes = whole
                bytes[Int.random(in: bytes.indices, using: &generator)] = .random(in: 0...255, using: &generator)
                guard let read = try? SessionRequest(decoding: bytes.span) else { continue }
                #expect((try? SessionRequest(decoding: read.encoded().span)) == read)
            }
        }
    }

    @Test func anUnknownFormIsRefused() {
        // Message { form: 3 } in a broadcast.
        #expect(throws: EnvelopeError.invalidNumber(field: 3)) {
            try SessionRequest(decoding: [0x22, 2, 0x18, 3].span)
        }
    }

    @Test func sessionsOfOneMessageHaveALimit() throws {
        for count in [65_535, 65_536, 65_537] {
            let request = SessionRequest.batch([SessionID](repeating: Self.id, count: count), Self.message)
            let bytes = request.encoded()
            if count <= EnvelopeLimits.sessionIDsMax {
                #expect(try SessionRequest(decoding: bytes.span) == request)
            } else {
                #expect(throws: EnvelopeError.tooMany(limit: 65_536)) { try SessionRequest(decoding: bytes.span) }
            }
        }
    }
}
