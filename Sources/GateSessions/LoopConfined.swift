package import GateIO

/// Something that only one event loop may touch, in a shape that other threads may carry around.
// Sound: the value is only reachable through `value`, which checks that the caller runs on the loop.
package struct LoopConfined<Value>: @unchecked Sendable {
    package let loop: any EventLoop
    private let confined: Value

    package init(_ value: Value, to loop: any EventLoop) {
        self.loop = loop
        confined = value
    }

    /// The value where the caller runs on the loop. `nil` elsewhere, which is where a task goes on that has outlived its
    /// loop: what the loop owned is left alone then.
    package var unlessEnded: Value? { loop.isCurrent ? confined : nil }

    /// The value. On the loop.
    package var value: Value {
        precondition(loop.isCurrent, "what a loop owns is only touched on that loop")
        return confined
    }
}
