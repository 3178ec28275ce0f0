package import GateProtocol
import Synchronization

/// How one listener treats its connections; the same object for all of them.
package final class ListenerSettings: Sendable {
    /// Tells the listener from others: its URL. What clients leave behind is kept apart by it.
    package let name: String
    /// Name of the protocol, for logs and sessions.
    package let protocolName: String
    /// Where messages go whose protocol has no topic: `Type/Function`.
    package let route: [UInt8]
    /// Whether a client id in use closes the older connection.
    package let takeover: Bool
    /// Whether messages whose topics are no calls are answered with an error too, as mqant does.
    package let answersUnrouted: Bool
    /// How replies are wrapped.
    package let envelope: any ReplyEnvelope

    /// What new connections speak, and what those of each version that is still spoken do.
    private struct Versions {
        /// A closure right inside the mutex would be wrapped once more at each access.
        struct Maker {
            var make: WireProtocolMaker
        }
        var maker: Maker
        /// One for each time that ``ListenerSettings/replaceMaker(_:version:)`` was called and connections are left; the
        /// newest last.
        var usages: [ListenerUsage]
    }

    private let versions: Mutex<Versions>
    /// Grows with each version, so that a loop sees without a lock that it has the newest.
    private let generation = Atomic<Int>(0)

    package init(
        name: String = "", protocolName: String, version: String = "", makeProtocol: @escaping WireProtocolMaker,
        route: String = "",
        takeover: Bool = false, answersUnrouted: Bool = false, envelope: any ReplyEnvelope
    ) {
        self.name = name
        self.protocolName = protocolName
        versions = Mutex(
            Versions(maker: Versions.Maker(make: makeProtocol), usages: [ListenerUsage(version: version)]))
        self.route = [UInt8](route.utf8)
        self.takeover = takeover
        self.answersUnrouted = answersUnrouted
        self.envelope = envelope
    }

    /// New connections speak another version of the protocol; those that are there keep theirs.
    package func replaceMaker(_ make: @escaping WireProtocolMaker, version: String) {
        versions.withLock { versions in
            versions.maker.make = make
            versions.usages.removeAll { $0.counts.connections == 0 }
            versions.usages.append(ListenerUsage(version: version))
            generation.add(1, ordering: .relaxed)
        }
    }

    /// What the connections of each version do that is still spoken, the newest last.
    package var usages: [ListenerUsage] { versions.withLock { $0.usages } }

    /// The newest version, for one loop.
    func newest() -> LoopListener {
        versions.withLock { versions in
            let counters = versions.usages[versions.usages.count - 1].addLoop()
            return LoopListener(
                self, generation: generation.load(ordering: .relaxed), make: versions.maker.make, counters: counters)
        }
    }

    /// Whether new connections may still speak what `listener` does.
    func isNewest(_ listener: LoopListener) -> Bool {
        listener.generation == generation.load(ordering: .relaxed)
    }
}
