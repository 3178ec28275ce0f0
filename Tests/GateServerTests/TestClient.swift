import GateBytes
import GateJSON
import GateMQTT
import GateProtocol
import GateTestKit

/// An MQTT client at a scripted stream. What it says arrives in one read, and the loops run until they are quiet.
final class TestClient {
    let stream: ScriptedStream
    private let group: ManualEventLoopGroup
    /// The gateway must not go while a client is there.
    private let fixture: GatewayFixture
    private var unread: [UInt8] = []

    init(_ stream: ScriptedStream, of fixture: GatewayFixture) {
        self.stream = stream
        self.fixture = fixture
        group = fixture.group
    }

    // MARK: Saying

    func say(_ packets: MQTTPacket...) {
        say(bytes: Self.bytes(of: packets))
    }

    func say(_ packets: [MQTTPacket]) {
        say(bytes: Self.bytes(of: packets))
    }

    func say(bytes: [UInt8]) {
        stream.deliver(bytes)
        group.run()
    }

    /// A message at QoS 0.
    func publish(_ topic: String, _ payload: String = "") {
        say(Self.message(topic, payload))
    }

    /// The payload of the only answer to a message, which comes at once on its own topic; `nil` when there is none.
    func ask(_ topic: String, _ payload: String = "") -> String? {
        publish(topic, payload)
        let heard = self.heard()
        guard heard.count == 1, case .publish(let answer) = heard[0], answer.topic == utf8(topic) else { return nil }
        return String(decoding: answer.payload, as: UTF8.self)
    }

    /// The envelope of the only answer.
    func call(_ topic: String, _ payload: String = "") -> JSONValue? {
        guard let text = ask(topic, payload) else { return nil }
        return try? JSONValue(parsing: utf8(text).span)
    }

    /// `Result` of the only answer.
    func result(_ topic: String, _ payload: String = "") -> JSONValue? { call(topic, payload)?["Result"] }

    /// `Error` of the only answer.
    func error(_ topic: String, _ payload: String = "") -> String? { call(topic, payload)?["Error"]?.string }

    // MARK: Hearing

    /// What came since the last time, as whole packets.
    func heard() -> [MQTTPacket] {
        unread += stream.takeOutput()
        var packets: [MQTTPacket] = []
        while !unread.isEmpty,
            case .frame(let packet, let count)? = try? MQTTCodec(frameBytesMax: 268_435_455).decode(
                unread.span, scanned: 0)
        {
            packets.append(packet)
            unread.removeFirst(count)
        }
        return packets
    }

    /// Topics and payloads of the messages that came since the last time.
    func messages() -> [String] {
        heard().compactMap { packet in
            guard case .publish(let message) = packet else { return nil }
            return String(decoding: message.topic, as: UTF8.self) + " "
                + String(decoding: message.payload, as: UTF8.self)
        }
    }

    var isClosed: Bool { stream.end != .open }

    // MARK: Packets

    static func message(_ topic: String, _ payload: String = "", qos: MQTTQoS = .atMostOnce, id: UInt16 = 0)
        -> MQTTPacket
    {
        .publish(MQTTPublish(topic: utf8(topic), payload: utf8(payload), qos: qos, packetIdentifier: id))
    }

    /// Packets one after another; empty when one of them may not be sent, so that a test notices.
    static func bytes(of packets: [MQTTPacket]) -> [UInt8] {
        var output = ByteBuffer()
        do {
            for packet in packets { try MQTTCodec().encode(packet, into: &output) }
        } catch {
            return []
        }
        return output.array()
    }
}
