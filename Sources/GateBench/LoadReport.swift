package import GateBytes

/// What a run found.
package struct LoadReport: Sendable {
    /// What was asked for.
    package var options: LoadOptions
    /// Connections that were logged in.
    package var connected = 0
    /// Connections that did not come about.
    package var failed = 0
    /// How long connecting took each, the protocol's opening not included.
    package var connectTimes = LatencyRecorder().summary()
    /// How long all connections took together.
    package var connectSpan = TimeSpan.zero
    /// Measured requests that were answered, or deliveries.
    package var answered = 0
    /// Requests that were not answered in time.
    package var timeouts = 0
    /// Answers that came too late or were not asked for.
    package var lateAnswers = 0
    /// Requests of an open loop that found no room in any connection.
    package var unsent = 0
    /// Messages of the server's own.
    package var pushes = 0
    /// Errors by kind.
    package var errors: [String: Int] = [:]
    /// Latencies of the measured requests.
    package var latencies = LatencyRecorder().summary()
    /// The measured window, from the two readings of the counters.
    package var window = TimeSpan.zero
    /// Answers, or deliveries, between the two readings.
    package var windowAnswers = 0
    /// Bytes that came and went between the two readings.
    package var windowBytesIn = 0
    package var windowBytesOut = 0
    /// CPU time of the load tool between the two readings.
    package var ownCPU = TimeSpan.zero
    /// CPU time of the server between the two readings, when its process is known.
    package var serverCPU: TimeSpan?
    /// The server's memory before the first connection and with all of them.
    package var serverBytesBefore: Int?
    package var serverBytesAfter: Int?

    /// An empty report.
    package init(options: LoadOptions) {
        self.options = options
    }

    /// Answers a second.
    package var rate: Double { window > .zero ? Double(windowAnswers) / window.seconds : 0 }

    /// Percent of the offered rate; `nil` in a closed loop.
    package var percentOfOffered: Double? {
        options.mode == .requests ? options.rate.map { rate / Double($0) * 100 } : nil
    }

    /// The tool's CPU in percent of one core.
    package var ownPercent: Double { window > .zero ? ownCPU.seconds / window.seconds * 100 : 0 }

    /// Whether the tool rather than the server was at its end: above 90 percent of a core for each thread.
    package var isToolTheBottleneck: Bool { ownPercent > 90 * Double(options.threads) }

    /// The server's CPU in percent of one core.
    package var serverPercent: Double? {
        window > .zero ? serverCPU.map { $0.seconds / window.seconds * 100 } : nil
    }

    /// Microseconds of server CPU, user and system, for each answer or delivery.
    package var serverMicrosecondsPerMessage: Double? {
        windowAnswers > 0 ? serverCPU.map { Double($0.nanoseconds) / 1_000 / Double(windowAnswers) } : nil
    }

    /// Bytes of server memory for each session.
    package var serverBytesPerSession: Double? {
        guard let before = serverBytesBefore, let after = serverBytesAfter, connected > 0 else { return nil }
        return Double(after - before) / Double(connected)
    }

    /// Errors of all kinds and timeouts.
    package var errorCount: Int { timeouts + errors.values.reduce(0, +) }

    /// What the process ends with: 0, 69 when nothing could be connected, 1 when something failed.
    package var exitCode: Int32 { connected == 0 ? 69 : errorCount > 0 ? 1 : 0 }
}
