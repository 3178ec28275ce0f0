import GateBench
import GateJSON
import Testing

@Suite struct ComparisonTests {
    private func report(_ work: ComparisonWork, _ numbers: [(Double?, Double?)]) -> ComparisonReport {
        var report = ComparisonReport(works: [work], rounds: numbers.count, isPinned: true)
        for (own, other) in numbers { report.add(own, other, to: work) }
        return report
    }

    @Test func aRatioIsTakenRoundByRound() {
        let report = report(.inline, [(1.0, 0.5), (0.9, 0.6), (1.2, 0.4)])
        #expect(report.rows[0].gateway == [1.0, 0.9, 1.2])
        #expect(report.rows[0].reference == [0.5, 0.6, 0.4])
        #expect(report.rows[0].values.map { ($0 * 10).rounded() } == [20, 15, 30])
        #expect(report.rows[0].isMet == true)
        #expect(report.exitCode == 0)
    }

    @Test(arguments: [(2.0, true), (2.001, false)])
    func theMedianIsHeldAgainstTheTarget(own: Double, isMet: Bool) {
        #expect(report(.inline, [(own, 1), (1, 1), (9, 1)]).rows[0].isMet == isMet)
    }

    @Test func anOrderedHandlerIsToldAsADifference() {
        #expect(report(.ordered, [(3.5, 1.5)]).rows[0].values == [2])
    }

    @Test func idleSessionsAreToldInBytes() {
        let report = report(.idle, [(1_024, nil)])
        #expect(report.rows[0].isMet == true)
        #expect(report.text().contains("1 024 B"))
    }

    @Test func memoryIsMeasuredInThreeRoundsAtMost() {
        var report = ComparisonReport(works: [.idle], rounds: 40, isPinned: true)
        for round in 1...3 {
            #expect(report.exitCode == 1, "after \(round - 1) rounds")
            report.add(1_000, nil, to: .idle)
        }
        #expect(report.exitCode == 0)
    }

    @Test func whatCouldNotBeMeasuredIsAFailure() {
        let report = report(.inline, [(1.0, 0.5), (nil, 0.5)])
        #expect(report.exitCode == 1)
        #expect(self.report(.inline, [(nil, nil)]).rows[0].isMet == nil)
    }

    @Test func theJSONHoldsEachRound() throws {
        let json = try JSONValue(parsing: report(.fanout, [(0.5, nil), (1.5, nil)]).json().encoded())
        let work = json["works"]?[0]
        #expect(work?["values"]?.array?.compactMap(\.double) == [0.5, 1.5])
        #expect(work?["median"]?.double == 1)
        #expect(work?["met"]?.bool == true)
    }

    @Test(arguments: [("0-1", [0, 1]), ("3", [3]), ("0,2-4, 7", [0, 2, 3, 4, 7]), ("", []), ("x,2-1", [])])
    func readsListsOfCPUs(text: String, numbers: [Int]) {
        #expect(Processors.list(Substring(text)) == numbers)
    }
}
