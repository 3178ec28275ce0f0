package import GateBytes

/// A hashed timing wheel: when its owner says what time it is, it hands out the targets that are due.
///
/// It has no clock of its own. A deadline is rounded up to a tick, so nothing fires early; deadlines of one tick come in
/// the order in which they were scheduled. A deadline further away than one revolution waits in its slot for later rounds.
///
/// ```
///  slots    [ 0 | 1 | ... | 4 095 ]      head of a ring of entries, chosen by tick % 4 096
///  occupied  one bit a slot, so that the next deadline is found without visiting empty slots
///  entries  [ target, tick, links, generation ]    40 bytes each, reused through a free list
/// ```
package struct TimerWheel {
    /// Length of a tick: 10 milliseconds.
    package static let tickNanoseconds: Int64 = 10_000_000
    /// Slots of a revolution, a power of two: 4 096 ticks are 40.96 seconds.
    package static let slotCount = 4096

    private static let nobody: Int32 = -1
    private static let dueTick: Int64 = -1

    private struct Entry {
        var target: (any TimerTarget)?
        /// `dueTick` while the entry waits in the ring of due ones.
        var tick: Int64
        var next: Int32
        var previous: Int32
        var generation: UInt32
    }

    private var entries: [Entry] = []
    private var free = TimerWheel.nobody
    private var heads = [Int32](repeating: TimerWheel.nobody, count: TimerWheel.slotCount)
    private var occupied = [UInt64](repeating: 0, count: TimerWheel.slotCount / 64)
    private var due = TimerWheel.nobody
    /// All ticks up to this one are emptied into `due`.
    private var tick: Int64

    /// Timers that wait.
    package private(set) var count = 0

    /// An empty wheel at `now`.
    package init(now: MonotonicTime) {
        tick = now.nanoseconds / Self.tickNanoseconds
    }

    /// Keeps `target` until `time`. A time that is not later than the last one given to ``popDue(at:)`` means the next
    /// tick, so a target may schedule itself again at once without keeping its loop busy.
    package mutating func schedule(_ target: any TimerTarget, at time: MonotonicTime) -> TimerID {
        precondition(time != .never, "a timer has a time to fire at")
        let wanted = time.nanoseconds / Self.tickNanoseconds + (time.nanoseconds % Self.tickNanoseconds > 0 ? 1 : 0)
        let index = takeEntry()
        entries[Int(index)].target = target
        entries[Int(index)].tick = max(wanted, tick + 1)
        let slot = Int(entries[Int(index)].tick) & (Self.slotCount - 1)
        heads[slot] = link(index, toRingOf: heads[slot])
        occupied[slot / 64] |= 1 << UInt64(slot % 64)
        count += 1
        return TimerID(slot: UInt32(index), generation: entries[Int(index)].generation)
    }

    /// Forgets a timer and gives its target back, `nil` when it fired or was cancelled before.
    ///
    /// The target is given back so that its owner lets go of it outside the wheel: its `deinit` may call the wheel.
    package mutating func cancel(_ timer: TimerID) -> (any TimerTarget)? {
        let index = Int(timer.slot)
        guard timer.generation != 0, index < entries.count, entries[index].generation == timer.generation,
            entries[index].target != nil
        else { return nil }
        return remove(Int32(index))
    }

    /// The next target that is due at `now`, which is then forgotten; `nil` when no more are.
    package mutating func popDue(at now: MonotonicTime) -> (any TimerTarget)? {
        if due == Self.nobody { collect(upTo: now.nanoseconds / Self.tickNanoseconds) }
        return due == Self.nobody ? nil : remove(due)
    }

    /// When ``popDue(at:)`` should be asked again; never later than the earliest deadline, `.never` without timers.
    package var nextDeadline: MonotonicTime {
        if count == 0 { return .never }
        if due != Self.nobody { return MonotonicTime(nanoseconds: tick * Self.tickNanoseconds) }
        guard let distance = distanceToOccupied(within: Self.slotCount) else { return .never }
        return MonotonicTime(nanoseconds: (tick + Int64(distance)) * Self.tickNanoseconds)
    }

    /// Moves everything that is due at tick `last` into the ring of due ones.
    private mutating func collect(upTo last: Int64) {
        if count > 0 {
            // Ticks missed for longer than a revolution are all met in one.
            if last - tick > Int64(Self.slotCount) { tick = last - Int64(Self.slotCount) }
            while tick < last, let distance = distanceToOccupied(within: Int(last - tick)) {
                tick += Int64(distance)
                collectSlot(Int(tick) & (Self.slotCount - 1), upTo: last)
            }
        }
        tick = max(tick, last)
    }

    private mutating func collectSlot(_ slot: Int, upTo last: Int64) {
        // The ring changes while it is walked; its tail at the start ends the walk.
        let tail = entries[Int(heads[slot])].previous
        var index = heads[slot]
        while true {
            let next = entries[Int(index)].next
            if entries[Int(index)].tick <= last {
                unlink(index)
                entries[Int(index)].tick = Self.dueTick
                due = link(index, toRingOf: due)
            }
            if index == tail { break }
            index = next
        }
    }

    /// Ticks from `tick` to the next one with an occupied slot, 1...limit.
    private func distanceToOccupied(within limit: Int) -> Int? {
        let first = Int(tick + 1) & (Self.slotCount - 1)
        var word = first / 64
        var bits = occupied[word] & (~0 << UInt64(first % 64))
        for _ in 0...occupied.count {
            if bits != 0 {
                let slot = word * 64 + bits.trailingZeroBitCount
                let distance = ((slot - first) & (Self.slotCount - 1)) + 1
                return distance <= limit ? distance : nil
            }
            word = (word + 1) % occupied.count
            bits = occupied[word]
        }
        return nil
    }

    private mutating func takeEntry() -> Int32 {
        if free != Self.nobody {
            let index = free
            free = entries[Int(index)].next
            return index
        }
        precondition(entries.count < Int(Int32.max), "a wheel holds at most 2 147 483 647 timers")
        entries.append(Entry(target: nil, tick: 0, next: 0, previous: 0, generation: 1))
        return Int32(entries.count - 1)
    }

    private mutating func remove(_ index: Int32) -> (any TimerTarget)? {
        unlink(index)
        let target = entries[Int(index)].target
        entries[Int(index)].target = nil
        let generation = entries[Int(index)].generation &+ 1
        entries[Int(index)].generation = generation == 0 ? 1 : generation
        entries[Int(index)].next = free
        free = index
        count -= 1
        return target
    }

    /// Puts an entry at the end of a ring and returns the ring's head.
    private mutating func link(_ index: Int32, toRingOf head: Int32) -> Int32 {
        if head == Self.nobody {
            entries[Int(index)].next = index
            entries[Int(index)].previous = index
            return index
        }
        let last = entries[Int(head)].previous
        entries[Int(index)].next = head
        entries[Int(index)].previous = last
        entries[Int(last)].next = index
        entries[Int(head)].previous = index
        return head
    }

    /// Takes an entry out of its ring, which its tick names.
    private mutating func unlink(_ index: Int32) {
        let (next, previous, tick) = (entries[Int(index)].next, entries[Int(index)].previous, entries[Int(index)].tick)
        let isAlone = next == index
        if !isAlone {
            entries[Int(previous)].next = next
            entries[Int(next)].previous = previous
        }
        if tick == Self.dueTick {
            if due == index { due = isAlone ? Self.nobody : next }
            return
        }
        let slot = Int(tick) & (Self.slotCount - 1)
        if heads[slot] == index { heads[slot] = isAlone ? Self.nobody : next }
        if isAlone { occupied[slot / 64] &= ~(1 << UInt64(slot % 64)) }
    }
}
