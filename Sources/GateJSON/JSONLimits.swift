/// How much a text may ask of its reader.
///
/// Time and memory are linear in the bytes of the input in any case; who hands over the bytes limits their number.
public struct JSONLimits: Hashable, Sendable {
    /// The highest `depthMax`: readers recurse once a level, and this many levels fit the stack of any thread.
    public static let depthCeiling = 512

    /// How many arrays and objects may be open at once; `[[1]]` needs 2. Default 64, at most ``depthCeiling``.
    public let depthMax: Int
    /// How many values a text may hold, containers included and keys not; `[1, 2]` has 3. Default 1_000_000.
    public let nodesMax: Int

    /// Limits with the given bounds.
    /// - Precondition: `depthMax` is in `0...depthCeiling` and `nodesMax` is not negative.
    public init(depthMax: Int = 64, nodesMax: Int = 1_000_000) {
        precondition((0...Self.depthCeiling).contains(depthMax), "depthMax must be in 0...\(Self.depthCeiling)")
        precondition(nodesMax >= 0, "nodesMax must not be negative")
        self.depthMax = depthMax
        self.nodesMax = nodesMax
    }

    /// For texts that are handed on and not made into values: the depth is the highest that can be read, so that whoever
    /// makes values of them is the one that says no.
    @inlinable public static var handedOn: JSONLimits { JSONLimits(depthMax: depthCeiling) }
}

/// What is left of the limits while a text is read.
struct JSONBudget {
    private let limits: JSONLimits
    private var nodes = 0

    init(_ limits: JSONLimits) { self.limits = limits }

    /// Counts the value that starts at `offset`.
    mutating func countNode(at offset: Int, in bytes: Span<UInt8>) throws(JSONFault) {
        guard nodes < limits.nodesMax else {
            throw JSONFault(.tooManyNodes(limit: limits.nodesMax), at: offset, in: bytes)
        }
        nodes &+= 1
    }

    /// Checks that a container at `offset` may open inside `depth` open ones.
    func checkDepth(_ depth: Int, at offset: Int, in bytes: Span<UInt8>) throws(JSONFault) {
        guard depth < limits.depthMax else {
            throw JSONFault(.tooDeep(limit: limits.depthMax), at: offset, in: bytes)
        }
    }
}
