#if Redis
    import GateBytes
    import Testing

    @testable import GateRPCRedis

    @Suite struct RedisPaceTests {
        private let start = MonotonicTime(nanoseconds: 5_000_000_000)

        @Test func aBurstGoesAtOnceAndTheRestByAndBy() {
            var pace = RedisPace(now: start)
            pace.spend(RedisPace.burstBytes - 1, at: start)
            #expect(pace.isOpen(at: start))
            pace.spend(1, at: start)
            #expect(!pace.isOpen(at: start))
            #expect(pace.opensAt == start + .milliseconds(1))
            #expect(!pace.isOpen(at: start + TimeSpan(nanoseconds: 999_999)))
            #expect(pace.isOpen(at: start + .milliseconds(1)))
            pace.spend(RedisPace.millisecondBytes, at: start + .milliseconds(1))
            #expect(!pace.isOpen(at: start + .milliseconds(1)))
        }

        @Test func aLongMessageLeavesADebt() {
            var pace = RedisPace(now: start)
            pace.spend(RedisPace.burstBytes + 10 * RedisPace.millisecondBytes, at: start)
            #expect(pace.opensAt == start + .milliseconds(11))
            #expect(!pace.isOpen(at: start + .milliseconds(10)))
            #expect(pace.isOpen(at: start + .milliseconds(11)))
        }

        @Test func noMoreThanABurstIsSaved() {
            var pace = RedisPace(now: start)
            let later = start + .seconds(1_000_000)
            #expect(pace.isOpen(at: later))
            pace.spend(RedisPace.burstBytes, at: later)
            #expect(!pace.isOpen(at: later))
        }
    }

    @Suite struct RedisInboundTests {
        @Test func itIsFullAtItsLimitAndHalfEmptyAtHalfOfIt() {
            var inbound = RedisInbound()
            inbound.append([UInt8](repeating: 1, count: RedisInbound.bytesMax / 2))
            #expect(inbound.isHalfEmpty)
            inbound.append([UInt8](repeating: 2, count: RedisInbound.bytesMax / 2 - 1))
            #expect(!inbound.isHalfEmpty)
            #expect(!inbound.isFull)
            inbound.append([3])
            #expect(inbound.isFull)
            #expect(inbound.popFirst()?.first == 1)
            #expect(!inbound.isFull)
            #expect(inbound.bytes == RedisInbound.bytesMax / 2)
            #expect(inbound.isHalfEmpty)
            #expect(inbound.popFirst()?.first == 2)
            #expect(inbound.popFirst() == [3])
            #expect(inbound.popFirst() == nil)
            #expect(inbound.bytes == 0)
        }
    }
#endif
