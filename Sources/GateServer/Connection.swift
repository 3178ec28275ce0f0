import GateBytes
import GateIO
import GateProtocol
import GateSessions

/// One accepted client. Owned by its loop; the stream keeps it until it is closed.
///
/// What a message of the usual kind costs: no copy of its payload (events are ranges into the loop's read buffer), no
/// allocation, one dynamic call into the protocol for each read burst and one for each reply, one write for each turn.
/// An idle connection holds no buffer and, until its first asynchronous message, no ``Work``.
final class Connection {
    /// Where a connection stands.
    enum State: UInt8 {
        /// The client has not asked for a session.
        case handshake
        /// It has, and waits for the answer.
        case opening
        /// It has a session.
        case open
        /// It ends as soon as its last bytes are with the system.
        case flushing
        case closed
    }

    /// Why nothing is read for the moment.
    struct Pauses: OptionSet {
        let rawValue: UInt8
        /// The opening waits for its answer.
        static let opening = Pauses(rawValue: 1)
        /// As many ordered messages wait as may.
        static let backlog = Pauses(rawValue: 2)
        /// Too many bytes wait for the client.
        static let highWater = Pauses(rawValue: 4)
        /// The server stops.
        static let draining = Pauses(rawValue: 8)
        /// The client said its last word; its messages that run or wait still get their answers.
        static let ending = Pauses(rawValue: 16)
    }

    let gate: LoopGateway
    let listener: LoopListener
    let stream: any ByteStream
    let wire: any WireProtocol
    var session: LiveSession?
    var work: Work?
    /// Ends when the connected hook has returned; before that, when the authenticate hook has.
    var hook: Task<Void, Never>?
    var clientKey: ClientDirectory.Key?
    /// Bytes for the client that the stream does not have yet.
    var output = ByteBuffer()
    /// What waits in front of ``output``, as long as there are payloads that are shared.
    var segments: OutputSegments?
    /// Bytes of the client's own that wait, as far as they are in the ledger.
    var accounted = 0
    /// Made at the first cut-off frame.
    var kept: Kept?

    var state = State.handshake
    var pauses: Pauses = []
    /// Set once; what comes behind it is not delivered.
    var closeReason: CloseReason?
    /// Why it ends once the client's last messages have their answers.
    var endingReason: CloseReason?
    var isDirty = false
    var isWriting = false
    var isConsuming = false
    var ownsClientKey = false
    var keepsState = false

    var timer = TimerID.none
    /// When ``timer`` fires.
    var timerAt = MonotonicTime.never
    /// When the connection was accepted; once it ends, when the client said its last word, then when the last bytes began
    /// to be flushed.
    var phaseBegan: MonotonicTime
    /// The protocol's wish, on the protocol's clock.
    var wireWakeUp = MonotonicTime.never
    /// When the client last took a byte of those that wait.
    var writeBegan = MonotonicTime.never
    var writePending: Int32 = 0
    /// How long nothing was read, in all: the protocol's clock stands still meanwhile.
    var pausedTotal = TimeSpan.zero
    var pausedAt = MonotonicTime.never
    /// Place in the loop's list.
    var position: Int32 = 0

    private(set) var counters = SessionCounters(messagesReceived: 0, messagesSent: 0, bytesReceived: 0, bytesSent: 0)

    init(gate: LoopGateway, listener: LoopListener, stream: any ByteStream) {
        self.gate = gate
        self.listener = listener
        self.stream = stream
        wire = listener.makeProtocol()
        phaseBegan = gate.loop.now
    }

    /// The time on the protocol's clock, which stands still while nothing is read.
    var wireNow: MonotonicTime { (pauses.isEmpty ? gate.now : pausedAt) - pausedTotal }

    /// Whether the end is decided; nothing more is handed over or delivered.
    var isMarked: Bool { closeReason != nil }

    func countReceived(bytes: Int) {
        counters.bytesReceived += UInt64(bytes)
        unsafe gate.tally.receivedBytes += bytes
    }

    func countReceivedMessage() {
        counters.messagesReceived += 1
        unsafe gate.tally.messagesReceived += 1
        listener.countMessage()
    }

    func countSent(bytes: Int) {
        counters.bytesSent += UInt64(bytes)
        unsafe gate.tally.sentBytes += bytes
    }

    func countSentMessage() {
        counters.messagesSent += 1
    }
}

/// A cut-off frame, and what came while nothing was handed over.
final class Kept {
    var bytes = ByteBuffer()
    /// Bytes below which no call into the protocol makes sense.
    var needed = 0
    /// When the frame began.
    var began = MonotonicTime.never
}

@available(*, unavailable)
extension Connection: Sendable {}

@available(*, unavailable)
extension Kept: Sendable {}
