import ArgumentParser
import Gatehouse
import GatehouseDemo

/// `gatehouse gateway`: listeners and no modules.
struct GatewayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gateway",
        abstract: "Run a node with listeners and no modules.",
        discussion: """
            Calls go to the nodes behind --rpc:

              gatehouse modules --rpc udp://127.0.0.1:4001
              gatehouse gateway --rpc udp://127.0.0.1:4002 --peer udp://127.0.0.1:4001

            Takes the flags of serve and ends like it.
            """)

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        StandardStreams.waitsForReaders(false)
        let loaded = try options.load(moduleTypes: ProgramModules.types, purpose: .clients)
        try ClusterFlags.demand(loaded.configuration)
        try await ServerRun.run(loaded, modules: [])
    }
}

/// `gatehouse modules`: modules and no listeners.
struct ModulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "modules",
        abstract: "Run a node with modules and no listeners.",
        discussion: "Calls come from the nodes behind --rpc. Takes the flags of serve and ends like it.")

    @Option(help: ArgumentHelp("Run these modules only, as in Chat,Login.", valueName: "types"))
    var run: String?

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        StandardStreams.waitsForReaders(false)
        var loaded = try options.load(moduleTypes: ProgramModules.types, purpose: .modules)
        try ClusterFlags.demand(loaded.configuration)
        loaded.configuration.listeners = []
        try await ServerRun.run(loaded, modules: Self.modules(run))
    }

    /// The demo modules of these types; all of them for `nil`.
    static func modules(_ types: String?) throws -> [any Module] {
        guard let types else { return Demo.modules }
        let names = types.split(separator: ",").map { $0.drop { $0 == " " } }
        guard !names.isEmpty else {
            throw ValidationError("--run names no module; there are \(ProgramModules.types.joined(separator: ", "))")
        }
        if let twice = names.enumerated().first(where: { names[..<$0.offset].contains($0.element) })?.element {
            throw ValidationError("--run names \(twice) twice")
        }
        return try names.map { type in
            guard let module = Demo.modules.first(where: { $0.type == type }) else {
                throw ValidationError(
                    "no module '\(type)'; there are \(ProgramModules.types.joined(separator: ", "))")
            }
            return module
        }
    }
}

enum ClusterFlags {
    /// A node of its own kind only makes sense among others.
    static func demand(_ configuration: ServerConfiguration) throws {
        guard configuration.clusterURL == nil else { return }
        throw ValidationError("--rpc is missing; for example --rpc udp://127.0.0.1:4001")
    }
}
