import GateBench
import GateBytes
import Testing

@Suite struct ReplyReaderTests {
    /// All frames of `bytes`, and what is left.
    private func replies(
        _ loadProtocol: LoadProtocol, _ bytes: [UInt8], rawFrameBytes: Int = 1
    ) throws(ReplyFault) -> (replies: [Reply], rest: Int) {
        let reader = ReplyReader(loadProtocol, rawFrameBytes: rawFrameBytes)
        var found: [Reply] = []
        var offset = 0
        while let reply = try reader.next(in: bytes.span, at: offset) {
            found.append(reply)
            offset = reply.end
        }
        return (found, bytes.count - offset)
    }

    private func publish(_ topic: String, _ payload: String) -> [UInt8] {
        [0x30, UInt8(2 + topic.utf8.count + payload.utf8.count), 0, UInt8(topic.utf8.count)]
            + Array(topic.utf8) + Array(payload.utf8)
    }

    private func framed(_ body: String) -> [UInt8] { [0, 0, 0, UInt8(body.utf8.count)] + Array(body.utf8) }

    @Test func readsTheTokenOfAnAnswer() throws {
        let bytes = publish("Echo/HD_Raw/00000012", "\"x\"") + publish("Echo/HD_Raw/00000013", "")
        let (found, rest) = try replies(.mqtt, bytes)
        #expect(found.map(\.token) == [12, 13])
        #expect(found.map(\.kind) == [.answer, .answer])
        #expect(found.map(\.body.count) == [3, 0])
        #expect(rest == 0)
    }

    @Test(arguments: ["Echo/OnCast", "Chat/OnChat/1234567", "a00000001", "Chat/On/123456789", "Chat/On/0000x000"])
    func aTopicWithoutATokenIsAPush(topic: String) throws {
        #expect(try replies(.mqtt, publish(topic, "hi")).replies.map(\.kind) == [.push])
    }

    @Test func anEnvelopeWithAnErrorIsAFailure() throws {
        let failed = #"{"Trace":"t","Error":"none found","Result":null}"#
        let well = #"{"Trace":"t","Error":"","Result":1}"#
        let bytes = publish("A/HD_B/00000000", failed) + publish("A/HD_B/00000001", well)
        #expect(try replies(.mqtt, bytes).replies.map(\.kind) == [.failure, .answer])
    }

    @Test func readsTheAnswersBeforeRequests() throws {
        let bytes: [UInt8] = [0x20, 2, 0, 0, 0x20, 2, 0, 5, 0x90, 3, 0, 1, 0, 0xD0, 0]
        #expect(try replies(.mqtt, bytes).replies.map(\.kind) == [.accepted, .refused(5), .subscribed, .other])
    }

    @Test func aFrameWaitsForItsLastByte() throws {
        let bytes = publish("Echo/HD_Raw/00000012", "payload")
        for count in 0..<bytes.count {
            let (found, rest) = try replies(.mqtt, Array(bytes.prefix(count)))
            #expect(found.isEmpty)
            #expect(rest == count)
        }
    }

    @Test(arguments: [
        ([0x30, 0x80, 0x80, 0x80, 0x80] as [UInt8], ReplyFault.malformedLength),
        ([0x30, 0x81, 0x80, 0x80, 0x08], .tooLarge(bytes: 16_777_217, limit: 16_777_216)),
        ([0x30, 1, 0], .malformedFrame),
        ([0x30, 2, 0, 1], .malformedFrame),
        ([0x20, 1, 0], .malformedFrame),
    ])
    func malformedMQTTIsRefused(bytes: [UInt8], fault: ReplyFault) {
        #expect(throws: fault) { try replies(.mqtt, bytes) }
    }

    @Test func theLargestFrameIsWaitedFor() throws {
        #expect(try replies(.mqtt, [0x30, 0x80, 0x80, 0x80, 0x08]).replies.isEmpty)
        #expect(try replies(.length32, [1, 0, 0, 0]).replies.isEmpty)
        #expect(throws: ReplyFault.tooLarge(bytes: 16_777_217, limit: 16_777_216)) {
            try replies(.length32, [1, 0, 0, 1])
        }
        #expect(throws: ReplyFault.tooLarge(bytes: 16_777_217, limit: 16_777_216)) {
            try replies(.length32JSON, [1, 0, 0, 1])
        }
    }

    @Test func lengthsCutBareResults() throws {
        let (found, rest) = try replies(.length16, [0, 1, 65, 0, 0, 0, 2, 66, 67, 0])
        #expect(found.map(\.kind) == [.answer, .other, .answer])
        #expect(found.map(\.token) == [-1, -1, -1])
        #expect(rest == 1)
        #expect(try replies(.length32, framed(#"{"Error":"full"}"#)).replies.map(\.kind) == [.failure])
    }

    @Test func jsonAnswersNameTheirId() throws {
        let bytes =
            framed(#"{"id":100000007,"result":"x"}"#) + framed(#"{"error":"no","id":100000008}"#)
            + framed(#"{"route":"Chat/OnChat","body":1}"#) + [0, 0, 0, 0]
        let (found, rest) = try replies(.length32JSON, bytes)
        #expect(found.map(\.kind) == [.answer, .failure, .push, .other])
        #expect(found.map(\.token) == [7, 8, -1, -1])
        #expect(rest == 0)
    }

    @Test func whatIsNoJSONIsRefused() {
        #expect(throws: ReplyFault.malformedFrame) { try replies(.length32JSON, framed("[1]")) }
    }

    @Test func rawBytesAreCountedAsMessages() throws {
        let (found, rest) = try replies(.raw, [UInt8](repeating: 0, count: 25), rawFrameBytes: 10)
        #expect(found.count == 2)
        #expect(rest == 5)
    }
}
