import ArgumentParser

/// The command line: `gatehouse serve`, `gatehouse protocol`, and others.
@main
struct GatehouseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gatehouse",
        abstract: "A gateway for clients of any packet protocol, MQTT first, to modules that handle what they ask.",
        discussion: """
            Each setting is taken from the command line, else from an environment variable (GATEHOUSE_ and the flag in \
            capitals: GATEHOUSE_LOOPS), else from the configuration file, else from its default.

            Exit codes: 0 well, 64 wrong usage, 69 an address is not available, 70 a fault inside, 78 the \
            configuration is wrong.
            """,
        version: ProgramVersion.text,
        subcommands: [
            ServeCommand.self, GatewayCommand.self, ModulesCommand.self, NodesCommand.self, CallCommand.self,
            CheckConfigCommand.self, ProtocolCommand.self, BenchCommand.self, VersionCommand.self,
        ])
}
