#if Redis
    import Testing

    @testable import GateRPCRedis

    @Suite struct RedisOutboxTests {
        private func message(_ bytes: Int, _ channel: String = "c") -> RedisOutbox.Message {
            RedisOutbox.Message(channel: channel, isForOne: true, bytes: [UInt8](repeating: 1, count: bytes))
        }

        @Test func bytesAreBounded() {
            let outbox = RedisOutbox()
            #expect(outbox.add(message(RedisOutbox.bytesMax - 1)))
            #expect(outbox.add(message(1)))
            #expect(!outbox.add(message(1)))
            #expect(outbox.add(message(0)))
            #expect(outbox.take(bytes: 1).map(\.bytes.count) == [RedisOutbox.bytesMax - 1])
            #expect(outbox.add(message(RedisOutbox.bytesMax - 1)))
            #expect(!outbox.add(message(1)))
        }

        @Test func messagesAreBounded() {
            let outbox = RedisOutbox()
            let one = message(0)
            for _ in 0..<RedisOutbox.messagesMax { #expect(outbox.add(one)) }
            #expect(!outbox.add(one))
            #expect(outbox.take(bytes: 1).count == 1)
            #expect(outbox.add(one))
            #expect(!outbox.add(one))
        }

        @Test(arguments: [1, 2, 3, 100])
        func messagesComeInOrderWhateverIsTaken(bytes: Int) {
            let outbox = RedisOutbox()
            var taken: [String] = []
            for number in 0..<50 {
                #expect(outbox.add(message(1, "\(number)")))
                if number % 3 == 2 { taken += outbox.take(bytes: bytes).map(\.channel) }
            }
            while case let some = outbox.take(bytes: bytes), !some.isEmpty { taken += some.map(\.channel) }
            #expect(taken == (0..<50).map { "\($0)" })
            #expect(outbox.isEmpty)
        }

        @Test func whatIsForgottenIsNotCounted() {
            let outbox = RedisOutbox()
            #expect(outbox.add(message(RedisOutbox.bytesMax)))
            outbox.removeAll()
            #expect(outbox.isEmpty)
            #expect(outbox.add(message(RedisOutbox.bytesMax)))
        }

        @Test func anEndedOneTakesNothing() {
            let outbox = RedisOutbox()
            #expect(outbox.add(message(1)))
            outbox.end(.draining)
            #expect(!outbox.add(message(1)))
            #expect(outbox.take(bytes: 9).count == 1)
        }
    }
#endif
