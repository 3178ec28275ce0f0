import GateBytes
import GateIO
import GateRPC
import Synchronization

/// Links within the process, for tests: every message is delivered on the receiver's loop.
final class MemoryHub: Sendable {
    private let links = Mutex<[String: MemoryLink]>([:])
    /// Messages that went over the hub.
    let messages = Atomic<Int>(0)

    func enter(_ link: MemoryLink) { links.withLock { $0[link.inbox] = link } }
    func leave(_ link: MemoryLink) { links.withLock { $0[link.inbox] = nil } }
    func find(_ inbox: String) -> MemoryLink? { links.withLock { $0[inbox] } }
    var all: [MemoryLink] { links.withLock { Array($0.values) } }

    /// A broker that goes away or comes back.
    func setUp(_ isUp: Bool) {
        for link in all { link.setUp(isUp) }
    }
}

final class MemoryLink: RPCLink {
    let inbox: String
    let messageBytesMax = 1_048_576
    private let hub: MemoryHub
    private let loop: any EventLoop
    private let up = Atomic<Bool>(true)
    private let receiver = Mutex<(any RPCLinkReceiver)?>(nil)

    init(_ name: String, hub: MemoryHub, loop: any EventLoop) {
        inbox = name
        self.hub = hub
        self.loop = loop
    }

    var isUp: Bool { up.load(ordering: .relaxed) }

    func setUp(_ isUp: Bool) {
        up.store(isUp, ordering: .relaxed)
        receiver.withLock { $0 }?.linkChanged(isUp: isUp)
    }

    /// Says that nobody reads an inbox.
    func tellUndeliverable(_ inbox: String) { receiver.withLock { $0 }?.undeliverable(inbox) }

    func open(_ receiver: any RPCLinkReceiver) {
        self.receiver.withLock { $0 = receiver }
        hub.enter(self)
    }

    func send(_ message: [UInt8], to inbox: String) throws(RPCFault) {
        guard isUp else { throw .unreachable }
        guard message.count <= messageBytesMax else {
            throw .tooLarge(bytes: message.count, limit: messageBytesMax)
        }
        hub.messages.add(1, ordering: .relaxed)
        guard let other = hub.find(inbox) else {
            loop.postReserved { [self] in receiver.withLock { $0 }?.undeliverable(inbox) }
            return
        }
        other.deliver(message)
    }

    func publish(_ message: [UInt8]) throws(RPCFault) {
        guard isUp else { throw .unreachable }
        for other in hub.all { other.deliver(message) }
    }

    func close(by deadline: MonotonicTime) async {
        hub.leave(self)
        receiver.withLock { $0 = nil }
    }

    private func deliver(_ message: [UInt8]) {
        loop.postReserved { [self] in receiver.withLock { $0 }?.received(message.span) }
    }
}
