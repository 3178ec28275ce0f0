import GateBytes
import GateJSON
import GateProtocol
import Logging

/// Tells once a minute what was refused, from the counters: what happens to clients is no line of its own at the default
/// level, since clients decide how often it happens.
struct FaultSummary {
    /// How much time a line stands for.
    static let interval = TimeSpan.seconds(60)

    /// Ends of connections that are no fault of anybody's.
    private static let ordinary: Set<CloseReason> = [
        .peerClosed, .peerReset, .clientGoodbye, .takenOver, .kicked, .closedByModule, .serverStopping,
    ]
    /// Counters apart from the ends of connections and the faults of calls; one that is not there counts as 0.
    static let counters = [
        "connections_rejected", "accepts_failed", "unanswered_faults", "pushes_dropped",
        "connections_unaccepted", "stored_sessions_evicted", "loop_standstills",
    ]

    private var last: [String: Int] = [:]
    private var next: MonotonicTime?

    /// What has been counted since the last line, by reason; `nil` before a minute is over and where there is nothing.
    mutating func faults(in counters: JSONObject, at now: MonotonicTime) -> Logger.Metadata? {
        guard let next else {
            next = now + Self.interval
            last = Self.values(of: counters)
            return nil
        }
        guard now >= next else { return nil }
        self.next = now + Self.interval
        let values = Self.values(of: counters)
        var metadata: Logger.Metadata = [:]
        for (name, value) in values where value > last[name, default: 0] {
            metadata[name] = "\(value - last[name, default: 0])"
        }
        last = values
        return metadata.isEmpty ? nil : metadata
    }

    private static func values(of object: JSONObject) -> [String: Int] {
        var values: [String: Int] = [:]
        for name in counters { values[name] = object[name]?.int }
        let closed = object["connections_closed"]
        for reason in CloseReason.allCases where !ordinary.contains(reason) {
            values["closed." + reason.rawValue] = closed?[reason.rawValue]?.int
        }
        if case .object(let faults)? = object["faults"] {
            for (kind, count) in faults { values["fault." + kind] = count.int }
        }
        return values
    }
}
