package import GateBytes
import GateJSON
import Glibc

/// A gateway-only node and one backend over a NATS server that the bench starts, beside cnats alone.
package struct ClusterComparison {
    /// What can be told.
    package struct Options: Sendable {
        /// Times that everything is measured.
        package var rounds = 5
        /// How long each measurement takes.
        package var duration = TimeSpan.seconds(4)
        /// How long each runs before.
        package var warmup = TimeSpan.seconds(1)
        /// Requests of cnats alone in a round.
        package var bareRequests = 20_000
        /// The folder of this program, where the gateway and the references are.
        package var folder: String

        /// The defaults.
        package init() throws(LoadError) {
            let path = try Comparison.Options().gatewayPath
            folder = String(path[...(path.lastIndex(of: "/") ?? path.startIndex)])
        }
    }

    /// What one row says.
    package struct Row: Sendable {
        package var title: String
        package var unit: String
        package var target: Double?
        package var values: [Double] = []
        /// Requests a second, where they are counted.
        package var rates: [Double] = []
    }

    /// Everything that was measured.
    package struct Report: Sendable {
        package var rows: [Row] = []
        /// What is not there.
        package var missing: String?
        package var errors = 0
    }

    private let options: Options
    private let progress: ((String) -> Void)?
    private let isCancelled: () -> Bool

    /// A comparison; `progress` gets one line a measurement.
    package init(
        _ options: Options, progress: ((String) -> Void)? = nil, isCancelled: @escaping () -> Bool = { false }
    ) throws(LoadError) {
        if !(1...1_000).contains(options.rounds) { throw .invalidOption("--rounds", allowed: "1...1000") }
        self.options = options
        self.progress = progress
        self.isCancelled = isCancelled
    }

    /// Measures everything. Blocks; not called on an event loop.
    package func run() throws(LoadError) -> Report {
        var report = Report()
        guard let broker = ClusterServers.brokerPath else {
            report.missing = "nats-server is not on PATH; apt-get install -y nats-server"
            return report
        }
        let folder = try WorkFolder()
        defer { folder.remove() }
        let servers = try ClusterServers(broker: broker, programs: options.folder, folder: folder)
        defer { servers.stop() }
        var inline = Row(title: "HD_Raw, 50 clients, 16 in flight: CPU of both processes", unit: "us", target: 12)
        var ordered = Row(title: "HD_RawOrdered, the same", unit: "us", target: nil)
        var bare = Row(title: "1 in flight on 1 connection: bare cnats", unit: "us", target: nil)
        var passing = Row(title: "the same through a C gateway that does nothing", unit: "us", target: nil)
        var ours = Row(title: "the same through gateway and backend", unit: "us", target: nil)
        var added = Row(title: "added over bare cnats", unit: "%", target: 60)
        var cast = Row(title: "send to 50 sessions: messages of the broker", unit: "", target: 1.1)
        for round in 1...options.rounds where !isCancelled() {
            progress?("round \(round) of \(options.rounds)")
            for keyPath in [0, 1] {
                let topic = keyPath == 0 ? "Echo/HD_Raw" : "Echo/HD_RawOrdered"
                let load = try measure(servers, &report) {
                    $0.depth = 16; $0.connections = 50; $0.topic = topic
                }
                guard let cost = load.serverMicrosecondsPerMessage else { continue }
                if keyPath == 0 {
                    inline.values.append(cost)
                    inline.rates.append(load.rate)
                } else {
                    ordered.values.append(cost)
                    ordered.rates.append(load.rate)
                }
            }
            let alone = try servers.bareMedian(bytes: Self.payloadBytes, count: options.bareRequests)
            bare.values.append(alone)
            passing.values.append(
                try median(
                    measure(servers, &report, raw: true) {
                        $0.depth = 1; $0.connections = 1
                    }))
            let whole = try median(
                measure(servers, &report) {
                    $0.depth = 1; $0.connections = 1; $0.topic = "Echo/HD_Raw"
                })
            ours.values.append(whole)
            added.values.append((whole - alone) / alone * 100)
            if let count = try messagesOfCast(servers, &report) { cast.values.append(count) }
        }
        report.rows = [inline, ordered, bare, passing, ours, added, cast]
        return report
    }

    /// Bytes of a message of cnats alone: what the load tool sends is as long.
    private static let payloadBytes = 64

    private func measure(
        _ servers: ClusterServers, _ report: inout Report, raw: Bool = false, _ change: (inout LoadOptions) -> Void
    ) throws(LoadError) -> LoadReport {
        var load = LoadOptions(target: raw ? servers.passingTarget : servers.gatewayTarget)
        load.duration = options.duration
        load.warmup = options.warmup
        if !raw {
            load.serverPID = servers.gateway.pid
            load.moreServerPIDs = [servers.backend.pid]
        }
        change(&load)
        let found = try LoadRun(load, isCancelled: isCancelled).run()
        report.errors += found.errorCount
        return found
    }

    private func median(_ load: LoadReport) -> Double { Double(load.latencies.values.first ?? 0) / 1_000 }

    /// Messages that the broker took for each message to 50 sessions, less the request that caused it and its answer.
    private func messagesOfCast(_ servers: ClusterServers, _ report: inout Report) throws(LoadError) -> Double? {
        guard let before = servers.brokerMessages() else { return nil }
        var load = LoadOptions(target: servers.gatewayTarget)
        load.mode = .fanout
        load.connections = 50
        load.duration = options.duration
        load.warmup = .zero
        let found = try LoadRun(load, isCancelled: isCancelled).run()
        report.errors += found.errorCount
        guard let after = servers.brokerMessages(), found.windowAnswers > 0 else { return nil }
        let casts = Double(found.answered) / 50
        return Double(after - before) / casts - 2
    }
}

extension ClusterComparison.Report {
    /// A table for a person, without a final line end.
    package func text() -> String {
        if let missing { return "nothing is measured: \(missing)" }
        var lines = [
            "work".padded(to: 58) + ["median", "min", "max", "target"].map { $0.aligned(to: 11) }.joined()
        ]
        for row in rows where !row.values.isEmpty {
            let cells = [row.values.median, row.values.min() ?? 0, row.values.max() ?? 0]
                .map { ($0.text(decimals: 2) + (row.unit.isEmpty ? "" : " " + row.unit)).aligned(to: 11) }
            let target = row.target.map { "<= " + $0.text(decimals: 0) } ?? "-"
            let rate = row.rates.isEmpty ? "" : "   \(Int(row.rates.median).grouped) /s"
            lines.append(row.title.padded(to: 58) + cells.joined() + target.aligned(to: 11) + rate)
        }
        if errors > 0 { lines.append("errors: \(errors)") }
        return lines.joined(separator: "\n")
    }
}
