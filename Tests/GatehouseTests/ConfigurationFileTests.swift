import GateBytes
import GateJSON
import Gatehouse
import Testing

@Suite("Configuration in our own form")
struct ConfigurationFileTests {
    @Test func everySettingCanBeWritten() throws {
        let text = """
            {
                node: {name: "n1", processGroup: "p", loops: 3, portsFile: "/run/ports", drainSeconds: 5},
                log: {level: "debug", directory: "/var/log"},
                listeners: [
                    "length16://[::1]:0?route=Echo/HD_Raw&order=le",
                    {protocol: "mqtt", port: 1883, takeover: true, envelope: "bare", frameBytesMax: "1KiB",
                     parameters: {a: 1, b: true, c: "x"}},
                    {url: "length32://127.0.0.1:7", route: "A/b", tls: false},
                    {url: "firefly://127.0.0.1:8", routes: {"7": "Chat/HD_Say", login: "Login/HD_Login"}},
                ],
                protocols: {directories: ["a", "b"]},
                routing: {rule: "uri", guard: ["X_"]},
                sessions: {secondLogin: "kick", heartbeatSeconds: "2m", storedMax: 0, storedSeconds: "1h"},
                modules: [{type: "Chat", id: "c1", settings: {k: [1]}}, {type: "Login", processGroup: "q"}],
                rpc: {timeoutSeconds: 2.5},
                limits: {
                    connectionsMax: 9, connectionsPerAddressMax: 8, connectionRateMax: 7, frameBytesMax: "64KiB",
                    inFlightMax: 6, queuedBytesMax: "1MB", highWaterBytes: 1000, handshakeSeconds: "100ms",
                    frameSeconds: 0.5, writeSeconds: "1h",
                },
            }
            """
        let outcome = resolve(text)
        let configuration = try outcome.configuration()
        #expect(outcome.notices == [])
        #expect(configuration.node == "n1")
        #expect(configuration.processGroup == "p")
        #expect(configuration.loops == 3)
        #expect(configuration.portsFile == "/run/ports")
        #expect(configuration.drainTime == .seconds(5))
        #expect("\(configuration.logLevel)" == "debug")
        #expect(configuration.logDirectory == "/var/log")
        #expect(
            configuration.listeners.map(\.description) == [
                "length16://[::1]:0?route=Echo/HD_Raw&order=le",
                "mqtt://:1883?takeover=true&envelope=bare&frameBytesMax=1024&a=1&b=true&c=x",
                "length32://127.0.0.1:7?route=A/b", "firefly://127.0.0.1:8",
            ])
        #expect(configuration.listeners.last?.routes == ["7": "Chat/HD_Say", "login": "Login/HD_Login"])
        #expect(configuration.protocolDirectories == ["a", "b"])
        #expect(configuration.routeRule == .uri)
        #expect(configuration.guardPrefixes == ["X_"])
        #expect(configuration.secondLogin == .kick)
        #expect(configuration.modules?.map(\.type) == ["Chat"])
        #expect(configuration.modules?.first?.settings == ["k": [1]])
        var limits = GatewayLimits()
        limits.heartbeatTime = .seconds(120)
        limits.storedSessionsMax = 0
        limits.storedSessionTime = .seconds(3_600)
        limits.callTime = .milliseconds(2_500)
        limits.connectionsMax = 9
        limits.connectionsPerAddressMax = 8
        limits.connectionRateMax = 7
        limits.frameBytesMax = 65_536
        limits.inFlightMax = 6
        limits.queuedBytesMax = 1_000_000
        limits.highWaterBytes = 1_000
        limits.handshakeTime = .milliseconds(100)
        limits.frameTime = .milliseconds(500)
        limits.writeTime = .seconds(3_600)
        #expect(configuration.limits == limits)
    }

    @Test func anEmptyFileChangesNothing() throws {
        let configuration = try resolve("{}").configuration()
        #expect(
            configuration.listeners.map(\.description) == [
                "mqtt://127.0.0.1:1883", "mqtt://127.0.0.1:3563", "length32-json://127.0.0.1:3564",
            ])
        #expect(configuration.modules == nil)
        #expect(configuration.node == "here")
    }

    @Test func allFaultsAreReportedTogetherInTheirOrder() {
        let text = """
            {
              limits: {inFlightMax: 0, inflightmax: 3, handshakeSeconds: "soon"},
              node: [], listeners: {}, log: {level: "loud"},
              sessions: {secondLogin: "both"}, modules: [{id: "x"}, {type: 4}, "Chat"],
              rpc: {timeoutSeconds: 0}, routing: {guard: ["a", ""]},
            }
            """
        let outcome = resolve(
            text, environment: ["GATEHOUSE_LOOPS": "many"],
            flags: [ConfigurationFlag("node", "a/b"), ConfigurationFlag("listen", "mqtt://h")])
        let levels = "trace, debug, info, notice, warning, error or critical"
        #expect(
            outcome.faults == [
                "server.json:2:25: limits.inFlightMax: expected a whole number in 1...65535, found 0",
                "server.json:2:28: key 'inflightmax' stands there already, at line 2, column 12 (case does not count)",
                "server.json:2:62: limits.handshakeSeconds: expected a time such as 10, \"5s\" or \"100ms\" in "
                    + "0.01...86400 seconds, found 'soon'",
                "server.json:3:9: node: expected an object, found an array",
                "server.json:3:24: listeners: expected an array, found an object",
                "server.json:3:41: log.level: expected \(levels), found 'loud'",
                "server.json:4:27: sessions.secondLogin: expected allow, refuse or kick, found 'both'",
                "server.json:4:46: key 'type' is missing",
                "server.json:4:64: modules[].type: expected a text, found 4",
                "server.json:4:68: modules[]: expected an object, found 'Chat'",
                "server.json:5:25: rpc.timeoutSeconds: expected a time such as 10, \"5s\" or \"100ms\" in "
                    + "0.001...3600 seconds, found 0",
                "server.json:5:46: routing.guard: expected an array of texts that are not empty, found an array",
                "GATEHOUSE_LOOPS: node.loops: expected a whole number in 1...1024, found 'many'",
                "--node: node.name: expected a name of at most 64 bytes without blanks, '/' and '@', found 'a/b'",
                "--listen: listener 'h': the port is missing, expected HOST:PORT",
            ])
    }

    @Test(arguments: [
        ("{node: {name: 'a'}", "server.json:1:19: unexpected end of input, expected ',' or '}'"),
        ("{\n  rpc 1}", "server.json:2:7: unexpected '1', expected ':'"),
        ("{rpc: {}, rpc: {}}", "server.json:1:11: duplicate key 'rpc', each key may stand once in an object"),
        ("", "server.json:1:1: unexpected end of input, expected a value"),
        ("[]", "server.json:1:1: the file: expected an object, found an array"),
    ])
    func aFileThatIsNoObjectIsRefused(text: String, fault: String) {
        #expect(resolve(text).faults == [fault])
    }

    @Test(arguments: [
        ("{limit: {}}", "server.json:1:2: unknown key 'limit', did you mean 'limits'?"),
        ("{listners: []}", "server.json:1:2: unknown key 'listners', did you mean 'listeners'?"),
        ("{colour: 1}", "server.json:1:2: unknown key 'colour' is ignored"),
        (
            "{limits: {inflightsMax: 1}}",
            "server.json:1:11: unknown key 'inflightsMax', did you mean 'inFlightMax'?"
        ),
        ("{\"a\\nb\": 1}", "server.json:1:2: unknown key 'a\u{FFFD}b' is ignored"),
        (
            "{modules: [{type: 'A', idd: 'x'}]}",
            "server.json:1:24: unknown key 'idd', did you mean 'id'?"
        ),
        (
            "{listeners: [{protocol: 'mqtt', port: 1, rout: 'x'}]}",
            "server.json:1:42: unknown key 'rout', did you mean 'route'?"
        ),
    ])
    func anUnknownKeyIsNamedOnce(text: String, notice: String) {
        #expect(resolve(text).notices == [notice])
    }

    @Test(arguments: [
        ("{protocol: 'mqtt'}", "1:14: key 'port' is missing"),
        ("{port: 1}", "1:14: key 'protocol' is missing"),
        (
            "{protocol: 'mqtt', port: 65536}",
            "1:39: listeners[].port: expected a whole number in 0...65535, found 65536"
        ),
        (
            "{protocol: 'mqtt', port: 1, host: '::x'}",
            "1:14: listener: '[::x]' is no host, expected a name, 127.0.0.1, "
                + "[::1], or * or nothing for all addresses"
        ),
        (
            "{protocol: 'mqtt', port: 1, tls: true}",
            "1:47: the listener asks for TLS, and TLS is not built in; "
                + "leave it out or end TLS in a proxy"
        ),
        ("{protocol: 'mqtt', port: 1, tls: 1}", "1:47: listeners[].tls: expected true or false, found 1"),
        (
            "{protocol: 'mqtts', port: 1}",
            "1:14: the listener asks for TLS, and TLS is not built in; "
                + "leave it out or end TLS in a proxy"
        ),
        ("{protocol: 'ws', port: 1}", "1:14: the listener asks for WebSocket, and WebSocket is not built in yet"),
        (
            "{protocol: 'amp', port: 1, routes: {a: 'b'}}",
            "1:53: listeners[].routes.a: expected a route as Type/Function, found 'b'"
        ),
        (
            "{protocol: 'amp', port: 1, routes: ['b']}",
            "1:49: listeners[].routes: expected an object of names and routes, found an array"
        ),
        ("{protocol: 'mqtt', port: 1, route: 'x'}", "1:49: listener: route: expected type/handler, found 'x'"),
        ("{protocol: 'mqtt', port: 1, envelope: 'x'}", "1:52: listener: envelope: expected mqant or bare, found 'x'"),
        ("{url: 'mqtt://:1', port: 2}", "1:39: listeners[].port: expected nothing beside url, found 2"),
        ("{url: 5}", "1:20: listeners[].url: expected a text, found 5"),
        (
            "{url: 'mqtt://:1', parameters: {a: null}}",
            "1:49: listeners[].parameters.a: expected a text, a number or true or false, found null"
        ),
        ("'mqtt:1'", "1:14: listener 'mqtt:1': expected PROTOCOL://HOST:PORT"),
        (
            "{url: 'mqtt://:1', frameBytesMax: 63}",
            "1:48: listeners[].frameBytesMax: expected a size such as 65536 or "
                + "\"64KiB\" in 64...268435455 bytes, found 63"
        ),
    ])
    func aBadListenerIsNamed(listener: String, fault: String) {
        #expect(resolve("{listeners: [\(listener)]}").faults == ["server.json:" + fault])
    }

    @Test func modulesOfOurOwnFormAreUniqueToo() {
        let text = """
            {modules: [{type: "A", id: "x"}, {type: "B", id: "x"},
            {type: "A", processGroup: "g"}]}
            """
        #expect(
            resolve(text).faults == [
                "server.json:1:50: module id 'x' is taken already, at line 1, column 28",
                "server.json:2:27: module 'A' runs in process group 'g' already, at line 1, column 12",
            ])
    }

    @Test func theHighWaterMarkIsNotAboveTheQueue() throws {
        #expect(
            resolve("{limits: {queuedBytesMax: 2000, highWaterBytes: 2001}}").faults == [
                "server.json:1:49: limits.highWaterBytes (2001) must not be more than limits.queuedBytesMax (2000)"
            ])
        let equal = try resolve("{limits: {queuedBytesMax: 2000, highWaterBytes: 2000}}").configuration()
        #expect(equal.limits.highWaterBytes == 2_000)
        let lowered = try resolve("{limits: {queuedBytesMax: 2000}}").configuration()
        #expect(lowered.limits.highWaterBytes == 500)
    }

    @Test(arguments: [
        ("connectionsMax", 1, 10_000_000), ("connectionsPerAddressMax", 0, 10_000_000),
        ("connectionRateMax", 0, 1_000_000), ("frameBytesMax", 64, 268_435_455), ("inFlightMax", 1, 65_535),
        ("queuedBytesMax", 1_024, 1_073_741_824),
    ])
    func numbersAreHeldToTheirRanges(key: String, low: Int, high: Int) {
        for (value, isAllowed) in [(low - 1, false), (low, true), (low + 1, true), (high, true), (high + 1, false)] {
            #expect(resolve("{limits: {\(key): \(value)}}").faults.isEmpty == isAllowed, "\(value)")
        }
    }

    @Test func aRouteToAModuleThatDoesNotRunIsNamed() throws {
        let text = """
            {modules: [{type: "Chat"}, {type: "Room"}], listeners: ["length16://:1?route=Chat@x/HD_A",
            "length16://:2?route=Echo/HD_Raw", "length16://:3?route=Room/HD_A", "mqtt://:4",
            "length16://:5?route=Chat://x/HD_A", "length16://:6?route=Echo://x/HD_A"]}
            """
        let notices = try resolve(text).configuration().absentModules(known: ["Chat", "Echo"])
        #expect(
            notices.map(\.description) == [
                "server.json:1:35: module 'Room' is not in this program and does not run",
                "server.json:2:1: route 'Echo/HD_Raw' leads nowhere: module 'Echo' does not run here",
                "server.json:2:36: route 'Room/HD_A' leads nowhere: module 'Room' does not run here",
                "server.json:3:38: route 'Echo://x/HD_A' leads nowhere: module 'Echo' does not run here",
            ])
        let all = resolve(flags: [ConfigurationFlag("listen", "length16://:1?route=Echo/HD_Raw")])
        #expect(try all.configuration().absentModules(known: ["Echo"]) == [])
    }
}
