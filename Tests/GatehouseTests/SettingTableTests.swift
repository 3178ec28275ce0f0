import GateBytes
import GateServer
import Testing

@testable import Gatehouse

/// Every setting by flag, by variable and by file, and what it becomes in the server that `serve` makes of it.
@Suite("Each setting and its effect")
struct SettingTableTests {
    /// One setting: a value as text, the same in a file, and what the server then has.
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let text: String
        let json: String
        let expected: String
        let standard: String
        let effect: @Sendable (GatehouseServer) -> String

        var testDescription: String { name }

        init(
            _ name: String, _ text: String, json: String? = nil, _ expected: String, _ standard: String,
            _ effect: @escaping @Sendable (GatehouseServer) -> String
        ) {
            (self.name, self.text, self.json) = (name, text, json ?? text)
            (self.expected, self.standard, self.effect) = (expected, standard, effect)
        }

        /// A setting that is a limit of the gateway.
        static func limit(
            _ name: String, _ text: String, json: String? = nil, _ expected: Int, _ standard: Int,
            _ path: any KeyPath<GatewayLimits, Int> & Sendable
        ) -> Row {
            Row(name, text, json: json, "\(expected)", "\(standard)") {
                "\($0.gatewaySettings(fileLimit: 1_064).limits[keyPath: path])"
            }
        }

        /// A setting that is a time of the gateway; expected in milliseconds.
        static func time(
            _ name: String, _ text: String, json: String? = nil, _ expected: Int64, _ standard: Int64,
            _ path: any KeyPath<GatewayLimits, TimeSpan> & Sendable
        ) -> Row {
            Row(name, text, json: json, "\(expected)", "\(standard)") {
                "\($0.gatewaySettings(fileLimit: 1_064).limits[keyPath: path].nanoseconds / 1_000_000)"
            }
        }
    }

    static let rows: [Row] = [
        Row("node", "n1", json: "'n1'", "n1", "here") { $0.gatewaySettings(fileLimit: 1).node },
        Row("process-group", "g", json: "'g'", "g", "development") { $0.configuration.processGroup },
        Row("loops", "3", "3", "nil") { $0.configuration.loops.map { "\($0)" } ?? "nil" },
        Row("ports-file", "/p", json: "'/p'", "/p", "nil") { $0.configuration.portsFile ?? "nil" },
        Row("drain-seconds", "1.5", "1.5", "25.0") { "\($0.configuration.drainTime.seconds)" },
        .limit("drain-rate-max", "7", 7, 500, \.drainRateMax),
        Row("log-level", "debug", json: "'debug'", "debug", "info") { "\($0.configuration.logLevel)" },
        Row("log-dir", "/l", json: "'/l'", "/l", "nil") { $0.configuration.logDirectory ?? "nil" },
        Row("protocols", "/d", json: "['/d']", "/d", "") {
            $0.configuration.protocolDirectories.joined(separator: " ")
        },
        Row("route-rule", "uri", json: "'uri'", "uri", "topic") {
            $0.gatewaySettings(fileLimit: 1).topicRule.rawValue
        },
        Row("guard", "X_", json: "['X_']", "X_", "HD_ Handler_") {
            $0.gatewaySettings(fileLimit: 1).guards.joined(separator: " ")
        },
        Row("second-login", "kick", json: "'kick'", "kick", "allow") {
            $0.gatewaySettings(fileLimit: 1).secondLogin.rawValue
        },
        .time("heartbeat-seconds", "7", 7_000, 60_000, \.heartbeatTime),
        .limit("stored-max", "7", 7, 10_000, \.storedSessionsMax),
        .limit("stored-bytes-max", "1MiB", json: "1048576", 1_048_576, 67_108_864, \.storedBytesMax),
        .limit("stored-bytes-per-owner-max", "1KiB", json: "'1KiB'", 1_024, 16_777_216, \.storedBytesPerOwnerMax),
        .time("stored-seconds", "7s", json: "'7s'", 7_000, 3_600_000, \.storedSessionTime),
        .time("rpc-timeout-seconds", "250ms", json: "0.25", 250, 10_000, \.callTime),
        Row("rpc", "udp://127.0.0.1:4001", json: "'udp://127.0.0.1:4001'", "udp://127.0.0.1:4001", "nil") {
            $0.configuration.clusterURL ?? "nil"
        },
        Row("peer", "udp://127.0.0.1:4002", json: "['udp://127.0.0.1:4002']", "udp://127.0.0.1:4002", "") {
            $0.configuration.clusterPeers.joined(separator: " ")
        },
        Row("announce-seconds", "0.5", "0.5", "1.0") { "\($0.configuration.announceTime.seconds)" },
        Row("node-life-seconds", "9", "9.0", "4.0") { "\($0.configuration.nodeLifeTime.seconds)" },
        Row("label", "zone=b", json: "['zone=b']", "b", "nil") { $0.configuration.labelTable["zone"] ?? "nil" },
        Row("modules-version", "2", json: "'2'", "2", "") { $0.version(of: Unversioned()) },
        Row("connections-max", "7", "7", "1000") {
            $0.gatewaySettings(fileLimit: 1_064).limits.connectionsMax.map { "\($0)" } ?? "nil"
        },
        .limit("connections-per-address-max", "7", 7, 0, \.connectionsPerAddressMax),
        .limit("connection-rate-max", "7", 7, 0, \.connectionRateMax),
        .limit("frame-bytes-max", "1KiB", json: "'1KiB'", 1_024, 65_535, \.frameBytesMax),
        .limit("in-flight-max", "7", 7, 20, \.inFlightMax),
        .limit("queued-bytes-max", "2MiB", json: "2097152", 2_097_152, 1_048_576, \.queuedBytesMax),
        .limit("queued-bytes-total-max", "2MiB", json: "2097152", 2_097_152, 268_435_456, \.queuedBytesTotalMax),
        .limit("module-share-percent", "7", 7, 25, \.moduleSharePercent),
        .limit("high-water-bytes", "7000", 7_000, 65_536, \.highWaterBytes),
        .time("handshake-seconds", "7", 7_000, 10_000, \.handshakeTime),
        .time("frame-seconds", "7", 7_000, 30_000, \.frameTime),
        .time("write-seconds", "7", 7_000, 30_000, \.writeTime),
    ]

    private struct Unversioned: Module {
        let type = "Unversioned"
        func register(in handlers: inout HandlerTable) {}
    }

    private func server(_ outcome: ConfigurationOutcome) throws -> GatehouseServer {
        GatehouseServer(try outcome.configuration(), modules: [])
    }

    @Test func everySettingHasARow() {
        #expect(Self.rows.map(\.name).sorted() == Setting.all.map(\.name).sorted())
    }

    @Test(arguments: rows)
    func aFlagAVariableAndAFileHaveTheSameEffect(row: Row) throws {
        let setting = try #require(Setting.named(row.name))
        let file = "{\(setting.section): {\(setting.key): \(row.json)}}"
        let sources = [
            resolve(flags: [ConfigurationFlag(row.name, row.text)]),
            resolve(environment: [setting.variable: row.text]), resolve(file),
        ]
        for source in sources { #expect(row.effect(try server(source)) == row.expected) }
    }

    @Test(arguments: rows)
    func aSettingThatNobodyNamesHasItsDefault(row: Row) throws {
        #expect(row.effect(try server(resolve())) == row.standard)
        #expect(row.standard != row.expected)
    }

    @Test(arguments: [("4", "1.9", true), ("4", "2", true), ("4", "2.1", false), ("1.9", "1", false), ("2", "1", true)])
    func aNodeLivesAsLongAsTwoAnnouncementsAtLeast(life: String, announce: String, isAllowed: Bool) {
        let flags = [ConfigurationFlag("node-life-seconds", life), ConfigurationFlag("announce-seconds", announce)]
        let expected = ["--node-life-seconds: rpc.nodeLifeSeconds must be at least twice rpc.announceSeconds"]
        #expect(resolve(flags: flags).faults == (isAllowed ? [] : expected))
    }

    @Test func aLongAnnouncementAloneIsNamedWithItsPlace() {
        let faults = resolve(flags: [ConfigurationFlag("announce-seconds", "3")]).faults
        #expect(faults == ["--announce-seconds: rpc.nodeLifeSeconds must be at least twice rpc.announceSeconds"])
    }
}
