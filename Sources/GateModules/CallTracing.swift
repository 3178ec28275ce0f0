public import GateRPC

/// Carries traces through handlers: the way to whatever records them. `GatehouseTracing` has one for
/// swift-distributed-tracing.
public protocol CallTracing: Sendable {
    /// Runs a handler that may suspend, as one step of a trace.
    func run(
        _ call: Call, _ body: @Sendable () async throws(RPCFault) -> RPCValue
    ) async throws(RPCFault) -> RPCValue

    /// The step that the current task is in; calls that it makes carry it. `nil` for none.
    var current: TraceContext? { get }
}
