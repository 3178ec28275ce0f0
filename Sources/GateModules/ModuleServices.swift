package import GateBytes
package import GateIO
import GateProtocol
package import GateRPC
package import GateSessions
package import Logging

/// What modules stand on: the way to other modules and to sessions, timers, the clock.
package final class ModuleServices: Sendable {
    package let node: String
    package let caller: any RPCCaller
    package let sessions: Sessions
    private let gateway: any SessionGateway
    package let loops: [any EventLoop]
    /// How long a call waits when nobody says otherwise.
    package let callTime: TimeSpan
    package let clock: @Sendable () -> MonotonicTime
    /// What records traces.
    package let tracing: (any CallTracing)?
    /// Where modules and the faults of their handlers are logged.
    package let logger: Logger

    package init(
        node: String, caller: any RPCCaller, gateway: any SessionGateway, loops: [any EventLoop], callTime: TimeSpan,
        clock: @escaping @Sendable () -> MonotonicTime, tracing: (any CallTracing)? = nil,
        logger: Logger = Logger(label: "gatehouse")
    ) {
        self.tracing = tracing
        self.logger = logger
        self.node = node
        self.caller = caller
        self.gateway = gateway
        sessions = Sessions(gateway: gateway)
        self.loops = loops
        self.callTime = callTime
        self.clock = clock
    }

    /// The session of a request, with its verbs.
    func session(_ snapshot: SessionSnapshot) -> Session {
        Session(snapshot: snapshot, gateway: gateway)
    }

    /// The session of calls that no client caused: its id is nobody's, its verbs fail.
    var noSession: Session {
        session(
            SessionSnapshot(
                id: SessionID(node: 0, start: 0, loop: 0, slot: 0, generation: 0), node: node, userID: nil,
                isGuest: true, settings: [:], remoteAddress: SocketAddress(v4: 0, port: 0), protocolName: "",
                connectedAtMilliseconds: 0))
    }

    /// The loop that the caller runs on, else the first.
    func nearestLoop() -> any EventLoop {
        for loop in loops where loop.isCurrent { return loop }
        return loops[0]
    }

    /// What a value is to the handler that it is for.
    func argument<Value: Encodable & Sendable>(_ value: Value) -> RPCArgument {
        .value(value) { [logger] () throws(RPCFault) in
            do {
                return try PayloadCoding.encode(value)
            } catch {
                logger.error(
                    "argument of a call cannot be written as JSON",
                    metadata: ["type": "\(Value.self)", "error": "\(shortened("\(error)", bytes: 1_024))"])
                throw .internalError
            }
        }
    }

    /// Several arguments, each with its own type.
    func arguments<each Value: Encodable & Sendable>(_ values: repeat each Value) -> RPCArgument {
        var arguments: [RPCArgument] = []
        repeat arguments.append(argument(each values))
        return .several(arguments)
    }

    func request(
        _ module: String, _ function: String, _ argument: RPCArgument, session: Session?, within seconds: Double?,
        no latest: MonotonicTime, trace: TraceContext, reply: Bool, depth: Int, selection: RPCSelection
    ) -> RPCRequest {
        let own = clock() + (seconds.map { TimeSpan.seconds($0) } ?? callTime)
        var type = module
        var node: String?
        if let at = module.firstIndex(of: "@") {
            type = String(module[..<at])
            node = String(module[module.index(after: at)...])
        }
        var request = RPCRequest(
            module: type, node: node, function: function,
            argument: argument, session: session?.body.snapshot, deadline: min(own, latest), trace: trace.trace,
            expectsReply: reply,
            selection: selection)
        request.depth = depth
        request.traceContext = tracing?.current ?? trace
        return request
    }
}
