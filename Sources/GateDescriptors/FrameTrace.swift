/// Is told what a frame's reader does, for those who show frames to people.
///
/// The gateway reads with ``NoFrameTrace``, which the compiler removes.
protocol FrameTrace {
    /// The operation with this index of ``DescriptorProgram/reading`` starts at `offset` of the input.
    mutating func begin(_ operation: Int, at offset: Int)

    /// The operation that began last has taken all bytes before `offset`.
    mutating func end(at offset: Int)
}

/// Looks away.
struct NoFrameTrace: FrameTrace {
    @inline(__always)
    mutating func begin(_ operation: Int, at offset: Int) {}

    @inline(__always)
    mutating func end(at offset: Int) {}
}

/// What an operation of a program is called.
struct OperationLabel: Sendable {
    /// The field's name, or `field N` where it has none.
    var name: String
    /// The field's place in the descriptor, as in `$.frame[1]`.
    var path: String
}
