#if RabbitMQ
    import GateBytes
    import GateRPC
    import GateUV
    import Testing

    @testable import GateRPCRabbitMQ

    /// What is RabbitMQ's own about its link.
    @Suite(.serialized) struct RabbitMQLinkTests {
        /// A link that is open, with what it says.
        private func open(_ url: String) throws -> (RabbitMQLink, LinkProbe) {
            let probe = try LinkProbe()
            let link = RabbitMQLink(url: try RabbitMQURL(url), loop: probe.group.loops[0], start: 1) {
                [weak probe] _, fault in
                probe?.report(fault)
            }
            link.open(probe)
            return (link, probe)
        }

        @Test func userPasswordAndVirtualHostAreOnesOfTheServer() async throws {
            let broker = try await Broker.running(
                .rabbitMQ(lines: ["default_user = ada", "default_pass = s:e@t/", "default_vhost = game 1"]))
            defer { broker.end() }
            let place = "127.0.0.1:\(broker.port)"
            let (link, probe) = try open("amqp://ada:s%3Ae%40t%2F@\(place)/game%201")
            await Cluster.wait { link.isUp }
            try link.send([1, 2], to: link.inbox)
            await Cluster.wait { probe.seen.messages == [[1, 2]] }
            #expect(probe.seen.reports == ["connected"])
            for (url, reason) in [
                ("amqp://ada:wrong@\(place)/game%201", "closed by the server: 403 ACCESS_REFUSED - Login was refused"),
                ("amqp://\(place)/game%201", "closed by the server: 403 ACCESS_REFUSED - Login was refused"),
                ("amqp://ada:s%3Ae%40t%2F@\(place)", "closed by the server: 530 NOT_ALLOWED - vhost / not found"),
            ] {
                let (link, probe) = try open(url)
                await Cluster.wait { !probe.seen.reports.isEmpty }
                try await Task.sleep(for: .milliseconds(500))
                // Once for a row of equal failures.
                #expect(probe.seen.reports.count == 1)
                #expect(probe.seen.reports[0].hasPrefix(reason), "\(probe.seen.reports[0])")
                #expect(!link.isUp)
                #expect(throws: RPCFault.unreachable) { try link.send([1], to: link.inbox) }
                await link.close(by: .never)
            }
            await link.close(by: .never)
        }

        @Test func theServersLimitOfAMessageIsLearned() async throws {
            let broker = try await Broker.running(.rabbitMQ(lines: ["max_message_size = 1048576"]))
            defer { broker.end() }
            let (link, probe) = try open(broker.url)
            await Cluster.wait { link.isUp }
            #expect(link.messageBytesMax == 16_777_216)
            #expect(throws: RPCFault.tooLarge(bytes: 16_777_217, limit: 16_777_216)) {
                try link.send([UInt8](repeating: 1, count: 16_777_217), to: link.inbox)
            }
            let first = link.inbox
            try link.send([UInt8](repeating: 1, count: 1_048_577), to: first)
            await Cluster.wait { link.messageBytesMax == 1_048_576 && link.isUp }
            #expect(link.inbox != first)
            #expect(throws: RPCFault.tooLarge(bytes: 1_048_577, limit: 1_048_576)) {
                try link.send([UInt8](repeating: 1, count: 1_048_577), to: link.inbox)
            }
            for count in [1_048_575, 1_048_576] {
                try link.send([UInt8](repeating: 1, count: count), to: link.inbox)
            }
            await Cluster.wait { probe.seen.messages.count == 2 }
            #expect(probe.seen.messages.map(\.count) == [1_048_575, 1_048_576])
            #expect(probe.seen.changes == [true, false, true])
            await link.close(by: .never)
        }

        @Test func anInboxWithoutAReaderIsKnownAtOnce() async throws {
            let (link, probe) = try open(try await Broker.shared(.rabbitmq).url)
            await Cluster.wait { link.isUp }
            let long = "gatehouse.inbox." + String(repeating: "x", count: 112)
            for inbox in ["gatehouse.inbox.nobody", "elsewhere", long, long + "x"] { try link.send([1], to: inbox) }
            await Cluster.wait { probe.seen.undeliverable.count >= 4 }
            #expect(Set(probe.seen.undeliverable) == ["gatehouse.inbox.nobody", "elsewhere", long, long + "x"])
            #expect(probe.seen.messages.isEmpty)
            #expect(probe.seen.changes == [true])
            await link.close(by: .never)
        }

        @Test func aServerThatIsAwayIsPassedOver() async throws {
            let broker = try await Broker.shared(.rabbitmq)
            let (link, probe) = try open("amqp://127.0.0.1:1,127.0.0.1:\(broker.port)")
            await Cluster.wait { link.isUp }
            #expect(probe.seen.reports == ["a socket error occurred", "connected"])
            await link.close(by: .never)
        }

        @Test func aQueueThatSomebodyDeletesIsMadeAnew() async throws {
            let broker = try await Broker.shared(.rabbitmq)
            let (link, probe) = try open(broker.url)
            await Cluster.wait { link.isUp }
            let first = link.inbox
            try await broker.control(
                "eval",
                """
                {ok, Q} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"/">>, queue, <<"\(first)">>)),
                rabbit_amqqueue:delete(Q, false, false, <<"test">>).
                """)
            await Cluster.wait { probe.seen.changes == [true, false, true] }
            #expect(probe.seen.reports == ["connected", "somebody deleted this node's queue", "connected"])
            #expect(link.inbox != first)
            try link.send([3], to: link.inbox)
            await Cluster.wait { probe.seen.messages == [[3]] }
            await link.close(by: .never)
        }

        @Test func aServerThatIsShortOfMemoryAnswersOverloaded() async throws {
            let broker = try await Broker.running(.rabbitMQ)
            defer { broker.end() }
            let (link, probe) = try open(broker.url)
            await Cluster.wait { link.isUp }
            try await broker.control("set_vm_memory_high_watermark", "0.0000001")
            await Cluster.wait {
                do throws(RPCFault) {
                    try link.send([1], to: link.inbox)
                    return false
                } catch {
                    return error == .linkFull
                }
            }
            #expect(link.isUp)
            // Longer than the server may be silent: it still says that it is there.
            try await Task.sleep(for: .seconds(5))
            #expect(throws: RPCFault.linkFull) { try link.publish([2]) }
            #expect(probe.seen.changes == [true])
            try await broker.control("set_vm_memory_high_watermark", "0.4")
            await Cluster.wait { (try? link.send([7], to: link.inbox)) != nil }
            await Cluster.wait { probe.seen.messages.last == [7] }
            #expect(probe.seen.changes == [true])
            await link.close(by: .never)
        }

        @Test func aReaderThatFallsBehindKeepsItsConnectionAndLosesTheOldest() async throws {
            let broker = try await Broker.running(.rabbitMQ)
            defer { broker.end() }
            let (slow, probe) = try open(broker.url)
            let (sender, others) = try open(broker.url)
            await Cluster.wait { slow.isUp && sender.isUp }
            let gate = BlockedLoop(probe.group.loops[0])
            // 200 MB: the link takes 64 MiB while its loop does nothing, the queue as much, the server's channel 20 MB.
            for number in 0..<2_000 {
                var body = [UInt8](repeating: 1, count: 100_000)
                (body[0], body[1]) = (UInt8(number >> 8), UInt8(number & 0xFF))
                while (try? sender.send(body, to: slow.inbox)) == nil { try await Task.sleep(for: .milliseconds(2)) }
            }
            // Longer than either side may be silent.
            try await Task.sleep(for: .seconds(7))
            #expect(slow.isUp)
            gate.open()
            await Cluster.wait {
                (try? sender.send([7], to: slow.inbox)) != nil && probe.seen.messages.last == [7]
            }
            #expect(probe.seen.changes == [true])
            #expect(others.seen.changes == [true])
            let numbers = probe.seen.messages.filter { $0.count > 1 }.map { Int($0[0]) << 8 | Int($0[1]) }
            #expect(numbers == numbers.sorted())
            #expect(numbers.count > 1_000)
            #expect(numbers.count < 2_000)
            // What was lost lies in front of others; on a slow machine the last ones are too old as well.
            #expect((numbers.last ?? 0) >= numbers.count)
            await slow.close(by: .never)
            await sender.close(by: .never)
        }

        @Test func certificateAndNameOfAServerAreChecked() async throws {
            let broker = try await Broker.running(.rabbitMQ(lines: [], isEncrypted: true))
            defer { broker.end() }
            let trusted = "?cacert=\(broker.directory)/ca.pem"
            let (link, probe) = try open("amqps://localhost:\(broker.port)\(trusted)")
            await Cluster.wait { link.isUp }
            let body = [UInt8](repeating: 5, count: 921_600)
            for _ in 0..<3 { try link.send(body, to: link.inbox) }
            await Cluster.wait { probe.seen.messages.count == 3 }
            #expect(probe.seen.messages.allSatisfy { $0 == body })
            for (url, reason) in [
                ("amqps://127.0.0.1:\(broker.port)\(trusted)", "SSL hostname verification failed"),
                ("amqps://localhost:\(broker.port)", "SSL peer cert verification failed"),
                (
                    "amqps://localhost:\(broker.port)?cacert=\(broker.directory)/other.pem",
                    "SSL peer cert verification failed"
                ),
            ] {
                let (link, probe) = try open(url)
                await Cluster.wait { !probe.seen.reports.isEmpty }
                #expect(probe.seen.reports == [reason])
                #expect(!link.isUp)
                await link.close(by: .never)
            }
            await link.close(by: .never)
        }

        @Test(arguments: [
            ([UInt8]("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), FakeServer.End.closes),
            ([UInt8]("AMQP".utf8) + [0, 1, 0, 0], .waits), ([], .closes), ([], .waits),
            ([1, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0], .waits), ([1, 0, 0, 0, 0, 0, 0, 0xCE], .waits),
            ([1, 0, 0, 0, 0, 0, 4, 0, 10, 0, 10, 0xCE], .waits), ([8, 0, 0, 0, 0, 0, 0, 0xCE], .waits),
        ])
        func whatIsNoServerIsLeftAlone(bytes: [UInt8], end: FakeServer.End) async throws {
            let server = try FakeServer(bytes, end)
            let (link, probe) = try open("amqp://127.0.0.1:\(server.port)")
            await Cluster.wait { !probe.seen.reports.isEmpty }
            #expect(probe.seen.reports[0] != "connected")
            #expect(!link.isUp)
            #expect(probe.seen.changes.isEmpty)
            await link.close(by: .never)
        }
    }
#endif
