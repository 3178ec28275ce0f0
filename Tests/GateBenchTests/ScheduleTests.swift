import GateBench
import GateBytes
import Testing

@Suite struct ScheduleTests {
    static let start = MonotonicTime(nanoseconds: 1_000)

    /// Rate, workers, worker, request, nanoseconds behind the start.
    static let times: [(Int, Int, Int, Int, Int64)] = [
        (1, 1, 0, 0, 0),
        (1, 1, 0, 1, 1_000_000_000),
        (40_000, 1, 0, 1, 25_000),
        (40_000, 1, 0, 40_000, 1_000_000_000),
        (3, 1, 0, 1, 333_333_334),
        (3, 1, 0, 3, 1_000_000_000),
        (3, 1, 0, 3_000_000_000, 1_000_000_000_000_000_000),
        (40_000, 2, 0, 1, 50_000),
        (40_000, 2, 1, 0, 25_000),
        (40_000, 2, 1, 1, 75_000),
        (10_000_000, 1, 0, 864_000_000_000, 86_400_000_000_000),
    ]

    @Test(arguments: times)
    func requestsAreDueOnAnAbsoluteGrid(rate: Int, count: Int, index: Int, number: Int, nanoseconds: Int64) {
        let schedule = Schedule(start: Self.start, rate: rate, index: index, of: count)
        #expect(schedule.time(of: number) == Self.start + TimeSpan(nanoseconds: nanoseconds))
    }

    @Test(arguments: [(1, 1), (3, 1), (7, 2), (40_000, 1), (40_000, 3), (999_983, 4), (10_000_000, 7)])
    func aRequestCountsFromTheNanosecondItIsDue(rate: Int, count: Int) {
        for index in 0..<count {
            let schedule = Schedule(start: Self.start, rate: rate, index: index, of: count)
            for number in [0, 1, 2, 3, 10, 999, 1_000_000, 123_456_789] {
                let due = schedule.time(of: number)
                #expect(schedule.dueCount(at: due) == number + 1)
                #expect(schedule.dueCount(at: due - TimeSpan(nanoseconds: 1)) == number)
            }
        }
    }

    @Test func nothingIsDueBeforeTheStart() {
        let schedule = Schedule(start: Self.start, rate: 1_000_000)
        #expect(schedule.dueCount(at: MonotonicTime(nanoseconds: 0)) == 0)
        #expect(schedule.dueCount(at: MonotonicTime(nanoseconds: 999)) == 0)
        #expect(schedule.dueCount(at: MonotonicTime(nanoseconds: 1_000)) == 1)
    }

    @Test func aDayOfAllWorkersTogetherIsTheWholeRate() {
        let end = Self.start + .seconds(86_400) - TimeSpan(nanoseconds: 1)
        let sum = (0..<3).map { Schedule(start: Self.start, rate: 70_001, index: $0, of: 3).dueCount(at: end) }
            .reduce(0, +)
        #expect(sum == 70_001 * 86_400)
    }
}
