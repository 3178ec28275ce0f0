import ArgumentParser
import Gatehouse

/// The flags of our own but for the limits.
struct GeneralOptions: ParsableArguments {
    @Option(help: ArgumentHelp("JSON5, in our own form or in mqant's.", valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "Open PROTOCOL://HOST:PORT[?route=Type/Handler&...], without HOST on all addresses; repeatable, takes the place "
                + "of all other listeners.",
            valueName: "url"))
    var listen: [String] = []

    @Option(
        help: ArgumentHelp(
            "Join the nodes behind this URL: udp://HOST:PORT is bound here, loopback only.", valueName: "url"))
    var rpc: String?

    @Option(help: ArgumentHelp("With UDP, another node; repeatable.", valueName: "url"))
    var peer: [String] = []

    @Option(help: ArgumentHelp("What calls may ask of this node, as in zone=b; repeatable.", valueName: "name=value"))
    var label: [String] = []

    @Option(help: ArgumentHelp("The version of modules that name none themselves.", valueName: "version"))
    var modulesVersion: String?

    @Option(
        help: ArgumentHelp("Tell the other nodes so often that this one is there; 1 by default.", valueName: "time"))
    var announceSeconds: String?

    @Option(help: ArgumentHelp("The others believe it for so long; 4 by default.", valueName: "time"))
    var nodeLifeSeconds: String?

    @Option(help: ArgumentHelp("Event loops; one per core by default.", valueName: "count"))
    var loops: String?

    @Option(help: ArgumentHelp("Time for running calls after SIGTERM; 25 by default.", valueName: "time"))
    var drainSeconds: String?

    @Option(help: ArgumentHelp("Clients that leave in one second when the gateway stops.", valueName: "number"))
    var drainRateMax: String?

    @Option(help: ArgumentHelp("trace, debug, info, notice, warning, error or critical.", valueName: "level"))
    var logLevel: String?

    @Option(help: ArgumentHelp("Write log files there instead of to standard error.", valueName: "directory"))
    var logDir: String?

    @Option(help: ArgumentHelp("Write the bound ports there as JSON.", valueName: "file"))
    var portsFile: String?

    @Option(help: ArgumentHelp("Run the modules configured for this group; development by default.", valueName: "name"))
    var processGroup: String?

    @Option(help: ArgumentHelp("This node, as in type@node; the host's name by default.", valueName: "name"))
    var node: String?

    @Option(help: ArgumentHelp("Read protocol descriptors there as well; repeatable.", valueName: "directory"))
    var protocols: [String] = []

    @Option(help: ArgumentHelp("When a user binds a second session: allow, refuse or kick.", valueName: "policy"))
    var secondLogin: String?

    @Option(help: ArgumentHelp("How topics name handlers: topic or uri.", valueName: "rule"))
    var routeRule: String?

    @Option(
        name: .customLong("guard"),
        help: ArgumentHelp(
            "Prefix of the handlers that clients may call; repeatable; HD_ and Handler_ by default.",
            valueName: "prefix"))
    var guardPrefixes: [String] = []

    /// The flags that were given, by the names the loader knows.
    var flags: [ConfigurationFlag] {
        let single: [(String, String?)] = [
            ("loops", loops), ("log-level", logLevel), ("log-dir", logDir), ("ports-file", portsFile), ("node", node),
            ("process-group", processGroup), ("second-login", secondLogin), ("route-rule", routeRule),
            ("rpc", rpc), ("announce-seconds", announceSeconds), ("node-life-seconds", nodeLifeSeconds),
            ("modules-version", modulesVersion), ("drain-seconds", drainSeconds),
            ("drain-rate-max", drainRateMax),
        ]
        return single.compactMap { name, value in value.map { ConfigurationFlag(name, $0) } }
            + listen.map { ConfigurationFlag("listen", $0) } + protocols.map { ConfigurationFlag("protocols", $0) }
            + label.map { ConfigurationFlag("label", $0) }
            + guardPrefixes.map { ConfigurationFlag("guard", $0) } + peer.map { ConfigurationFlag("peer", $0) }
    }
}
