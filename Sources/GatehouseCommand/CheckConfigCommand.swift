import ArgumentParser
import GateJSON
import Gatehouse

/// `gatehouse check-config`: what `serve` would run, without running it.
struct CheckConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config",
        abstract: "Check the configuration and print it with the origin of each value.",
        discussion: """
            Takes the flags of serve. Exits with 0 when serve would take it, with 78 when it would not, with 64 when \
            only flags are wrong, and with 69 when this machine does not have the address of a listener. Whether another \
            process has a port is not asked, so that a server that runs can be checked.
            """)

    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        let loaded = try options.load(moduleTypes: ProgramModules.types)
        StandardStreams.print(String(decoding: loaded.report().encoded(pretty: true), as: UTF8.self))
        try ServerRun.checkAddresses(loaded.configuration)
    }
}
