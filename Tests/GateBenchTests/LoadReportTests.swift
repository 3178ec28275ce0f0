import GateBench
import GateBytes
import GateJSON
import Testing

@Suite struct LoadReportTests {
    private func report() -> LoadReport {
        var options = LoadOptions(target: LoadTarget(.mqtt, host: "127.0.0.1", port: 1883))
        options.rate = 1_000
        options.connections = 10
        var report = LoadReport(options: options)
        report.connected = 10
        report.answered = 1_990
        report.window = .seconds(2)
        report.windowAnswers = 1_980
        report.ownCPU = .milliseconds(500)
        report.serverCPU = .milliseconds(99)
        report.serverBytesBefore = 1_000_000
        report.serverBytesAfter = 1_010_000
        return report
    }

    @Test func ratesComeFromTheWindowBetweenTheReadings() {
        let report = report()
        #expect(report.rate == 990)
        #expect(report.percentOfOffered == 99)
        #expect(report.ownPercent == 25)
        #expect(report.serverPercent == 4.95)
        #expect(report.serverMicrosecondsPerMessage == 50)
        #expect(report.serverBytesPerSession == 1_000)
    }

    @Test func aReportSaysAllThatWasCounted() {
        var report = report()
        report.timeouts = 3
        report.errors = ["answer: no": 2]
        report.unsent = 7
        report.pushes = 1_234
        report.lateAnswers = 5
        report.windowBytesIn = 2_048
        report.windowBytesOut = 4_096
        let lines = report.text().split(separator: "\n").map(String.init)
        for expected in [
            "1 990 ok 3 timeout 2 error 990.0 /s (99.0 % of offered)", "7 requests found every connection full",
            "pushes 1 234", "5 answers that nobody waited for", "in 2048 B out 4096 B", "(from the intended start)",
        ] {
            #expect(lines.contains { $0.split(separator: " ").joined(separator: " ").contains(expected) }, "\(lines)")
        }
    }

    @Test func nothingIsDividedByNothing() {
        let report = LoadReport(options: LoadOptions(target: LoadTarget(.raw, host: "h", port: 1)))
        #expect(report.rate == 0)
        #expect(report.percentOfOffered == nil)
        #expect(report.ownPercent == 0)
        #expect(report.serverMicrosecondsPerMessage == nil)
        #expect(report.serverBytesPerSession == nil)
    }

    @Test(arguments: [(1_800, 1, false), (1_801, 1, true), (3_600, 2, false), (3_601, 2, true)])
    func theToolIsTheBottleneckAboveNinetyPercentOfItsThreads(milliseconds: Int, threads: Int, isBottleneck: Bool) {
        var report = report()
        report.options.threads = threads
        report.ownCPU = .milliseconds(milliseconds)
        #expect(report.isToolTheBottleneck == isBottleneck)
        #expect(report.text().contains("THE TOOL IS THE BOTTLENECK") == isBottleneck)
    }

    @Test func theExitCodeTellsWellFailedAndUnreachable() {
        var report = report()
        #expect(report.exitCode == 0)
        report.timeouts = 1
        #expect(report.exitCode == 1)
        report.timeouts = 0
        report.errors = ["answer: no": 2]
        #expect(report.exitCode == 1)
        #expect(report.errorCount == 2)
        report.connected = 0
        #expect(report.exitCode == 69)
    }

    @Test func percentilesAreThoseOfTheHistogram() {
        var recorder = LatencyRecorder()
        for value in 1...1_000 { recorder.record(Int64(value)) }
        let summary = recorder.summary()
        #expect(summary.count == 1_000)
        #expect(summary.min == 1)
        #expect(summary.max == 1_000)
        #expect(summary.values == [500, 750, 900, 950, 990, 999, 1_000])
        #expect(summary.mean == 500.5)
    }

    @Test func runsOfEqualLatenciesAndSumsOfRecordersLoseNothing() {
        var first = LatencyRecorder()
        var second = LatencyRecorder()
        for _ in 0..<99 { first.record(100) }
        second.record(200)
        first.add(second)
        let summary = first.summary()
        #expect(summary.count == 100)
        #expect(summary.values[4] == 100)
        #expect(summary.max == 200)
    }

    @Test func aLatencyBeyondTheRangeCountsAsTheLongest() {
        var recorder = LatencyRecorder()
        recorder.record(.max)
        recorder.record(-5)
        let summary = recorder.summary()
        #expect(summary.count == 2)
        #expect(summary.min == 1)
        #expect(summary.max >= LatencyRecorder.nanosecondsMax)
    }

    @Test func theTextNamesWhatWasFound() {
        var report = report()
        report.errors = ["answer: no": 2_000]
        let text = report.text()
        #expect(text.contains("gatehouse bench  mqtt://127.0.0.1:1883  10 connections, 1 000 req/s offered, 10.0 s"))
        #expect(text.contains("requests   1 990 ok  0 timeout  2 000 error  990.0 /s (99.0 % of offered)"))
        #expect(text.contains("error      2 000 x answer: no"))
        #expect(text.contains("cpu 5 %  50.000 us per message"))
        #expect(text.contains("p50 0.000   p75 0.000   p90 0.000   p95 0.000   p99 0.000   p99.9 0.000   p99.99 0.000"))
    }

    @Test func theJSONHoldsTheSameNumbers() throws {
        let json = try JSONValue(parsing: report().json().encoded())
        #expect(json["requests"]?["perSecond"]?.double == 990)
        #expect(json["server"]?["cpuMicrosecondsPerMessage"]?.double == 50)
        #expect(json["server"]?["bytesPerSession"]?.double == 1_000)
        #expect(json["generator"]?["isBottleneck"]?.bool == false)
        #expect(json["latency"]?["p99.99"]?.double == 0)
        #expect(json["connect"]?["ok"]?.int == 10)
    }

    @Test(arguments: [
        (0.0, 1, "0.0"), (1_234.56, 1, "1 234.6"), (999.95, 1, "1 000.0"), (0.0449, 2, "0.04"), (-1.5, 1, "-1.5"),
        (-0.001, 1, "0.0"), (1_000_000, 0, "1 000 000"), (.nan, 1, "-"), (.infinity, 1, "inf"),
    ])
    func numbersHaveDecimalsAndGroups(value: Double, decimals: Int, text: String) {
        #expect(value.text(decimals: decimals) == text)
    }

    @Test func cpuTimeIsReadBehindAnyProgramName() {
        let line = "42 (a) b) (c) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 1 0"
        #expect(ProcessProbe.cpuTime(ofStat: line, ticksPerSecond: 100) == .seconds(2))
        #expect(ProcessProbe.cpuTime(ofStat: "42 (a) S 1 2", ticksPerSecond: 100) == nil)
        #expect(ProcessProbe.cpuTime(ofStat: "", ticksPerSecond: 100) == nil)
    }

    @Test func aProcessThatIsNotThereHasNoNumbers() {
        #expect(ProcessProbe(pid: -1).cpuTime() == nil)
        #expect(ProcessProbe(pid: -1).residentBytes() == nil)
    }
}
