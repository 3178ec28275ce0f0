import GateFuzz
import Testing

@Suite struct MQTTHarnessTests {
    @Test func theCorporaAreThere() {
        #expect(corpus("mqtt-codec").count >= 18)
        #expect(corpus("mqtt-protocol").count >= 16)
    }

    @Test(arguments: corpus("mqtt-codec"))
    func theCodecKeepsItsPromises(_ seed: Seed) throws {
        try fuzzMQTTCodec(seed.bytes.span)
        for round in 0..<200 { try fuzzMQTTCodec(seed.changed(round: round).span) }
    }

    @Test(arguments: corpus("mqtt-protocol"))
    func theStateMachineKeepsItsPromises(_ seed: Seed) throws {
        try fuzzMQTTProtocol(seed.bytes.span)
        for round in 0..<100 { try fuzzMQTTProtocol(seed.changed(round: round).span) }
    }
}
