/// How the messages of one client to a handler run beside each other; `Function.Kind` of rpc.proto.
public enum RPCHandlerKind: UInt8, Sendable, CaseIterable {
    /// One after another.
    case ordered = 0
    /// In a queue of the module's own, in which they keep their order.
    case serial = 1
    /// Side by side.
    case concurrent = 2
    /// At once, in the order in which they arrive.
    case inline = 3
}
