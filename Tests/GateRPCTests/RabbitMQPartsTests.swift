#if RabbitMQ
    import GateBytes
    import GateRPC
    import Testing

    @testable import GateRPCRabbitMQ

    @Suite struct RabbitMQURLTests {
        @Test func whatIsNotNamedHasAnOrdinaryValue() throws {
            let url = try RabbitMQURL("amqp://h")
            #expect(url.servers == [RabbitMQURL.Server(host: "h", port: 5_672)])
            #expect((url.user, url.password, url.virtualHost) == ("guest", "guest", "/"))
            #expect(!url.isEncrypted)
            #expect(url.trustedCertificates == nil)
            #expect(url.ownCertificate == nil)
            #expect(try RabbitMQURL("amqps://h").servers == [RabbitMQURL.Server(host: "h", port: 5_671)])
        }

        @Test func everyPartIsRead() throws {
            let url = try RabbitMQURL("amqps://a%40:b%3A@h:1,[::1],i:65535/v%2Fw?cacert=%2Fca&cert=c&key=k")
            #expect(url.isEncrypted)
            #expect((url.user, url.password, url.virtualHost) == ("a@", "b:", "v/w"))
            #expect(
                url.servers == [
                    RabbitMQURL.Server(host: "h", port: 1), RabbitMQURL.Server(host: "::1", port: 5_671),
                    RabbitMQURL.Server(host: "i", port: 65_535),
                ])
            #expect(url.trustedCertificates == "/ca")
            #expect(url.ownCertificate == RabbitMQURL.OwnCertificate(certificate: "c", key: "k"))
        }

        @Test(arguments: ["amqp://h/", "amqp://h/%2f", "amqp://h/%2F"])
        func theVirtualHostThatEveryServerHas(text: String) throws {
            #expect(try RabbitMQURL(text).virtualHost == "/")
        }

        @Test(
            arguments: [
                ("redis://h", .otherScheme), ("amqp:h", .otherScheme), ("AMQP://h", .otherScheme),
                ("amqp://", .authority(.host(""))), ("amqp://h,", .authority(.host(""))),
                ("amqp://h:0", .authority(.port)), ("amqp://h:65536", .authority(.port)),
                ("amqp://h:x", .authority(.port)), ("amqp://u@h", .authority(.credentials)),
                ("amqp://:p@h", .authority(.credentials)), ("amqp://u:%4@h", .authority(.credentials)),
                ("amqp://u:%00@h", .authority(.credentials)), ("amqp://u:p@h,u:p@i", .authority(.credentials)),
                ("amqp://h/a/b", .virtualHost), ("amqp://h/%zz", .virtualHost), ("amqp://h/%00", .virtualHost),
                ("amqp://h?heartbeat=5", .parameter("heartbeat")), ("amqps://h?", .parameter("")),
                ("amqps://h?cacert=a&cacert=b", .parameter("cacert")), ("amqps://h?cacert", .value("cacert")),
                ("amqps://h?cacert=", .value("cacert")), ("amqp://h?cacert=a", .unencrypted("cacert")),
                ("amqps://h?cert=a", .loneCertificate), ("amqps://h?key=a", .loneCertificate),
                ("amqp://h#x", .parameter("x")),
            ] as [(String, RabbitMQURLFault)])
        func otherTextsAreRefused(text: String, fault: RabbitMQURLFault) {
            #expect(throws: fault) { try RabbitMQURL(text) }
            #expect(!fault.description.contains("\n"))
        }

        @Test(arguments: [(254, true), (255, true), (256, false)])
        func namesAreBounded(count: Int, isTaken: Bool) {
            let name = String(repeating: "a", count: count)
            for text in ["amqp://\(name):p@h", "amqp://u:\(name)@h", "amqp://h/\(name)"] {
                #expect(((try? RabbitMQURL(text)) != nil) == isTaken)
            }
        }

        @Test func serversAreBounded() throws {
            let hosts = (1...16).map { "h\($0)" }.joined(separator: ",")
            #expect(try RabbitMQURL("amqp://\(hosts)").servers.count == 16)
            #expect(throws: RabbitMQURLFault.authority(.tooManyServers(limit: 16))) {
                try RabbitMQURL("amqp://\(hosts),h17")
            }
        }

        @Test func filesThatCannotBeReadAreNamed() throws {
            try RabbitMQURL("amqps://h?cacert=/etc/passwd").checkFiles()
            #expect(throws: RabbitMQURLFault.file("/nowhere")) {
                try RabbitMQURL("amqps://h?cacert=/etc/passwd&cert=/nowhere&key=/etc/passwd").checkFiles()
            }
        }

        @Test(
            arguments: [
                (
                    .closed(
                        code: 406, reason: "PRECONDITION_FAILED - message size 5 is larger than configured max size 4"),
                    4
                ),
                (.closed(code: 406, reason: "PRECONDITION_FAILED - unknown delivery tag 1"), nil),
                (.closed(code: 404, reason: "larger than 5"), nil), (.malformed, nil),
            ] as [(RabbitMQFault, Int?)])
        func aServerSaysItsLimitWhenItIsPassed(fault: RabbitMQFault, limit: Int?) {
            #expect(fault.messageBytesMax == limit)
        }
    }

    @Suite struct RabbitMQOutboxTests {
        private func bytes(_ count: Int) -> [UInt8] { [UInt8](repeating: 1, count: count) }

        @Test func bytesAreBounded() {
            let outbox = RabbitMQOutbox()
            let limit = RabbitMQLimits.waitingBytesMax
            #expect(outbox.add(bytes(limit - 1), to: "a"))
            #expect(outbox.add(bytes(1), to: "b"))
            #expect(!outbox.add(bytes(1), to: "c"))
            #expect(outbox.next()?.inbox == "a")
            #expect(outbox.add(bytes(limit - 1), to: nil))
            #expect(!outbox.add(bytes(1), to: "d"))
            outbox.removeAll()
            #expect(outbox.isEmpty)
            #expect(!outbox.add(bytes(limit + 1), to: "e"))
            #expect(outbox.add(bytes(limit), to: "e"))
        }

        @Test func messagesAreBoundedAndComeInOrder() {
            let outbox = RabbitMQOutbox()
            let limit = RabbitMQLimits.waitingMessagesMax
            for number in 0..<limit { #expect(outbox.add([], to: "\(number)")) }
            #expect(!outbox.add([], to: "x"))
            for number in 0..<5_000 { #expect(outbox.next()?.inbox == "\(number)") }
            for number in 0..<5_000 { #expect(outbox.add([], to: "\(limit + number)")) }
            #expect(!outbox.add([], to: "x"))
            for number in 5_000..<limit + 5_000 { #expect(outbox.next()?.inbox == "\(number)") }
            #expect(outbox.next() == nil)
        }

        @Test func nothingIsAddedToAClosedOne() {
            let outbox = RabbitMQOutbox()
            #expect(outbox.add([1], to: "a"))
            outbox.close()
            #expect(!outbox.add([2], to: "a"))
            #expect(outbox.next()?.bytes == [1])
        }
    }

    @Suite struct RabbitMQProbesTests {
        private func at(_ milliseconds: Int) -> MonotonicTime {
            MonotonicTime(nanoseconds: 1_000_000_000) + .milliseconds(milliseconds)
        }

        @Test func aMessageIsFollowedTwice() {
            var probes = RabbitMQProbes()
            #expect(probes.next == .never)
            probes.sent(to: "a", at: at(0))
            #expect(probes.next == at(150))
            #expect(probes.due(at(149)) == [])
            #expect(probes.due(at(150)) == ["a"])
            #expect(probes.next == at(1_000))
            #expect(probes.due(at(999)) == [])
            #expect(probes.due(at(1_000)) == ["a"])
            #expect(probes.next == .never)
            #expect(probes.due(at(9_000)) == [])
        }

        @Test func manyMessagesHaveFewProbes() {
            var probes = RabbitMQProbes()
            var count = 0
            for time in 0..<3_000 {
                probes.sent(to: "a", at: at(time))
                count += probes.due(at(time)).count
            }
            #expect(count == 19)
            #expect(probes.due(at(3_149)) == ["a"])
            #expect(probes.due(at(3_999)) == ["a"])
            #expect(probes.next == .never)
        }

        @Test func inboxesAreBounded() {
            var probes = RabbitMQProbes()
            for number in 0...RabbitMQProbes.inboxesMax { probes.sent(to: "\(number)", at: at(0)) }
            #expect(probes.due(at(150)).count == RabbitMQProbes.inboxesMax)
        }
    }
#endif
