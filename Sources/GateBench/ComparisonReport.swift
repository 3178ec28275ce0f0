package import GateJSON

/// What a comparison found.
package struct ComparisonReport: Sendable {
    /// One work's numbers, an element for each round.
    package struct Row: Sendable, Hashable {
        /// What was measured.
        package let work: ComparisonWork
        /// Microseconds a message; bytes a session where the work is idle.
        package internal(set) var gateway: [Double] = []
        /// Microseconds a message of what it is compared with.
        package internal(set) var reference: [Double] = []
        /// Ratio, difference or the gateway's number, as the work says.
        package internal(set) var values: [Double] = []

        /// Whether the median keeps to the target; `nil` without a target or numbers.
        package var isMet: Bool? {
            guard let target = work.target, !values.isEmpty else { return nil }
            return values.median <= target
        }
    }

    /// By work.
    package private(set) var rows: [Row]
    /// Times that everything was measured.
    package let rounds: Int
    /// Whether server and load tool had a CPU each.
    package let isPinned: Bool
    /// What went wrong, by work.
    package private(set) var faults: [String: Int] = [:]
    /// Works during which the load tool was at its end.
    package private(set) var bottlenecks: Set<String> = []

    package init(works: [ComparisonWork], rounds: Int, isPinned: Bool) {
        rows = works.map { Row(work: $0) }
        self.rounds = rounds
        self.isPinned = isPinned
    }

    mutating func add(_ gateway: LoadReport, reference: LoadReport?, to work: ComparisonWork) {
        for (report, name) in [(gateway, work.rawValue), (reference, "\(work.rawValue), its reference")] {
            guard let report else { continue }
            for (kind, count) in report.errors { faults["\(name): \(kind)", default: 0] += count }
            if report.timeouts > 0 { faults["\(name): timeout", default: 0] += report.timeouts }
            if report.isToolTheBottleneck { bottlenecks.insert(name) }
        }
        let own = work.measure == .bytes ? gateway.serverBytesPerSession : gateway.serverMicrosecondsPerMessage
        let other = reference?.serverMicrosecondsPerMessage
        add(own, other, to: work)
    }

    /// Notes one round's numbers.
    package mutating func add(_ own: Double?, _ other: Double?, to work: ComparisonWork) {
        guard let index = rows.firstIndex(where: { $0.work == work }), let own else { return }
        rows[index].gateway.append(own)
        if let other { rows[index].reference.append(other) }
        switch (work.measure, other) {
        case (.ratio, let other?) where other > 0: rows[index].values.append(own / other)
        case (.difference, let other?): rows[index].values.append(own - other)
        case (.microseconds, _), (.bytes, _): rows[index].values.append(own)
        case (.ratio, _), (.difference, nil): break
        }
    }

    /// 0, or 1 when requests failed or something could not be measured; a missed target is a finding, not a failure.
    package var exitCode: Int32 {
        faults.isEmpty && rows.allSatisfy { $0.values.count == $0.work.rounds(of: rounds) } ? 0 : 1
    }
}

extension Array where Element == Double {
    /// The middle one by size; the mean of both middle ones of an even number; 0 of none.
    var median: Double {
        if isEmpty { return 0 }
        let sorted = self.sorted()
        let middle = count / 2
        return count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}

extension ComparisonReport {
    /// A table for a person, without a final line end.
    package func text() -> String {
        var lines = [
            "\(rounds) rounds, server CPU (user and system) per message; "
                + (isPinned
                    ? "server and generator pinned to one core each" : "NOT PINNED: no second core or no taskset")
        ]
        let heads = ["gateway", "reference", "median", "min", "max", "target", "met"]
        let widths = [11, 11, 9, 9, 9, 9, 5]
        func line(_ title: String, _ cells: [String]) -> String {
            title.padded(to: 42) + zip(cells, widths).map { $0.aligned(to: $1) }.joined()
        }
        lines.append(line("work", heads))
        for row in rows {
            let isBytes = row.work.measure == .bytes
            func number(_ value: Double?, _ decimals: Int) -> String {
                value.map { $0.text(decimals: isBytes ? 0 : decimals) } ?? "-"
            }
            let unit = isBytes ? " B" : " us"
            let values = row.values
            lines.append(
                line(
                    row.work.title,
                    [
                        row.gateway.isEmpty ? "-" : number(row.gateway.median, 3) + unit,
                        row.reference.isEmpty ? "-" : number(row.reference.median, 3) + unit,
                        values.isEmpty ? "-" : number(values.median, 2), number(values.min(), 2),
                        number(values.max(), 2), row.work.target.map { "<= " + number($0, 1) } ?? "-",
                        row.isMet.map { $0 ? "yes" : "NO" } ?? "-",
                    ]))
        }
        for (fault, count) in faults.sorted(by: { $0.key < $1.key }) {
            lines.append("error: \(count.grouped) x \(fault)")
        }
        if !bottlenecks.isEmpty {
            lines.append("the generator was busy above 90 % in: " + bottlenecks.sorted().joined(separator: "; "))
        }
        return lines.joined(separator: "\n")
    }

    /// The same as one JSON object.
    package func json() -> JSONValue {
        func numbers(_ values: [Double]) -> JSONValue { .array(values.map { .number($0) }) }
        let works = rows.map { row -> JSONValue in
            .object([
                "work": .string(row.work.rawValue), "title": .string(row.work.title),
                "unit": .string(row.work.measure == .bytes ? "bytes" : "microseconds"),
                "gateway": numbers(row.gateway), "reference": numbers(row.reference), "values": numbers(row.values),
                "median": row.values.isEmpty ? .null : .number(row.values.median),
                "target": row.work.target.map { .number($0) } ?? .null, "met": row.isMet.map { .bool($0) } ?? .null,
            ])
        }
        var errors = JSONObject()
        for (fault, count) in faults.sorted(by: { $0.key < $1.key }) { errors[fault] = .number(count) }
        return .object([
            "rounds": .number(rounds), "pinned": .bool(isPinned), "works": .array(works), "errors": .object(errors),
            "generatorBusy": .array(bottlenecks.sorted().map { .string($0) }),
        ])
    }
}
