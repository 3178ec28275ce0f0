/// Which numbers of one sender have arrived: the newest 65 536 of them.
///
/// A sender has at most ``FlightWindow/max`` messages on the way, so a number that fell out of the window is a repeat. Behind
/// 2^32 - 1 comes 1; of two numbers the one is newer that is less than half of the circle ahead.
struct ArrivalWindow {
    static let numbers: UInt32 = 65_536
    private var bits = [UInt64](repeating: 0, count: Int(numbers) / 64)
    private var newest: UInt32 = 0
    private var isFresh = true

    /// Enters a number, from 1. `false` when it arrived before.
    mutating func enter(_ number: UInt32) -> Bool {
        if number == 0 { return false }
        if isFresh {
            // Numbers go on where a window was forgotten, so that the first one may be any.
            isFresh = false
            newest = number
            set(number)
            return true
        }
        let ahead = number &- newest
        if ahead != 0, ahead <= UInt32(Int32.max) {
            // What the window moves over is forgotten.
            if ahead >= Self.numbers {
                bits = [UInt64](repeating: 0, count: bits.count)
            } else {
                forget(Int(ahead), behind: newest)
            }
            newest = number
            set(number)
            return true
        }
        if newest &- number >= Self.numbers || isSet(number) { return false }
        set(number)
        return true
    }

    private func isSet(_ number: UInt32) -> Bool {
        let place = Int(number % Self.numbers)
        return bits[place / 64] >> UInt64(place % 64) & 1 == 1
    }

    private mutating func set(_ number: UInt32) {
        let place = Int(number % Self.numbers)
        bits[place / 64] |= 1 << UInt64(place % 64)
    }

    /// Forgets `count` numbers behind one, fewer than the window has; a word at a time, because a peer can have it done with
    /// each datagram.
    private mutating func forget(_ count: Int, behind number: UInt32) {
        var place = Int((number &+ 1) % Self.numbers)
        var left = count
        while left > 0 {
            let low = place % 64
            let part = min(64 - low, left)
            bits[place / 64] &= ~((UInt64.max >> UInt64(64 - part)) << UInt64(low))
            left -= part
            place = (place + part) % Int(Self.numbers)
        }
    }
}
