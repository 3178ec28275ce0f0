import GateBytes
import GateIO
import GateRPC
import GateTestKit
import Synchronization
import Testing

@testable import GateRPCUDP

/// When a link gives an inbox up: by the peer's silence, by nothing else.
@Suite struct UDPSilenceTests {
    private static let inbox = "127.0.0.1:9/2"

    /// A link whose peer is the test.
    private final class Scene {
        let loop = ManualEventLoop()
        let socket = HeldSocket()
        let receiver = Receiver()
        let link: UDPLink

        init() {
            link = UDPLink(socket: socket, loop: loop, peers: [], start: 1)
            link.open(receiver)
            loop.run()
        }

        func send(_ message: [UInt8]) { loop.perform { try? link.send(message, to: UDPSilenceTests.inbox) } }

        /// Lets time pass in small steps.
        func wait(_ milliseconds: Int, _ body: () -> Void = {}) {
            for _ in 0..<milliseconds / 20 {
                loop.clock.move(to: loop.clock.now + .milliseconds(20))
                loop.run()
                body()
            }
        }

        func receive(_ datagram: [UInt8]) { loop.perform { socket.deliver(datagram) } }
    }

    @Test func aMessageThatNobodyAcknowledgesIsRepeatedAsLongAsThePeerSpeaks() {
        let scene = Scene()
        scene.send([7])
        let published = UDPDatagram(.published, sender: 2, target: 0).bytes([1])
        scene.wait(30_000) { scene.receive(published) }
        #expect(scene.receiver.undeliverable.withLock { $0 } == [])
        #expect(scene.socket.sent.withLock { $0.count } > 10)
        let acknowledgement = UDPDatagram(.acknowledgement, sender: 2, target: 1).bytes([0, 0, 0, 1])
        scene.receive(acknowledgement)
        let before = scene.socket.sent.withLock { $0.count }
        scene.wait(10_000)
        #expect(scene.socket.sent.withLock { $0.count } == before)
        #expect(scene.receiver.undeliverable.withLock { $0 } == [])
    }

    @Test func aPeerThatSaysNothingIsGivenUpAfterItsTime() {
        let scene = Scene()
        scene.send([7])
        scene.wait(3_960)
        #expect(scene.receiver.undeliverable.withLock { $0 } == [])
        scene.wait(80)
        #expect(scene.receiver.undeliverable.withLock { $0 } == [Self.inbox])
        #expect(scene.loop.timerCount == 0)
    }

    @Test func aPeerWhoseSocketIsGoneIsGivenUpSoon() {
        let scene = Scene()
        scene.socket.isRefusing.store(true, ordering: .relaxed)
        scene.send([7])
        scene.wait(1_000)
        #expect(scene.receiver.undeliverable.withLock { $0 } == [Self.inbox])
    }

    @Test func timeInWhichTheLoopStoodStillCountsForNobody() {
        let scene = Scene()
        scene.send([7])
        scene.wait(1_000)
        scene.loop.clock.move(to: scene.loop.clock.now + .seconds(60))
        scene.loop.run()
        scene.wait(2_500)
        #expect(scene.receiver.undeliverable.withLock { $0 } == [])
        scene.wait(1_000)
        #expect(scene.receiver.undeliverable.withLock { $0 } == [Self.inbox])
    }

    @Test func theLinkIsFullAtItsLimit() {
        let scene = Scene()
        let faults = Mutex<[RPCFault]>([])
        scene.loop.perform {
            for _ in 0...UDPLink.unacknowledgedMax {
                do throws(RPCFault) {
                    try scene.link.send([7], to: Self.inbox)
                } catch {
                    faults.withLock { $0.append(error) }
                }
            }
        }
        #expect(faults.withLock { $0 } == [.linkFull])
        #expect(scene.socket.sent.withLock { $0.count } == 64)
    }
}

/// What a link hands up.
private final class Receiver: RPCLinkReceiver {
    let undeliverable = Mutex<[String]>([])

    func received(_ message: Span<UInt8>) {}
    func linkChanged(isUp: Bool) {}
    func undeliverable(_ inbox: String) { undeliverable.withLock { $0.append(inbox) } }
}

/// A socket whose other side is the test.
// Sound: `handler` is only touched on the test's thread.
private final class HeldSocket: DatagramSocket, @unchecked Sendable {
    let localAddress = SocketAddress(v4: 0x7F00_0001, port: 8)
    let sent = Mutex<[[UInt8]]>([])
    let isRefusing = Atomic<Bool>(false)
    private var handler: (any DatagramHandler)?

    func start(_ handler: any DatagramHandler) { self.handler = handler }

    func send(_ datagram: Span<UInt8>, to address: SocketAddress) -> Bool {
        sent.withLock { $0.append([UInt8](copying: datagram)) }
        return true
    }

    func isRefused(by address: SocketAddress) -> Bool { isRefusing.load(ordering: .relaxed) }
    func close() { handler = nil }
    func deliver(_ datagram: [UInt8]) {
        handler?.received(datagram.span, from: SocketAddress(v4: 0x7F00_0001, port: 9))
    }
}
