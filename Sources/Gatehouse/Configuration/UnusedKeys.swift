/// A key that mqant knew and that has no effect here.
struct UnusedKey: Sendable {
    let key: String
    /// How the key is called in a notice.
    let path: String
    /// Why it has none, or what to write.
    let advice: String
}

/// Keys of mqant's files that are accepted and have no effect, with what to write in their place.
enum UnusedKeys {
    private static let inertInMqant = "it had no effect in mqant either"

    /// Sections of a file.
    static let top = [
        UnusedKey(key: "Master", path: "Master", advice: "there is no console yet"),
        UnusedKey(
            key: "Mqtt", path: "Mqtt", advice: inertInMqant + "; use limits.frameSeconds and limits.writeSeconds"),
        UnusedKey(key: "BI", path: "BI", advice: "there is no BI log"),
        UnusedKey(key: "OP", path: "OP", advice: inertInMqant),
    ]

    /// Keys of an entry of `Module.<Type>`.
    static let moduleEntry = [
        UnusedKey(key: "Host", path: "Module.*.Host", advice: inertInMqant)
    ]

    /// Settings of `Module.Gate`. mqant 1.8 read some of them and 1.5.3 none; a limit that has not been enforced for years
    /// would cut off clients that work, so they must be asked for by their new names.
    static let gate = [
        gateKey("MaxMsgLen", "limits.frameBytesMax"),
        gateKey("MaxPackSize", "limits.frameBytesMax"),
        gateKey("MaxConnNum", "limits.connectionsMax"),
        gateKey("ConcurrentTasks", "limits.inFlightMax"),
        gateKey("OverTime", "limits.handshakeSeconds"),
        gateKey("Heartbeat", "sessions.heartbeatSeconds"),
        gateKey("MinHBStorage", "sessions.heartbeatSeconds"),
        UnusedKey(key: "HTTPTimeout", path: "Module.Gate.HTTPTimeout", advice: "there is no WebSocket yet"),
        UnusedKey(key: "BufSize", path: "Module.Gate.BufSize", advice: "all clients of a loop share one read buffer"),
    ]

    private static func gateKey(_ key: String, _ replacement: String) -> UnusedKey {
        UnusedKey(
            key: key, path: "Module.Gate." + key, advice: "mqant 1.5 does not read it; use \(replacement)")
    }

    /// Keys of a section that has keys of our own besides.
    static func section(_ name: String) -> [UnusedKey] {
        switch name {
        case "rpc": rpc
        case "log": log
        default: []
        }
    }

    /// Keys of `Rpc`. RpcExpired was parsed and never used: files say 1 where slow calls have always worked, so honouring
    /// it would break them.
    private static let rpc = [
        UnusedKey(key: "RpcExpired", path: "Rpc.RpcExpired", advice: inertInMqant + "; use rpc.timeoutSeconds"),
        UnusedKey(key: "MaxCoroutine", path: "Rpc.MaxCoroutine", advice: inertInMqant),
        UnusedKey(
            key: "UDPMaxPacketSize", path: "Rpc.UDPMaxPacketSize", advice: "over UDP a message has at most 65 493 bytes"
        ),
        UnusedKey(key: "Log", path: "Rpc.Log", advice: "use log.level"),
        UnusedKey(key: "LogSuccess", path: "Rpc.LogSuccess", advice: inertInMqant + "; use log.level"),
    ]

    private static let log = [
        "file", "multifile", "console", "conn", "smtp", "dingtalk", "slack", "jianliao", "es", "alils", "contenttype",
    ].map { UnusedKey(key: $0, path: "Log." + $0, advice: "there is no such log writer; use log.directory") }
}
