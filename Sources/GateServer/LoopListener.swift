import GateMetrics
import GateProtocol

/// One version of one listener's protocol on one loop: what it makes, what it counts, and where its messages without a
/// topic go. On the loop.
final class LoopListener {
    let settings: ListenerSettings
    let generation: Int
    /// The target of ``ListenerSettings/route``, once it was found.
    var target: RouteTarget?
    private let make: WireProtocolMaker
    private let counters: CounterBlock

    init(_ settings: ListenerSettings, generation: Int, make: @escaping WireProtocolMaker, counters: CounterBlock) {
        self.settings = settings
        self.generation = generation
        self.make = make
        self.counters = counters
    }

    /// Makes the protocol of a new connection.
    func makeProtocol() -> any WireProtocol { make() }

    /// Whether connections are left.
    var isUsed: Bool { counters.value(at: ListenerMetric.connections.rawValue) > 0 }

    func countOpened() {
        counters.add(at: ListenerMetric.connectionsOpened.rawValue)
        counters.add(at: ListenerMetric.connections.rawValue)
    }

    func countClosed() {
        let left = counters.value(at: ListenerMetric.connections.rawValue)
        counters.set(left - 1, at: ListenerMetric.connections.rawValue)
    }

    func countMessage() { counters.add(at: ListenerMetric.messagesReceived.rawValue) }

    func countProtocolError() { counters.add(at: ListenerMetric.protocolErrors.rawValue) }
}

@available(*, unavailable)
extension LoopListener: Sendable {}
