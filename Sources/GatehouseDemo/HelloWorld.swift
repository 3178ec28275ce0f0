public import Gatehouse

/// Says back what it hears. Module `HelloWorld`.
public struct HelloWorld: Module {
    public let type = "HelloWorld"

    /// The module.
    public init() {}

    public func register(in handlers: inout HandlerTable) {
        handlers.register("HD_Say") { (_: Call, form: JSONValue) in
            guard let text = form["say"]?.string else { throw RPCFault.message("say cannot be nil") }
            return "you say : \(text)"
        }
    }
}
