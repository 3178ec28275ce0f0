import GateBytes
import GateJSON
import Gatehouse
import Testing

@Suite("Configuration in mqant's form")
struct MqantFileTests {
    @Test func theDemoServersFileLoadsAsItIs() throws {
        let outcome = resolve(mqantServerFile)
        let configuration = try outcome.configuration()
        #expect(configuration.listeners.map(\.description) == ["mqtt://:3563?unrouted=answer"])
        let expected = [
            "Gate@Gate001", "Master@Master001", "HelloWorld@HelloWorld001", "Login@Login001", "Chat@Chat001",
            "PyChat@PyChat001", "Test@Test001", "Hitball@Hitball001", "XaXb@XaXb001", "Webapp@Webapp001",
            "Tracing@Tracing001",
        ]
        let modules = try #require(configuration.modules)
        #expect(modules.map { "\($0.type)@\($0.id ?? "")" } == expected)
        #expect(modules[8].settings["LevelPath"] == "static/tacit/assets/levels/level1.json")
        #expect(configuration.limits == GatewayLimits())
    }

    @Test func eachKeyOfTheDemoServerThatHasNoEffectIsNamedOnce() {
        let inert = "it had no effect in mqant either"
        let unread = "mqant 1.5 does not read it"
        #expect(
            resolve(mqantServerFile).notices == [
                "server.json:2:5: 'Master' is ignored: there is no console yet",
                "server.json:20:42: no listener for WebSocket on ':3653': WebSocket is not built in yet",
                "server.json:22:25: 'Module.Gate.MaxMsgLen' is ignored: \(unread); use limits.frameBytesMax",
                "server.json:23:25: 'Module.Gate.HTTPTimeout' is ignored: there is no WebSocket yet",
                "server.json:24:25: 'Module.Gate.MaxConnNum' is ignored: \(unread); use limits.connectionsMax",
                "server.json:28:25: 'Module.Gate.MinHBStorage' is ignored: \(unread); use sessions.heartbeatSeconds",
                "server.json:106:2: 'Mqtt' is ignored: \(inert); use limits.frameSeconds and limits.writeSeconds",
                "server.json:113:9: 'Rpc.MaxCoroutine' is ignored: \(inert)",
                "server.json:114:9: 'Rpc.RpcExpired' is ignored: \(inert); use rpc.timeoutSeconds",
                "server.json:115:9: 'Rpc.LogSuccess' is ignored: \(inert); use log.level",
            ])
    }

    @Test func modulesThatTheProgramLacksAreNamedOnceEach() throws {
        let known = ["Login", "Chat", "HelloWorld", "Echo"]
        let notices = try resolve(mqantServerFile).configuration().absentModules(known: known)
        #expect(
            notices.map(\.description) == [
                "server.json:32:9: module 'Master' is not in this program and does not run",
                "server.json:56:9: module 'PyChat' is not in this program and does not run",
                "server.json:62:9: module 'Test' is not in this program and does not run",
                "server.json:68:9: module 'Hitball' is not in this program and does not run",
                "server.json:74:9: module 'XaXb' is not in this program and does not run",
                "server.json:83:9: module 'Webapp' is not in this program and does not run",
                "server.json:92:9: module 'Tracing' is not in this program and does not run",
            ])
    }

    @Test func wholeLineCommentsAndKeysInAnyCaseAreRead() throws {
        let text = """
            // the gate
            {"module": {"Gate": [
                // one
                {"ID": "g", "processid": "development", "SETTINGS": {"tcpaddr": "127.0.0.1:1999", "wsaddr": ""}},
            ]}}
            """
        let outcome = resolve(text)
        #expect(try outcome.configuration().listeners.map(\.description) == ["mqtt://127.0.0.1:1999?unrouted=answer"])
        #expect(try outcome.configuration().modules?.first?.id == "g")
        #expect(outcome.notices == [])
    }

    @Test func onlyTheChosenProcessGroupCounts() throws {
        let text = """
            {"Module": {
              "Gate": [{"Id": "G1", "ProcessID": "a", "Settings": {"TCPAddr": ":1", "TLS": true}},
                       {"Id": "G2", "ProcessID": "b", "Settings": {"TCPAddr": ":2"}}],
              "Chat": [{"Id": "C1", "ProcessID": "a"}, {"Id": "C2", "ProcessID": "b"}]}}
            """
        let chosen = try resolve(text, flags: [ConfigurationFlag("process-group", "b", spelling: "-pid")])
            .configuration()
        #expect(chosen.modules?.map(\.id) == ["G2", "C2"])
        #expect(chosen.listeners.map(\.port) == [2])
        let none = resolve(text)
        #expect(try none.configuration().modules?.isEmpty == true)
        #expect(
            none.notices == [
                "server.json:1:2: no module is configured for process group 'development', only for 'a', 'b'",
                "server.json:1:2: no listener is configured, so no client can connect",
            ])
    }

    @Test(arguments: ["TLS", "Tls", "tls"])
    func aGateThatAsksForTLSIsRefused(key: String) {
        let text =
            #"{"Module": {"Gate": [{"ProcessID": "development", "Settings": {"\#(key)": true, "TCPAddr": ":1"}}]}}"#
        let outcome = resolve(text)
        #expect(
            outcome.faults == [
                "server.json:1:71: the listener asks for TLS, and TLS is not built in; leave it out or end TLS in a proxy"
            ])
        let replaced = resolve(text, flags: [ConfigurationFlag("listen", "mqtt://:9")])
        #expect(replaced.loaded?.configuration.listeners.map(\.port) == [9])
    }

    @Test func bothSpellingsOfTLSCountAndNeitherIsUnknown() {
        let text = """
            {"Module": {"Gate": [{"ProcessID": "development", "Settings":
            {"TLS": false, "Tls": true, "CertFile": "c", "KeyFile": "k"}}]}}
            """
        let outcome = resolve(text)
        #expect(
            outcome.faults == [
                "server.json:2:23: the listener asks for TLS, and TLS is not built in; leave it out or end TLS in a proxy"
            ])
        #expect(outcome.notices == [])
    }

    @Test func keysWithoutEffectAreNamedOnceForAll() {
        let text = """
            {"Module": {
            "Login": [{"Id": "L", "ProcessID": "development", "Host": "x", "Rabbitmq": {}}],
            "Chat": [{"Id": "C", "ProcessID": "development", "Host": "y", "Redis": {}, "UDP": {}}]},
            "Rabbitmq": {}, "Redis": {}, "UDP": {}, "BI": {}, "OP": {}, "Settings": {"a": 1},
            "Log": {"file": {}, "dingtalk": {}}}
            """
        #expect(
            resolve(text).notices == [
                "server.json:1:2: no listener is configured, so no client can connect",
                "server.json:2:51: 'Module.*.Host' is ignored, here and in 1 more place: it had no effect in mqant either",
                "server.json:4:41: 'BI' is ignored: there is no BI log",
                "server.json:4:51: 'OP' is ignored: it had no effect in mqant either",
                "server.json:5:9: 'Log.file' is ignored: there is no such log writer; use log.directory",
                "server.json:5:21: 'Log.dingtalk' is ignored: there is no such log writer; use log.directory",
            ])
    }

    @Test(arguments: ["gate", "GATE", "GateLeaf", "SV_Gate", "x"])
    func anEntryWithAnAddressIsAGateWhateverItsTypeIs(type: String) throws {
        let text =
            #"{"Module": {"\#(type)": [{"Id": "G", "ProcessID": "development", "Settings": {"tcpAddr": ":1"}}]}}"#
        let configuration = try resolve(text).configuration()
        #expect(configuration.listeners.map(\.description) == ["mqtt://:1?unrouted=answer"])
        #expect(configuration.absentModules(known: []) == [])
    }

    @Test func aGateOfAWebSocketOnlyOpensNothing() throws {
        let text = #"{"Module": {"SV_Gate": [{"ProcessID": "development", "Settings": {"WSAddr": ":3653"}}]}}"#
        let outcome = resolve(text)
        #expect(try outcome.configuration().listeners == [])
        #expect(outcome.notices.last?.hasSuffix("WebSocket is not built in yet") == true)
    }

    @Test func settingsOfTheWholeFileAreReadWithTheirReferences() throws {
        let text = #"{"Settings": {"Mongo": "mongodb://${env:USER}@h", "n": {"a": [1]}}, "listeners": ["mqtt://:1"]}"#
        let loaded = try #require(resolve(text, environment: ["USER": "someone"]).loaded)
        #expect(loaded.notices == [])
        #expect(loaded.configuration.settings == ["Mongo": "mongodb://someone@h", "n": ["a": [1]]])
        #expect(loaded.report()["settings"]?["value"]?["Mongo"] == "mongodb://${env:USER}@h")
        #expect(loaded.report()["settings"]?["from"] == "server.json:1:2")
    }

    @Test func theUDPBlocksOfModulesAreTheLinkAndItsPeers() throws {
        let text = """
            {"Module": {
            "Gate": [{"ProcessID": "front", "Settings": {"TCPAddr": ":1"}, "UDP": {"Uri": "127.0.0.1:8080", "Port": 8080}}],
            "Chat": [{"ProcessID": "back", "udp": {"Port": 8081}}],
            "Room": [{"ProcessID": "back", "UDP": {"Uri": "udp://127.0.0.1:8081"}}]}}
            """
        let front = try resolve(text, flags: [ConfigurationFlag("process-group", "front")]).configuration()
        #expect(front.clusterURL == "udp://127.0.0.1:8080")
        #expect(front.clusterPeers == ["udp://127.0.0.1:8081"])
        let back = try resolve(text, flags: [ConfigurationFlag("process-group", "back")]).configuration()
        #expect(back.clusterURL == "udp://127.0.0.1:8081")
        #expect(back.clusterPeers == ["udp://127.0.0.1:8080"])
        let told = [ConfigurationFlag("process-group", "back"), ConfigurationFlag("rpc", "udp://127.0.0.1:9")]
        let other = try resolve(text, flags: told).configuration()
        #expect(other.clusterURL == "udp://127.0.0.1:9")
        #expect(other.clusterPeers == [])
    }

    /// Beside the modules it is every process's own.
    @Test func aBlockOfTheFileItselfIsTheLink() throws {
        let text = """
            {"UDP": {"Uri": "udp://127.0.0.1:8079"}, "Module": {
            "Gate": [{"ProcessID": "development", "Settings": {"TCPAddr": ":1"}}],
            "Room": [{"ProcessID": "back", "UDP": {"Uri": "udp://127.0.0.1:8081"}}]}}
            """
        let configuration = try resolve(text).configuration()
        #expect(configuration.clusterURL == "udp://127.0.0.1:8079")
        #expect(configuration.clusterPeers == ["udp://127.0.0.1:8081"])
    }

    @Test(arguments: [
        (#""Rabbitmq": {"Uri": "amqp://h:5672/", "Queue": "q"}"#, "amqp://h:5672/", "RabbitMQ"),
        (#""Redis": {"Uri": "redis://:p@h:6379", "Queue": "q"}"#, "redis://:p@h:6379", "Redis"),
        (#""Redis": {"Uri": "h:6379"}, "Rabbitmq": {"Uri": ""}"#, "redis://h:6379", "Redis"),
    ])
    func aBlockOfABrokerIsTheLinkOrNamesItsTrait(block: String, url: String, trait: String) {
        let outcome = resolve("{\"Module\": {\"Chat\": [{\"ProcessID\": \"development\", \(block)}]}}")
        if let loaded = outcome.loaded {
            #expect(loaded.configuration.clusterURL == url)
        } else {
            #expect(outcome.faults.count == 1)
            #expect(outcome.faults.first?.contains("--traits \(trait)") == true)
        }
    }

    @Test(arguments: [
        (#""Redis": "x""#, "Redis", "{Uri: \"HOST:PORT\"}"), (#""Rabbitmq": [1]"#, "Rabbitmq", "{Uri: \"HOST:PORT\"}"),
        (#""UDP": {"Port": 65536}"#, "UDP", "{Uri: \"HOST:PORT\"} or {Port: 1 to 65535}"),
    ])
    func aBlockThatNamesNoLinkIsNoticed(block: String, key: String, expected: String) throws {
        let gate = #""Gate": [{"ProcessID": "development", "Settings": {"TCPAddr": ":1"}}]"#
        let text = "{\"Module\": {\(gate), \"Chat\": [{\"ProcessID\": \"development\", \(block)}]}}"
        let loaded = try #require(resolve(text).loaded)
        #expect(loaded.configuration.clusterURL == nil)
        #expect(
            loaded.notices.map(\.reason).contains(
                .noLink("Module.Chat.\(key.lowercased())", expected: expected)))
    }

    @Test func aModuleIDMayStandOnceInTheWholeFile() {
        let text = """
            {"Module": {
            "Login": [{"Id": "X", "ProcessID": "a"}, {"Id": "X", "ProcessID": "b"}],
            "Chat": [{"ProcessID": "a"}, {"Id": "", "ProcessID": "b"}, {"Id": "X", "ProcessID": "c"}]}}
            """
        #expect(
            resolve(text).faults == [
                "server.json:2:49: module id 'X' is taken already, at line 2, column 18",
                "server.json:3:67: module id 'X' is taken already, at line 2, column 18",
            ])
    }

    @Test func aTypeMayRunOnceInAProcessGroup() {
        let text = """
            {"Module": {"Login": [{"Id": "X", "ProcessID": "a"},
            {"Id": "Y", "ProcessID": "a"}], "Chat": [{"ProcessID": "a"}]}}
            """
        #expect(
            resolve(text).faults == [
                "server.json:2:26: module 'Login' runs in process group 'a' already, at line 1, column 48"
            ])
    }

    @Test func aModuleWithoutProcessGroupIsNamed() {
        let outcome = resolve(#"{"Module": {"Chat": [{"Id": "C"}]}}"#)
        #expect(outcome.notices.first == "server.json:1:2: no module is configured for process group 'development'")
        #expect(outcome.notices.last == "server.json:1:22: module 'Chat' has no ProcessID and does not run")
    }

    @Test func wrongKindsAreNamedWithTheirPlaces() {
        let text = """
            {"Module": {"Gate": [
            {"Id": 1, "ProcessID": "development", "Settings": {"TLS": "yes", "TCPAddr": 3563}},
            7], "Chat": {}, "Login": [{"ProcessID": "development", "Settings": []}]}}
            """
        #expect(
            resolve(text).faults == [
                "server.json:2:8: Module.Gate.Id: expected a text, found 1",
                "server.json:2:59: Module.Gate.Settings.TLS: expected true or false, found 'yes'",
                "server.json:2:77: Module.Gate.Settings.TCPAddr: expected a text, found 3563",
                "server.json:3:1: Module.Gate: expected an object, found 7",
                "server.json:3:13: Module.Chat: expected an array, found an object",
                "server.json:3:68: Module.Login.Settings: expected an object, found an array",
            ])
    }

    @Test(arguments: [
        (":3563", ""), ("*:3563", ""), ("0.0.0.0:3563", ""), ("[::]:3563", ""), ("[0:0::0]:3563", ""),
        ("127.0.0.1:3563", "127.0.0.1"), ("[::1]:3563", "::1"), ("localhost:3563", "localhost"),
    ])
    func allAddressesAreThoseOfGo(address: String, host: String) throws {
        let text = #"{"Module": {"Gate": [{"ProcessID": "development", "Settings": {"TCPAddr": "\#(address)"}}]}}"#
        let listeners = try resolve(text).configuration().listeners
        #expect(listeners.map(\.host) == [host])
        #expect(listeners.map(\.port) == [3_563])
    }

    @Test(arguments: [("", ""), ("*", ""), ("[::1]", "::1"), ("::1", "::1"), ("::", "::"), ("0.0.0.0", "0.0.0.0")])
    func aHostOfOurOwnFormMeansWhatAURLsDoes(written: String, host: String) throws {
        let outcome = resolve("{listeners: [{protocol: 'mqtt', host: '\(written)', port: 0}]}")
        #expect(try outcome.configuration().listeners.map(\.host) == [host])
    }

    @Test(arguments: [
        ("3563", "listener '3563': the port is missing, expected HOST:PORT"),
        ("localhost", "listener 'localhost': the port is missing, expected HOST:PORT"),
        (":x", "listener: 'x' is no port, expected 0...65535"),
        (":65536", "listener: '65536' is no port, expected 0...65535"),
    ])
    func aBadAddressIsNamed(address: String, fault: String) {
        let text = #"{"Module": {"Gate": [{"ProcessID": "development", "Settings": {"TCPAddr": "\#(address)"}}]}}"#
        #expect(resolve(text).faults == ["server.json:1:75: " + fault])
    }
}
