import GateBytes
import GateMQTT
import GateProtocol
import GateTestKit

/// A client played by hand against a ``MQTTProtocol``, one packet value at a time.
final class MQTTClientScript {
    let driver: WireDriver
    let wire: MQTTProtocol

    init(_ limits: MQTTLimits = MQTTLimits(), frameBytesMax: Int = 65_535, eventsMax: Int = 20) {
        wire = MQTTProtocol(
            MQTTConfiguration(frameBytesMax: frameBytesMax, limits: limits, makeClientID: { Array("made-up".utf8) }))
        driver = WireDriver(wire, eventsMax: eventsMax)
    }

    /// A client whose session is accepted; nothing of that is left in events and output.
    static func loggedIn(
        _ connect: MQTTConnect = MQTTConnect(clientID: utf8("c")), _ limits: MQTTLimits = MQTTLimits(),
        frameBytesMax: Int = 65_535, eventsMax: Int = 20, resuming state: (any Sendable)? = nil
    ) -> MQTTClientScript {
        let client = MQTTClientScript(limits, frameBytesMax: frameBytesMax, eventsMax: eventsMax)
        client.say(.connect(connect))
        if let state { client.wire.resume(state, at: client.driver.now) }
        client.driver.send(.accept(sessionPresent: state != nil))
        _ = client.driver.takeEvents()
        if state == nil { _ = client.driver.takeOutput() }
        return client
    }

    /// Sends packets in one segment.
    func say(_ packets: MQTTPacket...) {
        driver.receive(bytes(of: packets))
    }

    func say(bytes: [UInt8]) {
        driver.receive(bytes)
    }

    /// What was written since the last time, as packets.
    func heard() -> [MQTTPacket] {
        packets(in: driver.takeOutput())
    }
}

func utf8(_ text: String) -> [UInt8] { Array(text.utf8) }

/// The bytes of packets, one after another. Empty when one of them may not be sent, so that a test notices.
func bytes(of packets: [MQTTPacket]) -> [UInt8] {
    var output = ByteBuffer()
    do {
        for packet in packets { try MQTTCodec().encode(packet, into: &output) }
    } catch {
        return []
    }
    return output.array()
}

/// The packets that `bytes` consist of; stops at what is none.
func packets(in bytes: [UInt8]) -> [MQTTPacket] {
    var packets: [MQTTPacket] = []
    var rest = bytes[...]
    let codec = MQTTCodec(frameBytesMax: 268_435_455)
    while !rest.isEmpty, case .frame(let packet, let count)? = try? codec.decode(Array(rest).span, scanned: 0) {
        packets.append(packet)
        rest = rest.dropFirst(count)
    }
    return packets
}

/// A message event at the default correlation.
func message(_ topic: String, _ payload: String = "", acknowledgement: UInt16 = 0) -> WireDriver.Event {
    .message(
        .publish, topic: utf8(topic), payload: utf8(payload), .none, acknowledgement: acknowledgement)
}
