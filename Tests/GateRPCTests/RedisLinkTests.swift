#if Redis
    import GateBytes
    import GateRPC
    import GateUV
    import Glibc
    import Synchronization
    import Testing

    @testable import GateRPCRedis

    /// What is Redis's own about its link.
    @Suite(.serialized) struct RedisLinkTests {
        /// A link that is open, with what it says.
        private func open(_ url: String) throws -> (RedisLink, LinkProbe) {
            let probe = try LinkProbe()
            let link = RedisLink(
                url: try RedisURL(url), loop: probe.group.loops[0], watcher: probe.group.watcher(loop: 0), start: 1
            ) { [weak probe] _, fault in probe?.report(fault) }
            link.open(probe)
            return (link, probe)
        }

        private static let userSettings = [
            "--requirepass", "secret", "--user", "ada", "on", ">s:e@t", "&gatehouse.*", "-@all", "+@pubsub",
            "+@connection", "--user", "bob", "on", ">b", "&other.*", "+@all",
        ]

        private func guarded() async throws -> Broker {
            try await Broker.running(.redis(with: Self.userSettings))
        }

        @Test(arguments: [":secret@", "secret@", "default:secret@", "ada:s%3Ae%40t@"])
        func whoSaysThePasswordIsServed(credentials: String) async throws {
            let broker = try await guarded()
            defer { broker.end() }
            let (link, probe) = try open("redis://\(credentials)127.0.0.1:\(broker.port)/7")
            await Cluster.wait { link.isUp }
            try link.send([1, 2], to: link.inbox)
            await Cluster.wait { probe.seen.messages == [[1, 2]] }
            #expect(probe.seen.reports == ["connected"])
        }

        @Test(arguments: [
            ("", "user or password refused (NOAUTH)"), (":wrong@", "user or password refused (WRONGPASS)"),
            ("eve:secret@", "user or password refused (WRONGPASS)"),
            ("bob:b@", "refused: NOPERM this user has no permissions to access one of the channels used as arguments"),
        ])
        func whoDoesNotHearsOnceWhy(credentials: String, reason: String) async throws {
            let broker = try await guarded()
            defer { broker.end() }
            let (link, probe) = try open("redis://\(credentials)127.0.0.1:\(broker.port)")
            await Cluster.wait { !probe.seen.reports.isEmpty }
            try await Task.sleep(for: .milliseconds(500))
            #expect(probe.seen.reports == [reason])
            #expect(!link.isUp)
            #expect(throws: RPCFault.unreachable) { try link.send([1], to: link.inbox) }
        }

        @Test(arguments: [
            (["--cluster-enabled", "yes"], "Redis Cluster is not supported"),
            (["--replicaof", "127.0.0.1", "1"], "this is a replica, name its master"),
        ])
        func serversOfAnotherKindAreRefused(settings: [String], reason: String) async throws {
            let broker = try await Broker.running(.redis(with: settings))
            defer { broker.end() }
            let (link, probe) = try open(broker.url)
            // One that is slow may be found silent before or behind that.
            await Cluster.wait { probe.seen.reports.contains(reason) }
            #expect(!link.isUp)
        }

        @Test func aSentinelIsRefused() async throws {
            var program = BrokerProgram.redis
            program.prepare = { port, directory in
                // Sound: the texts are NUL-terminated, and a file that was opened is closed.
                guard let file = unsafe fopen("\(directory)/sentinel.conf", "w") else { throw TestFailure.unexpected }
                unsafe fputs("bind 127.0.0.1\nport \(port)\nlogfile sentinel.log\n", file)
                unsafe fclose(file)
            }
            program.arguments = { _, directory in ["\(directory)/sentinel.conf", "--sentinel", "--dir", directory] }
            let broker = try await Broker.running(program)
            defer { broker.end() }
            let (link, probe) = try open(broker.url)
            await Cluster.wait { probe.seen.reports == ["Redis Sentinel is not supported"] }
            #expect(!link.isUp)
        }

        @Test(arguments: [
            ([], 8_388_608), (["--proto-max-bulk-len", "1mb"], 1_048_576),
            (["--client-output-buffer-limit", "pubsub", "2mb", "1mb", "60"], 524_288),
            (["--client-output-buffer-limit", "pubsub", "0", "0", "0"], 16_777_216),
        ])
        func theServersSettingsLimitAMessage(settings: [String], limit: Int) async throws {
            let broker = try await Broker.running(.redis(with: settings))
            defer { broker.end() }
            let (link, probe) = try open(broker.url)
            await Cluster.wait { link.isUp }
            #expect(link.messageBytesMax == limit)
            for count in [limit - 1, limit] {
                try link.send([UInt8](repeating: 3, count: count), to: link.inbox)
            }
            #expect(throws: RPCFault.tooLarge(bytes: limit + 1, limit: limit)) {
                try link.send([UInt8](repeating: 3, count: limit + 1), to: link.inbox)
            }
            await Cluster.wait { probe.seen.messages.count == 2 }
            #expect(probe.seen.messages.map(\.count) == [limit - 1, limit])
            #expect(probe.seen.changes == [true])
        }

        @Test func anInboxWithoutAReaderIsKnownAtOnce() async throws {
            let broker = try await Broker.shared(.redis)
            let (link, probe) = try open(broker.url)
            await Cluster.wait { link.isUp }
            try link.send([1], to: "gatehouse.inbox.nobody")
            try link.send([1], to: "elsewhere")
            await Cluster.wait { probe.seen.undeliverable.count == 2 }
            #expect(Set(probe.seen.undeliverable) == ["gatehouse.inbox.nobody", "elsewhere"])
            #expect(probe.seen.messages.isEmpty)
        }

        @Test func aBurstOfLongMessagesArrivesWhole() async throws {
            let broker = try await Broker.running(LinkKind.redis)
            defer { broker.end() }
            let (link, probe) = try open(broker.url)
            let (sender, others) = try open(broker.url)
            await Cluster.wait { link.isUp && sender.isUp }
            // Together they are twice what the server keeps for a subscriber.
            let body = [UInt8](repeating: 9, count: 921_600)
            for _ in 0..<70 { try sender.send(body, to: link.inbox) }
            await Cluster.wait { probe.seen.messages.count == 70 }
            #expect(probe.seen.messages.allSatisfy { $0 == body })
            #expect(probe.seen.changes == [true])
            #expect(others.seen.undeliverable.isEmpty)
        }

        @Test func longCallsAtOnceAllSucceed() async throws {
            let broker = try await Broker.running(LinkKind.redis)
            defer { broker.end() }
            let cluster = Cluster(.redis, broker: broker)
            defer { cluster.end() }
            let gateway = try await cluster.start("g")
            _ = try await cluster.start("b", [TestEndpoint.echo()])
            await Cluster.wait { gateway.router.serves(module: "Echo", node: nil) }
            // More, there and back, than the server keeps for a subscriber.
            let body = (0..<921_600).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let good = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<40 {
                    group.addTask {
                        let result = try? await gateway.call("Echo", "echo", .body(body), within: .seconds(30))
                        return result == .bytes(body)
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(good == 40)
        }

        @Test func aNameIsLookedUp() async throws {
            let broker = try await Broker.shared(.redis)
            let (link, probe) = try open("redis://localhost:\(broker.port)")
            await Cluster.wait { link.isUp }
            try link.send([1], to: link.inbox)
            await Cluster.wait { probe.seen.messages == [[1]] }
            await link.close(by: Cluster.now() + .seconds(5))
            #expect(!link.isUp)
            #expect(throws: RPCFault.unreachable) { try link.send([1], to: link.inbox) }
        }

        @Test func theNextServerServesUntilTheFirstIsBack() async throws {
            let first = try await Broker.running(LinkKind.redis)
            defer { first.end() }
            let second = try await Broker.running(LinkKind.redis)
            defer { second.end() }
            let url = "redis://127.0.0.1:\(first.port),127.0.0.1:\(second.port)"
            let (link, probe) = try open(url)
            let (other, others) = try open(url)
            await Cluster.wait { link.isUp && other.isUp }
            first.end()
            await Cluster.wait { !link.isUp && !other.isUp }
            await Cluster.wait { link.isUp && other.isUp }
            try link.send([1], to: other.inbox)
            await Cluster.wait { others.seen.messages == [[1]] }
            try await first.restart()
            await Cluster.wait { probe.seen.changes.count == 5 && others.seen.changes.count == 5 }
            #expect(probe.seen.changes == [true, false, true, false, true])
            second.end()
            try link.send([2], to: other.inbox)
            await Cluster.wait { others.seen.messages == [[1], [2]] }
        }

        @Test func aReaderThatTheServerCutsOffComesBack() async throws {
            let broker = try await Broker.running(LinkKind.redis)
            defer { broker.end() }
            let (slow, probe) = try open(broker.url)
            let (sender, others) = try open(broker.url)
            await Cluster.wait { slow.isUp && sender.isUp }
            let gate = BlockedLoop(probe.group.loops[0])
            // The system takes some MB for a loop that does not read; then the server loses patience at 32.
            let body = [UInt8](repeating: 1, count: 250_000)
            for _ in 0..<1_000 where others.seen.undeliverable.isEmpty {
                while (try? sender.send(body, to: slow.inbox)) == nil { try await Task.sleep(for: .milliseconds(5)) }
            }
            await Cluster.wait { !others.seen.undeliverable.isEmpty }
            gate.open()
            await Cluster.wait { probe.seen.changes == [true, false, true] }
            #expect(probe.seen.reports == ["connected", "the server closed the connection", "connected"])
            try sender.send([7], to: slow.inbox)
            await Cluster.wait { probe.seen.messages.last == [7] }
        }

        @Test(arguments: [
            ("HTTP/1.1 400 Bad Request\r\n\r\n", FakeServer.End.waits, "the server speaks something else"),
            ("", .closes, "the server closed the connection"), ("", .waits, "the server is silent for 2000 ms"),
            (
                "-DENIED Redis is running in protected mode\r\n", .closes,
                "refused: DENIED Redis is running in protected mode"
            ),
            ("-ERR max number of clients reached\r\n", .closes, "refused: ERR max number of clients reached"),
            ("-MOVED 1 127.0.0.1:7000\r\n", .waits, "Redis Cluster is not supported"),
            ("+OK\r\n+OK\r\n*3\r\n*3\r\n+OK\r\n", .waits, "the server is silent for 2000 ms"),
            ("+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n", .waits, "the server speaks something else"),
            (String(repeating: "*1\r\n", count: 20), .waits, "the server speaks something else"),
            ("*2147483647\r\n", .waits, "the server is silent for 2000 ms"),
            ("$9223372036854775807\r\n", .waits, "the server is silent for 2000 ms"),
            ("$-2\r\n", .waits, "the server speaks something else"),
        ])
        func aServerThatSpeaksSomethingElseIsRefused(bytes: String, end: FakeServer.End, reason: String) async throws {
            let server = try FakeServer(Array(bytes.utf8), end)
            let (link, probe) = try open("redis://127.0.0.1:\(server.port)")
            await Cluster.wait { probe.seen.reports.first?.hasPrefix(reason) == true }
            #expect(!link.isUp)
        }

        @Test func aReplyAboveTheLimitIsNotRead() async throws {
            let server = try FakeServer(
                Array("$99999999\r\n".utf8) + [UInt8](repeating: 120, count: 17_000_000), .waits)
            let (link, probe) = try open("redis://127.0.0.1:\(server.port)")
            await Cluster.wait { probe.seen.reports.first?.contains("at most 16842752 are read") == true }
            #expect(!link.isUp)
        }

        @Test(arguments: ["redis://127.0.0.1:1", "redis://[::1]:1", "redis://no-such-host.invalid"])
        func aServerThatIsNotThereIsSaidOnce(url: String) async throws {
            let (link, probe) = try open(url)
            await Cluster.wait { !probe.seen.reports.isEmpty }
            try await Task.sleep(for: .milliseconds(500))
            #expect(probe.seen.reports.count == 1)
            #expect(probe.seen.reports.first != "connected")
            #expect(!link.isUp)
            await link.close(by: Cluster.now() + .seconds(5))
        }
    }
#endif
