import GateBench
import GateBytes
import Testing

@Suite struct RequestTemplateTests {
    private func encoded(
        _ loadProtocol: LoadProtocol, _ topic: String, _ payload: String, token: Int
    ) throws(LoadError) -> [UInt8] {
        var output = ByteBuffer(Array("before".utf8))
        try RequestTemplate(loadProtocol, topic: topic, payload: Array(payload.utf8)).append(token: token, to: &output)
        return Array(output.array().dropFirst(6))
    }

    @Test func mqttIsAPublishOnTopicAndToken() throws {
        let bytes = try encoded(.mqtt, "Echo/HD_Raw", "abc", token: 1_234)
        #expect(bytes == [0x30, 25, 0, 20] + Array("Echo/HD_Raw/00001234abc".utf8))
    }

    @Test func rawIsTheSameLengthAsMQTTAndHasNoToken() throws {
        let raw = try encoded(.raw, "Echo/HD_Raw", "abc", token: 1_234)
        #expect(raw == [0x30, 25, 0, 20] + Array("Echo/HD_Raw/00000000abc".utf8))
    }

    @Test func length16IsALengthAndThePayload() throws {
        #expect(try encoded(.length16, "ignored", "abc", token: 7) == [0, 3] + Array("abc".utf8))
    }

    @Test func length32IsALengthAndThePayload() throws {
        #expect(try encoded(.length32, "ignored", "abc", token: 7) == [0, 0, 0, 3] + Array("abc".utf8))
    }

    @Test func length32JSONNamesRouteIdAndBody() throws {
        let bytes = try encoded(.length32JSON, "A/HD_B", "[1]", token: 42)
        let body = #"{"id":100000042,"route":"A/HD_B","body":[1]}"#
        #expect(bytes == [0, 0, 0, UInt8(body.utf8.count)] + Array(body.utf8))
    }

    @Test func length32JSONWithoutBodyHasNoMemberForIt() throws {
        let bytes = try encoded(.length32JSON, "A/HD_B", "", token: 0)
        let body = #"{"id":100000000,"route":"A/HD_B"}"#
        #expect(bytes == [0, 0, 0, UInt8(body.utf8.count)] + Array(body.utf8))
    }

    @Test(arguments: [(0, "00000000"), (9, "00000009"), (10, "00000010"), (99_999_999, "99999999")])
    func aTokenHasEightDigits(token: Int, digits: String) throws {
        let bytes = try encoded(.mqtt, "A/HD_B", "", token: token)
        #expect(bytes.suffix(8) == ArraySlice(digits.utf8))
    }

    @Test func aCastNamesItselfInItsPayload() throws {
        var output = ByteBuffer()
        let template = try RequestTemplate(casting: "Echo/HD_Cast", payload: FanoutTally.payload(bytes: 12))
        template.append(token: 31, to: &output)
        #expect(output.array() == [0x30, 26, 0, 12] + Array("Echo/HD_Cast\"00000031xx\"".utf8))
    }

    @Test(arguments: [65_534, 65_535])
    func length16TakesWhatItsLengthCanSay(count: Int) throws {
        let template = try RequestTemplate(.length16, topic: "", payload: [UInt8](repeating: 1, count: count))
        #expect(template.bytes.prefix(2) == [UInt8(count >> 8), UInt8(count & 0xFF)])
    }

    @Test func length16RefusesOneByteMore() {
        #expect(throws: LoadError.self) {
            try RequestTemplate(.length16, topic: "", payload: [UInt8](repeating: 1, count: 65_536))
        }
    }

    @Test func mqttRefusesATopicThatIsNone() {
        #expect(throws: LoadError.self) { try RequestTemplate(.mqtt, topic: "a/#", payload: []) }
    }

    @Test(arguments: [(0, ""), (1, "1"), (2, "\"\""), (5, "\"xxx\"")])
    func aPayloadOfSoManyBytesIsJSON(count: Int, text: String) {
        #expect(RequestTemplate.payload(bytes: count) == Array(text.utf8))
    }
}
