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
            0, 2, 2, 1, 1, 4, 70_000, 70_000, 69_999, 69_999, 4_464, 4_465, 4_466, 4, .max, 70_000,
        ]
        let taken = numbers.filter { window.enter($0) }
        #expect(taken == [2, 1, 4, 70_000, 69_999, 4_465, 4_466, .max])
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
    /// The other side keeps its window of numbers: one that came again would be acknowledged and dropped.
    @Test func numbersGoOnBehindWhatWasGivenUp() throws {
        let outbox = try #require(UDPOutbox(inbox: "127.0.0.1:1/ff"))
        let start = MonotonicTime(nanoseconds: 0)
        #expect(outbox.add([1], at: start) == 1)
        #expect(outbox.add([2], at: start) == 2)
        for repeats in UDPLink.repeats { _ = outbox.takeDue(at: start + repeats) }
        #expect(outbox.isGivenUp)
        #expect(outbox.giveUp() == 2)
        #expect(outbox.isEmpty && !outbox.isGivenUp)
        #expect(outbox.add([3], at: start) == 3)
        #expect(outbox.takeDue(at: start).isEmpty)
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
