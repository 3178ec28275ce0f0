import GateTestKit

extension SeededGenerator {
    /// A number below `limit`, 0 when that is not above it.
    mutating func below(_ limit: Int) -> Int {
        limit <= 1 ? 0 : Int(next() % UInt64(limit))
    }
}
