import GateBytes
import GateIO

/// Messages on the way to one inbox. On the link's loop.
final class UDPOutbox {
    private struct Waiting {
        var message: [UInt8]
        var sentAt: MonotonicTime
        var repeats = 0
    }

    let address: SocketAddress
    let start: UInt32
    private var waiting: [UInt32: Waiting] = [:]
    private var lastNumber: UInt32 = 0
    private var usedAt = MonotonicTime(nanoseconds: 0)
    /// Whether a message was repeated to the last and not acknowledged.
    private(set) var isGivenUp = false

    /// How long numbers go on where nothing is sent. Longer than the other side keeps its window, so that a number never
    /// starts anew in an old one.
    static let idleTime = TimeSpan.seconds(120)

    /// The way to an inbox; `nil` when the text names none.
    init?(inbox: String) {
        guard let (address, start) = Self.parse(inbox) else { return nil }
        self.address = address
        self.start = start
    }

    var isEmpty: Bool { waiting.isEmpty }

    func isIdle(at now: MonotonicTime) -> Bool { waiting.isEmpty && usedAt + Self.idleTime < now }

    /// The number of a new message.
    func add(_ message: [UInt8], at now: MonotonicTime) -> UInt32 {
        lastNumber += 1
        usedAt = now
        waiting[lastNumber] = Waiting(message: message, sentAt: now)
        return lastNumber
    }

    /// A message arrived. `false` when that was known.
    func acknowledge(_ number: UInt32) -> Bool { waiting.removeValue(forKey: number) != nil }

    /// Forgets what is on the way; how many messages that were.
    func giveUp() -> Int {
        defer {
            waiting.removeAll()
            isGivenUp = false
        }
        return waiting.count
    }

    /// What is to be repeated now.
    func takeDue(at now: MonotonicTime) -> [(UInt32, [UInt8])] {
        var due: [(UInt32, [UInt8])] = []
        for (number, entry) in waiting where now >= entry.sentAt + UDPLink.repeats[entry.repeats] {
            if entry.repeats + 1 == UDPLink.repeats.count {
                isGivenUp = true
            } else {
                waiting[number]?.repeats = entry.repeats + 1
                due.append((number, entry.message))
            }
        }
        return due.sorted { $0.0 < $1.0 }
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

extension SocketAddress {
    /// The loopback address that the text names: `127.0.0.1:4001` (any of 127/8) or `[::1]:4001`; `nil` for every other.
    package init?(loopback text: some StringProtocol) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        let host = text[..<colon]
        if host == "[::1]" {
            self.init(v6: 0, 1, port: port)
            return
        }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard parts.count == 4, parts[0] == 127 else { return nil }
        var address: UInt32 = 0
        for part in parts {
            guard let part else { return nil }
            address = address << 8 | UInt32(part)
        }
        self.init(v4: address, port: port)
    }
}
