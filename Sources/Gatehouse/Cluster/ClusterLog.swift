import GateBytes
import GateRPC
import Logging
import Synchronization

/// The lines about the broker and the other nodes, bounded: whoever can speak on the broker could fill a disk with them.
final class ClusterLog: Sendable {
    /// Lines at once, and then each second; what is left out is counted and named with the next line.
    static let linesBurst = 100
    /// See ``linesBurst``.
    static let linesPerSecond = 1.0
    /// Lines about the broker at once, and then each second.
    static let brokerLinesBurst = 20
    /// See ``brokerLinesBurst``.
    static let brokerLinesPerSecond = 0.1
    /// Characters of a text that another node chose.
    static let charactersMax = 200

    private struct Budget {
        var rate: RateBudget
        var omitted = 0

        /// How many lines were left out before this one; `nil` when it is left out too.
        mutating func take(at now: MonotonicTime) -> Int? {
            guard rate.take(at: now) else {
                omitted += 1
                return nil
            }
            defer { omitted = 0 }
            return omitted
        }
    }

    private let logger: Logger
    private let node: String
    private let clock: @Sendable () -> MonotonicTime
    private let nodes = Mutex(
        Budget(rate: RateBudget(burst: ClusterLog.linesBurst, perSecond: ClusterLog.linesPerSecond)))
    private let broker = Mutex(
        Budget(rate: RateBudget(burst: ClusterLog.brokerLinesBurst, perSecond: ClusterLog.brokerLinesPerSecond)))

    init(logger: Logger, node: String, clock: @escaping @Sendable () -> MonotonicTime) {
        self.logger = logger
        self.node = node
        self.clock = clock
    }

    /// A server was reached, or does not serve.
    func log(server: String, fault: String?) {
        let now = clock()
        guard let omitted = broker.withLock({ $0.take(at: now) }) else { return }
        var metadata: Logger.Metadata = ["server": "\(server)"]
        if let fault { metadata["reason"] = "\(Quoted.plain(fault, scalarsMax: Self.charactersMax))" }
        log(fault == nil ? .notice : .warning, fault == nil ? "broker reached" : "broker away", metadata, omitted)
    }

    /// A node came or went.
    func log(_ change: NodeChange) {
        let now = clock()
        guard let omitted = nodes.withLock({ $0.take(at: now) }) else { return }
        switch change {
        case .joined(let other):
            if other.key.name == node {
                log(.warning, "another node has this one's name", ["node": "\(node)", "set": "--node"], 0)
            }
            let modules = other.announcement.modules.map(\.type).sorted().joined(separator: " ")
            log(
                .notice, "node joined",
                ["node": text(other.key.name), "inbox": text(other.announcement.inbox), "modules": text(modules)],
                omitted)
        case .left(let key, let reason):
            log(.notice, "node left", ["node": text(key.name), "reason": "\(reason.rawValue)"], omitted)
        case .forged(let key):
            log(
                .warning, "somebody withdrew this node in its name: who may publish on the broker is trusted",
                ["node": text(key.name)], omitted)
        }
    }

    private func text(_ text: String) -> Logger.MetadataValue {
        "\(Quoted.plain(text, scalarsMax: Self.charactersMax))"
    }

    private func log(_ level: Logger.Level, _ message: Logger.Message, _ metadata: Logger.Metadata, _ omitted: Int) {
        var metadata = metadata
        if omitted > 0 { metadata["lines_left_out"] = "\(omitted)" }
        logger.log(level: level, message, metadata: metadata)
    }
}
