import GateDescriptors
import GateJSON
import GateProtocol
import Testing

/// MQTT as people look at it.
@Suite struct MQTTDescriptionTests {
    private func bench() throws -> DescriptorWorkbench {
        let file = DescriptorLibrary.mqttFile
        switch ProtocolDescriptor.load(file) {
        case .loaded(let descriptor):
            #expect(descriptor.name == "mqtt")
            #expect(descriptor.checkVectors() == [])
            return try DescriptorWorkbench(descriptor, file, options: ProtocolOptions(frameBytesMax: .max))
        case .failed(let problems):
            Issue.record("\(problems)")
            throw problems[0]
        }
    }

    @Test func aConnectIsTakenApart() throws {
        var dissection = try bench().dissect(hex("100c00044d515454040200000000"), from: .client)
        dissection.nameKinds(byField: DescriptorLibrary.mqttPacketField)
        let frame = try #require(dissection.frames.first)
        #expect(dissection.ending == .complete)
        #expect(frame.kind == "connect")
        let values = Dictionary(frame.fields.map { ($0.name, $0.value) }) { first, _ in first }
        #expect(values["packet"] == .number(1, name: "connect"))
        #expect(values["protocol"] == .text("MQTT"))
        #expect(values["level"] == .number(4, name: nil))
        #expect(values["clean_session"] == .number(1, name: nil))
        #expect(values["client_id"] == .text(""))
        #expect(values["user"] == nil)
    }

    @Test(arguments: [
        ("20020005", "connack"), ("32050001610001", "publish"), ("9003000700", "suback"), ("b0020008", "unsuback"),
        ("40020001", "puback"), ("d000", "pingresp"),
    ])
    func whatAServerSendsIsTakenApart(text: String, kind: String) throws {
        var dissection = try bench().dissect(hex(text), from: .server)
        dissection.nameKinds(byField: DescriptorLibrary.mqttPacketField)
        #expect(dissection.ending == .complete)
        #expect(dissection.frames.map(\.kind) == [kind])
    }

    @Test func aPublishIsPutTogether() throws {
        let frame = try bench().compose(
            ["kind": "request", "route": "Echo/HD_Raw/1", "payload": "hi"], from: nil)
        #expect(frame.bytes == hex("3011 000d") + bytes("Echo/HD_Raw/1") + bytes("hi"))
    }

    @Test func itIsDrawn() throws {
        let outline = try bench().outline
        let names = outline.layouts.flatMap(\.fields).map(\.name)
        for name in ["head", "remaining", "client_id", "route", "payload", "filters"] { #expect(names.contains(name)) }
    }

    @Test func noListenerSpeaksIt() {
        #expect(DescriptorLibrary().descriptor(named: "mqtt") == nil)
    }
}
