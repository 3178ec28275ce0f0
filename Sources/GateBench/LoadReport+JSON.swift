import GateBytes
package import GateJSON

extension LoadReport {
    /// The report as one JSON object; times in microseconds unless the name says otherwise, `null` for what is unknown.
    package func json() -> JSONValue {
        var root: JSONObject = [
            "target": .string("\(options.target)"),
            "mode": .string(options.mode == .idle ? "idle" : options.mode == .fanout ? "fanout" : "requests"),
            "topic": .string(options.topic),
            "connections": .number(options.connections),
            "durationSeconds": .number(options.duration.seconds),
            "offeredPerSecond": options.rate.map { .number($0) } ?? .null,
        ]
        root["connect"] = .object([
            "ok": .number(connected), "failed": .number(failed), "seconds": .number(connectSpan.seconds),
            "latency": connectTimes.json(),
        ])
        root["requests"] = .object([
            "ok": .number(answered), "timeouts": .number(timeouts), "errors": .number(errorCount - timeouts),
            "unsent": .number(unsent), "late": .number(lateAnswers), "pushes": .number(pushes),
            "perSecond": .number(rate),
            "percentOfOffered": percentOfOffered.map { .number($0) } ?? .null,
        ])
        var kinds = JSONObject()
        for (kind, count) in errors.sorted(by: { $0.key < $1.key }) { kinds[kind] = .number(count) }
        root["errors"] = .object(kinds)
        root["traffic"] = .object(["bytesIn": .number(windowBytesIn), "bytesOut": .number(windowBytesOut)])
        root["latency"] = latencies.json()
        root["generator"] = .object([
            "cpuPercent": .number(ownPercent), "isBottleneck": .bool(isToolTheBottleneck),
        ])
        root["server"] = .object([
            "cpuPercent": serverPercent.map { .number($0) } ?? .null,
            "cpuMicrosecondsPerMessage": serverMicrosecondsPerMessage.map { .number($0) } ?? .null,
            "bytesBefore": serverBytesBefore.map { .number($0) } ?? .null,
            "bytesAfter": serverBytesAfter.map { .number($0) } ?? .null,
            "bytesPerSession": serverBytesPerSession.map { .number($0) } ?? .null,
        ])
        return .object(root)
    }
}

extension LatencySummary {
    /// Microseconds.
    func json() -> JSONValue {
        var object: JSONObject = ["count": .number(count)]
        func microseconds(_ value: UInt64) -> JSONValue { .number(Double(value) / 1_000) }
        object["min"] = microseconds(min)
        object["mean"] = .number(mean / 1_000)
        for (percentile, value) in zip(Self.percentiles, values) {
            object["p" + LoadReport.name(percentile)] = microseconds(value)
        }
        object["max"] = microseconds(max)
        object["stdev"] = .number(deviation / 1_000)
        return .object(object)
    }
}
