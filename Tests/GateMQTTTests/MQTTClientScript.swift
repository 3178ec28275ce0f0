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

/// Bytes from hexadecimal digits; blanks only for reading.
func hex(_ digits: String) -> [UInt8] {
    let values = digits.filter { !$0.isWhitespace }.compactMap { $0.hexDigitValue }
    return stride(from: 0, to: values.count - 1, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
}

/// A packet around a body of less than 128 bytes.
func packet(_ first: UInt8, _ body: [UInt8]) -> [UInt8] {
    [first, UInt8(body.count)] + body
}

/// Bytes behind a length of two bytes.
func field(_ bytes: [UInt8]) -> [UInt8] {
    [UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)] + bytes
}

/// A CONNECT from its parts, right or wrong.
func rawConnect(
    name: String = "MQTT", level: UInt8 = 4, flags: UInt8 = 0x02, keepAlive: [UInt8] = [0, 60],
    payload: [UInt8] = field(utf8("c"))
) -> [UInt8] {
    packet(0x10, field(utf8(name)) + [level, flags] + keepAlive + payload)
}

/// How the first packet `bytes` of a client ends its connection, and what is written before.
func firstPacket(_ bytes: [UInt8]) -> (fault: WireError?, output: [UInt8], events: [WireDriver.Event]) {
    let client = MQTTClientScript()
    client.say(bytes: bytes)
    return (client.driver.fault, client.driver.takeOutput(), client.driver.events)
}

/// How `bytes` end the connection of a client that is logged in; nothing may be written.
func fault(of bytes: [UInt8]) -> WireError? {
    let client = MQTTClientScript.loggedIn()
    client.say(bytes: bytes)
    return client.driver.takeOutput().isEmpty && client.driver.events.isEmpty ? client.driver.fault : nil
}
