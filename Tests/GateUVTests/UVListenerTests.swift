import GateBytes
import GateIO
import Glibc
import Synchronization
import Testing

@testable import GateUV

@Suite(.timeLimit(.minutes(1)))
struct UVListenerTests {
    @Test(arguments: [1, 2], [false, true])
    func refusesAPortThatAnotherSocketHas(loops: Int, sharing: Bool) async throws {
        let holder = try ForeignListener(sharing: sharing)
        defer { holder.stop() }
        try await withLoops(loops) { group in
            #expect(throws: ListenError.addressInUse("127.0.0.1:\(holder.port)")) {
                try group.listen(host: "127.0.0.1", port: holder.port) { _, _ in }
            }
        }
    }

    @Test(arguments: [1, 2], [1, 2])
    func refusesAPortThatAnotherGroupHas(first: Int, second: Int) async throws {
        try await withLoops(first) { group in
            let port = try Server(group).address.port
            try await withLoops(second) { other in
                #expect(throws: ListenError.addressInUse("127.0.0.1:\(port)")) {
                    try other.listen(host: "127.0.0.1", port: port) { _, _ in }
                }
            }
        }
    }

    @Test func givesItsPortBackWhenItCloses() async throws {
        try await withLoops(2) { group in
            let server = try Server(group)
            let client = try await connect(group, to: server.address)
            let accepted = try #require(await server.next())
            server.listener.close()
            server.listener.close()
            for loop in group.loops { await onLoop(loop) {} }
            // Streams that were accepted live on, and so do connections in TIME_WAIT.
            let again = try Server(group, port: server.address.port)
            #expect(again.address == server.address)
            await client.onLoop { $0.send([3]) }
            #expect(await accepted.bytes(1) == [3])
        }
    }

    @Test func sharesOneChosenPortAmongAllLoopsAndAddresses() async throws {
        // The clients live on loop 0; without this, it would soon hand all of its own streams to the emptier ones.
        var limits = LoopLimits()
        limits.streamImbalanceMax = 10_000
        try await withLoops(4, limits: limits) { group in
            let server = try Server(group, host: "localhost")
            #expect(server.address.port != 0)
            #expect(Set(server.listener.addresses.map(\.port)).count == 1)
            var loops = Set<Int>()
            for _ in 0..<1_000 where loops.count < 4 {
                _ = try await connect(group, to: server.address)
                if let peer = await server.next() { loops.insert(peer.loop.index) }
            }
            #expect(loops == [0, 1, 2, 3])
        }
    }

    @Test(arguments: [1, 4])
    func spreadsFewStreamsEvenly(imbalance: Int) async throws {
        var limits = LoopLimits()
        limits.streamImbalanceMax = imbalance
        try await withLoops(4, limits: limits) { group in
            let server = try Server(group) { peer, bytes in peer.send(bytes) }
            // The clients' streams count too, so they have a group of their own.
            try await withLoops(1) { clients in
                var counts = [0, 0, 0, 0]
                for _ in 0..<60 {
                    let client = try await connect(clients, to: server.address)
                    await client.onLoop { $0.send([1]) }
                    #expect(await client.bytes(1) == [1])
                    let peer = try #require(await server.next())
                    #expect(await peer.onLoop { $0.loop.isCurrent })
                    counts[peer.loop.index] += 1
                }
                let (least, most) = (try #require(counts.min()), try #require(counts.max()))
                #expect(most - least <= imbalance + 1, "\(counts)")
            }
        }
    }

    @Test func tellsAnAddressThatTheMachineDoesNotHave() async throws {
        try await withLoops { group in
            #expect(throws: ListenError.addressNotAvailable("192.0.2.1:1883")) {
                try group.listen(host: "192.0.2.1", port: 1883) { _, _ in }
            }
            #expect(throws: ListenError.self) { try group.listen(host: "no.such.host.invalid", port: 0) { _, _ in } }
        }
    }

    @Test(arguments: ["192.0.2.1", "2001:db8::1", "no.such.host.invalid"])
    func checksAHostAsListeningDoes(host: String) async throws {
        let checked = #expect(throws: ListenError.self) { try ListeningAddresses.check(host: host, port: 1_883) }
        try await withLoops { group in
            let opened = #expect(throws: ListenError.self) { try group.listen(host: host, port: 1_883) { _, _ in } }
            #expect(opened == checked)
        }
    }

    @Test func listensOnAllAddressesWhereNoHostIsGiven() async throws {
        try await withLoops(2) { group in
            let server = try Server(group, host: "")
            let port = server.address.port
            #expect(server.listener.addresses.contains(SocketAddress(v4: 0, port: port)))
            #expect(try ListeningAddresses.check(host: "", port: port) == server.listener.addresses)
            for address in server.listener.addresses {
                var loopback = address
                loopback.low = address.family == .v4 ? 0x7F00_0001 : 1
                _ = try await connect(group, to: loopback)
                _ = try #require(await server.next())
            }
        }
    }

    @Test(arguments: [EAFNOSUPPORT, EADDRNOTAVAIL])
    func listensOnWhatThereIsWhereIPv6OrIPv4IsOff(code: Int32) throws {
        let addresses = try ListeningAddresses.of(host: "", port: 1_883)
        #expect(addresses == [SocketAddress(v4: 0, port: 1_883), SocketAddress(v6: 0, 0, port: 1_883)])
        for missing in addresses {
            let opened = try ListeningAddresses.open(addresses) { address throws(SystemError) in
                if address == missing { throw SystemError(code: code) }
                return address
            }
            #expect(opened == addresses.filter { $0 != missing })
        }
        #expect(throws: ListenError.addressNotAvailable("0.0.0.0:1883")) {
            try ListeningAddresses.open(addresses) { _ throws(SystemError) -> Int in throw SystemError(code: code) }
        }
    }

    @Test func closesWhatIsOpenWhereAnotherAddressOfTheHostIsInUse() throws {
        var closed: [SocketAddress] = []
        let addresses = try ListeningAddresses.of(host: "", port: 1_883)
        #expect(throws: ListenError.addressInUse("[::]:1883")) {
            try ListeningAddresses.open(addresses, close: { closed.append($0) }) { address throws(SystemError) in
                if address.family == .v6 { throw SystemError(code: EADDRINUSE) }
                return address
            }
        }
        #expect(closed == [SocketAddress(v4: 0, port: 1_883)])
    }

    @Test func acceptsAgainAfterTheProcessRanOutOfFiles() async throws {
        var limits = LoopLimits()
        limits.acceptPauseMilliseconds = 10
        try await withLoops(limits: limits) { group in
            let refusals = Mutex(3)
            let calls = Mutex(0)
            let (peers, arrival) = AsyncStream.makeStream(of: Int.self)
            let listener = try group.listen(
                host: "127.0.0.1", port: 0,
                using: { descriptor, peer in
                    calls.withLock { $0 += 1 }
                    let isRefused = refusals.withLock { left in
                        left -= 1
                        return left >= 0
                    }
                    return isRefused ? -EMFILE : Acceptor.systemAccept(descriptor, &peer)
                },
                accept: { loop, _ in arrival.yield(loop.index) })
            _ = try await connect(group, to: listener.addresses[0])
            for await index in peers {
                #expect(index == 0)
                break
            }
            // Three refusals, one connection, one "nobody else": a loop that spins would have asked more often.
            #expect(calls.withLock { $0 } <= 5)
        }
    }

    @Test func clientsDoNotHangWhereFilesStayShort() async throws {
        var limits = LoopLimits()
        limits.acceptPauseMilliseconds = 1
        limits.shortageTime = .milliseconds(2)
        try await withLoops(limits: limits) { group in
            let (unaccepted, record) = AsyncStream.makeStream(of: Int.self)
            let listener = try group.listen(
                host: "127.0.0.1", port: 0, using: { _, _ in -EMFILE }, unaccepted: { record.yield($0.index) },
                accept: { _, _ in })
            for _ in 0..<3 {
                let peer = try await connect(group, to: listener.addresses[0])
                #expect(await peer.end() != nil)
            }
            var count = 0
            for await index in unaccepted {
                #expect(index == 0)
                count += 1
                if count == 3 { break }
            }
        }
    }

    @Test func resolvesNumbersAndNames() throws {
        #expect(try resolve(host: "127.0.0.1", port: 5) == [SocketAddress(v4: 0x7F00_0001, port: 5)])
        #expect(try resolve(host: "::1", port: 6) == [SocketAddress(v6: 0, 1, port: 6)])
        #expect(try resolve(host: "[2001:db8::2]", port: 7) == [SocketAddress(v6: 0x2001_0db8_0000_0000, 2, port: 7)])
        #expect(try !resolve(host: "localhost", port: 8).isEmpty)
        #expect(throws: ResolveError.self) { try resolve(host: "no.such.host.invalid", port: 1) }
    }
}
