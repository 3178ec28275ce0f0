import GateProtocol
import GateSessions

/// A client that is to leave because the server stops.
struct Departure {
    var connection: Connection
    /// What had come from it when it was looked at last.
    var bytesReceived: UInt64
}

/// Clients leave one after another, each at a moment at which nothing comes from it and nothing runs for it, so that no
/// request is cut.
extension LoopGateway {
    /// From now on clients leave; new ones are turned away.
    func beginDepartures() {
        isDraining = true
        departures = connections.map { Departure(connection: $0, bytesReceived: .max) }
        for work in orphans.values { work.shortenDeadlines() }
    }

    /// Looks at those who are to leave by now, `share` (0...1) of all.
    /// - Returns: Whether all have left.
    func depart(_ share: Double) -> Bool {
        let end = min(departures.count, Int((share * Double(departures.count)).rounded(.up)))
        var isOver = end == departures.count
        for index in departures.indices.prefix(end) {
            let connection = departures[index].connection
            if connection.isMarked { continue }
            let bytes = connection.counters.bytesReceived
            // Quiet since it was looked at last.
            if bytes == departures[index].bytesReceived, connection.work?.isIdle ?? true {
                connection.close(.serverStopping)
            } else {
                departures[index].bytesReceived = bytes
                isOver = false
            }
        }
        return isOver
    }
}
