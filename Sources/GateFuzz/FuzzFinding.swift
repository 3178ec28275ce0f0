/// A promise that an input broke.
public struct FuzzFinding: Error, CustomStringConvertible, Sendable {
    /// What was promised and what came instead.
    public let description: String

    package init(_ description: String) {
        self.description = description
    }
}
