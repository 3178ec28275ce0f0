import GateBench
import GateBytes
import GateDescriptors
import Gatehouse
import GatehouseDemo
import Testing

/// Runs against a whole gateway in this process.
@Suite(.serialized) struct GatewayLoadTests {
    private func run(
        _ loadProtocol: LoadProtocol, name: String? = nil, route: String? = nil,
        _ change: (inout LoadOptions) throws -> Void
    ) async throws -> LoadReport {
        var configuration = ServerConfiguration()
        configuration.loops = 2
        var listener = ListenerConfiguration(
            protocolName: name ?? loadProtocol.rawValue, host: "127.0.0.1", port: 0)
        listener.route = route
        configuration.listeners = [listener]
        let server = GatehouseServer(configuration, modules: Demo.modules)
        try await server.start()
        var options = LoadOptions(
            target: LoadTarget(loadProtocol, host: "127.0.0.1", port: server.listeners[0].port))
        options.duration = .milliseconds(200)
        options.warmup = .milliseconds(20)
        try change(&options)
        do {
            let report = try await runLoad(options)
            await server.stop(within: 1)
            return report
        } catch {
            await server.stop(within: 1)
            throw error
        }
    }

    @Test(arguments: [
        (LoadProtocol.mqtt, "Echo/HD_Raw"), (.mqtt, "Echo/HD_RawOrdered"), (.mqtt, "Echo/HD_RawConcurrent"),
        (.mqtt, "Echo/HD_Echo"), (.length32JSON, "Echo/HD_Raw"), (.length32JSON, "Echo/HD_Echo"),
    ])
    func everyRequestIsAnswered(loadProtocol: LoadProtocol, topic: String) async throws {
        let report = try await run(loadProtocol) {
            $0.topic = topic
            $0.connections = 3
            $0.depth = 4
        }
        #expect(report.connected == 3)
        #expect(report.answered > 0)
        #expect(report.errors == [:])
        #expect(report.lateAnswers == 0)
        #expect(report.exitCode == 0)
    }

    @Test(arguments: [LoadProtocol.length16, .length32])
    func theListenersRouteAnswersInOrder(loadProtocol: LoadProtocol) async throws {
        let report = try await run(loadProtocol, route: "Echo/HD_RawOrdered") { $0.depth = 16 }
        #expect(report.answered > 0)
        #expect(report.exitCode == 0)
    }

    @Test(arguments: [
        ("pomelo", "Echo/HD_RawConcurrent"), ("pomelo", "Echo/HD_Raw"), ("length32-json", "Echo/HD_RawConcurrent"),
        ("amp", "Echo/HD_Raw"), ("netstring", ""), ("photon-tcp", "3"), ("kbengine", "3"), ("skynet-msgserver", ""),
    ])
    func aDescriptorsRequestsAreAnswered(name: String, topic: String) async throws {
        let client = try DescriptorClient(shipped: name)
        let report = try await run(.descriptor, name: name, route: "Echo/HD_Raw") {
            $0.client = client
            $0.target.descriptorName = name
            if !topic.isEmpty { $0.topic = topic }
            $0.connections = 3
            $0.depth = 4
        }
        #expect(report.connected == 3)
        #expect(report.answered > 0)
        #expect(report.errors == [:])
        #expect(report.lateAnswers == 0)
        #expect(report.exitCode == 0)
    }

    @Test func aScenarioSpeaksADescriptor() async throws {
        let text =
            #"{login: {topic: "Login/HD_Login", body: {userName: "x", passWord: "y"}}, requests: [{topic: "Echo/HD_Echo", body: {a: 1}}]}"#
        let client = try DescriptorClient(shipped: "pomelo")
        let report = try await run(.descriptor, name: "pomelo") {
            $0.client = client
            $0.scenario = try Scenario(parsing: Array(text.utf8), asJSON: client.payloadIsJSON)
        }
        #expect(report.answered > 0)
        #expect(report.exitCode == 0)
    }

    @Test func aCastReachesEveryReader() async throws {
        let report = try await run(.mqtt) {
            $0.mode = .fanout
            $0.connections = 7
            $0.stalledReaders = 1
        }
        #expect(report.connected == 9)
        #expect(report.answered > 0)
        #expect(report.lateAnswers == 0)
        #expect(report.exitCode == 0)
    }

    @Test func aScenarioLogsInAndDrawsByWeight() async throws {
        let text = """
            {
              login: {topic: "Login/HD_Login", body: {userName: "x", passWord: "y"}},
              requests: [{weight: 3, topic: "Echo/HD_Raw"}, {topic: "Nobody/HD_X"}],
            }
            """
        let report = try await run(.mqtt) {
            $0.scenario = try Scenario(parsing: Array(text.utf8))
            $0.depth = 8
        }
        let failures = try #require(report.errors["answer: Service(type:Nobody) not found"])
        #expect(report.errors.count == 1)
        #expect(report.answered > failures)
        #expect(report.exitCode == 1)
    }

    @Test func aLoginThatFailsIsNoConnection() async throws {
        let text = #"{login: {topic: "Login/HD_Nothing"}, requests: [{topic: "Echo/HD_Raw"}]}"#
        let report = try await run(.mqtt) { $0.scenario = try Scenario(parsing: Array(text.utf8)) }
        #expect(report.connected == 0)
        #expect(report.errors == ["connect: login: answer: Remote function(HD_Nothing) not found": 1])
        #expect(report.exitCode == 69)
    }
}
