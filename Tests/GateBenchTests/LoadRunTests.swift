import GateBench
import GateBytes
import GateIO
import GateUV
import Testing

/// Whole runs against a server in this process.
@Suite(.serialized) struct LoadRunTests {
    /// Sends back what comes, as soon as the stream takes it.
    private final class EchoHandler: ByteStreamHandler {
        private let stream: any ByteStream
        private var output = ByteBuffer()

        init(_ stream: any ByteStream) { self.stream = stream }

        func received(_ bytes: Span<UInt8>) {
            output.append(bytes)
            writeFinished()
        }

        func ended(_ end: StreamEnd) {}

        func writeFinished() {
            if stream.pendingBytes == 0 { stream.write(&output) }
        }
    }

    /// Runs the load on another thread than the test's, since it blocks.
    private func run(
        _ loadProtocol: LoadProtocol, _ change: (inout LoadOptions) -> Void,
        accept: @escaping @Sendable (any ByteStream) -> Void = Self.echo
    ) async throws -> LoadReport {
        let group = try UVEventLoopGroup(loopCount: 1)
        let listener = try group.listen(host: "127.0.0.1", port: 0) { _, stream in accept(stream) }
        var options = LoadOptions(
            target: LoadTarget(loadProtocol, host: "127.0.0.1", port: listener.addresses[0].port))
        options.duration = .milliseconds(200)
        options.warmup = .milliseconds(20)
        change(&options)
        defer { group.shutDown() }
        return try await runLoad(options)
    }

    private static let echo: @Sendable (any ByteStream) -> Void = { $0.start(EchoHandler($0)) }

    @Test(arguments: [LoadProtocol.raw, .length16, .length32])
    func aClosedLoopIsAnsweredCompletely(loadProtocol: LoadProtocol) async throws {
        let report = try await run(loadProtocol) {
            $0.connections = 5
            $0.depth = 16
        }
        #expect(report.connected == 5)
        #expect(report.answered > 0)
        #expect(report.latencies.count == UInt64(report.answered))
        #expect(report.errorCount == 0)
        #expect(report.exitCode == 0)
    }

    @Test func anOpenLoopSendsExactlyWhatIsDue() async throws {
        let report = try await run(.raw) {
            $0.connections = 3
            $0.rate = 5_000
            $0.threads = 2
        }
        #expect(report.answered + report.unsent == 1_000)
        #expect(report.unsent == 0)
        #expect(report.exitCode == 0)
    }

    @Test func anEchoIsNoMQTTServer() async throws {
        // The CONNECT comes back, which is no CONNACK.
        let report = try await run(.mqtt) { $0.timeout = .milliseconds(300) }
        #expect(report.connected == 0)
        #expect(report.failed == 1)
        #expect(report.errors == ["connect: not ready in time": 1])
        #expect(report.exitCode == 69)
    }

    @Test func aServerThatClosesIsAnError() async throws {
        let report = try await run(.raw, { $0.timeout = .milliseconds(500) }, accept: { $0.close() })
        #expect(report.errorCount > 0)
        #expect(report.exitCode != 0)
    }

    @Test func aServerThatNeverAnswersMakesTimeouts() async throws {
        let report = try await run(
            .raw,
            {
                $0.depth = 2
                $0.timeout = .milliseconds(100)
            }, accept: { _ in })
        #expect(report.connected == 1)
        #expect(report.answered == 0)
        #expect(report.timeouts >= 2)
        #expect(report.exitCode == 1)
    }

    @Test func nobodyListeningIsToldAsSuch() async throws {
        let group = try UVEventLoopGroup(loopCount: 1)
        let listener = try group.listen(host: "127.0.0.1", port: 0) { _, _ in }
        let port = listener.addresses[0].port
        group.shutDown()
        let options = LoadOptions(target: LoadTarget(.raw, host: "127.0.0.1", port: port))
        let report = try await runLoad(options)
        #expect(report.errors == ["connect: connection refused": 1])
        #expect(report.exitCode == 69)
    }

    @Test func idleSessionsAreHeldFromSeveralAddresses() async throws {
        let report = try await run(.raw) {
            $0.mode = .idle
            $0.connections = 20
            $0.sourceAddresses = ["127.0.0.2", "127.0.0.3"]
        }
        #expect(report.connected == 20)
        #expect(report.exitCode == 0)
    }
}
