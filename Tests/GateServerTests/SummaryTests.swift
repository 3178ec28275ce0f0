import GateBytes
import GateMQTT
import GateModules
import GateProtocol
import GateServer
import GateTestKit
import Logging
import Synchronization
import Testing

/// The warning a minute about clients that bounds of the whole process cost their connections.
@Suite struct SummaryTests {
    /// Keeps the lines of one level and above.
    struct Lines: LogHandler {
        let lines: Record<String>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let values = (event.metadata ?? [:]).map { "\($0.key)=\($0.value)" }.sorted()
            lines.add("\(event.level) " + values.joined(separator: " "))
        }
    }

    @Test func oneLineAMinuteAtMost() throws {
        let lines = Record<String>()
        let fixture = try GatewayFixture { options in
            options.logger = Logger(label: "test") { _ in Lines(lines: lines) }
        }
        let gateway = fixture.gateway
        _ = try fixture.result { await gateway.startSummary() }
        fixture.connect().say(bytes: [0xFF, 0xFF])
        fixture.advance(by: .seconds(60))
        #expect(lines.all == [])
        fixture.group.manualLoops[0].perform { gateway.countUnaccepted(on: fixture.group.loops[0]) }
        fixture.advance(by: .milliseconds(59_999))
        #expect(lines.all == [])
        fixture.advance(by: .seconds(600))
        #expect(lines.all == ["warning clients=1"])
        #expect(fixture.count("connections_unaccepted") == 1)
    }

    @Test func theLastLineComesWithTheEnd() async throws {
        let lines = Record<String>()
        let fixture = try GatewayFixture { $0.logger = Logger(label: "test") { _ in Lines(lines: lines) } }
        let gateway = fixture.gateway
        _ = try fixture.result { await gateway.startSummary() }
        fixture.group.manualLoops[0].perform { gateway.countUnaccepted(on: fixture.group.loops[0]) }
        let now = fixture.group.clock.now
        let stopped = fixture.group.start {
            await gateway.stop(callsUntil: now + .seconds(1), end: now + .seconds(1))
            return true
        }
        await fixture.group.run { stopped.value != nil }
        #expect(lines.all == ["warning clients=1"])
        #expect(fixture.group.manualLoops[0].timerCount == 0)
    }
}
