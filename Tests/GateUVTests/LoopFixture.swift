import GateBytes
import GateIO
import GateUV
import Synchronization

/// What a stream told its handler, in order.
enum StreamEvent: Equatable, Sendable {
    case received([UInt8])
    case ended(StreamEnd)
    case writeFinished
}

/// A handler that writes down what it hears and may answer. Touched on its stream's loop only, apart from `events`.
// Sound: the stored properties besides `events` are set before the stream starts, or on the loop.
final class Peer: ByteStreamHandler, @unchecked Sendable {
    let events: AsyncStream<StreamEvent>
    private let record: AsyncStream<StreamEvent>.Continuation
    let loop: any EventLoop
    let stream: any ByteStream
    private let onReceived: (Peer, [UInt8]) -> Void
    var output = ByteBuffer()

    init(
        _ loop: any EventLoop, _ stream: any ByteStream, onReceived: @escaping (Peer, [UInt8]) -> Void = { _, _ in }
    ) {
        (events, record) = AsyncStream.makeStream()
        self.loop = loop
        self.stream = stream
        self.onReceived = onReceived
    }

    func received(_ bytes: Span<UInt8>) {
        let copy = [UInt8](copying: bytes)
        record.yield(.received(copy))
        onReceived(self, copy)
    }

    func ended(_ end: StreamEnd) {
        record.yield(.ended(end))
    }

    func writeFinished() {
        record.yield(.writeFinished)
    }

    /// Sends from the loop.
    func send(_ bytes: [UInt8]) {
        output.append(bytes)
        stream.write(&output)
    }

    /// Runs `body` on the loop and comes back with its value.
    func onLoop<Value: Sendable>(_ body: @escaping @Sendable (Peer) -> Value) async -> Value {
        await GateUVTests.onLoop(loop) { body(self) }
    }

    /// The next `count` bytes that arrive, and what arrived with them.
    func bytes(_ count: Int) async -> [UInt8] {
        var bytes: [UInt8] = []
        for await event in events {
            if case .received(let more) = event { bytes += more } else { break }
            if bytes.count >= count { break }
        }
        return bytes
    }

    /// How the stream ended, whatever comes before.
    func end() async -> StreamEnd? {
        for await event in events {
            if case .ended(let end) = event { return end }
        }
        return nil
    }
}

/// Runs `body` on `loop` and comes back with its value.
func onLoop<Value: Sendable>(_ loop: any EventLoop, _ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        loop.postReserved { continuation.resume(returning: body()) }
    }
}

/// Runs `body` with a group that is ended afterwards.
@discardableResult
func withLoops<Value>(
    _ count: Int = 1, limits: LoopLimits = LoopLimits(), _ body: (UVEventLoopGroup) async throws -> Value
) async throws -> Value {
    let group = try UVEventLoopGroup(loopCount: count, limits: limits)
    do {
        let value = try await body(group)
        await ended(group)
        return value
    } catch {
        await ended(group)
        throw error
    }
}

private func ended(_ group: UVEventLoopGroup) async {
    await Task.detached { group.shutDown() }.value
}

/// A connection to `address` whose stream reads already.
func connect(
    _ group: UVEventLoopGroup, to address: SocketAddress, from source: SocketAddress? = nil, loop index: Int = 0,
    start: Bool = true
) async throws -> Peer {
    guard let loop = group.loops[index] as? UVEventLoop else { throw SystemError(code: 0) }
    return try await withCheckedThrowingContinuation { continuation in
        loop.postReserved {
            do throws(SystemError) {
                try loop.connect(to: address, from: source) { result in
                    switch result {
                    case .success(let stream):
                        let peer = Peer(loop, stream)
                        if start { stream.start(peer) }
                        continuation.resume(returning: peer)
                    case .failure(let error): continuation.resume(throwing: error)
                    }
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}

/// Accepted peers, one after another.
// Sound: `peers` is an AsyncStream's two ends, both thread-safe.
final class Server: Sendable {
    let listener: any Listener
    let peers: AsyncStream<Peer>

    var address: SocketAddress { listener.addresses[0] }

    init(
        _ group: UVEventLoopGroup, host: String = "127.0.0.1", port: UInt16 = 0, start: Bool = true,
        onReceived: @escaping @Sendable (Peer, [UInt8]) -> Void = { _, _ in }
    ) throws(ListenError) {
        let (peers, arrival) = AsyncStream.makeStream(of: Peer.self)
        self.peers = peers
        listener = try group.listen(host: host, port: port) { loop, stream in
            let peer = Peer(loop, stream, onReceived: onReceived)
            if start { stream.start(peer) }
            arrival.yield(peer)
        }
    }

    func next() async -> Peer? {
        for await peer in peers { return peer }
        return nil
    }
}
