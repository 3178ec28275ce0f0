import GateBytes
import GateIO
import GateProtocol
import Logging

/// Tells once a minute, in one line, how many clients were refused or closed for what they did, so that an operator sees
/// it without a line for each of them. Quiet minutes have no line. On the first loop.
final class GatewaySummary: TimerTarget {
    /// How often a line may come.
    static let interval = TimeSpan.seconds(60)

    /// Ends that are everybody's right: they are not told.
    private static let ordinary: Set<CloseReason> = [
        .peerClosed, .peerReset, .clientGoodbye, .keepAliveTimeout, .takenOver, .kicked, .closedByModule,
        .serverStopping,
    ]

    private let loop: any EventLoop
    private weak var gateway: Gateway?
    private let logger: Logger
    private var last: [String: Int] = [:]
    private var timer = TimerID.none

    init(_ gateway: Gateway, loop: any EventLoop, logger: Logger) {
        self.gateway = gateway
        self.loop = loop
        self.logger = logger
        last = gateway.summedFaults(but: Self.ordinary)
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
        let counts = gateway.summedFaults(but: Self.ordinary)
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
        guard !metadata.isEmpty else { return }
        logger.info("clients refused or at fault since the last such line", metadata: metadata)
    }
}

@available(*, unavailable)
extension GatewaySummary: Sendable {}
