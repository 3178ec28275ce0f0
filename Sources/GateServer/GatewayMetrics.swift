package import GateJSON
import GateMetrics
package import GateProtocol

/// What one loop of a gateway counts. Names follow the field's conventions: base units, `_total` is added where they are
/// exported.
package enum GatewayMetric: Int, CaseIterable {
    case connections
    case connectionsOpened
    case connectionsRejected
    case connectionsUnaccepted
    case sessions
    case sessionsResumed
    case receivedBytes
    case sentBytes
    case messagesReceived
    case repliesSent
    case pushesSent
    case pushesDropped
    case unansweredFaults
    case readPauses
    case standstills
    case lateReplies
    case messagesUnrouted

    package var name: String {
        switch self {
        case .connections: "connections"
        case .connectionsOpened: "connections_opened"
        case .connectionsRejected: "connections_rejected"
        case .connectionsUnaccepted: "connections_unaccepted"
        case .sessions: "sessions"
        case .sessionsResumed: "sessions_resumed"
        case .receivedBytes: "received_bytes"
        case .sentBytes: "sent_bytes"
        case .messagesReceived: "messages_received"
        case .repliesSent: "replies_sent"
        case .pushesSent: "pushes_sent"
        case .pushesDropped: "pushes_dropped"
        case .unansweredFaults: "unanswered_faults"
        case .readPauses: "read_pauses"
        case .standstills: "loop_standstills"
        case .lateReplies: "late_replies"
        case .messagesUnrouted: "messages_unrouted"
        }
    }
}

/// The counters of one loop: metrics, ends by reason, faults by kind.
package struct LoopMetrics: Sendable {
    private let block: CounterBlock
    private static let closeBase = GatewayMetric.allCases.count
    private static let faultBase = closeBase + CloseReason.allCases.count

    package init() {
        block = CounterBlock(count: Self.faultBase + FaultKind.allCases.count)
    }

    package func add(_ metric: GatewayMetric, _ amount: Int = 1) {
        block.add(UInt64(amount), at: metric.rawValue)
    }

    package func set(_ metric: GatewayMetric, to value: Int) {
        block.set(UInt64(value), at: metric.rawValue)
    }

    package func addClose(_ reason: CloseReason) {
        block.add(at: Self.closeBase + reason.index)
    }

    package func addFault(_ kind: FaultKind) {
        block.add(at: Self.faultBase + kind.rawValue)
    }

    package func value(_ metric: GatewayMetric) -> Int { Int(block.value(at: metric.rawValue)) }

    package func closes(_ reason: CloseReason) -> Int { Int(block.value(at: Self.closeBase + reason.index)) }

    package func faults(_ kind: FaultKind) -> Int { Int(block.value(at: Self.faultBase + kind.rawValue)) }
}

/// What happens for every message, counted in plain integers and published once a turn.
struct TurnTally {
    var receivedBytes = 0
    var sentBytes = 0
    var messagesReceived = 0
    var repliesSent = 0
    var pushesSent = 0

    /// Adds everything to the loop's counters, and begins anew.
    mutating func publish(to metrics: LoopMetrics) {
        if receivedBytes > 0 { metrics.add(.receivedBytes, receivedBytes) }
        if sentBytes > 0 { metrics.add(.sentBytes, sentBytes) }
        if messagesReceived > 0 { metrics.add(.messagesReceived, messagesReceived) }
        if repliesSent > 0 { metrics.add(.repliesSent, repliesSent) }
        if pushesSent > 0 { metrics.add(.pushesSent, pushesSent) }
        self = TurnTally()
    }
}

extension [LoopMetrics] {
    /// All counters, summed over the loops, as one JSON object.
    package var json: JSONObject {
        var object = JSONObject()
        for metric in GatewayMetric.allCases {
            object[metric.name] = .number(reduce(0) { $0 + $1.value(metric) })
        }
        var closed = JSONObject()
        for reason in CloseReason.allCases {
            closed[reason.rawValue] = .number(reduce(0) { $0 + $1.closes(reason) })
        }
        object["connections_closed"] = .object(closed)
        var faults = JSONObject()
        for kind in FaultKind.allCases {
            faults[kind.name] = .number(reduce(0) { $0 + $1.faults(kind) })
        }
        object["faults"] = .object(faults)
        return object
    }
}
