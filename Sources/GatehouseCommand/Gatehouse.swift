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

            Exit codes: 0 well, 1 what was asked for was not found or did not hold, 64 wrong usage, 65 a file that was \
            given to work on is wrong, 69 an address is not available or nobody answers, 70 a fault inside, 78 the \
            configuration is wrong.
            """,
        version: ProgramVersion.text,
        subcommands: [
            ServeCommand.self, GatewayCommand.self, ModulesCommand.self, NodesCommand.self, CallCommand.self,
            CheckConfigCommand.self, ProtocolCommand.self, BenchCommand.self, VersionCommand.self,
        ])

    static func main() async {
        StandardStreams.openClosed()
        do {
            var command = try await asyncParseAsRoot()
            do {
                if var asynchronous = command as? any AsyncParsableCommand {
                    try await asynchronous.run()
                } else {
                    try command.run()
                }
            } catch let error as ValidationError {
                // Only here is it known which command was meant.
                let usage = usageString(for: type(of: command))
                let name = usage.split(separator: " ").prefix(2).joined(separator: " ")
                StandardStreams.complain(
                    "Error: \(error.message)\nUsage: \(usage)\n  See '\(name) --help' for more information.")
                exit(withError: ExitStatus.usage)
            }
        } catch {
            exit(withError: error)
        }
    }
}
