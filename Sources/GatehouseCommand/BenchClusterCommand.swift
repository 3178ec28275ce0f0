import ArgumentParser
import GateBench
import GateBytes

/// `gatehouse bench cluster`.
struct BenchClusterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cluster",
        abstract: "Measure a gateway-only node and a backend over NATS.",
        discussion: """
            Starts nats-server, `gatehouse gateway`, `gatehouse modules` and nats-peer, which stands next to this program \
            and is cnats alone. Needs a build with --traits NATS.
            """)

    @Option(help: "Times that everything is measured.")
    var rounds = 5

    @Option(help: "How long each measurement takes.")
    var duration = DurationArgument("4s")

    @Flag(help: "Print progress also when standard error is no terminal.")
    var progress = false

    func run() throws {
        let report: ClusterComparison.Report
        do throws(LoadError) {
            let interruption = try Interruption()
            defer { interruption.end() }
            var options = try ClusterComparison.Options()
            options.rounds = rounds
            options.duration = duration.value
            report = try ClusterComparison(
                options, progress: progressPrinter(progress), isCancelled: { interruption.hasCome }
            ).run()
        } catch {
            throw benchFailure(error)
        }
        StandardStreams.print(report.text())
        if report.missing != nil { throw ExitStatus.unavailable }
        if report.errors > 0 { throw ExitCode(1) }
    }
}
