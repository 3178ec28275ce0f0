import GateBytes
import GateIO

/// Messages on the way to one inbox, and those that wait until there is room for them. On the link's loop.
final class UDPOutbox {
    /// A message that is on the way.
    private struct Flight {
        var message: [UInt8]
        var sentAt: MonotonicTime
        /// The place of its last sending among all.
        var order: UInt64
        var repeats = 0
    }

    /// A message and its number, to be sent now.
    typealias Sending = (number: UInt32, message: [UInt8])

    /// Later sendings that were acknowledged before an earlier one counts as lost. Source: RFC 9002, section 6.1.1.
    static let reorderMax: UInt64 = 3
    /// How long numbers go on where nothing is sent. Longer than the other side keeps its window, so that a number never
    /// starts anew in an old one.
    static let idleTime = TimeSpan.seconds(120)

    let inbox: String
    let address: SocketAddress
    let start: UInt32
    private var flights: [UInt32: Flight] = [:]
    private var flightBytes = 0
    private var queue: [[UInt8]] = []
    private var queueStart = 0
    private var lastNumber: UInt32
    private var lastOrder: UInt64 = 0
    private var roundTrip = RoundTrip()
    private var window = FlightWindow()
    private var usedAt = MonotonicTime(nanoseconds: 0)
    /// When the peer was heard last, or nothing was to be heard of it.
    private var heardAt = MonotonicTime(nanoseconds: 0)

    /// The way to an inbox; `nil` when the text names none. `lastNumber` is that of the message before the first.
    init?(inbox: String, lastNumber: UInt32 = 0) {
        guard let (address, start) = Self.parse(inbox) else { return nil }
        self.inbox = inbox
        self.address = address
        self.start = start
        self.lastNumber = lastNumber
    }

    /// Whether nothing is on the way.
    var isEmpty: Bool { flights.isEmpty && waitingCount == 0 }

    /// Messages on the way.
    var flightCount: Int { flights.count }

    /// Messages that wait for room.
    var waitingCount: Int { queue.count - queueStart }

    func isIdle(at now: MonotonicTime) -> Bool { isEmpty && usedAt + Self.idleTime < now }

    // MARK: Sending

    /// Takes a message; it leaves with ``takeReady(at:)``.
    func add(_ message: [UInt8], at now: MonotonicTime) {
        if isEmpty { heardAt = max(heardAt, now) }
        usedAt = now
        queue.append(message)
    }

    /// What there is room for, in order.
    func takeReady(at now: MonotonicTime) -> [Sending] {
        var ready: [Sending] = []
        while queueStart < queue.count, window.hasRoom(count: flights.count, bytes: flightBytes) {
            let message = queue[queueStart]
            queueStart += 1
            // 0 is no number: the other side's window begins there.
            lastNumber = lastNumber == .max ? 1 : lastNumber + 1
            lastOrder += 1
            flightBytes += message.count
            flights[lastNumber] = Flight(message: message, sentAt: now, order: lastOrder)
            ready.append((lastNumber, message))
        }
        if queueStart == queue.count {
            queue.removeAll(keepingCapacity: queue.capacity <= 1_024)
            queueStart = 0
        } else if queueStart > 1_024 {
            queue.removeFirst(queueStart)
            queueStart = 0
        }
        return ready
    }

    /// What is to be repeated now, the oldest first: what was not acknowledged in its time, at most as many as may be on the
    /// way.
    func takeDue(at now: MonotonicTime) -> [Sending] {
        let due = flights.filter { now >= $0.value.sentAt + roundTrip.wait(repeats: $0.value.repeats) }
        return again(due.sorted { $0.value.order < $1.value.order }.prefix(Int(window.messages)).map(\.key), at: now)
    }

    private func again(_ numbers: [UInt32], at now: MonotonicTime) -> [Sending] {
        var sendings: [Sending] = []
        for number in numbers {
            guard let flight = flights[number] else { continue }
            window.lost(order: flight.order, last: lastOrder)
            lastOrder += 1
            flights[number]?.order = lastOrder
            flights[number]?.sentAt = now
            flights[number]?.repeats = min(flight.repeats + 1, 255)
            sendings.append((number, flight.message))
        }
        return sendings
    }

    // MARK: What comes back

    /// Something came from the peer, whatever it is.
    func heard(at now: MonotonicTime) { heardAt = now }

    /// Messages arrived.
    /// - Returns: How many of them were not known to, and their bytes.
    func acknowledge(_ numbers: [UInt32], at now: MonotonicTime) -> (count: Int, bytes: Int) {
        var (count, bytes) = (0, 0)
        for number in numbers {
            guard let flight = flights.removeValue(forKey: number) else { continue }
            count += 1
            bytes += flight.message.count
            flightBytes -= flight.message.count
            if flight.repeats == 0 { roundTrip.measure(now - flight.sentAt) }
            newestAcknowledged = max(newestAcknowledged, flight.order)
            window.acknowledged()
        }
        return (count, bytes)
    }

    private var newestAcknowledged: UInt64 = 0

    /// What was lost, since messages that were sent later have arrived.
    func takeLost(at now: MonotonicTime) -> [Sending] {
        if flights.isEmpty || newestAcknowledged < Self.reorderMax { return [] }
        let lost = flights.filter { $0.value.order + Self.reorderMax <= newestAcknowledged }
        if lost.isEmpty { return [] }
        return again(lost.sorted { $0.value.order < $1.value.order }.map(\.key), at: now)
    }

    // MARK: Silence

    /// How long the peer has said nothing although it should have.
    func silence(at now: MonotonicTime) -> TimeSpan { flights.isEmpty ? .zero : now - heardAt }

    /// Whether a message was repeated that often and nothing at all came back.
    func isUnheard(repeats: Int) -> Bool {
        flights.values.contains { $0.repeats >= repeats && $0.sentAt > heardAt }
    }

    /// Time in which the loop did not turn.
    func stoodStill(_ time: TimeSpan) {
        heardAt = heardAt + time
        for number in flights.keys {
            if let sentAt = flights[number]?.sentAt { flights[number]?.sentAt = sentAt + time }
        }
    }

    /// Forgets everything; how many messages and bytes that were. The numbers go on: whoever is heard of again still knows
    /// the old ones.
    func giveUp() -> (count: Int, bytes: Int) {
        let waiting = queue[queueStart...]
        let all = (flights.count + waiting.count, flightBytes + waiting.reduce(0) { $0 + $1.count })
        flights.removeAll()
        flightBytes = 0
        queue.removeAll()
        queueStart = 0
        return all
    }

    // MARK: Names

    /// `127.0.0.1:4001/5e884898`.
    static func name(_ address: SocketAddress, _ start: UInt32) -> String {
        "\(address)/\(String(start, radix: 16))"
    }

    private static func parse(_ inbox: String) -> (SocketAddress, UInt32)? {
        let parts = inbox.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let start = UInt32(parts[1], radix: 16), let address = SocketAddress(loopback: parts[0])
        else { return nil }
        return (address, start)
    }
}
