import GateBytes

/// A payload that waits for one client or many: they share its bytes, and it counts once.
final class SharedPayload {
    let bytes: [UInt8]
    private let ledger: QueueLedger
    private let loop: Int

    init(_ bytes: [UInt8], ledger: QueueLedger, loop: Int) {
        self.bytes = bytes
        self.ledger = ledger
        self.loop = loop
        ledger.add(bytes.count, loop: loop)
    }

    deinit { ledger.add(-bytes.count, loop: loop) }

    /// Whether it holds this very array, and not only an equal one.
    func holds(_ other: [UInt8]) -> Bool {
        // Sound: addresses are compared and nothing is read; the array that is kept keeps its own.
        unsafe bytes.withUnsafeBufferPointer { one in
            unsafe other.withUnsafeBufferPointer { two in
                unsafe one.baseAddress == two.baseAddress && one.count == two.count
            }
        }
    }
}

/// What waits for a client in front of its output: frames of its own, each followed by a payload that others may have too.
/// Made at the first payload that is shared, gone when all are sent.
final class OutputSegments {
    /// Bytes of the client's own, and a payload behind them.
    final class Segment {
        var head: ByteBuffer
        let payload: SharedPayload
        /// Bytes of the payload that are with the stream.
        var sent = 0

        init(_ head: consuming ByteBuffer, _ payload: SharedPayload) {
            self.head = head
            self.payload = payload
        }

        var bytes: Int { head.count + payload.bytes.count - sent }
    }

    private var segments: [Segment] = []
    /// Bytes that wait, payloads included.
    private(set) var bytes = 0
    /// Bytes that wait and are the client's own.
    private(set) var ownBytes = 0

    func append(_ head: consuming ByteBuffer, _ payload: SharedPayload) {
        bytes += head.count + payload.bytes.count
        ownBytes += head.count
        segments.append(Segment(head, payload))
    }

    var first: Segment? { segments.first }

    /// Changes the first segment, which goes once nothing of it is left.
    func changeFirst(_ body: (Segment) -> Void) {
        guard let segment = segments.first else { return }
        let (before, own) = (segment.bytes, segment.head.count)
        body(segment)
        bytes += segment.bytes - before
        ownBytes += segment.head.count - own
        if segment.bytes == 0 { segments.removeFirst() }
    }
}

@available(*, unavailable)
extension SharedPayload: Sendable {}

@available(*, unavailable)
extension OutputSegments: Sendable {}
