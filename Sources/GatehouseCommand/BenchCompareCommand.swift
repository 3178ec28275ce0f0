import ArgumentParser
import GateBench
import GateBytes
import GateJSON

/// `gatehouse bench compare`.
struct BenchCompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Measure the gateway beside a raw libuv echo.",
        discussion: """
            Starts the gateway and raw-echo, which stands next to this program, on one core, loads them in turn from \
            another, and prints the server's CPU per message of both with their ratio. A missed target is no failure.
            """)

    @Option(help: "Times that everything is measured.")
    var rounds = 40

    @Option(help: "How long each measurement takes.")
    var duration = DurationArgument("400ms")

    @Option(help: "How long each runs before it is measured.")
    var warmup = DurationArgument("100ms")

    @Option(help: "Only these, separated by commas: \(ComparisonWork.names).")
    var only: String?

    @Option(help: "Idle sessions.")
    var idleSessions = 15_000

    @Flag(help: "Print progress also when standard error is no terminal.")
    var progress = false

    @Flag(help: "Print the report as one JSON object.")
    var json = false

    func run() throws {
        let report: ComparisonReport
        do throws(LoadError) {
            let interruption = try Interruption()
            defer { interruption.end() }
            report = try Comparison(
                try options(), progress: progressPrinter(progress), isCancelled: { interruption.hasCome }
            ).run()
        } catch {
            throw benchFailure(error)
        }
        StandardStreams.print(json ? String(decoding: report.json().encoded(), as: UTF8.self) : report.text())
        if report.exitCode != 0 { throw ExitCode(report.exitCode) }
    }

    private func options() throws(LoadError) -> Comparison.Options {
        var options = try Comparison.Options()
        options.rounds = rounds
        options.duration = duration.value
        options.warmup = warmup.value
        options.idleSessions = idleSessions
        guard let only else { return options }
        options.works = []
        for name in only.split(separator: ",") {
            guard let work = ComparisonWork(rawValue: String(name)) else {
                throw .invalidOption("--only", allowed: ComparisonWork.names)
            }
            options.works.append(work)
        }
        return options
    }
}
