import GateBytes
import GateIO
import Testing

private final class Target: TimerTarget {
    let number: Int

    init(_ number: Int) {
        self.number = number
    }

    func timerFired(at now: MonotonicTime) {}
}

private func milliseconds(_ count: Int) -> MonotonicTime {
    MonotonicTime(nanoseconds: Int64(count) * 1_000_000)
}

@Suite struct TimerWheelTests {
    private static let revolution = TimerWheel.slotCount * 10

    /// The numbers of the targets due at a time in milliseconds.
    private func pop(_ wheel: inout TimerWheel, at time: Int) -> [Int] {
        var numbers: [Int] = []
        while let target = wheel.popDue(at: milliseconds(time)) {
            if let target = target as? Target { numbers.append(target.number) }
        }
        return numbers
    }

    @Test(arguments: [
        // Deadline, latest time without a fire, earliest time with one; all in milliseconds.
        (0, 9, 10), (1, 9, 10), (10, 9, 10), (11, 19, 20), (20, 19, 20), (639, 639, 640), (640, 639, 640),
        (revolution - 10, revolution - 11, revolution - 10), (revolution, revolution - 1, revolution),
        (revolution + 1, revolution + 9, revolution + 10), (3 * revolution + 5, 3 * revolution, 3 * revolution + 10),
        (100_000_000, 99_999_999, 100_000_000),
    ])
    func firesWithinATickAndNeverEarly(deadline: Int, silent: Int, due: Int) {
        var wheel = TimerWheel(now: milliseconds(0))
        _ = wheel.schedule(Target(1), at: milliseconds(deadline))
        #expect(wheel.nextDeadline <= milliseconds(due))
        #expect(pop(&wheel, at: silent) == [])
        #expect(wheel.nextDeadline <= milliseconds(due))
        #expect(pop(&wheel, at: due) == [1])
        #expect(wheel.nextDeadline == .never)
        #expect(wheel.count == 0)
    }

    @Test func aNanosecondBehindATickIsTheNextTick() {
        var wheel = TimerWheel(now: milliseconds(0))
        _ = wheel.schedule(Target(1), at: MonotonicTime(nanoseconds: 20_000_001))
        #expect(pop(&wheel, at: 20) == [])
        #expect(pop(&wheel, at: 30) == [1])
    }

    @Test func tellsTheNextDeadlineWithinARevolutionExactly() {
        var wheel = TimerWheel(now: milliseconds(1_005))
        #expect(wheel.nextDeadline == .never)
        for deadline in [41_000, 5_005, 5_000, 1_006] {
            _ = wheel.schedule(Target(deadline), at: milliseconds(deadline))
            #expect(wheel.nextDeadline == milliseconds((deadline + 9) / 10 * 10))
        }
    }

    @Test func firesByDeadlineThenInTheOrderOfScheduling() {
        var wheel = TimerWheel(now: milliseconds(0))
        for (number, deadline) in [(1, 55), (2, 12), (3, 51), (4, 20), (5, 30_000)] {
            _ = wheel.schedule(Target(number), at: milliseconds(deadline))
        }
        #expect(pop(&wheel, at: 59) == [2, 4])
        #expect(pop(&wheel, at: 40_000) == [1, 3, 5])
    }

    @Test func forgetsACancelledTimer() {
        var wheel = TimerWheel(now: milliseconds(0))
        let timers = (0..<5).map { wheel.schedule(Target($0), at: milliseconds(100)) }
        for number in [0, 4, 2] {
            #expect((wheel.cancel(timers[number]) as? Target)?.number == number)
            #expect(wheel.cancel(timers[number]) == nil)
        }
        #expect(wheel.cancel(.none) == nil)
        #expect(wheel.cancel(TimerID(slot: 1_000, generation: 1)) == nil)
        #expect(pop(&wheel, at: 100) == [1, 3])
        #expect(wheel.cancel(timers[1]) == nil)
    }

    @Test func aStaleNameDoesNotReachTheSlotsNextUse() {
        var wheel = TimerWheel(now: milliseconds(0))
        let old = wheel.schedule(Target(1), at: milliseconds(10))
        #expect(pop(&wheel, at: 10) == [1])
        let new = wheel.schedule(Target(2), at: milliseconds(30))
        #expect(old.slot == new.slot)
        #expect(wheel.cancel(old) == nil)
        #expect(pop(&wheel, at: 30) == [2])
    }

    @Test func mayBeChangedBetweenTwoFiresOfATick() {
        var wheel = TimerWheel(now: milliseconds(0))
        let timers = (0..<4).map { wheel.schedule(Target($0), at: milliseconds(10)) }
        #expect((wheel.popDue(at: milliseconds(10)) as? Target)?.number == 0)
        #expect(wheel.cancel(timers[2]) != nil)
        _ = wheel.schedule(Target(9), at: milliseconds(0))
        #expect(wheel.nextDeadline <= milliseconds(10))
        #expect(pop(&wheel, at: 10) == [1, 3])
        #expect(pop(&wheel, at: 20) == [9])
    }

    @Test func keepsTimersOfLaterRoundsInTheirSlot() {
        var wheel = TimerWheel(now: milliseconds(0))
        for round in [2, 0, 1, 0] {
            _ = wheel.schedule(Target(round), at: milliseconds(500 + round * Self.revolution))
        }
        #expect(pop(&wheel, at: 500) == [0, 0])
        #expect(pop(&wheel, at: 499 + Self.revolution) == [])
        #expect(pop(&wheel, at: 500 + Self.revolution) == [1])
        #expect(pop(&wheel, at: 10 * Self.revolution) == [2])
    }

    @Test func reusesMemoryForAHundredThousandTimers() {
        var wheel = TimerWheel(now: milliseconds(0))
        for round in 0..<3 {
            let start = round * 1_000_000
            _ = pop(&wheel, at: start)
            var slots = Set<UInt32>()
            var kept = 0
            for number in 0..<100_000 {
                let deadline = start + 10 + (number * 7_919) % 200_000
                let timer = wheel.schedule(Target(deadline), at: milliseconds(deadline))
                slots.insert(timer.slot)
                if number % 3 == 0 { _ = wheel.cancel(timer) } else { kept += 1 }
            }
            #expect(wheel.count == kept)
            #expect(slots.max() ?? 0 < 100_000)
            var fired = 0
            var time = start
            while wheel.count > 0 {
                time += 4_321
                for deadline in pop(&wheel, at: time) {
                    fired += 1
                    if deadline > time || deadline <= time - 4_321 - 10 { Issue.record("\(deadline) at \(time)") }
                }
            }
            #expect(fired == kept)
        }
    }

    @Test func letsGoOfTargetsWhenTheyFireOrAreCancelled() {
        var wheel = TimerWheel(now: milliseconds(0))
        weak var fired: Target?
        weak var cancelled: Target?
        do {
            let (first, second) = (Target(1), Target(2))
            (fired, cancelled) = (first, second)
            _ = wheel.schedule(first, at: milliseconds(10))
            _ = wheel.cancel(wheel.schedule(second, at: milliseconds(10)))
        }
        #expect(fired != nil)
        #expect(cancelled == nil)
        _ = pop(&wheel, at: 10)
        #expect(fired == nil)
    }
}
