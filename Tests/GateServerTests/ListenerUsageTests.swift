import GateProtocol
import GateTestKit
import Synchronization
import Testing

@testable import GateServer

@Suite("Counters of a listener's versions")
struct ListenerUsageTests {
    private func listener() -> ListenerSettings {
        ListenerSettings(
            protocolName: "framed", version: "1", makeProtocol: { FramedProtocol(FramedProtocolTests.Codec()) },
            envelope: BareEnvelope())
    }

    @Test func connectionsAreCountedUnderTheVersionTheySpeak() throws {
        let fixture = try GatewayFixture()
        let listener = listener()
        let first = fixture.connect(through: listener)
        listener.replaceMaker({ FramedProtocol(FramedProtocolTests.Codec()) }, version: "2")
        _ = fixture.connect(through: listener)
        _ = fixture.connect(through: listener)
        #expect(listener.usages.map(\.version) == ["1", "2"])
        #expect(listener.usages.map(\.counts.connections) == [1, 2])
        first.stream.endOfFile()
        fixture.group.run()
        #expect(listener.usages.map(\.counts.connections) == [0, 2])
        #expect(listener.usages.map(\.counts.connectionsOpened) == [1, 2])
    }

    @Test func newConnectionsSpeakTheNewVersion() throws {
        let fixture = try GatewayFixture()
        let listener = listener()
        let made = Mutex(0)
        listener.replaceMaker(
            {
                made.withLock { $0 += 1 }
                return FramedProtocol(FramedProtocolTests.Codec())
            }, version: "2")
        for number in 1...2 {
            _ = fixture.connect(through: listener)
            #expect(made.withLock { $0 } == number)
        }
    }

    @Test func aVersionThatNobodySpeaksIsForgotten() throws {
        let fixture = try GatewayFixture()
        let listener = listener()
        let first = fixture.connect(through: listener)
        listener.replaceMaker({ FramedProtocol(FramedProtocolTests.Codec()) }, version: "2")
        first.stream.endOfFile()
        fixture.group.run()
        listener.replaceMaker({ FramedProtocol(FramedProtocolTests.Codec()) }, version: "3")
        #expect(listener.usages.map(\.version) == ["3"])
    }

    @Test func messagesAndBrokenFramesAreCounted() throws {
        let fixture = try GatewayFixture()
        let listener = listener()
        let good = FramedProtocolTests.Client(fixture.connect(through: listener))
        good.say(FramedProtocolTests.request("Echo/HD_Raw", "a"), FramedProtocolTests.request("Echo/HD_Raw", "b"))
        let bad = fixture.connect(through: listener)
        bad.say(bytes: [255, 0, 0, 0])
        #expect(bad.isClosed)
        let counts = try #require(listener.usages.first).counts
        #expect(
            counts
                == ListenerUsage.Counts(
                    connections: 1, connectionsOpened: 2, messagesReceived: 2, protocolErrors: 1))
    }
}
