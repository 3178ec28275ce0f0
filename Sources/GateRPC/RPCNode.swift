/// A node that serves a module, as ``RPCCaller/nodes(of:)`` lists them.
public struct RPCNode: Hashable, Sendable {
    /// What `type@name` means.
    public var name: String
    /// Whether it is this process.
    public var isHere: Bool
    /// Further names of the module there: its configured ids.
    public var ids: Set<String>
    /// Version of the module there; empty for none.
    public var version: String
    /// Labels of the node.
    public var labels: [String: String]

    /// A node; see the properties.
    public init(
        name: String, isHere: Bool, ids: Set<String> = [], version: String = "", labels: [String: String] = [:]
    ) {
        self.name = name
        self.isHere = isHere
        self.ids = ids
        self.version = version
        self.labels = labels
    }
}
