import GateBytes
public import GateFuzz
import GateIO
import GateRPC
import GateRPCUDP
import GateTestKit
import Synchronization

/// What a link over UDP promises about any datagrams: what a list of all numbers that ever came says.
///
/// A message is taken once, and only when it is for this start; an answer is not longer than what it answers and the number
/// in it; what was acknowledged or given up is not sent again.
/// - Parameter input: Datagrams as they come, and steps of a peer that knows the format: the low three bits of a
///   byte say which step, the next two the peer.
/// - Throws: ``FuzzFinding``.
public func fuzzUDPLink(_ input: Span<UInt8>) throws(FuzzFinding) {
    let world = UDPWorld()
    var script = UDPScript(bytes: [UInt8](copying: input))
    while let step = script.next() { try world.perform(step) }
    try world.end()
}

/// What happens next.
private enum UDPStep {
    /// A datagram from one of four addresses.
    case datagram([UInt8], from: Int)
    /// A message of ours to one of four inboxes, the last of which is none.
    case send(to: Int)
    case milliseconds(Int)
}

/// Reads steps: the low three bits of a byte say which, the next two the address.
private struct UDPScript {
    let bytes: [UInt8]
    var place = 0

    private mutating func byte() -> UInt8? {
        guard place < bytes.count else { return nil }
        defer { place += 1 }
        return bytes[place]
    }

    mutating func next() -> UDPStep? {
        guard let op = byte() else { return nil }
        let address = Int(op >> 3 & 3)
        // Two starts of each peer, and numbers around the width of the window.
        let sender = 1 + UInt32(op >> 5 & 1)
        switch op & 7 {
        case 0:
            let count = min(Int(byte() ?? 0), bytes.count - place)
            defer { place += count }
            return .datagram(Array(bytes[place..<place + count]), from: address)
        case 1, 2:
            let number = UInt32(byte() ?? 0) + (op & 0x40 != 0 ? 65_500 : 0) + (op & 0x80 != 0 ? 131_000 : 0)
            let target = UDPWorld.start + (op & 7 == 2 && number % 2 == 0 ? 1 : 0)
            return .datagram(Self.datagram(0x12, sender, target, number) + [op], from: address)
        case 3: return .datagram(Self.datagram(0x11, sender, 0, 0) + [op], from: address)
        case 4:
            let number = UInt32(byte() ?? 0)
            let acknowledged =
                Self.datagram(0x13, UDPWorld.peerStart, UDPWorld.start, 0) + [0, 0, 0, UInt8(number & 0xFF)]
            return .datagram(acknowledged, from: address)
        case 5: return .datagram(Self.datagram(0x14, sender, UDPWorld.start, UDPWorld.peerStart), from: address)
        case 6: return .send(to: address)
        default: return .milliseconds(Int(byte() ?? 0))
        }
    }

    static func datagram(_ kind: UInt8, _ sender: UInt32, _ target: UInt32, _ number: UInt32) -> [UInt8] {
        [0x47, kind]
            + [sender, target, number].flatMap { word in
                [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) }
            }
    }
}

/// A header in plain words: `G`, a kind, then sender, target and number, four bytes each.
private struct UDPHeader {
    var (kind, sender, target, number): (UInt8, UInt32, UInt32, UInt32)

    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 14, bytes[0] == 0x47, 0x11...0x14 ~= bytes[1] else { return nil }
        func word(_ place: Int) -> UInt32 { bytes[place..<place + 4].reduce(0) { $0 << 8 | UInt32($1) } }
        (kind, sender, target, number) = (bytes[1], word(2), word(6), word(10))
        if sender == 0 { return nil }
    }
}

/// A link on a network of this file's making, and what a peer would expect of it.
private final class UDPWorld {
    static let start: UInt32 = 0x5E88_4898
    static let peerStart: UInt32 = 1
    private let loop = ManualEventLoop()
    private let socket = PlainSocket()
    private let link: UDPLink
    private let receiver = Inbox()
    /// Numbers that came from one start of one peer.
    private var seen: [Sender: Arrivals] = [:]
    /// Numbers that are to be acknowledged, in their order.
    private var due: [Sender: [UInt32]] = [:]
    /// How often each message of ours went out.
    private var sent: [Message: Int] = [:]
    private var settled: Set<Message> = []

    /// Numbers that arrived, as places on a line on which the circle of 2^32 numbers is rolled out.
    private struct Arrivals {
        private var places: Set<Int> = []
        private var newest: Int?

        /// `false` for what was there before, or is too old to be told from it.
        mutating func insert(_ number: UInt32) -> Bool {
            let before = newest ?? Int(number)
            let place = before + Int(Int32(truncatingIfNeeded: Int(number) - before))
            if before - place >= 65_536 { return false }
            newest = max(before, place)
            return places.insert(place).inserted
        }
    }

    private struct Sender: Hashable {
        var address: Int
        var start: UInt32
    }

    private struct Message: Hashable {
        var address: Int
        var number: UInt32
    }

    init() {
        link = UDPLink(socket: socket, loop: loop, peers: [], start: Self.start)
        link.open(receiver)
        loop.run()
    }

    func perform(_ step: UDPStep) throws(FuzzFinding) {
        switch step {
        case .datagram(let bytes, let address): try receive(bytes, from: address)
        case .send(let address):
            let message: [UInt8] = [UInt8(address)]
            let inbox = address == 3 ? "nobody" : "\(PlainSocket.address(address))/\(Self.peerStart)"
            do {
                try loop.perform { () throws(RPCFault) in try link.send(message, to: inbox) }
            } catch {
                throw FuzzFinding("a message is refused: \(error)")
            }
            try look()
        case .milliseconds(let count):
            loop.clock.move(to: loop.clock.now + .milliseconds(count))
            loop.run()
            try look()
        }
    }

    /// Everything is acknowledged or given up soon, and nothing is said for ever.
    func end() throws(FuzzFinding) {
        // A peer that says nothing is given up after four seconds; without a timer nothing is to come.
        for _ in 0..<120 where hasTimer || !due.isEmpty { try perform(.milliseconds(50)) }
        if let left = due.first(where: { !$0.value.isEmpty }) { throw FuzzFinding("\(left) is not acknowledged") }
        if hasTimer { throw FuzzFinding("it goes on for ever") }
    }

    private var hasTimer: Bool { loop.timerCount > 0 }

    private func receive(_ bytes: [UInt8], from address: Int) throws(FuzzFinding) {
        let before = receiver.messages.withLock { $0.count }
        loop.perform { socket.deliver(bytes, from: address) }
        let taken = receiver.messages.withLock { Array($0[before...]) }
        let isExpected = expects(bytes, from: address)
        if taken != (isExpected ? [Array(bytes.dropFirst(14))] : []) {
            throw FuzzFinding("\(bytes) from \(address): took \(taken), expected \(isExpected)")
        }
        try look()
    }

    /// Whether a datagram brings a message that is new.
    private func expects(_ bytes: [UInt8], from address: Int) -> Bool {
        guard let header = UDPHeader(bytes), header.sender != Self.start else { return false }
        let sender = Sender(address: address, start: header.sender)
        switch (header.kind, header.target == Self.start) {
        case (0x11, _): return true
        case (0x12, true):
            due[sender, default: []].append(header.number)
            return header.number != 0 && seen[sender, default: Arrivals()].insert(header.number)
        case (0x12, false): socket.expectsReset = (address, header)
        case (0x13, true):
            for place in stride(from: 14, through: bytes.count - 4, by: 4) where header.sender == Self.peerStart {
                let number = bytes[place..<place + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                if sent[Message(address: address, number: number)] != nil {
                    settled.insert(Message(address: address, number: number))
                }
            }
        case (0x14, true) where header.number == Self.peerStart:
            settled.formUnion(sent.keys.filter { $0.address == address })
        default: break
        }
        return false
    }

    /// Looks at what went out.
    private func look() throws(FuzzFinding) {
        for (bytes, address) in socket.takeSent() {
            guard let header = UDPHeader(bytes), header.sender == Self.start else {
                throw FuzzFinding("\(bytes) is no datagram of ours")
            }
            switch header.kind {
            case 0x12:
                let message = Message(address: address, number: header.number)
                sent[message, default: 0] += 1
                if settled.contains(message) { throw FuzzFinding("\(message) was settled and goes out again") }
                if sent[message, default: 0] > 4_000 { throw FuzzFinding("\(message) goes out for ever") }
                if Array(bytes.dropFirst(14)) != [UInt8(address)] { throw FuzzFinding("\(bytes) goes to \(address)") }
            case 0x13: try checkAcknowledgement(header, bytes, address)
            case 0x14:
                guard let (from, cause) = socket.expectsReset, from == address, bytes.count == 14,
                    header.target == cause.sender, header.number == cause.target
                else { throw FuzzFinding("\(bytes) answers nothing") }
                socket.expectsReset = nil
            default: throw FuzzFinding("\(bytes) was published by nobody")
            }
        }
        if let missing = socket.expectsReset { throw FuzzFinding("no reset for \(missing)") }
    }

    private func checkAcknowledgement(_ header: UDPHeader, _ bytes: [UInt8], _ address: Int) throws(FuzzFinding) {
        let sender = Sender(address: address, start: header.target)
        let numbers = due[sender, default: []].prefix((bytes.count - 14) / 4)
        let rest =
            UDPScript.datagram(0x13, Self.start, sender.start, 0)
            + numbers.flatMap { number in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> UInt32($0)) } }
        if numbers.isEmpty || bytes != rest { throw FuzzFinding("\(bytes) acknowledges \(due[sender] ?? [])") }
        due[sender]?.removeFirst(numbers.count)
        if due[sender]?.isEmpty == true { due[sender] = nil }
    }
}

/// What the link hands up.
private final class Inbox: RPCLinkReceiver {
    let messages = Mutex([[UInt8]]())

    func received(_ message: Span<UInt8>) { messages.withLock { $0.append([UInt8](copying: message)) } }
    func linkChanged(isUp: Bool) {}
    func undeliverable(_ inbox: String) {}
}

/// A socket whose other side is the harness.
// Sound: a harness has one thread.
private final class PlainSocket: DatagramSocket, @unchecked Sendable {
    let localAddress = SocketAddress(v4: 0x7F00_0001, port: 4_000)
    var expectsReset: (Int, UDPHeader)?
    private var handler: (any DatagramHandler)?
    private var sent: [([UInt8], Int)] = []

    static func address(_ index: Int) -> SocketAddress {
        SocketAddress(v4: 0x7F00_0001, port: 4_001 + UInt16(index))
    }

    func start(_ handler: any DatagramHandler) { self.handler = handler }

    func send(_ datagram: Span<UInt8>, to address: SocketAddress) -> Bool {
        sent.append(([UInt8](copying: datagram), Int(address.port) - 4_001))
        // Not always taken by the system: what is lost is repeated.
        return sent.count % 3 != 0
    }

    func close() { handler = nil }

    func deliver(_ bytes: [UInt8], from index: Int) { handler?.received(bytes.span, from: Self.address(index)) }

    func takeSent() -> [([UInt8], Int)] {
        defer { sent.removeAll() }
        return sent
    }
}
