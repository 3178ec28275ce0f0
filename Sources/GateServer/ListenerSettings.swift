package import GateProtocol
import Synchronization

/// How one listener treats its connections; the same object for all of them.
package final class ListenerSettings: Sendable {
    /// Name of the protocol, for logs and sessions.
    package let protocolName: String
    /// A closure right inside the mutex would be wrapped once more at each access.
    private struct Maker {
        var make: WireProtocolMaker
    }

    private let maker: Mutex<Maker>
    /// Where messages go whose protocol has no topic: `Type/Function`.
    package let route: [UInt8]
    /// Whether a client id in use closes the older connection.
    package let takeover: Bool
    /// How replies are wrapped.
    package let envelope: any ReplyEnvelope

    package init(
        protocolName: String, makeProtocol: @escaping WireProtocolMaker, route: String = "", takeover: Bool = false,
        envelope: any ReplyEnvelope
    ) {
        self.protocolName = protocolName
        maker = Mutex(Maker(make: makeProtocol))
        self.route = [UInt8](route.utf8)
        self.takeover = takeover
        self.envelope = envelope
    }

    /// Makes the protocol of a new connection.
    func makeProtocol() -> any WireProtocol {
        maker.withLock { $0.make }()
    }

    /// New connections speak another version of the protocol; those that are there keep theirs.
    package func replaceMaker(_ make: @escaping WireProtocolMaker) {
        maker.withLock { $0.make = make }
    }
}

/// One listener on one loop: its settings, and where its messages without a topic go. On the loop.
final class LoopListener {
    let settings: ListenerSettings
    /// The target of ``ListenerSettings/route``, once it was found.
    var target: RouteTarget?

    init(_ settings: ListenerSettings) {
        self.settings = settings
    }
}

@available(*, unavailable)
extension LoopListener: Sendable {}
