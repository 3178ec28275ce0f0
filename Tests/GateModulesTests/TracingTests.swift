import GateModules
import GateRPC
import GatehouseTracing
import Testing

/// One trace through handlers that call each other.
@Suite struct TracingTests {
    /// Says what it knows of its trace, and what a module behind it knows.
    struct Hop: Module {
        let type: String
        let next: String?

        func register(in handlers: inout HandlerTable) {
            handlers.register("trace") { (call: Call, _: [UInt8]) -> [String] in
                let own = [call.trace.description, DistributedTracing().current?.trace.description ?? "none"]
                guard let next else { return own }
                return own + (try await call.call(next, "trace", [UInt8]()))
            }
        }
    }

    @Test func aTaskOfAHandlerKnowsItsTraceAndHandsItOn() throws {
        let fixture = ModuleFixture(
            Hop(type: "A", next: "B"), Hop(type: "B", next: "C"), Hop(type: "C", next: nil),
            tracing: DistributedTracing())
        let traces: [String] = try fixture.call("A", "trace", [UInt8]())
        #expect(traces.count == 6)
        #expect(Set(traces).count == 1)
        #expect(traces[0].count == 32)
        let others: [String] = try fixture.call("A", "trace", [UInt8]())
        #expect(others[0] != traces[0])
    }

    @Test func outsideOfAHandlerThereIsNoTrace() {
        #expect(DistributedTracing().current == nil)
    }
}
