import GateBench
import GateBytes
import Testing

@Suite struct LoadTargetTests {
    static let valid: [(String, LoadTarget)] = [
        ("mqtt://127.0.0.1:1884", LoadTarget(.mqtt, host: "127.0.0.1", port: 1884)),
        ("mqtt://localhost", LoadTarget(.mqtt, host: "localhost", port: 1883)),
        ("mqtt://localhost/", LoadTarget(.mqtt, host: "localhost", port: 1883)),
        ("length32-json://h", LoadTarget(.length32JSON, host: "h", port: 3564)),
        ("length16://h:65535", LoadTarget(.length16, host: "h", port: 65_535)),
        ("length32://[::1]:1", LoadTarget(.length32, host: "::1", port: 1)),
        ("mqtt://[::1]", LoadTarget(.mqtt, host: "::1", port: 1883)),
        ("raw://h:9", LoadTarget(.raw, host: "h", port: 9)),
    ]

    @Test(arguments: valid)
    func readsAURL(text: String, target: LoadTarget) throws {
        #expect(try LoadTarget(parsing: text) == target)
    }

    @Test(arguments: [
        "", "mqtt", "mqtt:", "http://h:1", "://h:1", "mqtt://", "mqtt://:1", "mqtt://h:", "mqtt://h:0",
        "mqtt://h:65536", "mqtt://h:x", "mqtt://[::1:5", "mqtt://[::1]5", "raw://h", "length32://h", "mqtt://h/x:1",
    ])
    func refusesWhatIsNone(text: String) {
        #expect(throws: LoadError.self) { try LoadTarget(parsing: text) }
    }

    @Test(arguments: ["tcp://h:7", "pomelo://h:7"])
    func withADescriptorTheSchemeIsAnyWord(text: String) throws {
        let target = try LoadTarget(parsing: text, descriptorName: "pomelo")
        #expect(target.loadProtocol == .descriptor)
        #expect("\(target)" == "pomelo://h:7")
    }

    @Test(arguments: ["tcp://h", "://h:7", "descriptor://h:7"])
    func aDescriptorNeedsASchemeAndAPort(text: String) {
        #expect(throws: LoadError.self) {
            try LoadTarget(parsing: text, descriptorName: text.hasPrefix("d") ? nil : "pomelo")
        }
    }

    @Test func aTargetIsWrittenAsItsURL() {
        #expect("\(LoadTarget(.length32JSON, host: "::1", port: 5))" == "length32-json://[::1]:5")
    }

    @Test(arguments: [
        ("10s", 10_000_000_000), ("500ms", 500_000_000), ("2m", 120_000_000_000), ("1.5", 1_500_000_000),
        ("0s", 0), ("86400s", 86_400_000_000_000),
    ])
    func readsLengthsOfTime(text: String, nanoseconds: Int64) {
        #expect(TimeSpan(parsing: text) == TimeSpan(nanoseconds: nanoseconds))
    }

    @Test(arguments: ["", "s", "-1s", "1h", "1 s", "86401s", "1e3", "nan", "inf", "1.2.3", "0x10"])
    func refusesWhatIsNoLengthOfTime(text: String) {
        #expect(TimeSpan(parsing: text) == nil)
    }

    static let wrong: [@Sendable (inout LoadOptions) -> Void] = [
        { $0.connections = 0 }, { $0.connections = 1_000_001 }, { $0.depth = 0 }, { $0.depth = 65_537 },
        { $0.rate = 0 }, { $0.rate = 10_000_001 }, { $0.ramp = 0 }, { $0.payloadBytes = -1 },
        { $0.payloadBytes = 8_388_609 }, { $0.threads = 0 }, { $0.threads = 65 }, { $0.duration = .zero },
        { $0.timeout = .zero }, { $0.topic = "" },
        {
            $0.mode = .fanout
            $0.payloadBytes = 9
        },
        {
            $0.mode = .fanout
            $0.threads = 2
        },
        {
            $0.mode = .fanout
            $0.castsInFlight = 1_025
        },
        {
            $0.mode = .fanout
            $0.target.loadProtocol = .length32
        },
        {
            $0.target.loadProtocol = .length32
            $0.subscription = "a"
        },
    ]

    @Test(arguments: wrong.indices)
    func refusesOptionsOutOfBounds(index: Int) {
        var options = LoadOptions(target: LoadTarget(.mqtt, host: "h", port: 1))
        Self.wrong[index](&options)
        #expect(throws: LoadError.self) { try options.check() }
    }

    static let right: [@Sendable (inout LoadOptions) -> Void] = [
        { _ in }, { $0.connections = 1_000_000 }, { $0.depth = 65_536 }, { $0.rate = 10_000_000 },
        { $0.payloadBytes = 0 }, { $0.payloadBytes = 8_388_608 }, { $0.threads = 64 },
        {
            $0.mode = .fanout
            $0.payloadBytes = 10
            $0.castsInFlight = 1_024
        },
    ]

    @Test(arguments: right.indices)
    func takesOptionsAtTheirBounds(index: Int) throws {
        var options = LoadOptions(target: LoadTarget(.mqtt, host: "h", port: 1))
        Self.right[index](&options)
        try options.check()
    }
}
