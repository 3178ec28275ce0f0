package import GateBytes
package import GateIO
package import GateRPC
import Synchronization

/// A link without a broker: datagrams between sockets that know each other's addresses.
///
/// A message to an inbox is repeated until it is acknowledged, and taken once; after the last repeat its inbox counts as
/// gone. What is published goes out once, to the peers that were named and to those heard of late. Order is that of the
/// network. For loopback addresses only: nothing here is authenticated.
// Sound: what other threads use is constant, atomic or behind `post`; everything else is touched on `loop` only.
package final class UDPLink: RPCLink, @unchecked Sendable {
    /// Messages on the way to all inboxes.
    package static let unacknowledgedMax = 16_384
    /// Bytes of these: 64 MiB.
    package static let unacknowledgedBytesMax = 67_108_864
    /// How often the link looks for messages to be repeated, while there are some.
    static let lookTime = TimeSpan.milliseconds(20)
    /// How late a look must be for the loop to count as having stood still.
    static let standstillMin = TimeSpan.milliseconds(250)
    /// Repeats of which nothing came back after which the system is asked whether anybody listens there.
    static let repeatsBeforeProbe = 2
    /// How long an inbox may say nothing to what is sent there before it is given up.
    package static let silenceDefault = TimeSpan.seconds(4)
    /// Peers that were heard of and not named.
    static let heardMax = 1_024
    /// How long such a peer is remembered.
    static let heardTime = TimeSpan.seconds(10)

    package let inbox: String
    package let messageBytesMax = UDPDatagram.messageBytesMax
    let loop: any EventLoop
    let start: UInt32
    private let socket: any DatagramSocket
    private let peers: [SocketAddress]
    private let isOpen = Atomic<Bool>(true)
    /// Messages that were accepted and are neither acknowledged nor given up.
    private let unacknowledged = Atomic<Int>(0)

    /// Bytes of these.
    private let unacknowledgedBytes = Atomic<Int>(0)
    private let silenceMax: TimeSpan

    private var receiver: (any RPCLinkReceiver)?
    private var outboxes: [String: UDPOutbox] = [:]
    private var outboxesBySender: [Sender: UDPOutbox] = [:]
    private var heard: [SocketAddress: MonotonicTime] = [:]
    private var arrivals: [Sender: Arrivals] = [:]
    private var due: [Sender] = []
    private var isLooking = false
    private var lookAt = MonotonicTime(nanoseconds: 0)

    private struct Sender: Hashable {
        var address: SocketAddress
        var start: UInt32
    }

    private struct Arrivals {
        var window = ArrivalWindow()
        var unsaid: [UInt32] = []
        var lastAt: MonotonicTime
    }

    /// A link over a bound socket of `loop`. `start` tells this start from others, not 0.
    package init(
        socket: any DatagramSocket, loop: any EventLoop, peers: [SocketAddress], start: UInt32,
        silenceMax: TimeSpan = UDPLink.silenceDefault
    ) {
        self.silenceMax = silenceMax
        self.socket = socket
        self.loop = loop
        self.start = start
        self.peers = peers.filter { $0 != socket.localAddress }
        inbox = UDPOutbox.name(socket.localAddress, start)
    }

    package var isUp: Bool { isOpen.load(ordering: .relaxed) }

    package func open(_ receiver: any RPCLinkReceiver) {
        loop.postReserved { [self] in
            self.receiver = receiver
            loop.observeTurns(TurnEnd(link: self))
            socket.start(Incoming(link: self))
        }
    }

    package func send(_ message: [UInt8], to inbox: String) throws(RPCFault) {
        guard isUp else { throw .unreachable }
        try check(message)
        let count = unacknowledged.add(1, ordering: .relaxed).newValue
        let bytes = unacknowledgedBytes.add(message.count, ordering: .relaxed).newValue
        guard count <= Self.unacknowledgedMax, bytes <= Self.unacknowledgedBytesMax else {
            release((1, message.count))
            throw .linkFull
        }
        try onLoop { link in
            link.sendNow(message, to: inbox)
        } orElse: { link in
            link.release((1, message.count))
        }
    }

    private func release(_ done: (count: Int, bytes: Int)) {
        unacknowledged.subtract(done.count, ordering: .relaxed)
        unacknowledgedBytes.subtract(done.bytes, ordering: .relaxed)
    }

    /// What is published is sent once.
    package var publishesReliably: Bool { false }

    package func publish(_ message: [UInt8]) throws(RPCFault) {
        guard isUp else { throw .unreachable }
        try check(message)
        try onLoop { link in
            link.publishNow(message)
        } orElse: { _ in
        }
    }

    package func close(by deadline: MonotonicTime) async {
        // What was sent last is an answer that somebody waits for.
        while unacknowledged.load(ordering: .relaxed) > 0, await time() < deadline {
            try? await Task.sleep(for: .milliseconds(5))
        }
        isOpen.store(false, ordering: .relaxed)
        loop.postReserved { [self] in
            receiver = nil
            socket.close()
        }
    }

    private func time() async -> MonotonicTime {
        await withCheckedContinuation { continuation in
            loop.postReserved { [self] in continuation.resume(returning: loop.now) }
        }
    }

    private func check(_ message: [UInt8]) throws(RPCFault) {
        guard message.count <= messageBytesMax else {
            throw .tooLarge(bytes: message.count, limit: messageBytesMax)
        }
    }

    private func onLoop(
        _ body: @escaping @Sendable (UDPLink) -> Void, orElse: (UDPLink) -> Void
    ) throws(RPCFault) {
        if loop.isCurrent { return body(self) }
        if loop.post({ [self] in body(self) }) { return }
        orElse(self)
        throw .linkFull
    }

    // MARK: Sending, on the loop

    private func sendNow(_ message: [UInt8], to inbox: String) {
        guard isUp, let outbox = outbox(inbox) else {
            release((1, message.count))
            receiver?.undeliverable(inbox)
            return
        }
        outbox.add(message, at: loop.now)
        transmit(outbox.takeReady(at: loop.now), outbox)
        look()
    }

    private func transmit(_ sendings: [UDPOutbox.Sending], _ outbox: UDPOutbox) {
        for sending in sendings { transmit(sending.message, sending.number, outbox) }
    }

    private func transmit(_ message: [UInt8], _ number: UInt32, _ outbox: UDPOutbox) {
        let header = UDPDatagram(.numbered, sender: start, target: outbox.start, number: number)
        // What the system does not take now is repeated.
        socket.send(header.bytes(message).span, to: outbox.address)
    }

    private func outbox(_ inbox: String) -> UDPOutbox? {
        if let known = outboxes[inbox] { return known }
        guard let made = UDPOutbox(inbox: inbox) else { return nil }
        outboxes[inbox] = made
        outboxesBySender[Sender(address: made.address, start: made.start)] = made
        return made
    }

    private func publishNow(_ message: [UInt8]) {
        let now = loop.now
        heard = heard.filter { $0.value > now }
        let datagram = UDPDatagram(.published, sender: start, target: 0).bytes(message)
        for peer in Set(peers).union(heard.keys) { socket.send(datagram.span, to: peer) }
        forget(at: now)
    }

    /// Windows of senders that are long silent, and outboxes with nothing on the way.
    private func forget(at now: MonotonicTime) {
        arrivals = arrivals.filter { $0.value.lastAt + .seconds(60) > now }
        for (inbox, outbox) in outboxes where outbox.isIdle(at: now) {
            outboxes[inbox] = nil
            outboxesBySender[Sender(address: outbox.address, start: outbox.start)] = nil
        }
    }

    // MARK: Repeating, on the loop

    private func look() {
        guard !isLooking else { return }
        isLooking = true
        lookAt = loop.now + Self.lookTime
        _ = loop.schedule(Look(link: self), at: lookAt)
    }

    fileprivate func lookedAt(_ now: MonotonicTime) {
        isLooking = false
        guard isUp else { return }
        let late = now - lookAt
        var isWaiting = false
        for outbox in Array(outboxes.values) where !outbox.isEmpty {
            // What has come meanwhile is read behind the timers of this turn.
            if late >= Self.standstillMin { outbox.stoodStill(late) }
            if isGone(outbox, now) { giveUp(outbox) }
            transmit(outbox.takeDue(at: now), outbox)
            if !outbox.isEmpty { isWaiting = true }
        }
        if isWaiting { look() }
    }

    /// A peer goes by its silence only, or where the system says that its socket is gone.
    private func isGone(_ outbox: UDPOutbox, _ now: MonotonicTime) -> Bool {
        if outbox.silence(at: now) >= silenceMax { return true }
        return outbox.isUnheard(repeats: Self.repeatsBeforeProbe) && socket.isRefused(by: outbox.address)
    }

    /// The outbox stays, and its numbers go on: whoever is heard of again still knows the old ones.
    private func giveUp(_ outbox: UDPOutbox) {
        release(outbox.giveUp())
        receiver?.undeliverable(outbox.inbox)
    }

    // MARK: Receiving, on the loop

    fileprivate func received(_ datagram: Span<UInt8>, from address: SocketAddress) {
        guard let header = UDPDatagram(datagram), header.sender != start else { return }
        let outbox = outboxesBySender[Sender(address: address, start: header.sender)]
        if header.kind != .reset { outbox?.heard(at: loop.now) }
        switch header.kind {
        case .published:
            hear(address)
            receiver?.received(datagram.extracting(droppingFirst: UDPDatagram.headerBytes))
        case .numbered:
            guard header.target == start else {
                let reset = UDPDatagram(.reset, sender: start, target: header.sender, number: header.target)
                socket.send(reset.bytes().span, to: address)
                return
            }
            hear(address)
            guard isNew(header, from: address) else { return }
            receiver?.received(datagram.extracting(droppingFirst: UDPDatagram.headerBytes))
        case .acknowledgement:
            guard header.target == start else { return }
            if let outbox { acknowledged(datagram, outbox) }
        case .reset:
            guard header.target == start else { return }
            if let outbox = outboxesBySender[Sender(address: address, start: header.number)] { giveUp(outbox) }
        }
    }

    private func hear(_ address: SocketAddress) {
        if heard[address] != nil || heard.count < Self.heardMax { heard[address] = loop.now + Self.heardTime }
    }

    /// Remembers a number and that it is to be acknowledged, also when it came before.
    private func isNew(_ header: UDPDatagram, from address: SocketAddress) -> Bool {
        let sender = Sender(address: address, start: header.sender)
        if arrivals[sender] == nil {
            // Too many senders: not acknowledged, so these repeat themselves and give up.
            guard arrivals.count < Self.heardMax else { return false }
            arrivals[sender] = Arrivals(lastAt: loop.now)
        }
        guard var known = arrivals.removeValue(forKey: sender) else { return false }
        let isNew = known.window.enter(header.number)
        known.lastAt = loop.now
        if known.unsaid.isEmpty { due.append(sender) }
        known.unsaid.append(header.number)
        arrivals[sender] = known
        return isNew
    }

    private func acknowledged(_ datagram: Span<UInt8>, _ outbox: UDPOutbox) {
        var numbers: [UInt32] = []
        var offset = UDPDatagram.headerBytes
        while offset + 4 <= datagram.count {
            numbers.append(datagram.bigEndianUInt32(at: offset))
            offset += 4
        }
        let now = loop.now
        release(outbox.acknowledge(numbers, at: now))
        transmit(outbox.takeLost(at: now), outbox)
        transmit(outbox.takeReady(at: now), outbox)
    }

    /// Acknowledges what the turn brought, one datagram for each sender.
    fileprivate func turnEnded() {
        if due.isEmpty { return }
        for sender in due {
            guard let numbers = arrivals[sender]?.unsaid else { continue }
            arrivals[sender]?.unsaid.removeAll(keepingCapacity: true)
            for first in stride(from: 0, to: numbers.count, by: 1_024) {
                var rest: [UInt8] = []
                for number in numbers[first..<min(first + 1_024, numbers.count)] {
                    for shift: UInt32 in [24, 16, 8, 0] { rest.append(UInt8(truncatingIfNeeded: number >> shift)) }
                }
                let header = UDPDatagram(.acknowledgement, sender: start, target: sender.start)
                socket.send(header.bytes(rest).span, to: sender.address)
            }
        }
        due.removeAll(keepingCapacity: true)
    }
}

/// The loop's ways back to a link, which they do not keep alive.
private final class TurnEnd: TurnObserver {
    private weak var link: UDPLink?

    init(link: UDPLink) {
        self.link = link
    }

    func turnEnded(at now: MonotonicTime) { link?.turnEnded() }
}

private final class Incoming: DatagramHandler {
    private weak var link: UDPLink?

    init(link: UDPLink) {
        self.link = link
    }

    func received(_ datagram: Span<UInt8>, from address: SocketAddress) { link?.received(datagram, from: address) }
}

private final class Look: TimerTarget {
    private weak var link: UDPLink?

    init(link: UDPLink) {
        self.link = link
    }

    func timerFired(at now: MonotonicTime) { link?.lookedAt(now) }
}
