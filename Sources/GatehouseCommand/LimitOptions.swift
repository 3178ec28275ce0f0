import ArgumentParser
import Gatehouse

/// The flags of the limits; sizes as 65536 or 64KiB, times in seconds or as 100ms, 5s, 2m.
struct LimitOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Connections at once.", valueName: "count"))
    var connectionsMax: String?

    @Option(help: ArgumentHelp("Connections of one address at once; 0 for no limit.", valueName: "count"))
    var connectionsPerAddressMax: String?

    @Option(help: ArgumentHelp("New connections a second; 0 for no limit.", valueName: "count"))
    var connectionRateMax: String?

    @Option(help: ArgumentHelp("Bytes of one frame.", valueName: "size"))
    var frameBytesMax: String?

    @Option(help: ArgumentHelp("Unfinished requests of one client.", valueName: "count"))
    var inFlightMax: String?

    @Option(help: ArgumentHelp("Bytes that may wait to be sent to one client.", valueName: "size"))
    var queuedBytesMax: String?

    @Option(
        help: ArgumentHelp(
            "Bytes kept for all clients together, above which those with most are closed; 256MiB by default.",
            valueName: "size"))
    var queuedBytesTotalMax: String?

    @Option(
        help: ArgumentHelp(
            "Share of a module's room that one address may take, in percent; 25 by default.", valueName: "count"))
    var moduleSharePercent: String?

    @Option(help: ArgumentHelp("Bytes that wait for one client at which its reading stops.", valueName: "size"))
    var highWaterBytes: String?

    @Option(help: ArgumentHelp("Time to log in.", valueName: "time"))
    var handshakeSeconds: String?

    @Option(help: ArgumentHelp("Time from the first byte of a frame to its last.", valueName: "time"))
    var frameSeconds: String?

    @Option(help: ArgumentHelp("Time that bytes may wait for a client that does not read.", valueName: "time"))
    var writeSeconds: String?

    @Option(help: ArgumentHelp("Time that a client's call may take; 10 by default.", valueName: "time"))
    var rpcTimeoutSeconds: String?

    @Option(help: ArgumentHelp("Sessions kept for MQTT clients that are away; 10000 by default.", valueName: "count"))
    var storedMax: String?

    @Option(help: ArgumentHelp("Bytes of all sessions that are kept; 64MiB by default.", valueName: "size"))
    var storedBytesMax: String?

    @Option(
        help: ArgumentHelp(
            "Bytes of those of one user, or of one address where nobody is authenticated; 16MiB by default.",
            valueName: "size"))
    var storedBytesPerOwnerMax: String?

    @Option(help: ArgumentHelp("How long they are kept; an hour by default.", valueName: "time"))
    var storedSeconds: String?

    @Option(help: ArgumentHelp("Time between two heartbeats of a session to the storage hook.", valueName: "time"))
    var heartbeatSeconds: String?

    /// The flags that were given, by the names the loader knows.
    var flags: [ConfigurationFlag] {
        let values = [
            ("connections-max", connectionsMax), ("connections-per-address-max", connectionsPerAddressMax),
            ("connection-rate-max", connectionRateMax), ("frame-bytes-max", frameBytesMax),
            ("in-flight-max", inFlightMax), ("queued-bytes-max", queuedBytesMax), ("high-water-bytes", highWaterBytes),
            ("handshake-seconds", handshakeSeconds), ("frame-seconds", frameSeconds), ("write-seconds", writeSeconds),
            ("rpc-timeout-seconds", rpcTimeoutSeconds), ("stored-max", storedMax),
            ("stored-bytes-max", storedBytesMax), ("stored-bytes-per-owner-max", storedBytesPerOwnerMax),
            ("queued-bytes-total-max", queuedBytesTotalMax), ("module-share-percent", moduleSharePercent),
            ("stored-seconds", storedSeconds),
            ("heartbeat-seconds", heartbeatSeconds),
        ]
        return values.compactMap { name, value in value.map { ConfigurationFlag(name, $0) } }
    }
}
