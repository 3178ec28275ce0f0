package import GateJSON
import GateMetrics
import Synchronization

/// What one loop counts of one version of a listener's protocol.
enum ListenerMetric: Int, CaseIterable {
    case connections
    case connectionsOpened
    case messagesReceived
    case protocolErrors
}

/// What the connections of a listener do that speak one version of its protocol, on all loops.
package final class ListenerUsage: Sendable {
    /// A sum over the loops.
    package struct Counts: Equatable, Sendable {
        /// Connections that are open.
        package var connections = 0
        /// Connections that were ever opened.
        package var connectionsOpened = 0
        /// Messages that went to the router.
        package var messagesReceived = 0
        /// Connections that were closed for bytes that break the protocol.
        package var protocolErrors = 0
    }

    /// The version, as ``ProtocolDefinition/version`` had it.
    package let version: String
    /// One for each loop that has had a connection.
    private let blocks = Mutex<[CounterBlock]>([])

    init(version: String) {
        self.version = version
    }

    /// The counters of one more loop.
    func addLoop() -> CounterBlock {
        let block = CounterBlock(count: ListenerMetric.allCases.count)
        blocks.withLock { $0.append(block) }
        return block
    }

    /// The sum over the loops, each number of about now.
    package var counts: Counts {
        blocks.withLock { blocks in
            func sum(_ metric: ListenerMetric) -> Int {
                blocks.reduce(0) { $0 + Int($1.value(at: metric.rawValue)) }
            }
            return Counts(
                connections: sum(.connections), connectionsOpened: sum(.connectionsOpened),
                messagesReceived: sum(.messagesReceived), protocolErrors: sum(.protocolErrors))
        }
    }
}

extension ListenerUsage.Counts {
    /// The members of a JSON object.
    package func write(into object: inout JSONObject) {
        object["connections"] = .number(connections)
        object["connections_opened"] = .number(connectionsOpened)
        object["messages_received"] = .number(messagesReceived)
        object["protocol_errors"] = .number(protocolErrors)
    }
}
