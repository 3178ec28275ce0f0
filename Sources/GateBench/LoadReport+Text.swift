import GateBytes

extension LoadReport {
    /// The report for a person, several lines, without a final line end.
    package func text() -> String {
        var lines = ["gatehouse bench  \(options.target)  \(heading)"]
        func row(_ name: String, _ text: String) { lines.append("  " + name.padded(to: 11) + text) }
        row(
            "connect",
            "\(connected.grouped) ok  \(failed.grouped) failed  in \(connectSpan.seconds.text(decimals: 2)) s  "
                + "p50 \(milliseconds(connectTimes.values[0])) ms  p99 \(milliseconds(connectTimes.values[4])) ms")
        if options.mode != .idle && connected > 0 { appendRequests(row) }
        for (kind, count) in errors.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            row("error", "\(count.grouped) x \(kind)")
        }
        row(
            "generator",
            "cpu \(ownPercent.text(decimals: 0)) %  "
                + (isToolTheBottleneck ? "THE TOOL IS THE BOTTLENECK" : "(not the bottleneck)"))
        if let percent = serverPercent {
            var text = "cpu \(percent.text(decimals: 0)) %"
            if let each = serverMicrosecondsPerMessage {
                text += "  \(each.text(decimals: 3)) us per \(options.mode == .fanout ? "delivery" : "message")"
            }
            row("server", text)
        }
        if options.mode == .idle, let before = serverBytesBefore, let after = serverBytesAfter,
            let each = serverBytesPerSession
        {
            row(
                "memory",
                "rss \(before.bytesText) before, \(after.bytesText) with all connected: "
                    + "\(each.text(decimals: 0)) bytes per session")
        }
        return lines.joined(separator: "\n")
    }

    private var heading: String {
        var parts = ["\(options.connections.grouped) connections"]
        switch options.mode {
        case .idle: parts.append("idle")
        case .fanout:
            parts.append("fan-out, \(options.castsInFlight) casts in flight")
            if options.stalledReaders > 0 { parts.append("\(options.stalledReaders.grouped) stalled readers") }
        case .requests:
            if let rate = options.rate {
                parts.append("\(rate.grouped) req/s offered")
            } else {
                parts.append("\((options.depth ?? 1).grouped) in flight each")
            }
        }
        return parts.joined(separator: ", ") + ", \(options.duration.seconds.text(decimals: 1)) s"
    }

    private func appendRequests(_ row: (String, String) -> Void) {
        let noun = options.mode == .fanout ? "deliveries" : "requests"
        var text = "\(answered.grouped) ok  \(timeouts.grouped) timeout  \((errorCount - timeouts).grouped) error"
        text += "  \(rate.text(decimals: 1)) /s"
        if let percent = percentOfOffered { text += " (\(percent.text(decimals: 1)) % of offered)" }
        row(noun, text)
        if unsent > 0 { row("unsent", "\(unsent.grouped) requests found every connection full") }
        if pushes > 0 && options.mode != .fanout { row("pushes", pushes.grouped) }
        if lateAnswers > 0 { row("late", "\(lateAnswers.grouped) answers that nobody waited for") }
        row("traffic", "in \(windowBytesIn.bytesText)  out \(windowBytesOut.bytesText)")
        let origin = options.rate == nil || options.mode == .fanout ? "from sending" : "from the intended start"
        row(
            "latency ms",
            "(\(origin))  min \(milliseconds(latencies.min))  mean \((latencies.mean / 1e6).text(decimals: 3))  "
                + "max \(milliseconds(latencies.max))  stdev \((latencies.deviation / 1e6).text(decimals: 3))")
        var percentiles = zip(LatencySummary.percentiles, latencies.values).map { percentile, value in
            "p\(Self.name(percentile)) \(milliseconds(value))"
        }
        percentiles.append("max \(milliseconds(latencies.max))")
        row("", percentiles.joined(separator: "   "))
    }

    private func milliseconds(_ nanoseconds: UInt64) -> String {
        (Double(nanoseconds) / 1e6).text(decimals: 3)
    }

    /// `50`, `99.9`.
    static func name(_ percentile: Double) -> String {
        percentile == percentile.rounded() ? "\(Int(percentile))" : "\(percentile)"
    }
}
