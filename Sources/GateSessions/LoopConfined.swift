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

    /// The value. On the loop.
    package var value: Value {
        precondition(loop.isCurrent, "what a loop owns is only touched on that loop")
        return confined
    }
}
