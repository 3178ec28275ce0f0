import GateBytes
import GateIO
import GateProtocol
import Logging

/// Warns, once a minute at most, where a bound of the whole process has cost clients their connections: its files, or the
/// bytes that are kept for all of them. On the first loop.
final class GatewaySummary: TimerTarget {
    /// How often a line may come.
    static let interval = TimeSpan.seconds(60)

    private let loop: any EventLoop
    private weak var gateway: Gateway?
    private let logger: Logger
    private var last: [String: Int] = [:]
    private var timer = TimerID.none

    init(_ gateway: Gateway, loop: any EventLoop, logger: Logger) {
        self.gateway = gateway
        self.loop = loop
        self.logger = logger
        last = gateway.clientsLost
    }

    func arm() {
        timer = loop.schedule(self, at: loop.now + Self.interval)
    }

    func timerFired(at now: MonotonicTime) {
        tell()
        arm()
    }

    /// The last line.
    func end() {
        tell()
        loop.cancel(timer)
    }

    /// Tells what has happened since the last line.
    func tell() {
        guard let gateway else { return }
        let counts = gateway.clientsLost
        var metadata: Logger.Metadata = [:]
        for (name, count) in counts where count > last[name] ?? 0 { metadata[name] = "\(count - (last[name] ?? 0))" }
        last = counts
        if let closed = metadata["unaccepted"] {
            logger.warning("no files left: clients were closed unheard", metadata: ["clients": closed])
        }
        if let closed = metadata[CloseReason.queuedBytesTotal.rawValue] {
            logger.warning(
                "too many bytes are kept for clients: those with most were closed", metadata: ["clients": closed])
        }
    }
}

@available(*, unavailable)
extension GatewaySummary: Sendable {}
