import GateBytes
import GateIO
import GateUV
import Testing

@Suite(.timeLimit(.minutes(1)))
struct UVStreamTests {
    @Test(arguments: ["127.0.0.1", "::1"])
    func echoesWhatItReads(host: String) async throws {
        try await withLoops { group in
            let server = try Server(group, host: host) { peer, bytes in peer.send(bytes) }
            let client = try await connect(group, to: server.address)
            let accepted = try #require(await server.next())
            await client.onLoop { $0.send([1, 2, 3]) }
            #expect(await client.bytes(3) == [1, 2, 3])
            let names = await client.onLoop { ($0.stream.localAddress, $0.stream.remoteAddress) }
            let others = await accepted.onLoop { ($0.stream.localAddress, $0.stream.remoteAddress) }
            #expect(names.0 == others.1)
            #expect(names.1 == others.0)
            #expect(names.1 == server.address)
        }
    }

    @Test func keepsAnEmptyBuffersMemoryAfterAWholeWrite() async throws {
        try await withLoops { group in
            let server = try Server(group)
            let client = try await connect(group, to: server.address)
            let capacity = await client.onLoop { peer in
                peer.send([9])
                #expect(peer.output.count == 0)
                #expect(peer.stream.pendingBytes == 0)
                return peer.output.capacity
            }
            #expect(capacity > 0)
        }
    }

    @Test func sendsALargeWriteToASlowReader() async throws {
        let size = 8 << 20
        try await withLoops { group in
            let server = try Server(group, start: false)
            let client = try await connect(group, to: server.address)
            let accepted = try #require(await server.next())
            let pending = await client.onLoop { peer in
                peer.send((0..<size).map { UInt8(truncatingIfNeeded: $0 % 251) })
                #expect(peer.output.count == 0)
                return peer.stream.pendingBytes
            }
            #expect(pending > 0 && pending < size)
            await accepted.onLoop { peer in peer.stream.start(peer) }
            let bytes = await accepted.bytes(size)
            #expect(bytes.count == size)
            #expect(bytes.enumerated().allSatisfy { UInt8(truncatingIfNeeded: $0 % 251) == $1 })
            var events = client.events.makeAsyncIterator()
            #expect(await events.next() == .writeFinished)
            #expect(await client.onLoop { $0.stream.pendingBytes } == 0)
        }
    }

    @Test func hearsNothingAfterAPauseUntilItResumes() async throws {
        try await withLoops { group in
            let server = try Server(group) { peer, _ in peer.stream.pauseReading() }
            let client = try await connect(group, to: server.address)
            let accepted = try #require(await server.next())
            await client.onLoop { $0.send([1]) }
            #expect(await accepted.bytes(1) == [1])
            await client.onLoop { $0.send([2]) }
            await accepted.onLoop { $0.stream.resumeReading() }
            #expect(await accepted.bytes(1) == [2])
        }
    }

    @Test func mayBeClosedInsideReceived() async throws {
        try await withLoops { group in
            let server = try Server(group) { peer, _ in
                peer.stream.close()
                peer.stream.close()
                peer.send([7])
                #expect(peer.stream.pendingBytes == 0)
            }
            let client = try await connect(group, to: server.address)
            await client.onLoop { $0.send([1]) }
            #expect(await client.end() == .endOfFile)
        }
    }

    @Test func tellsTheEndOfFileOnceAndClosesItself() async throws {
        try await withLoops { group in
            let server = try Server(group)
            let client = try await connect(group, to: server.address)
            let accepted = try #require(await server.next())
            await client.onLoop { $0.stream.close() }
            var events = accepted.events.makeAsyncIterator()
            #expect(await events.next() == .ended(.endOfFile))
            #expect(await accepted.onLoop { $0.stream.localAddress } == SocketAddress(v4: 0, port: 0))
        }
    }

    @Test func tellsAReset() async throws {
        try await withLoops { group in
            let server = try Server(group, start: false)
            let client = try await connect(group, to: server.address)
            let accepted = try #require(await server.next())
            await client.onLoop { $0.send([1]) }
            // Closed with unread input: the kernel sends a reset.
            await accepted.onLoop { $0.stream.close() }
            #expect(await client.end() == .failed(code: 104))
        }
    }

    @Test func flushesBeforeItSaysEndOfFile() async throws {
        let size = 4 << 20
        try await withLoops { group in
            let server = try Server(group) { peer, _ in
                peer.send([UInt8](repeating: 5, count: size))
                #expect(peer.stream.pendingBytes > 0)
                peer.stream.closeAfterFlush(linger: .seconds(60))
            }
            let client = try await connect(group, to: server.address)
            await client.onLoop { $0.send([1]) }
            #expect(await client.bytes(size).count == size)
            #expect(await client.end() == .endOfFile)
        }
    }

    @Test func closesAfterTheLingerWhenThePeerDoesNot() async throws {
        try await withLoops { group in
            let (gone, tellGone) = AsyncStream.makeStream(of: Void.self)
            let listener = try group.listen(host: "127.0.0.1", port: 0) { _, stream in
                stream.start(LastWords { tellGone.finish() })
                stream.closeAfterFlush(linger: .milliseconds(20))
            }
            let client = try RawConnection(to: listener.addresses[0])
            #expect(try client.readAll() == [])
            // The client has not closed yet; the handler is let go of when the stream is closed.
            for await _ in gone {}
            client.end()
        }
    }

    /// Without that, the end of the peer would never be seen, and closing would reset a peer that still reads.
    @Test func readsOnWhileItClosesSoThatItSeesThePeersEnd() async throws {
        try await withLoops { group in
            let (gone, tellGone) = AsyncStream.makeStream(of: Void.self)
            let listener = try group.listen(host: "127.0.0.1", port: 0) { _, stream in
                stream.start(LastWords { tellGone.finish() })
                // As a connection does whose client is to wait.
                stream.pauseReading()
                var output = ByteBuffer([1, 2, 3])
                stream.write(&output)
                stream.closeAfterFlush(linger: .seconds(3_600))
            }
            let client = try RawConnection(to: listener.addresses[0])
            #expect(try client.readAll() == [1, 2, 3])
            // More than the sockets between them hold.
            try client.send([UInt8](repeating: 7, count: 16 << 20))
            client.end()
            for await _ in gone {}
        }
    }

    @Test func aPeersEndBeforeTheLingerEndsTheTimer() async throws {
        try await withLoops { group in
            let (gone, tellGone) = AsyncStream.makeStream(of: Void.self)
            let listener = try group.listen(host: "127.0.0.1", port: 0) { _, stream in
                stream.start(LastWords { tellGone.finish() })
                stream.closeAfterFlush(linger: .seconds(3_600))
            }
            let client = try RawConnection(to: listener.addresses[0])
            client.end()
            for await _ in gone {}
        }
    }

    @Test func readsWhatAPeerSentBeforeItWasFoundGone() async throws {
        let sent = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 % 251) }
        try await withLoops { group in
            let server = try Server(group, start: false)
            let client = try RawConnection(to: server.address)
            try client.send(sent)
            client.end()
            let accepted = try #require(await server.next())
            // The first write meets a closed socket, which answers with a reset; the others meet that.
            for _ in 0..<3 { await accepted.onLoop { $0.send([1]) } }
            await accepted.onLoop { peer in
                #expect(peer.stream.pendingBytes == 0)
                peer.stream.start(peer)
            }
            #expect(await accepted.bytes(sent.count) == sent)
            let end = await accepted.end()
            #expect(end == .failed(code: 32) || end == .failed(code: 104))
        }
    }

    @Test func staysOpenForWritesBehindThePeersEndWhereItsHandlerWants() async throws {
        try await withLoops { group in
            let (gone, tellGone) = AsyncStream.makeStream(of: Void.self)
            let loop = group.loops[0]
            let listener = try group.listen(host: "127.0.0.1", port: 0) { _, stream in
                stream.start(PatientAnswerer(stream, loop) { tellGone.finish() })
            }
            let answer = try await Task.detached { [address = listener.addresses[0]] in
                try exchange(with: address, sending: [1, 2, 3])
            }.value
            #expect(answer == [1, 2, 3])
            for await _ in gone {}
        }
    }

    @Test func answersAPeerThatClosedItsOwnSideOnly() async throws {
        try await withLoops { group in
            let size = 4 << 20
            let listener = try group.listen(host: "127.0.0.1", port: 0) { _, stream in
                stream.start(LateAnswerer(stream, size: size))
            }
            let answer = try exchange(with: listener.addresses[0], sending: [1, 2, 3])
            #expect(answer.count == size)
        }
    }

    @Test func letsGoOfItsHandlerWhenItsLoopEnds() async throws {
        let (gone, tellGone) = AsyncStream.makeStream(of: Void.self)
        try await withLoops { group in
            let (started, tellStarted) = AsyncStream.makeStream(of: Void.self)
            let listener = try group.listen(host: "127.0.0.1", port: 0) { _, stream in
                stream.start(LastWords { tellGone.finish() })
                tellStarted.finish()
            }
            _ = try await connect(group, to: listener.addresses[0])
            for await _ in started {}
        }
        for await _ in gone {}
    }

    @Test func failsToConnectWhereNobodyListens() async throws {
        try await withLoops { group in
            let server = try Server(group)
            let address = server.address
            server.listener.close()
            await #expect(throws: SystemError(code: 111)) {
                // The listener's close is a post to the same loop, ahead of the connect.
                try await connect(group, to: address)
            }
        }
    }

    @Test func connectsFromAGivenSource() async throws {
        try await withLoops { group in
            let server = try Server(group)
            let source = SocketAddress(v4: 0x7F00_0042, port: 0)
            let client = try await connect(group, to: server.address, from: source)
            #expect(await client.onLoop { $0.stream.localAddress.host } == "127.0.0.66")
            #expect(await server.next()?.stream.remoteAddress.host == "127.0.0.66")
        }
    }
}

/// A handler that only tells when it is let go of.
private final class LastWords: ByteStreamHandler {
    private let gone: @Sendable () -> Void

    init(_ gone: @escaping @Sendable () -> Void) {
        self.gone = gone
    }

    deinit { gone() }

    func received(_ bytes: Span<UInt8>) {}
    func ended(_ end: StreamEnd) {}
    func writeFinished() {}
}

/// A handler that answers some turns after the peer has sent all it had.
private final class PatientAnswerer: ByteStreamHandler, TimerTarget {
    private let stream: any ByteStream
    private let loop: any EventLoop
    private let gone: @Sendable () -> Void
    private var heard: [UInt8] = []

    init(_ stream: any ByteStream, _ loop: any EventLoop, _ gone: @escaping @Sendable () -> Void) {
        self.stream = stream
        self.loop = loop
        self.gone = gone
    }

    deinit { gone() }

    func received(_ bytes: Span<UInt8>) { heard += [UInt8](copying: bytes) }

    func inputEnded() -> Bool {
        _ = loop.schedule(self, at: loop.now + .milliseconds(20))
        return true
    }

    func timerFired(at now: MonotonicTime) {
        var output = ByteBuffer(heard)
        stream.write(&output)
        stream.closeAfterFlush(linger: .seconds(60))
    }

    func ended(_ end: StreamEnd) { Issue.record("the handler closes, not the stream") }
    func writeFinished() {}
}

/// A handler that answers when the peer has sent all it had.
private final class LateAnswerer: ByteStreamHandler {
    private let stream: any ByteStream
    private let size: Int

    init(_ stream: any ByteStream, size: Int) {
        self.stream = stream
        self.size = size
    }

    func received(_ bytes: Span<UInt8>) {}

    func ended(_ end: StreamEnd) {
        #expect(end == .endOfFile)
        var output = ByteBuffer([UInt8](repeating: 6, count: size))
        stream.write(&output)
        stream.closeAfterFlush(linger: .seconds(60))
    }

    func writeFinished() {}
}
