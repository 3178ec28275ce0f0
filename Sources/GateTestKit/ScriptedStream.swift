public import GateBytes
public import GateIO

/// A client's pipe of bytes that a test plays: it says what arrives, and how fast the client reads.
///
/// Bytes that arrive while the connection does not read wait as they do in a socket, and so does the end of the file.
/// Nothing here ends a turn of the loop; the test runs the loop when it wants one to end.
public final class ScriptedStream: ByteStream {
    /// How the server left the stream.
    public enum End: Equatable, Sendable {
        /// It has not.
        case open
        /// At once.
        case closed
        /// After everything that was written.
        case closedAfterFlush(linger: TimeSpan)
    }

    public let remoteAddress: SocketAddress
    public let localAddress: SocketAddress
    /// The bytes of each write, in order.
    public private(set) var writes: [[UInt8]] = []
    /// How the server left it.
    public private(set) var end = End.open
    /// Whether the server reads.
    public private(set) var isReading = false
    /// How often the server stopped reading.
    public private(set) var pauseCount = 0
    /// Bytes that the system still takes at once; `.max` for a client that reads everything.
    public private(set) var room = Int.max
    /// How much of a tail moves into the stream beyond what the system takes at once.
    private let partBytes = 1_024
    private let loop: ManualEventLoop
    private var handler: (any ByteStreamHandler)?
    private var pending: [UInt8] = []
    private var taken: [UInt8] = []
    private var arrived: [[UInt8]] = []
    private var hasEndArrived = false

    /// A stream of `loop` from `remoteAddress`; 192.0.2.1:40000 by default.
    public init(
        on loop: ManualEventLoop, from remoteAddress: SocketAddress = SocketAddress(v4: 0xC000_0201, port: 40_000)
    ) {
        self.loop = loop
        self.remoteAddress = remoteAddress
        localAddress = SocketAddress(v4: 0x7F00_0001, port: 1_883)
    }

    // MARK: What the test does

    /// Bytes arrive, in one read.
    public func deliver(_ bytes: [UInt8]) {
        guard end == .open else { return }
        arrived.append(bytes)
        loop.perform { handOver() }
    }

    /// The client says its last word.
    public func endOfFile() {
        guard end == .open else { return }
        hasEndArrived = true
        loop.perform { handOver() }
    }

    /// The network fails.
    public func fail(code: Int32) {
        guard end == .open, let handler else { return }
        loop.perform {
            handler.ended(.failed(code: code))
            close()
        }
    }

    /// From now on the client takes `bytes` in all until it is told again.
    public func limitRoom(to bytes: Int) {
        room = bytes
    }

    /// The client reads `bytes` more, of what waits first.
    public func takeBytes(_ bytes: Int) {
        let now = min(bytes, pending.count)
        taken += pending[..<now]
        pending.removeFirst(now)
        if room != .max { room += bytes - now }
        guard now > 0, pending.isEmpty, let handler else { return }
        loop.perform { handler.writeFinished() }
    }

    /// The client reads everything, now and from now on.
    public func takeEverything() {
        room = .max
        takeBytes(pending.count)
    }

    /// What the client has read since the last time.
    public func takeOutput() -> [UInt8] {
        defer { taken = [] }
        return taken
    }

    // MARK: ByteStream

    public func start(_ handler: any ByteStreamHandler) {
        precondition(loop.isCurrent, "a stream is used on its loop")
        self.handler = handler
        isReading = true
    }

    public func pauseReading() {
        precondition(loop.isCurrent, "a stream is used on its loop")
        guard isReading else { return }
        isReading = false
        pauseCount += 1
    }

    public func resumeReading() {
        precondition(loop.isCurrent, "a stream is used on its loop")
        guard handler != nil, !isReading, end == .open else { return }
        isReading = true
        if arrived.isEmpty && !hasEndArrived { return }
        let me = Confined(stream: self)
        loop.postReserved { me.stream.handOver() }
    }

    public func write(_ buffer: inout ByteBuffer) {
        precondition(loop.isCurrent, "a stream is used on its loop")
        precondition(pending.isEmpty, "a write waits until the last one is with the system")
        let bytes = buffer.array()
        buffer.removeAll()
        guard end == .open else { return }
        writes.append(bytes)
        let now = min(room, bytes.count)
        if room != .max { room -= now }
        taken += bytes[..<now]
        pending = Array(bytes[now...])
    }

    public func write(_ buffer: inout ByteBuffer, _ tail: Span<UInt8>) -> Int {
        let taken = min(tail.count, max(0, room == .max ? tail.count : room - buffer.count) + partBytes)
        buffer.append(tail.extracting(0..<taken))
        write(&buffer)
        return taken
    }

    public var pendingBytes: Int { pending.count }

    public func close() {
        guard end == .open else { return }
        end = .closed
        pending = []
        letGo()
    }

    public func closeAfterFlush(linger: TimeSpan) {
        guard end == .open else { return }
        end = .closedAfterFlush(linger: linger)
        letGo()
    }

    private func letGo() {
        handler = nil
        isReading = false
        arrived = []
    }

    private func handOver() {
        while isReading, end == .open, let handler, !arrived.isEmpty {
            let bytes = arrived.removeFirst()
            handler.received(bytes.span)
        }
        guard hasEndArrived, isReading, end == .open, let handler else { return }
        hasEndArrived = false
        if handler.inputEnded() {
            isReading = false
            return
        }
        handler.ended(.endOfFile)
        close()
    }
}

/// Carries a stream through a post to its own loop.
// Sound: the post runs on the loop that owns the stream.
private struct Confined: @unchecked Sendable {
    let stream: ScriptedStream
}

@available(*, unavailable)
extension ScriptedStream: Sendable {}
