public import Gatehouse
import Instrumentation
import ServiceContextModule
import Tracing

/// Traces of calls through swift-distributed-tracing: each handler that may suspend runs in a span of the tracer that the
/// program has chosen, below the span of its caller on whatever node; `withSpan` and `ServiceContext.current` work inside,
/// and calls to other modules carry the current span on.
///
/// ```swift
/// var application = GatehouseServer.Application()
/// application.tracing = DistributedTracing()
/// ```
public struct DistributedTracing: CallTracing {
    /// Over the tracer of `InstrumentationSystem`.
    public init() {}

    public func run(
        _ call: Call, _ body: @Sendable () async throws(RPCFault) -> RPCValue
    ) async throws(RPCFault) -> RPCValue {
        var context = ServiceContext.topLevel
        context[TraceContextKey.self] = call.traceContext
        InstrumentationSystem.instrument.extract(
            ["traceparent": call.traceContext.traceparent], into: &context, using: Extraction())
        let result = await withSpan("\(call.module)/\(call.function)", context: context, ofKind: .server) {
            span -> Result<RPCValue, RPCFault> in
            do throws(RPCFault) {
                return .success(try await body())
            } catch {
                span.recordError(error)
                span.setStatus(SpanStatus(code: .error, message: error.kind))
                return .failure(error)
            }
        }
        return try result.get()
    }

    public var current: TraceContext? {
        guard let context = ServiceContext.current else { return nil }
        var carrier: [String: String] = [:]
        InstrumentationSystem.instrument.inject(context, into: &carrier, using: Injection())
        return carrier["traceparent"].flatMap(TraceContext.init(traceparent:)) ?? context[TraceContextKey.self]
    }
}

/// What the gateway knew of the trace, for programs without a tracer.
private enum TraceContextKey: ServiceContextKey {
    typealias Value = TraceContext
}

private struct Extraction: Extractor {
    func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
}

private struct Injection: Injector {
    func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }
}
