#if Redis
    import GateBytes
    import Testing

    @testable import GateRPCRedis

    @Suite struct RedisScheduleTests {
        private let start = MonotonicTime(nanoseconds: 0)

        @Test func allServersAreTriedAtOnceAndThenThereIsAWait() {
            var schedule = RedisSchedule(servers: 3, now: start)
            var tried: [Int] = []
            for _ in 0..<3 {
                #expect(schedule.at == start)
                tried.append(schedule.next)
                schedule.failed(now: start, jitter: 1)
            }
            #expect(tried == [0, 1, 2])
            #expect(schedule.next == 0)
            #expect(schedule.at == start + .milliseconds(100))
        }

        @Test func waitsDoubleToAnUpperBound() {
            var schedule = RedisSchedule(servers: 1, now: start)
            let waits = (0..<12).map { _ in
                schedule.failed(now: start, jitter: 1)
                return Int((schedule.at - start).nanoseconds / 1_000_000)
            }
            #expect(waits == [100, 200, 400, 800, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000])
        }

        @Test func jitterTakesAwayHalfAtMost() {
            var schedule = RedisSchedule(servers: 1, now: start)
            schedule.failed(now: start, jitter: 0)
            #expect(schedule.at == start + .milliseconds(50))
        }

        @Test func aConnectionThatDoesNotHoldCountsAsAFailure() {
            var schedule = RedisSchedule(servers: 1, now: start)
            for expected in [100, 200, 400] {
                schedule.succeeded(0, now: start, jitter: 1)
                #expect(schedule.at == .never)
                schedule.lost(now: start + RedisSchedule.steadyTime - TimeSpan(nanoseconds: 1), jitter: 1)
                let lostAt = start + RedisSchedule.steadyTime - TimeSpan(nanoseconds: 1)
                #expect(schedule.at == lostAt + .milliseconds(expected))
            }
            schedule.succeeded(0, now: start, jitter: 1)
            schedule.lost(now: start + RedisSchedule.steadyTime, jitter: 1)
            #expect(schedule.at == start + RedisSchedule.steadyTime + .milliseconds(100))
        }

        @Test func earlierServersAreTriedWhileALaterOneServes() {
            var schedule = RedisSchedule(servers: 3, now: start)
            schedule.failed(now: start, jitter: 1)
            schedule.failed(now: start, jitter: 1)
            schedule.succeeded(2, now: start, jitter: 1)
            #expect(schedule.next == 0)
            #expect(schedule.at == start + RedisSchedule.preferTime)
            let later = schedule.at
            schedule.failed(now: later, jitter: 1)
            #expect(schedule.next == 1)
            #expect(schedule.at == later)
            schedule.failed(now: later, jitter: 1)
            #expect(schedule.next == 0)
            #expect(schedule.at == later + RedisSchedule.preferTime)
            schedule.succeeded(0, now: later, jitter: 1)
            #expect(schedule.at == .never)
        }
    }
#endif
