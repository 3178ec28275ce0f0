import ArgumentParser
import Gatehouse

/// mqant's flags, with one dash or two, as Go reads them.
struct MqantOptions: ParsableArguments {
    @Option(
        name: [.customLong("wd", withSingleDash: true), .customLong("wd")],
        help: ArgumentHelp("Change to this directory first.", valueName: "directory"))
    var workingDirectory: String?

    @Option(
        name: [.customLong("conf", withSingleDash: true), .customLong("conf")],
        help: ArgumentHelp("Like --config; bin/conf/server.json when -wd is given.", valueName: "file"))
    var configurationFile: String?

    @Option(
        name: [.customLong("pid", withSingleDash: true), .customLong("pid")],
        help: ArgumentHelp("Like --process-group.", valueName: "name"))
    var processGroup: String?

    @Option(
        name: [.customLong("log", withSingleDash: true), .customLong("log")],
        help: ArgumentHelp("Like --log-dir.", valueName: "directory"))
    var logDirectory: String?

    @Option(
        name: [.customLong("bi", withSingleDash: true), .customLong("bi")],
        help: ArgumentHelp("Accepted and ignored.", valueName: "directory"))
    var businessLogDirectory: String?

    /// Where mqant looks for its file below the working directory.
    static let configurationPath = "bin/conf/server.json"

    /// The flags that set something; weaker than ours, which come behind them.
    var flags: [ConfigurationFlag] {
        var flags: [ConfigurationFlag] = []
        if let processGroup {
            flags.append(ConfigurationFlag("process-group", processGroup, spelling: "-pid"))
        }
        if let logDirectory { flags.append(ConfigurationFlag("log-dir", logDirectory, spelling: "-log")) }
        return flags
    }

    /// What is accepted without effect.
    var notices: [ConfigurationNotice] {
        guard businessLogDirectory != nil else { return [] }
        return [ConfigurationNotice(place: .flag("-bi"), reason: .unusedFlag(advice: "there is no BI log"))]
    }
}
