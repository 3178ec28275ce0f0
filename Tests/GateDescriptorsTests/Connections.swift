import GateBytes
import GateDescriptors
import GateProtocol
import GateTestKit
import Testing

/// A connection of a shipped protocol whose session is open.
func driver(
    _ name: String, _ options: ProtocolOptions = ProtocolOptions(frameBytesMax: 1 << 24), eventsMax: Int = 20
) throws -> WireDriver {
    let descriptor = try #require(DescriptorLibrary().descriptor(named: name))
    return try driver(descriptor, options, eventsMax: eventsMax)
}

/// A connection of a protocol whose session is open.
func driver(
    _ descriptor: ProtocolDescriptor, _ options: ProtocolOptions = ProtocolOptions(frameBytesMax: 1 << 24),
    eventsMax: Int = 20
) throws -> WireDriver {
    let driver = WireDriver(try descriptor.definition().configure(options)(), eventsMax: eventsMax)
    #expect(driver.takeEvents() == [.opening])
    driver.send(.accept(sessionPresent: false))
    #expect(driver.takeOutput().isEmpty)
    return driver
}

/// Loads a descriptor that must be good; its name is `test`.
func load(_ text: String) throws -> ProtocolDescriptor {
    switch ProtocolDescriptor.load(DescriptorFile(name: "test.json5", bytes: Array(text.utf8))) {
    case .loaded(let descriptor): return descriptor
    case .failed(let problems):
        Issue.record("\(problems)")
        throw problems[0]
    }
}

/// A frame of `length32`.
func frame32(_ body: String) -> [UInt8] { frame32(Array(body.utf8)) }

/// A frame of `length32`.
func frame32(_ body: [UInt8]) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: body.count >> $0) } + body
}

/// A frame of `length16`.
func frame16(_ body: [UInt8]) -> [UInt8] { [UInt8(body.count >> 8), UInt8(body.count & 0xFF)] + body }

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// The expected event of a request.
func request(_ topic: String, _ payload: String, _ correlation: UInt64) -> WireDriver.Event {
    .message(
        .request, topic: bytes(topic), payload: bytes(payload), Correlation(rawValue: correlation), acknowledgement: 0)
}

/// The expected event of a message without an answer.
func notify(_ topic: String, _ payload: String) -> WireDriver.Event {
    .message(.notify, topic: bytes(topic), payload: bytes(payload), .none, acknowledgement: 0)
}

/// The correlations of requests.
func correlations(_ events: [WireDriver.Event]) -> [Correlation] {
    events.compactMap { event in
        if case .message(.request, _, _, let correlation, _) = event { correlation } else { nil }
    }
}

/// The correlations of the requests in some frames.
func requests(_ driver: WireDriver, _ frames: [UInt8]) -> [Correlation] {
    driver.receive(frames)
    return correlations(driver.takeEvents())
}

/// A frame of firefly: its head, the command, a payload.
func firefly(_ command: UInt8, _ payload: String) -> [UInt8] {
    hex("0000000000 00000000 000000") + [UInt8(4 + payload.utf8.count), 0, 0, 0, command] + bytes(payload)
}
