import ArgumentParser
import GateBench
import GateBytes
import GateDescriptors
import GateJSON
import Glibc

/// `gatehouse bench`: loads a server, and compares the gateway with the raw echo.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Load a server and measure it.",
        discussion: """
            Exit status: 0, 1 when requests failed, 69 when nothing could be connected, 64 for wrong options.
            """,
        subcommands: [BenchRunCommand.self, BenchCompareCommand.self, BenchClusterCommand.self],
        defaultSubcommand: BenchRunCommand.self)
}

/// `gatehouse bench [run]`.
struct BenchRunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Load a server: requests and answers, idle sessions, or fan-out.",
        discussion: """
            With --rate the loop is open: requests are due on an absolute schedule, and latency counts from when each \
            was due. Without it the loop is closed: --depth requests are in flight on each connection.
            """)

    @Argument(help: ArgumentHelp("Whom to load, in place of --url.", valueName: "url"))
    var target: String?

    @Option(
        help: """
            Whom to load: mqtt, length16, length32, length32-json, raw or the name of a protocol, then ://HOST[:PORT].
            """)
    var url = "mqtt://127.0.0.1:1883"

    @Option(
        name: .customLong("protocol"),
        help: "What is spoken: a protocol's name or its file, with parameters as in 'leaf-pb?length=u8'.")
    var protocolName: String?

    @OptionGroup var folders: ProtocolFolders

    @Flag(help: "The server echoes raw bytes; send what MQTT requests would be and count what comes back.")
    var raw = false

    @Option(help: "Where requests go: Type/Function.")
    var topic = "Echo/HD_Raw"

    @Option(name: [.long, .customShort("c")], help: "Connections.")
    var connections = 1

    @Option(help: "Requests in flight on each connection; 1 in a closed loop, 1024 in an open one.")
    var depth: Int?

    @Option(help: "Requests per second of an open loop, all connections together.")
    var rate: Int?

    @Option(help: "Bytes of each payload.")
    var payload = 64

    @Option(help: "The payload itself, instead of --payload.")
    var body: String?

    @Option(help: "How long to measure: 10s, 500ms, 2m.")
    var duration = DurationArgument("10s")

    @Option(help: "How long to run before measuring.")
    var warmup = DurationArgument("1s")

    @Option(help: "New connections per second.")
    var ramp: Int?

    @Option(help: "How long an answer may take.")
    var timeout = DurationArgument("5s")

    @Option(help: "Local addresses for many connections, separated by commas.")
    var sourceAddresses: String?

    @Option(help: "Event loops of the tool.")
    var threads = 1

    @Flag(help: "Only connect and hold the sessions.")
    var idle = false

    @Flag(help: "Every connection joins Echo/HD_Join; one more pushes through Echo/HD_Cast.")
    var fanout = false

    @Option(help: "Messages pushed at once with --fanout.")
    var castsInFlight = 16

    @Option(help: "Connections that join and never read, with --fanout.")
    var stalledReaders = 0

    @Option(help: "A JSON5 file: {login: {topic, body}, requests: [{weight, topic, body}]}.")
    var scenario: String?

    @Option(help: "An MQTT topic filter to subscribe to first, for brokers that are no gateway.")
    var subscribe: String?

    @Option(help: "The server's process id, for its CPU per message and its memory.")
    var serverPid: Int32?

    @Flag(help: "Print progress also when standard error is no terminal.")
    var progress = false

    @Flag(help: "Print the report as one JSON object.")
    var json = false

    func run() throws {
        let client = try client()
        let report: LoadReport
        do throws(LoadError) {
            let options = try options(client)
            let interruption = try Interruption()
            defer { interruption.end() }
            report = try LoadRun(
                options, progress: progressPrinter(progress), isCancelled: { interruption.hasCome }
            ).run()
        } catch {
            throw benchFailure(error)
        }
        StandardStreams.print(json ? String(decoding: report.json().encoded(), as: UTF8.self) : report.text())
        if report.exitCode != 0 { throw ExitCode(report.exitCode) }
    }

    /// What speaks the protocol, where a descriptor has to say it.
    private func client() throws -> DescriptorClient? {
        var name = protocolName
        let scheme = String((target ?? url).prefix { $0 != ":" })
        if name == nil, LoadProtocol(rawValue: scheme) == nil {
            // A scheme that no protocol has is refused with the URL.
            guard let catalog = try? folders.catalog(), catalog.names.contains(scheme) else { return nil }
            name = scheme
        }
        guard let name else { return nil }
        let bench = try folders.catalog().workbench(name).bench
        do throws(FrameComposingFault) {
            return try DescriptorClient(bench)
        } catch {
            StandardStreams.complain("gatehouse bench: \(name): \(error)")
            throw ExitStatus.usage
        }
    }

    private func options(_ client: DescriptorClient?) throws(LoadError) -> LoadOptions {
        var target = try LoadTarget(parsing: target ?? url, descriptorName: client?.name)
        if raw { target.loadProtocol = .raw }
        var options = LoadOptions(target: target)
        options.client = client
        if idle && fanout { throw .invalidOption("--idle", allowed: "not together with --fanout") }
        options.mode = idle ? .idle : fanout ? .fanout : .requests
        options.topic = topic
        options.connections = connections
        options.depth = depth
        options.rate = rate
        options.payloadBytes = payload
        options.body = body.map { Array($0.utf8) }
        options.duration = duration.value
        options.warmup = warmup.value
        options.ramp = ramp
        options.timeout = timeout.value
        options.sourceAddresses = sourceAddresses.map { $0.split(separator: ",").map(String.init) } ?? []
        options.threads = threads
        options.castsInFlight = castsInFlight
        options.stalledReaders = stalledReaders
        options.subscription = subscribe
        options.serverPID = serverPid
        if let scenario {
            let asJSON = target.loadProtocol == .length32JSON || client?.payloadIsJSON ?? false
            options.scenario = try Scenario(contentsOf: scenario, asJSON: asJSON)
        }
        try options.check()
        return options
    }
}

/// `10s`, `500ms`, `2m`, `1.5` (seconds).
struct DurationArgument: ExpressibleByArgument {
    let value: TimeSpan

    init(_ literal: StaticString) {
        value = TimeSpan(parsing: "\(literal)") ?? .zero
    }

    init?(argument: String) {
        guard let value = TimeSpan(parsing: argument) else { return nil }
        self.value = value
    }

    var defaultValueDescription: String { "\(value.seconds)s" }
}

/// Prints progress lines, or `nil` when nobody looks.
func progressPrinter(_ isWanted: Bool) -> ((String) -> Void)? {
    isWanted || isatty(STDERR_FILENO) == 1 ? { StandardStreams.complain($0) } : nil
}

/// Says what went wrong, and with which exit status.
func benchFailure(_ error: LoadError) -> ExitCode {
    StandardStreams.complain("gatehouse bench: \(error)")
    return ExitCode(error.exitCode)
}
