import GateBytes
package import GateIO
package import GateRPC
import GateSessions

/// A module at work: its handlers, its queue, its limits.
package final class ModuleRuntime: RPCEndpoint {
    package let module: any Module
    package let type: String
    private let handlers: [String: (Handler, Call.Context)]
    /// Serves all other names.
    private let other: Handler?
    private let otherFailures = HandlerFailures()
    private let services: ModuleServices
    private let interceptors: [Interceptor]
    private let serial: SerialQueue
    private let concurrent: ModuleRoom
    private let serialRoom: ModuleRoom

    package init(
        module: any Module, services: ModuleServices, interceptors: [Interceptor] = [],
        limits: ModuleLimits = ModuleLimits()
    ) {
        self.module = module
        self.services = services
        self.interceptors = interceptors
        let percent = limits.addressSharePercent ?? 25
        concurrent = ModuleRoom(limit: limits.concurrentMax, percent: percent)
        // One more than wait: one that runs has left the queue.
        serialRoom = ModuleRoom(limit: limits.serialQueueMax + 1, percent: percent)
        let type = module.type
        self.type = type
        serial = SerialQueue(limit: limits.serialQueueMax)
        var table = HandlerTable()
        module.register(in: &table)
        other = table.other
        handlers = table.handlers.mapValues { handler in
            (handler, Call.Context(module: type, function: handler.name, services: services))
        }
    }

    /// How all handlers run, by name.
    package var handlerKinds: [String: RPCHandlerKind] {
        handlers.mapValues { handler, _ in
            switch handler.body {
            case .inline: .inline
            case .suspending(.ordered, _): .ordered
            case .suspending(.serial, _): .serial
            case .suspending(.concurrent, _): .concurrent
            }
        }
    }

    /// A handler by name, with what its calls share; for a name that is not registered that of other names, if any.
    package func handler(_ name: String) -> (handler: Handler, context: Call.Context)? {
        if let found = handlers[name] { return (handler: found.0, context: found.1) }
        return other.map { handler in
            (
                handler: handler,
                context: Call.Context(module: type, function: name, services: services, failures: otherFailures)
            )
        }
    }

    /// Whether a handler has this very name.
    package func isRegistered(_ name: String) -> Bool { handlers[name] != nil }

    // MARK: Running a handler

    /// Runs an inline handler.
    package func runInline(
        _ body: InlineHandler, _ call: borrowing Call, _ payload: Span<UInt8>, _ reply: inout ReplyWriter
    ) throws(RPCFault) {
        if interceptors.isEmpty { return try runBody(body, call, payload, &reply) }
        let start = services.clock()
        var fault = before(call)
        if fault == nil {
            do throws(RPCFault) {
                try runBody(body, call, payload, &reply)
            } catch {
                fault = error
            }
        }
        after(call, fault, services.clock() - start)
        if let fault { throw fault }
    }

    private func runBody(
        _ body: InlineHandler, _ call: borrowing Call, _ payload: Span<UInt8>, _ reply: inout ReplyWriter
    ) throws(RPCFault) {
        do throws(RPCFault) {
            try body(call, payload, &reply)
        } catch {
            if error == .internalError { call.logFailure("internal error") }
            throw error
        }
        if reply.isMixed { throw mixedForms(call, reply) }
    }

    @inline(never)
    private func mixedForms(_ call: borrowing Call, _ reply: borrowing ReplyWriter) -> RPCFault {
        if let (one, other) = reply.mixedForms {
            call.logFailure("the reply was written as \(one) and as \(other); a reply has one form")
        }
        return .internalError
    }

    /// Runs a handler that may suspend, in the caller's task.
    package func run(
        _ body: @escaping @Sendable (Call, RPCArgument) async throws(RPCFault) -> RPCValue, _ call: Call,
        _ argument: RPCArgument
    ) async throws(RPCFault) -> RPCValue {
        if let tracing = services.tracing {
            return try await tracing.run(call) { () async throws(RPCFault) in
                try await runIntercepted(body, call, argument)
            }
        }
        return try await runIntercepted(body, call, argument)
    }

    private func runIntercepted(
        _ body: @Sendable (Call, RPCArgument) async throws(RPCFault) -> RPCValue, _ call: Call,
        _ argument: RPCArgument
    ) async throws(RPCFault) -> RPCValue {
        if interceptors.isEmpty { return try await body(call, argument) }
        let start = services.clock()
        var result: Result<RPCValue, RPCFault>
        if let fault = before(call) {
            result = .failure(fault)
        } else {
            do throws(RPCFault) {
                result = .success(try await body(call, argument))
            } catch {
                result = .failure(error)
            }
        }
        if case .failure(let fault) = result {
            after(call, fault, services.clock() - start)
        } else {
            after(call, nil, services.clock() - start)
        }
        return try result.get()
    }

    private func before(_ call: borrowing Call) -> RPCFault? {
        for interceptor in interceptors {
            guard let check = interceptor.before else { continue }
            do throws(RPCFault) {
                try check(call)
            } catch {
                return error
            }
        }
        return nil
    }

    private func after(_ call: borrowing Call, _ fault: RPCFault?, _ time: TimeSpan) {
        for interceptor in interceptors { interceptor.after?(call, fault, time) }
    }

    /// Starts a handler beside its caller, or puts it into the module's serial queue; `done` gets its end, on an unknown
    /// thread. `chain` are the serial modules that wait for it.
    /// - Returns: How to cancel it; `nil` when the module has no room for it.
    package func start(
        _ kind: HandlerKind, on loop: any EventLoop,
        _ body: @escaping @Sendable (Call, RPCArgument) async throws(RPCFault) -> RPCValue, _ call: Call,
        _ argument: RPCArgument, chain: [String] = [], done: @escaping @Sendable (Result<RPCValue, RPCFault>) -> Void
    ) -> RunningHandler? {
        switch kind {
        case .serial: enqueueSerial(on: loop, body, call, argument, chain: chain, done: done)
        case .ordered, .concurrent: startConcurrent(on: loop, body, call, argument, done: done)
        }
    }

    /// Work that expired while it waited is skipped.
    private func enqueueSerial(
        on loop: any EventLoop, _ body: @escaping @Sendable (Call, RPCArgument) async throws(RPCFault) -> RPCValue,
        _ call: Call, _ argument: RPCArgument, chain: [String],
        done: @escaping @Sendable (Result<RPCValue, RPCFault>) -> Void
    ) -> RunningHandler? {
        let network = call.network
        guard serialRoom.enter(network) else { return nil }
        let number = serial.add(on: loop) { [self] in
            defer { serialRoom.leave(network) }
            if services.clock() >= call.deadline { return done(.failure(.deadlineExceeded)) }
            let result = await SerialChain.$modules.withValue(chain + [type]) { await outcome(body, call, argument) }
            done(result)
        }
        if number == nil { serialRoom.leave(network) }
        return number.map { .job(SerialJob(queue: serial, number: $0)) }
    }

    private func startConcurrent(
        on loop: any EventLoop, _ body: @escaping @Sendable (Call, RPCArgument) async throws(RPCFault) -> RPCValue,
        _ call: Call, _ argument: RPCArgument, done: @escaping @Sendable (Result<RPCValue, RPCFault>) -> Void
    ) -> RunningHandler? {
        let network = call.network
        guard concurrent.enter(network) else { return nil }
        let task = startTask(on: loop) { [self] in
            let result = await outcome(body, call, argument)
            concurrent.leave(network)
            done(result)
        }
        return .task(task)
    }

    private func outcome(
        _ body: @escaping @Sendable (Call, RPCArgument) async throws(RPCFault) -> RPCValue, _ call: Call,
        _ argument: RPCArgument
    ) async -> Result<RPCValue, RPCFault> {
        if call.depth > 0, CallDepth.current != call.depth {
            return await CallDepth.$current.withValue(call.depth) { await outcome(body, call, argument) }
        }
        do throws(RPCFault) {
            return .success(try await run(body, call, argument))
        } catch {
            return .failure(error)
        }
    }

    // MARK: RPCEndpoint

    package func call(_ request: RPCRequest) async throws(RPCFault) -> RPCValue {
        let (handler, call) = try prepare(request)
        if services.clock() >= call.deadline { throw .deadlineExceeded }
        switch handler.body {
        case .inline(let body): return try runInline(body, call, request.argument)
        case .suspending(let kind, let body):
            if kind == .serial && SerialChain.modules.contains(type) { throw .wouldDeadlock(type) }
            let chain = SerialChain.modules
            let loop = services.nearestLoop()
            // A handler that outlived the server calls nobody any more.
            if loop.hasEnded { throw .unreachable }
            return try await PendingCall.run(on: loop, until: call.deadline) { [self] pending in
                let running = start(kind, on: loop, body, call, request.argument, chain: chain) { pending.finish($0) }
                if running == nil { pending.finish(.failure(.overloaded)) }
                return running
            }
        }
    }

    package func start(_ request: RPCRequest, on loop: any EventLoop, done: @escaping RPCCompletion) {
        do throws(RPCFault) {
            let (handler, call) = try prepare(request)
            if services.clock() >= call.deadline { throw .deadlineExceeded }
            switch handler.body {
            case .inline(let body): done(.success(try runInline(body, call, request.argument)))
            case .suspending(let kind, let body):
                // A call from outside waits inside no serial module.
                PendingCall.start(on: loop, until: call.deadline, done: done) { [self] pending in
                    let running = start(kind, on: loop, body, call, request.argument) { pending.finish($0) }
                    if running == nil { pending.finish(.failure(.overloaded)) }
                    return running
                }
            }
        } catch {
            done(.failure(error))
        }
    }

    package func notify(_ request: RPCRequest) throws(RPCFault) {
        let (handler, call) = try prepare(request)
        switch handler.body {
        case .inline(let body): _ = try runInline(body, call, request.argument)
        case .suspending(let kind, let body):
            let loop = services.nearestLoop()
            if loop.hasEnded { throw .unreachable }
            // Nobody waits for it, so it may well call a serial module that its sender runs in.
            let running = SerialChain.$modules.withValue([]) {
                start(kind, on: loop, body, call, request.argument) { _ in }
            }
            if running == nil { throw .overloaded }
        }
    }

    private func runInline(
        _ body: InlineHandler, _ call: Call, _ argument: RPCArgument
    ) throws(RPCFault) -> RPCValue {
        let bytes = try PayloadCoding.body(of: argument)
        var reply = ReplyWriter()
        if call.depth > 0 {
            let outcome = CallDepth.$current.withValue(call.depth) { () -> Result<RPCValue, RPCFault> in
                do throws(RPCFault) {
                    try runInline(body, call, bytes.span, &reply)
                    return .success(reply.value)
                } catch {
                    return .failure(error)
                }
            }
            return try outcome.get()
        }
        try runInline(body, call, bytes.span, &reply)
        return reply.value
    }

    private func prepare(_ request: RPCRequest) throws(RPCFault) -> (Handler, Call) {
        guard request.depth <= RPCRequest.depthMax else { throw .tooDeep(limit: RPCRequest.depthMax) }
        guard let (handler, context) = self.handler(request.function) else { throw .noSuchHandler(request.function) }
        let session = request.session.map { services.session($0) } ?? services.noSession
        return (
            handler,
            Call(
                context: context, session: session, deadline: request.deadline, trace: request.traceContext,
                depth: request.depth)
        )
    }
}
