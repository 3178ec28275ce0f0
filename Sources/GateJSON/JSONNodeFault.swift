/// Why and where a value of a document is not what its reader needs.
public struct JSONNodeFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// What the reader needs.
    public enum Expectation: String, Hashable, Sendable {
        case object = "an object"
        case array = "an array"
        case string = "a string"
        case bool = "true or false"
        case number = "a number"
        case integer = "a whole number"
    }

    /// What is wrong.
    public enum Reason: Hashable, Sendable {
        /// A value of another kind, or a number with a fraction where a whole one must stand.
        case wrongKind(expected: Expectation, found: JSONKind)
        /// A whole number outside the range.
        case integerOutOfRange(ClosedRange<Int>)
        /// A number outside the range.
        case numberOutOfRange(ClosedRange<Double>)
    }

    /// Where the value starts.
    public let position: JSONPosition
    /// What is wrong.
    public let reason: Reason

    /// `line 3, column 7: expected a whole number in 1...65535`.
    public var description: String {
        switch reason {
        case .wrongKind(.integer, .number): "\(position): expected \(Expectation.integer.rawValue), found a fraction"
        case .wrongKind(let expected, let found): "\(position): expected \(expected.rawValue), found \(found.rawValue)"
        case .integerOutOfRange(let range): "\(position): expected \(Expectation.integer.rawValue) in \(range)"
        case .numberOutOfRange(let range): "\(position): expected \(Expectation.number.rawValue) in \(range)"
        }
    }
}
