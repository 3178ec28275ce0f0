import GateRPC

/// Handlers that take nothing or several arguments, and those of names that nobody registered.
extension HandlerTable {
    /// Registers a handler without a body, with a result. Whatever it is sent is disregarded.
    public mutating func register<Output: Encodable & Sendable>(
        _ name: String, _ kind: HandlerKind = .ordered,
        _ body: @escaping @Sendable (_ call: Call) async throws -> Output
    ) {
        add(name, kind) { call, _ throws(RPCFault) in
            do {
                return try PayloadCoding.value(try await body(call))
            } catch {
                throw call.fault(of: error)
            }
        }
    }

    /// Registers a handler without a body and without a result. Whatever it is sent is disregarded.
    public mutating func register(
        _ name: String, _ kind: HandlerKind = .ordered, _ body: @escaping @Sendable (_ call: Call) async throws -> Void
    ) {
        add(name, kind) { call, _ throws(RPCFault) in
            do {
                try await body(call)
            } catch {
                throw call.fault(of: error)
            }
            return .null
        }
    }

    /// Registers a handler with several arguments and a result.
    ///
    /// ```swift
    /// handlers.register("Pay") { (call: Call, to: String, amount: Int) in "\(amount) to \(to)" }
    /// // elsewhere
    /// let text: String = try await call.call("Bank", "Pay", "Ann", 3)
    /// ```
    /// A call with another number of arguments, or one of another type, ends with ``RPCFault/badPayload(jsonSyntax:)``.
    public mutating func register<
        First: Decodable & Sendable, Second: Decodable & Sendable, each Rest: Decodable & Sendable,
        Output: Encodable & Sendable
    >(
        _ name: String, _ kind: HandlerKind = .ordered,
        _ body: @escaping @Sendable (Call, First, Second, repeat each Rest) async throws -> Output
    ) {
        let count = Self.count(First.self, Second.self, repeat (each Rest).self)
        add(name, kind) { call, argument throws(RPCFault) in
            do {
                var arguments = try Arguments(argument, count: count)
                let first = try arguments.next(First.self)
                let second = try arguments.next(Second.self)
                let rest = (repeat try arguments.next((each Rest).self))
                return try PayloadCoding.value(try await body(call, first, second, repeat each rest))
            } catch {
                throw call.fault(of: error)
            }
        }
    }

    /// Registers a handler with several arguments and no result.
    public mutating func register<
        First: Decodable & Sendable, Second: Decodable & Sendable, each Rest: Decodable & Sendable
    >(
        _ name: String, _ kind: HandlerKind = .ordered,
        _ body: @escaping @Sendable (Call, First, Second, repeat each Rest) async throws -> Void
    ) {
        let count = Self.count(First.self, Second.self, repeat (each Rest).self)
        add(name, kind) { call, argument throws(RPCFault) in
            do {
                var arguments = try Arguments(argument, count: count)
                let first = try arguments.next(First.self)
                let second = try arguments.next(Second.self)
                let rest = (repeat try arguments.next((each Rest).self))
                try await body(call, first, second, repeat each rest)
            } catch {
                throw call.fault(of: error)
            }
            return .null
        }
    }

    /// Registers the handler of all names that are not registered, with a result; without one such a call ends with
    /// ``RPCFault/noSuchHandler(_:)``. Clients reach it under the usual guard: with names that begin with `HD_`.
    ///
    /// ```swift
    /// handlers.registerOther { (call: Call, name: String, payload: [UInt8]) in payload }
    /// ```
    /// Gateways of other processes run it in each client's order, whatever `kind` says.
    public mutating func registerOther<Input: Decodable & Sendable, Output: Encodable & Sendable>(
        _ kind: HandlerKind = .ordered,
        _ body: @escaping @Sendable (_ call: Call, _ name: String, _ input: Input) async throws -> Output
    ) {
        let decode = PayloadCoding.decoder(of: Input.self)
        addOther(kind) { call, argument throws(RPCFault) in
            let input = try Self.input(argument, decode)
            do {
                return try PayloadCoding.value(try await body(call, call.function, input))
            } catch {
                throw call.fault(of: error)
            }
        }
    }

    /// Registers the handler of all names that are not registered, without a result.
    public mutating func registerOther<Input: Decodable & Sendable>(
        _ kind: HandlerKind = .ordered,
        _ body: @escaping @Sendable (_ call: Call, _ name: String, _ input: Input) async throws -> Void
    ) {
        let decode = PayloadCoding.decoder(of: Input.self)
        addOther(kind) { call, argument throws(RPCFault) in
            let input = try Self.input(argument, decode)
            do {
                try await body(call, call.function, input)
            } catch {
                throw call.fault(of: error)
            }
            return .null
        }
    }

    private static func count<each Value>(_ types: repeat (each Value).Type) -> Int {
        var count = 0
        for _ in repeat each types { count += 1 }
        return count
    }

    /// Takes the arguments of one call apart, in order.
    private struct Arguments {
        private let arguments: [RPCArgument]
        private var index = 0

        /// As many arguments as the handler takes.
        init(_ argument: RPCArgument, count: Int) throws(RPCFault) {
            switch argument {
            case .several(let several): arguments = several
            case .value(let value, let encoded):
                if case .array(let values)? = value as? RPCValue {
                    arguments = values.map { RPCArgument($0) }
                } else if type(of: value) == [RPCValue].self, let values = value as? [RPCValue] {
                    arguments = values.map { RPCArgument($0) }
                } else {
                    arguments = try PayloadCoding.elements(encoded())
                }
            case .body(let bytes): arguments = try PayloadCoding.elements(bytes)
            }
            guard arguments.count == count else { throw .badPayload(jsonSyntax: false) }
        }

        mutating func next<Value: Decodable & Sendable>(_ type: Value.Type) throws(RPCFault) -> Value {
            defer { index += 1 }
            return try HandlerTable.input(arguments[index], PayloadCoding.decoder(of: type))
        }
    }
}
