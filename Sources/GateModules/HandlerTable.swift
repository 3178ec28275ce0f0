import GateRPC

/// The handlers of one module, by name. A handler takes `[UInt8]`, `JSONValue`, ``RPCValue``, several of these as an array,
/// or any `Decodable`, and returns nothing, `[UInt8]`, `JSONValue`, ``RPCValue`` or any `Encodable`.
///
/// ```swift
/// func register(in handlers: inout HandlerTable) {
///     handlers.register("HD_Say") { (call: Call, line: Line) in
///         try await call.session.send("Chat/OnSay", line.bytes)
///         return "said"
///     }
/// }
/// ```
///
/// Handlers may also take nothing, or several arguments of any of these types, each with its own type: from other modules
/// as `call.call("Bank", "Pay", "Ann", 3)`, from clients as a JSON array.
///
/// What a handler throws reaches the client as text: an ``RPCFault``'s ``RPCFault/clientText``, a session fault's text; of
/// any other error only "internal error", and an error line in the log says module, handler, trace and the error's text.
public struct HandlerTable {
    package private(set) var handlers: [String: Handler] = [:]
    /// Serves the names that are not registered.
    package private(set) var other: Handler?

    package init() {}

    /// Registers a handler with a body and a result.
    public mutating func register<Input: Decodable & Sendable, Output: Encodable & Sendable>(
        _ name: String, _ kind: HandlerKind = .ordered,
        _ body: @escaping @Sendable (_ call: Call, _ input: Input) async throws -> Output
    ) {
        let decode = PayloadCoding.decoder(of: Input.self)
        add(name, kind) { call, argument throws(RPCFault) in
            let input = try Self.input(argument, decode)
            do {
                return try PayloadCoding.value(try await body(call, input))
            } catch {
                throw call.fault(of: error)
            }
        }
    }

    /// Registers a handler with a body and no result.
    public mutating func register<Input: Decodable & Sendable>(
        _ name: String, _ kind: HandlerKind = .ordered,
        _ body: @escaping @Sendable (_ call: Call, _ input: Input) async throws -> Void
    ) {
        let decode = PayloadCoding.decoder(of: Input.self)
        add(name, kind) { call, argument throws(RPCFault) in
            let input = try Self.input(argument, decode)
            do {
                try await body(call, input)
            } catch {
                throw call.fault(of: error)
            }
            return .null
        }
    }

    /// Registers a handler that runs at once, on the client's loop, on all loops at the same time.
    ///
    /// It must not block and cannot wait; sessions are reached through ``Session/post``. Nothing is allocated for a message.
    public mutating func registerInline(_ name: String, _ body: @escaping InlineHandler) {
        add(Handler(name: name, body: .inline(body)))
    }

    /// Adds a handler that may suspend.
    mutating func add(
        _ name: String, _ kind: HandlerKind,
        _ body: @escaping @Sendable (Call, RPCArgument) async throws(RPCFault) -> RPCValue
    ) {
        add(Handler(name: name, body: .suspending(kind, body)))
    }

    private mutating func add(_ handler: Handler) {
        precondition(handlers[handler.name] == nil, "a module registers each handler name once: \(handler.name)")
        handlers[handler.name] = handler
    }

    /// Sets the handler of the names that are not registered.
    mutating func addOther(
        _ kind: HandlerKind, _ body: @escaping @Sendable (Call, RPCArgument) async throws(RPCFault) -> RPCValue
    ) {
        precondition(other == nil, "a module registers one handler for other names")
        other = Handler(name: "*", body: .suspending(kind, body))
    }

    /// Several arguments; one alone is an array of one, nothing an empty one.
    private static func arguments(_ value: RPCValue) -> [RPCValue] {
        switch value {
        case .array(let values): values
        case .null: []
        default: [value]
        }
    }

    /// The same type moves as it is; everything else goes through its body.
    static func input<Input>(
        _ argument: RPCArgument, _ decode: PayloadCoding.Decode<Input>
    ) throws(RPCFault) -> Input {
        if Input.self == RPCValue.self, let same = try argument.value() as? Input { return same }
        if Input.self == [RPCValue].self, let same = try arguments(argument.value()) as? Input { return same }
        switch argument {
        case .body(let bytes): return try decode(bytes)
        case .several: return try decode(PayloadCoding.body(of: argument))
        case .value(let value, let encoded):
            if type(of: value) == Input.self, let same = value as? Input { return same }
            return try decode(encoded())
        }
    }
}
