import GateJSON
import Testing

@testable import Gatehouse

@Suite("Values that stand elsewhere")
struct ConfigurationReferenceTests {
    /// Resolves with files that are only in memory.
    private func resolve(
        _ text: String, environment: [String: String] = [:], files: [String: [UInt8]] = [:]
    ) throws(ConfigurationFaults) -> LoadedConfiguration {
        var loader = ConfigurationLoader(nodeName: "here")
        loader.valueFile = { path throws(FileFault) in
            guard let bytes = files[path] else { throw .system(number: 2) }
            return bytes
        }
        return try loader.resolve(
            file: ConfigurationText(name: "server.json", bytes: Array(text.utf8)), environment: environment)
    }

    @Test func aVariableAndAFileTakeThePlaceOfTheirNames() throws {
        let text = #"{node: {name: "gate-${env:N}", portsFile: "${file:/run/a}/${file:/run/b}"}}"#
        let configuration = try resolve(
            text, environment: ["N": "7"], files: ["/run/a": Array("x\n".utf8), "/run/b": Array("y\r\n".utf8)]
        ).configuration
        #expect(configuration.node == "gate-7")
        #expect(configuration.portsFile == "x/y")
    }

    @Test(arguments: ["${", "${}", "$", "${env}", "${else:A}", "$env:A}"])
    func whatIsNoReferenceStays(text: String) throws {
        let configuration = try resolve("{node: {portsFile: \"a\(text)b\"}}", environment: ["A": "1"]).configuration
        #expect(configuration.portsFile == "a\(text)b")
    }

    @Test(arguments: [
        ("${env:NONE}", "server.json:1:20: node.portsFile: ${env:NONE}: there is no such variable"),
        ("${file:/none}", "server.json:1:20: node.portsFile: ${file:/none}: No such file or directory"),
        ("${env:}", "server.json:1:20: node.portsFile: ${env:}: expected a name, and } behind it"),
        ("${file:/a", "server.json:1:20: node.portsFile: ${file:/a}: expected a name, and } behind it"),
        ("${file:/bad}", "server.json:1:20: node.portsFile: ${file:/bad}: it is not UTF-8"),
    ])
    func aReferenceThatLeadsNowhereIsAFault(text: String, expected: String) {
        let faults = #expect(throws: ConfigurationFaults.self) {
            try resolve("{node: {portsFile: \"\(text)\"}}", files: ["/bad": [0xFF]])
        }
        #expect(faults?.faults.map(\.description) == [expected])
    }

    @Test func aModulesSettingsHaveSecretsAndItsReportHasTheirNames() throws {
        let text = #"{modules: [{type: "Login", settings: {db: {password: "${env:P}", hosts: ["${env:H}", 1]}}}]}"#
        let loaded = try resolve(text, environment: ["P": "secret", "H": "h1"])
        let settings = try #require(loaded.configuration.modules?.first).settings
        #expect(settings["db"] == ["password": "secret", "hosts": ["h1", 1]])
        let report = String(decoding: loaded.report().encoded(), as: UTF8.self)
        #expect(!report.contains("secret"))
        #expect(report.contains("${env:P}"))
    }

    @Test func theReportShowsTheNameOfASecretWhereverItStands() throws {
        let text = """
            {node: {portsFile: "/run/${env:S}"}, rpc: {labels: ["zone=${env:S}"]}, limits: {inFlightMax: "${env:N}"},
             listeners: ["mqtt://${env:H}:1", {protocol: "mqtt", host: "${env:H}", port: 2, parameters: {k: "${file:/s}"}}]}
            """
        let loaded = try resolve(
            text, environment: ["S": "secret", "H": "127.0.0.1", "N": "7"], files: ["/s": Array("secret\n".utf8)])
        #expect(loaded.configuration.portsFile == "/run/secret")
        #expect(loaded.configuration.labels == ["zone=secret"])
        #expect(loaded.configuration.limits.inFlightMax == 7)
        #expect(loaded.configuration.listeners.map(\.host) == ["127.0.0.1", "127.0.0.1"])
        #expect(loaded.configuration.listeners[1].parameters == ["k": "secret"])
        let report = String(decoding: loaded.report().encoded(), as: UTF8.self)
        #expect(!report.contains("secret"))
        for name in ["/run/${env:S}", "zone=${env:S}", "mqtt://${env:H}:1", "k=${file:/s}"] {
            #expect(report.contains(name), "\(name)")
        }
    }

    @Test func aVariableThatTheFileNamesIsKnown() throws {
        let text = #"{listeners: ["mqtt://:1"], node: {name: "${env:GATEHOUSE_MINE}"}}"#
        let loaded = try resolve(text, environment: ["GATEHOUSE_MINE": "a", "GATEHOUSE_OF_SOMEBODY_ELSE": "b"])
        #expect(
            loaded.notices.map(\.description)
                == ["GATEHOUSE_OF_SOMEBODY_ELSE: unknown environment variable is ignored"])
    }

    @Test func aSecretOfAnotherProcessGroupNeedNotBeHere() throws {
        let text = #"{Module: {Login: [{ProcessID: "other", Settings: {p: "${env:NONE}"}}]}}"#
        #expect(try resolve(text).configuration.modules?.isEmpty == true)
    }

    @Test func aSecretIsNotRepeatedInAFault() {
        let faults = #expect(throws: ConfigurationFaults.self) {
            try resolve(#"{node: {name: "${env:S}"}}"#, environment: ["S": "a secret"])
        }
        #expect(
            faults?.faults.map(\.description) == [
                "server.json:1:15: node.name: expected a name of at most 64 bytes without blanks, '/' and '@', "
                    + "found something else"
            ])
    }

    @Test(arguments: [
        ("nats://127.0.0.1:4222", "nats://127.0.0.1:4222"),
        ("nats://me:secret@h:1", "nats://me:***@h:1"),
        ("nats://:secret@h:1", "nats://:***@h:1"),
        ("nats://token@h:1", "nats://***@h:1"),
        ("nats://t@h:1,t@i:1", "nats://***@h:1,***@i:1"),
        ("nats://me:secret", "nats://me:***"),
        ("redis://h:6379/3", "redis://h:6379/3"),
        ("nats://[::1]:4222", "nats://[::1]:4222"),
        ("amqp://me:s/ecret@h", "amqp://me:***@h"),
        ("amqp://a:s@h:1,b:s@i:2/v", "amqp://a:***@h:1,b:***@i:2/v"),
        ("nats://a:s@ecret@h", "nats://a:***@***@h"),
        ("me:secret@h", "***"),
    ])
    func passwordsOfURLsAreNotShown(url: String, shown: String) {
        #expect(ClusterURL.shown(url) == shown)
    }

    @Test func theReportShowsNoPassword() throws {
        var configuration = ServerConfiguration()
        configuration.clusterURL = "nats://me:secret@h:1"
        let report = LoadedConfiguration(configuration: configuration, notices: [], origins: [:]).report()
        #expect(report["rpc"]?["url"]?["value"] == "nats://me:***@h:1")
    }
}
