import GateBytes
import GateIO
import GateRPC
import GateTestKit
import Synchronization
import Testing

@testable import GateRPCUDP

@Suite struct UDPLinkTests {
    @Test func aLossyNetworkRunsEachCallOnce() async throws {
        let cluster = Cluster(.udp, isLossy: true)
        defer { cluster.end() }
        let runs = Atomic<Int>(0)
        let module = TestEndpoint("M") { _ throws(RPCFault) in
            .int64(Int64(runs.add(1, ordering: .relaxed).newValue))
        }
        let gateway = try await cluster.start("g")
        _ = try await cluster.start("b", [module])
        await Cluster.wait { gateway.router.serves(module: "M", node: nil) }
        let results = await withTaskGroup(of: RPCValue?.self) { group in
            for _ in 0..<100 { group.addTask { try? await gateway.call("M") } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(results) == Set((1...100).map { RPCValue.int64($0) }))
        #expect(runs.load(ordering: .relaxed) == 100)
    }

    @Test func aDatagramHasExactlyTheseBytes() {
        let header = UDPDatagram(.numbered, sender: 1, target: 0x0203_0405, number: 6)
        let bytes = header.bytes([9])
        #expect(bytes == [0x47, 0x12, 0, 0, 0, 1, 2, 3, 4, 5, 0, 0, 0, 6, 9])
        #expect(UDPDatagram(bytes.span)?.number == 6)
    }

    @Test(
        arguments: [
            [], [0x47], [0x47, 0x12, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
            [0x47, 0x15, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
            [0x48, 0x12, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], [0x47, 0x12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ] as [[UInt8]])
    func otherDatagramsAreNoneOfOurs(bytes: [UInt8]) {
        #expect(UDPDatagram(bytes.span) == nil)
    }

    @Test func aWindowTakesEachNumberOnce() {
        var window = ArrivalWindow()
        // Behind 70 000 the oldest that counts is 4 465.
        let numbers: [UInt32] = [
            0, 2, 2, 1, 1, 4, 70_000, 70_000, 69_999, 69_999, 4_464, 4_465, 4_466, 4, 2_000_070_000, 70_000,
        ]
        let taken = numbers.filter { window.enter($0) }
        #expect(taken == [2, 1, 4, 70_000, 69_999, 4_465, 4_466, 2_000_070_000])
    }

    @Test func numbersGoRoundTheirCircle() {
        var window = ArrivalWindow()
        // A window that was forgotten may begin anywhere; what was sent before may still come.
        let numbers: [UInt32] = [
            .max - 1, .max - 3, .max, 1, .max, 1, 0, 3, 2, .max - 2, 65_534, .max, 65_535, 65_536, 1,
        ]
        let taken = numbers.filter { window.enter($0) }
        let expected: [UInt32] = [.max - 1, .max - 3, .max, 1, 3, 2, .max - 2, 65_534, 65_535, 65_536]
        #expect(taken == expected)
    }

    /// What a jump passes over is forgotten a word at a time, and round the end of the window.
    @Test func aWindowForgetsWhatItMovesOver() {
        var window = ArrivalWindow()
        var arrived: Set<UInt32> = []
        var generator = SeededGenerator(seed: 7)
        var newest: UInt32 = 0
        var wrong: [UInt32] = []
        for _ in 0..<4_000 {
            let widths: [UInt32] = [1, 3, 64, 130, 5_000, 65_535, 65_536, 70_000]
            let jump = UInt32.random(in: 1...(widths.randomElement(using: &generator) ?? 1), using: &generator)
            let isNew = newest == 0 || UInt32.random(in: 0..<2, using: &generator) == 0
            let number = isNew ? newest + jump : newest - min(newest - 1, jump)
            let isExpected = (number > newest || newest - number < 65_536) && arrived.insert(number).inserted
            newest = max(newest, number)
            if window.enter(number) != isExpected { wrong.append(number) }
        }
        #expect(wrong == [])
    }

    @Test(arguments: [
        ("127.0.0.1:4001", true), ("127.255.0.1:1", true), ("[::1]:4001", true), ("10.0.0.1:1", false),
        ("127.0.0.1", false), ("127.0.0:1", false), ("127.0.0.256:1", false), ("127.0.0.1:65536", false), ("", false),
        ("::1:1", false), ("example.org:1", false), ("127.0.0.1.5:1", false),
    ])
    func onlyLoopbackAddressesAreTaken(text: String, isTaken: Bool) {
        #expect((SocketAddress(loopback: text) != nil) == isTaken)
    }

    @Test func anInboxIsALoopbackAddressWithAStart() {
        for inbox in ["", "x", "127.0.0.1:1", "10.0.0.1:1/5", "127.0.0.1:1/x5", "127.0.0.1:1/5/6"] {
            #expect(UDPOutbox(inbox: inbox) == nil)
        }
        #expect(UDPOutbox(inbox: "127.0.0.1:1/ff")?.start == 255)
    }
}

@Suite struct UDPOutboxTests {
    private static func at(_ milliseconds: Int) -> MonotonicTime {
        MonotonicTime(nanoseconds: 1_000_000_000_000) + .milliseconds(milliseconds)
    }

    private func outbox(lastNumber: UInt32 = 0) throws -> UDPOutbox {
        try #require(UDPOutbox(inbox: "127.0.0.1:1/ff", lastNumber: lastNumber))
    }

    /// The other side keeps its window of numbers: one that came again would be acknowledged and dropped.
    @Test func numbersGoOnBehindWhatWasGivenUp() throws {
        let outbox = try outbox()
        for byte in [1, 2] as [UInt8] { outbox.add([byte], at: Self.at(0)) }
        #expect(outbox.takeReady(at: Self.at(0)).map(\.number) == [1, 2])
        #expect(outbox.giveUp() == (2, 2))
        #expect(outbox.isEmpty)
        outbox.add([3], at: Self.at(0))
        #expect(outbox.takeReady(at: Self.at(0)).map(\.number) == [3])
        #expect(outbox.takeDue(at: Self.at(0)).isEmpty)
    }

    @Test func behindTheLastNumberComesOne() throws {
        let outbox = try outbox(lastNumber: .max - 1)
        for byte in [1, 2] as [UInt8] { outbox.add([byte], at: Self.at(0)) }
        #expect(outbox.takeReady(at: Self.at(0)).map(\.number) == [.max, 1])
        #expect(outbox.acknowledge([1, .max], at: Self.at(1)) == (2, 2))
        #expect(outbox.isEmpty)
    }

    @Test func atMostAWindowIsOnTheWay() throws {
        let outbox = try outbox()
        for _ in 0..<100 { outbox.add([0], at: Self.at(0)) }
        #expect(outbox.takeReady(at: Self.at(0)).count == 64)
        #expect((outbox.flightCount, outbox.waitingCount) == (64, 36))
        #expect(outbox.takeReady(at: Self.at(0)).isEmpty)
        // Each that arrives makes room for one more, and widens the window by one.
        _ = outbox.acknowledge([1, 2, 3], at: Self.at(1))
        #expect(outbox.takeReady(at: Self.at(1)).count == 6)
    }

    @Test func longMessagesLeaveOneByOne() throws {
        let outbox = try outbox()
        for _ in 0..<3 { outbox.add([UInt8](repeating: 0, count: FlightWindow.bytesMax), at: Self.at(0)) }
        #expect(outbox.takeReady(at: Self.at(0)).count == 1)
        _ = outbox.acknowledge([1], at: Self.at(1))
        #expect(outbox.takeReady(at: Self.at(1)).map(\.number) == [2])
    }

    @Test func whatLaterOnesOvertookIsRepeatedAtOnce() throws {
        let outbox = try outbox()
        for _ in 0..<5 { outbox.add([0], at: Self.at(0)) }
        _ = outbox.takeReady(at: Self.at(0))
        _ = outbox.acknowledge([2, 3], at: Self.at(1))
        #expect(outbox.takeLost(at: Self.at(1)).isEmpty)
        _ = outbox.acknowledge([4], at: Self.at(1))
        #expect(outbox.takeLost(at: Self.at(1)).map(\.number) == [1])
        #expect(outbox.takeLost(at: Self.at(1)).isEmpty)
    }

    @Test func aRepeatComesAfterWhatTheOthersTook() throws {
        let outbox = try outbox()
        outbox.add([0], at: Self.at(0))
        _ = outbox.takeReady(at: Self.at(0))
        #expect(outbox.takeDue(at: Self.at(199)).isEmpty)
        #expect(outbox.takeDue(at: Self.at(200)).count == 1)
        // Twice as long behind each repeat.
        #expect(outbox.takeDue(at: Self.at(599)).isEmpty)
        #expect(outbox.takeDue(at: Self.at(600)).count == 1)
        _ = outbox.acknowledge([1], at: Self.at(601))
        outbox.add([0], at: Self.at(1_000))
        _ = outbox.takeReady(at: Self.at(1_000))
        // 300 ms, and four times the half of it.
        _ = outbox.acknowledge([2], at: Self.at(1_300))
        outbox.add([0], at: Self.at(2_000))
        _ = outbox.takeReady(at: Self.at(2_000))
        #expect(outbox.takeDue(at: Self.at(2_899)).isEmpty)
        #expect(outbox.takeDue(at: Self.at(2_900)).count == 1)
    }

    @Test func onlyAPeerThatSaysNothingIsSilent() throws {
        let outbox = try outbox()
        outbox.heard(at: Self.at(0))
        #expect(outbox.silence(at: Self.at(9_000)) == .zero)
        outbox.add([0], at: Self.at(10_000))
        _ = outbox.takeReady(at: Self.at(10_000))
        #expect(outbox.silence(at: Self.at(13_000)) == .seconds(3))
        outbox.stoodStill(.seconds(2))
        #expect(outbox.silence(at: Self.at(13_000)) == .seconds(1))
        outbox.heard(at: Self.at(13_000))
        #expect(outbox.silence(at: Self.at(13_500)) == .milliseconds(500))
    }

    @Test func theWaitFollowsTheRoundTrip() {
        var trip = RoundTrip()
        #expect(trip.wait(repeats: 0) == .milliseconds(200))
        trip.measure(.milliseconds(100))
        #expect(trip.wait(repeats: 0) == .milliseconds(300))
        for _ in 0..<100 { trip.measure(.milliseconds(1)) }
        #expect(trip.wait(repeats: 0) == RoundTrip.min)
        #expect(trip.wait(repeats: 1) == .milliseconds(80))
        #expect(trip.wait(repeats: 200) == RoundTrip.max)
        trip.measure(.seconds(60))
        #expect(trip.wait(repeats: 0) == RoundTrip.max)
    }

    @Test func aLossHalvesTheWindowOnce() {
        var window = FlightWindow()
        window.lost(order: 1, last: 64)
        for order in 2...64 as ClosedRange<UInt64> { window.lost(order: order, last: 64) }
        #expect(window.messages == 32)
        window.lost(order: 65, last: 70)
        #expect(window.messages == 16)
        for _ in 0..<10_000 { window.acknowledged() }
        #expect(window.messages > 100 && window.messages <= FlightWindow.max)
    }
}

/// Loses the first of each numbered datagram and sends the others twice.
// Sound: `seen` is only touched on the socket's loop.
private final class LossyState: @unchecked Sendable {
    var seen: Set<[UInt8]> = []
}

/// A socket on a bad network.
final class LossySocket: DatagramSocket {
    private let inner: any DatagramSocket
    private let state = LossyState()

    init(_ inner: any DatagramSocket) {
        self.inner = inner
    }

    var localAddress: SocketAddress { inner.localAddress }
    func start(_ handler: any DatagramHandler) { inner.start(handler) }
    func close() { inner.close() }

    func send(_ datagram: Span<UInt8>, to address: SocketAddress) -> Bool {
        let isNumbered = datagram.count >= UDPDatagram.headerBytes && datagram[1] == 0x12
        if isNumbered, state.seen.insert([UInt8](copying: datagram, range: 0..<14)).inserted { return true }
        inner.send(datagram, to: address)
        return inner.send(datagram, to: address)
    }
}
