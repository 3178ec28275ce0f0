package import GateBytes
import GateJSON
import Glibc

/// The gateway beside the raw echo, each started by itself and bound to one CPU, the load tool to another; in rounds that
/// take turns, so that what disturbs the machine disturbs both.
package struct Comparison {
    /// What can be told.
    package struct Options: Sendable {
        /// Times that everything is measured.
        package var rounds = 40
        /// How long each measurement takes.
        package var duration = TimeSpan.milliseconds(400)
        /// How long each runs before.
        package var warmup = TimeSpan.milliseconds(100)
        /// What is measured.
        package var works = ComparisonWork.allCases
        /// Idle sessions.
        package var idleSessions = 15_000
        /// The gateway's program.
        package var gatewayPath: String
        /// The reference's program.
        package var echoPath: String

        /// The defaults, with both programs next to the running one.
        package init() throws(LoadError) {
            var bytes = [CChar](repeating: 0, count: 4_096)
            // Sound: the system writes at most what the array holds.
            let count = unsafe readlink("/proc/self/exe", &bytes, bytes.count)
            if count <= 0 { throw .childFailed("/proc/self/exe: \(describe(errno))") }
            let path = String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            gatewayPath = path
            guard let slash = path.lastIndex(of: "/") else { throw .childFailed("\(path): not an absolute path") }
            echoPath = path[...slash] + "raw-echo"
        }
    }

    private let options: Options
    private let progress: ((String) -> Void)?
    private let isCancelled: () -> Bool

    /// A comparison; `progress` gets one line a measurement.
    package init(
        _ options: Options, progress: ((String) -> Void)? = nil, isCancelled: @escaping () -> Bool = { false }
    ) throws(LoadError) {
        if !(1...1_000).contains(options.rounds) { throw .invalidOption("--rounds", allowed: "1...1000") }
        if options.works.isEmpty { throw .invalidOption("--only", allowed: ComparisonWork.names) }
        if unsafe access(options.echoPath, X_OK) != 0 {
            throw .childFailed("\(options.echoPath): \(describe(errno)); build it with 'swift build -c release'")
        }
        self.options = options
        self.progress = progress
        self.isCancelled = isCancelled
    }

    /// Measures everything. Blocks; not called on an event loop.
    package func run() throws(LoadError) -> ComparisonReport {
        let folder = try WorkFolder()
        defer { folder.remove() }
        let allowed = Processors.allowed
        let isPinned =
            allowed.count > 1 && Processors.pinOwnProcess(to: allowed[1], outputPath: folder.path + "/taskset")
        let core = isPinned ? allowed[0] : nil
        let echo = try EchoServer(options.echoPath, core: core, folder: folder)
        let gateway = try GatewayServer(options.gatewayPath, core: core, folder: folder, name: "gateway")
        defer {
            echo.process.stop()
            gateway.process.stop()
        }
        var report = ComparisonReport(works: options.works, rounds: options.rounds, isPinned: isPinned)
        for round in 1...options.rounds {
            var baseline: [LoadKey: LoadReport] = [:]
            for work in options.works where round <= work.rounds(of: options.rounds) && !isCancelled() {
                progress?("round \(round) of \(options.rounds): \(work.title)")
                // A reference that two works share is measured once a round.
                let reference = try work.reference.map { key throws(LoadError) in
                    try measure(key, gateway, echo, &baseline)
                }
                let own =
                    work == .idle ? try idle(core, folder) : try measure(work.load, gateway, echo, &baseline)
                if !isCancelled() { report.add(own, reference: reference, to: work) }
            }
        }
        return report
    }

    private func measure(
        _ key: LoadKey, _ gateway: GatewayServer, _ echo: EchoServer, _ known: inout [LoadKey: LoadReport]
    ) throws(LoadError) -> LoadReport {
        if let report = known[key] { return report }
        var load: LoadOptions
        switch key {
        case .rawEcho, .rawEchoFixedRate: load = LoadOptions(target: echo.target)
        case .pomelo:
            let (target, client) = try gateway.target(descriptor: "pomelo")
            load = LoadOptions(target: target)
            load.client = client
        default: load = LoadOptions(target: try gateway.target(key.loadProtocol))
        }
        load.connections = 50
        load.duration = options.duration
        load.warmup = options.warmup
        load.serverPID = key.loadProtocol == .raw ? echo.process.pid : gateway.process.pid
        key.apply(to: &load)
        let report = try LoadRun(load, isCancelled: isCancelled).run()
        known[key] = report
        return report
    }

    /// On a server of its own: memory that an earlier load left free would hide what the sessions take.
    private func idle(_ core: Int?, _ folder: WorkFolder) throws(LoadError) -> LoadReport {
        let gateway = try GatewayServer(options.gatewayPath, core: core, folder: folder, name: "idle")
        defer { gateway.process.stop() }
        var load = LoadOptions(target: try gateway.target(.mqtt))
        load.mode = .idle
        load.connections = options.idleSessions
        load.sourceAddresses = ["127.0.0.2", "127.0.0.3", "127.0.0.4"]
        load.duration = .seconds(1)
        load.warmup = .zero
        load.serverPID = gateway.process.pid
        return try LoadRun(load, isCancelled: isCancelled).run()
    }
}
