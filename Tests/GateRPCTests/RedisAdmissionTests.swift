#if Redis
    import Testing

    @testable import GateRPCRedis

    @Suite struct RedisAdmissionTests {
        @Test func bytesAreBounded() {
            let admission = RedisAdmission()
            #expect(admission.admit(bytes: RedisAdmission.bytesMax - 1))
            #expect(admission.admit(bytes: 1))
            #expect(!admission.admit(bytes: 1))
            #expect(admission.admit(bytes: 0))
            admission.release(bytes: 1)
            #expect(!admission.admit(bytes: 2))
            #expect(admission.admit(bytes: 1))
        }

        @Test func messagesAreBoundedUntilTheyAreAnswered() {
            let admission = RedisAdmission()
            for _ in 0..<RedisAdmission.messagesMax { #expect(admission.admit(bytes: 1)) }
            #expect(!admission.admit(bytes: 1))
            admission.release(bytes: RedisAdmission.messagesMax)
            #expect(!admission.admit(bytes: 1))
            admission.release(messages: 1)
            #expect(admission.admit(bytes: 1))
            #expect(!admission.isEmpty)
            admission.release(messages: RedisAdmission.messagesMax)
            #expect(admission.isEmpty)
        }

        @Test(arguments: [1, 2, 3, 17])
        func aRingGivesBackInOrder(step: Int) {
            var ring = RedisFIFO<Int>()
            var taken: [Int] = []
            for number in 0..<200 {
                ring.append(number)
                if number % step == step - 1, let first = ring.popFirst() { taken.append(first) }
            }
            while let first = ring.popFirst() { taken.append(first) }
            #expect(taken == Array(0..<200))
            #expect(ring.isEmpty)
        }

        @Test func aRingKeepsNothingOfWhatWasTaken() {
            final class Thing {}
            var ring = RedisFIFO<Thing>()
            weak var seen: Thing?
            do {
                let thing = Thing()
                seen = thing
                ring.append(thing)
                ring.append(Thing())
            }
            #expect(ring.popFirst() != nil)
            #expect(seen == nil)
            #expect(ring.count == 1)
        }
    }
#endif
