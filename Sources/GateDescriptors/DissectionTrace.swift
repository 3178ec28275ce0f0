/// Notes where the operations of a frame begin and end.
struct DissectionTrace: FrameTrace {
    struct Piece {
        var operation: Int
        var range: Range<Int>
    }

    /// The operations that ended, in their order.
    private(set) var pieces: [Piece] = []
    /// The operation that began last and where; -1 before the first.
    private(set) var operation = -1
    private(set) var offset = 0
    /// Whether it ended.
    private(set) var hasEnded = true

    mutating func begin(_ operation: Int, at offset: Int) {
        self.operation = operation
        self.offset = offset
        hasEnded = false
    }

    mutating func end(at offset: Int) {
        pieces.append(Piece(operation: operation, range: self.offset..<offset))
        self.offset = offset
        hasEnded = true
    }
}
