import GateBench
import Glibc
import Testing

@Suite struct ScenarioTests {
    @Test func readsLoginAndRequests() throws {
        let text = """
            {
              // as a person writes it
              login: {topic: "Login/HD_Login", body: {userName: "x"}},
              requests: [{weight: 9, topic: "A/HD_B", body: "plain"}, {topic: "C/HD_D"}],
            }
            """
        let scenario = try Scenario(parsing: Array(text.utf8))
        #expect(
            scenario.login
                == Scenario.Request(weight: 1, topic: "Login/HD_Login", body: Array(#"{"userName":"x"}"#.utf8)))
        #expect(
            scenario.requests == [
                Scenario.Request(weight: 9, topic: "A/HD_B", body: Array("plain".utf8)),
                Scenario.Request(weight: 1, topic: "C/HD_D", body: []),
            ])
    }

    @Test func bodiesOfTextAreJSONWhereBodiesAre() throws {
        let text = #"{requests: [{topic: "A/HD_B", body: "plain"}]}"#
        #expect(
            try Scenario(parsing: Array(text.utf8), asJSON: true).requests[0].body == Array("\"plain\"".utf8))
    }

    static let faults: [(String, String)] = [
        ("{requests: [", "line 1, column 13: unexpected end of input, expected a value or ']'"),
        ("{}", "line 1, column 1: 'requests' is missing"),
        ("{requests: []}", "line 1, column 12: expected 1...1000 requests"),
        ("[]", "line 1, column 1: expected an object, found array"),
        ("{\n  request: []}", "line 2, column 3: unknown key 'request', known are login, requests"),
        ("{requests: [{topic: \"\"}]}", "line 1, column 21: expected a topic of 1...1024 bytes"),
        ("{requests: [{weight: 1}]}", "line 1, column 13: 'topic' is missing"),
        (
            "{requests: [{topic: \"A\",\n weight: 0}]}",
            "line 2, column 10: expected a whole number in 1...1000000"
        ),
        (
            "{requests: [{topic: \"A\"}], login: {topic: \"A\", weight: 1}}",
            "line 1, column 48: unknown key 'weight', known are topic, body"
        ),
    ]

    @Test(arguments: faults)
    func aFaultSaysWhereItIs(text: String, fault: String) {
        #expect(throws: LoadError.invalidScenario(fault)) { try Scenario(parsing: Array(text.utf8)) }
    }

    @Test(arguments: [1, 1_000_000])
    func takesWeightsAtTheirBounds(weight: Int) throws {
        let text = "{requests: [{topic: \"A\", weight: \(weight)}]}"
        #expect(try Scenario(parsing: Array(text.utf8)).requests[0].weight == weight)
    }

    @Test func refusesAHigherWeight() {
        let text = "{requests: [{topic: \"A\", weight: 1000001}]}"
        #expect(throws: LoadError.self) { try Scenario(parsing: Array(text.utf8)) }
    }

    @Test(arguments: [1_000, 1_001])
    func takesAThousandRequestsAndNoMore(count: Int) throws {
        let text = "{requests: [\([String](repeating: "{topic: \"A\"}", count: count).joined(separator: ","))]}"
        if count == 1_000 {
            #expect(try Scenario(parsing: Array(text.utf8)).requests.count == 1_000)
        } else {
            #expect(throws: LoadError.self) { try Scenario(parsing: Array(text.utf8)) }
        }
    }

    @Test(arguments: [1_048_576, 1_048_577]) func aFileHasAMebibyteAtMost(count: Int) throws {
        let path = "/tmp/gatehouse-scenario-\(getpid())-\(count)"
        let text = Array("{requests: [{topic: \"A\"}]}".utf8)
        let bytes = text + [UInt8](repeating: UInt8(ascii: " "), count: count - text.count)
        // Sound: the calls read the NUL-terminated path and the array that Swift lends them.
        let file = unsafe open(path, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
        defer { _ = unsafe unlink(path) }
        try #require(unsafe write(file, bytes, bytes.count) == bytes.count && close(file) == 0)
        if count == 1_048_576 {
            #expect(try Scenario(contentsOf: path).requests.count == 1)
        } else {
            #expect(throws: LoadError.self) { try Scenario(contentsOf: path) }
        }
    }

    @Test func aMissingFileIsNamed() {
        #expect(
            throws: LoadError.unreadableFile("/nowhere/x.json5", reason: "no such file or directory")
        ) { try Scenario(contentsOf: "/nowhere/x.json5") }
    }
}
