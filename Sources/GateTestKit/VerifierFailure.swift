/// What a verifier found wrong, as a sentence with numbers.
public struct VerifierFailure: Error, CustomStringConvertible, Sendable {
    /// The sentence.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
