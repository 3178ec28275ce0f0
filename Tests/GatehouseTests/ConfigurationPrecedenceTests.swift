import GateBytes
import GateJSON
import Gatehouse
import Testing

@Suite("ConfigurationLoader: flag, environment, file, default")
struct ConfigurationPrecedenceTests {
    /// A variable, its text, and the section, key and value of the report that it leads to.
    static let variables: [(String, String, String, String, JSONValue)] = [
        ("GATEHOUSE_NODE", "n2", "node", "name", "n2"),
        ("GATEHOUSE_PROCESS_GROUP", "g", "node", "processGroup", "g"),
        ("GATEHOUSE_LOOPS", "4", "node", "loops", 4), ("GATEHOUSE_PORTS_FILE", "/p", "node", "portsFile", "/p"),
        ("GATEHOUSE_DRAIN_SECONDS", "0", "node", "drainSeconds", 0),
        ("GATEHOUSE_LOG_LEVEL", "trace", "log", "level", "trace"),
        ("GATEHOUSE_LOG_DIR", "/l", "log", "directory", "/l"),
        ("GATEHOUSE_PROTOCOLS", "/a b:/c", "protocols", "directories", .array(["/a b", "/c"])),
        ("GATEHOUSE_ROUTE_RULE", "uri", "routing", "rule", "uri"),
        ("GATEHOUSE_GUARD", "A_, B_", "routing", "guard", .array(["A_", "B_"])),
        ("GATEHOUSE_SECOND_LOGIN", "refuse", "sessions", "secondLogin", "refuse"),
        ("GATEHOUSE_HEARTBEAT_SECONDS", "90", "sessions", "heartbeatSeconds", 90),
        ("GATEHOUSE_STORED_MAX", "5", "sessions", "storedMax", 5),
        ("GATEHOUSE_STORED_SECONDS", "5m", "sessions", "storedSeconds", 300),
        ("GATEHOUSE_RPC_TIMEOUT_SECONDS", "250ms", "rpc", "timeoutSeconds", 0.25),
        ("GATEHOUSE_CONNECTIONS_MAX", "5", "limits", "connectionsMax", 5),
        ("GATEHOUSE_CONNECTIONS_PER_ADDRESS_MAX", "5", "limits", "connectionsPerAddressMax", 5),
        ("GATEHOUSE_CONNECTION_RATE_MAX", "5", "limits", "connectionRateMax", 5),
        ("GATEHOUSE_FRAME_BYTES_MAX", "1MiB", "limits", "frameBytesMax", 1_048_576),
        ("GATEHOUSE_IN_FLIGHT_MAX", "5", "limits", "inFlightMax", 5),
        ("GATEHOUSE_QUEUED_BYTES_MAX", "2MiB", "limits", "queuedBytesMax", 2_097_152),
        ("GATEHOUSE_HIGH_WATER_BYTES", "5", "limits", "highWaterBytes", 5),
        ("GATEHOUSE_HANDSHAKE_SECONDS", "5", "limits", "handshakeSeconds", 5),
        ("GATEHOUSE_FRAME_SECONDS", "5", "limits", "frameSeconds", 5),
        ("GATEHOUSE_WRITE_SECONDS", "5", "limits", "writeSeconds", 5),
    ]

    /// What each place says; the strongest one wins.
    @Test(arguments: [
        (false, false, false, 20, "default"), (true, false, false, 1, "server.json:1:24"),
        (false, true, false, 2, "GATEHOUSE_IN_FLIGHT_MAX"), (true, true, false, 2, "GATEHOUSE_IN_FLIGHT_MAX"),
        (false, false, true, 3, "--in-flight-max"), (true, false, true, 3, "--in-flight-max"),
        (false, true, true, 3, "--in-flight-max"), (true, true, true, 3, "--in-flight-max"),
    ])
    func theStrongestPlaceWins(file: Bool, variable: Bool, flag: Bool, value: Int, origin: String) throws {
        let outcome = resolve(
            file ? "{limits: {inFlightMax: 1}}" : nil, environment: variable ? ["GATEHOUSE_IN_FLIGHT_MAX": "2"] : [:],
            flags: flag ? [ConfigurationFlag("in-flight-max", "3")] : [])
        #expect(try outcome.configuration().limits.inFlightMax == value)
        let loaded = try #require(outcome.loaded)
        #expect(loaded.report()["limits"]?["inFlightMax"] == ["value": .number(value), "from": .string(origin)])
    }

    @Test(arguments: [
        (false, false, false, [1883, 3563, 3564]), (true, false, false, [1]), (true, true, false, [2, 22]),
        (true, true, true, [3, 33]), (false, false, true, [3, 33]),
    ])
    func listenersAreTakenWholeFromTheStrongestPlace(
        file: Bool, variable: Bool, flag: Bool, ports: [UInt16]
    ) throws {
        let outcome = resolve(
            file ? "{listeners: ['mqtt://:1']}" : nil,
            environment: variable ? ["GATEHOUSE_LISTEN": "mqtt://:2, length16://:22"] : [:],
            flags: flag ? [ConfigurationFlag("listen", "mqtt://:3"), ConfigurationFlag("listen", "mqtt://:33")] : [])
        #expect(try outcome.configuration().listeners.map(\.port) == ports)
    }

    @Test func peersOfANodeThatMeetsNobodyAreNoticed() {
        let notice = "peers are ignored: rpc.url (--rpc) says where this node meets them, and is not set"
        let peer = "udp://127.0.0.1:2"
        let listeners = "listeners: ['mqtt://:1']"
        #expect(
            resolve("{\(listeners), rpc: {peers: ['\(peer)']}}").notices == ["server.json:1:41: \(notice)"])
        #expect(
            resolve("{\(listeners)}", flags: [ConfigurationFlag("peer", peer)]).notices == ["--peer: \(notice)"])
        #expect(resolve("{\(listeners), rpc: {url: 'udp://127.0.0.1:1', peers: ['\(peer)']}}").notices == [])
    }

    @Test(arguments: variables)
    func eachSettingHasAVariable(
        variable: String, text: String, section: String, key: String, value: JSONValue
    ) throws {
        let loaded = try #require(resolve(environment: [variable: text]).loaded)
        #expect(loaded.report()[section]?[key] == ["value": value, "from": .string(variable)])
        #expect(loaded.notices == [])
        let empty = try #require(resolve(environment: [variable: ""]).loaded)
        #expect(empty.report()[section]?[key]?["from"] == "default")
    }

    @Test func unknownVariablesInOurNameAreNamed() {
        let environment = [
            "GATEHOUSE_LOPS": "1", "GATEHOUSE_COLOUR_OF_THE_SKY": "1", "PATH": "x", "GATEHOUSE_CONFIG": "f",
        ]
        #expect(
            resolve(environment: environment).notices == [
                "GATEHOUSE_COLOUR_OF_THE_SKY: unknown environment variable is ignored",
                "GATEHOUSE_LOPS: unknown environment variable, did you mean GATEHOUSE_LOOPS?",
            ])
    }

    @Test func theFileIsTheFlagsThenTheVariables() {
        #expect(ConfigurationLoader.path(flag: "a", environment: ["GATEHOUSE_CONFIG": "b"]) == "a")
        #expect(ConfigurationLoader.path(flag: nil, environment: ["GATEHOUSE_CONFIG": "b"]) == "b")
        #expect(ConfigurationLoader.path(flag: nil, environment: ["GATEHOUSE_CONFIG": ""]) == nil)
    }

    @Test func repeatedFlagsOfAListAddUpAndOthersCountLast() throws {
        let configuration = try resolve(flags: [
            ConfigurationFlag("protocols", "a:b"), ConfigurationFlag("loops", "2"), ConfigurationFlag("guard", "X_"),
            ConfigurationFlag("loops", "3"), ConfigurationFlag("protocols", "c"),
        ]).configuration()
        #expect(configuration.protocolDirectories == ["a:b", "c"])
        #expect(configuration.guardPrefixes == ["X_"])
        #expect(configuration.loops == 3)
    }

    @Test func faultsOfTheCommandLineAloneAreAMatterOfUsage() throws {
        let loader = ConfigurationLoader(nodeName: "here")
        let flags = [ConfigurationFlag("loops", "0")]
        let onlyFlags = #expect(throws: ConfigurationFaults.self) { try loader.resolve(file: nil, flags: flags) }
        #expect(onlyFlags?.areAllFlags == true)
        let mixed = #expect(throws: ConfigurationFaults.self) {
            try loader.resolve(file: nil, environment: ["GATEHOUSE_LOOPS": "x"], flags: flags)
        }
        #expect(mixed?.areAllFlags == false)
    }

    @Test func theReportNamesListenersAndModulesWithTheirPlaces() throws {
        let text = """
            {listeners: ["mqtt://:1"],
             modules: [{type: "Chat", id: "c"}]}
            """
        let report = try #require(resolve(text).loaded).report()
        #expect(report["listeners"] == [["value": "mqtt://:1", "from": "server.json:1:14"]])
        let module: JSONValue = ["type": "Chat", "id": "c", "processGroup": nil, "settings": [:]]
        #expect(report["modules"] == [["value": module, "from": "server.json:2:19"]])
        let defaults = try #require(resolve().loaded).report()
        #expect(defaults["modules"] == ["value": "all", "from": "default"])
        #expect(defaults["node"]?["loops"] == ["value": nil, "from": "default"])
    }
}
