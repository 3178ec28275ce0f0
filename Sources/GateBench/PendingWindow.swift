/// The requests of one connection that wait for their answers: a ring of the times they count from.
///
/// ```
///  oldest ............ next        token numbers, which only grow
///  [ t ][ 0 ][ t ][ - ]            0 = answered, - = given up, answered or not
/// ```
package struct PendingWindow {
    private static let answered: Int64 = 0
    private static let givenUp: Int64 = -1

    private var starts: [Int64] = []
    private let mask: Int
    /// Whether an answer names its request; otherwise they come in order.
    private let hasTokens: Bool
    /// Tokens are 0..<tokenLimit, and start again.
    private let tokenLimit: Int
    private var oldest = 0
    /// Number of the next request.
    package private(set) var next = 0
    /// Requests that wait and are not given up.
    package private(set) var count = 0

    /// Room for `depth` requests and, when answers may overtake each other, for gaps between them.
    package init(depth: Int, hasTokens: Bool, tokenLimit: Int = RequestTemplate.tokenLimit) {
        var size = 1
        while size < Self.places(depth: depth, hasTokens: hasTokens) { size *= 2 }
        precondition(!hasTokens || size <= tokenLimit, "each request that waits has a token of its own")
        mask = size - 1
        self.hasTokens = hasTokens
        self.tokenLimit = tokenLimit
    }

    /// Places that `depth` requests need.
    static func places(depth: Int, hasTokens: Bool) -> Int { hasTokens ? depth * 4 : depth }

    /// Whether one more may be sent while `depth` of them may wait.
    @inline(__always)
    package func hasRoom(depth: Int) -> Bool { count < depth && next - oldest <= mask }

    /// Notes a request that counts from `start`, a positive number of nanoseconds.
    /// - Returns: Its token.
    @inline(__always)
    package mutating func push(_ start: Int64) -> Int {
        // An idle connection holds no ring.
        if starts.isEmpty { starts = [Int64](repeating: Self.answered, count: mask + 1) }
        precondition(next - oldest <= mask, "no more requests wait than there is room for")
        starts[next & mask] = start
        next += 1
        count += 1
        return (next - 1) % tokenLimit
    }

    /// Takes the request that was answered: the one with `token`, or the oldest one where answers come in order.
    /// - Returns: When it counts from; `nil` for an answer that nobody waits for (any more).
    @inline(__always)
    package mutating func take(_ token: Int) -> Int64? {
        var number = oldest
        if hasTokens {
            // The one number with this token among those from `oldest` on.
            let distance = (token - oldest) % tokenLimit
            number = oldest + (distance < 0 ? distance + tokenLimit : distance)
        }
        if number >= next { return nil }
        let start = starts[number & mask]
        starts[number & mask] = Self.answered
        if number == oldest { advance() }
        if start <= 0 { return nil }
        count -= 1
        return start
    }

    private mutating func advance() {
        repeat { oldest += 1 } while oldest < next && starts[oldest & mask] == Self.answered
    }

    /// Gives up every request that counts from before `deadline`.
    /// - Returns: How many.
    package mutating func giveUp(before deadline: Int64) -> Int {
        var given = 0
        var number = oldest
        while number < next {
            let start = starts[number & mask]
            if start > 0 {
                if start >= deadline { break }
                // In order: the place is kept, since the answer may still come and must not be taken for another's.
                starts[number & mask] = hasTokens ? Self.answered : Self.givenUp
                count -= 1
                given += 1
            }
            number += 1
        }
        if given > 0 && oldest < next && starts[oldest & mask] == Self.answered { advance() }
        return given
    }
}
