package import GateIO
import Synchronization

/// What a link's thread has for the receiver: handed over in order, on the link's loop, one post for a burst.
///
/// A thread that finds no room stops reading its broker until it is called, so that what waits is bounded.
package final class LinkEvents: Sendable {
    /// One thing to hand over.
    package enum Event: Sendable {
        case message([UInt8])
        case undeliverable(String)
        case changed(isUp: Bool)
    }

    /// Messages that wait for the loop.
    package static let messagesMax = 65_536
    /// Bytes that wait for the loop: 64 MiB.
    package static let bytesMax = 67_108_864

    private struct State {
        var events: [Event] = []
        var bytes = 0
        var isWaitedFor = false
        /// Not kept: it keeps its link, and the link's thread keeps this.
        weak var receiver: (any RPCLinkReceiver)?
    }

    private let loop: any EventLoop
    private let drained: @Sendable () -> Void
    private let state = Mutex(State())

    /// `drained` is called on the loop when there is room again, after ``hasRoom`` said that there is none.
    package init(loop: any EventLoop, drained: @escaping @Sendable () -> Void) {
        self.loop = loop
        self.drained = drained
    }

    /// From now on `receiver` hears.
    package func open(_ receiver: any RPCLinkReceiver) { state.withLock { $0.receiver = receiver } }

    /// From now on nobody hears.
    package func close() { state.withLock { $0.receiver = nil } }

    /// Whether more may be read. Asked between reads: what one read brought is always taken.
    package var hasRoom: Bool {
        state.withLock { state in
            state.isWaitedFor = state.events.count >= Self.messagesMax || state.bytes >= Self.bytesMax
            return !state.isWaitedFor
        }
    }

    /// Hands events over; returns at once.
    package func add(_ events: [Event]) {
        if events.isEmpty { return }
        let posts = state.withLock { state in
            let isFirst = state.events.isEmpty
            for event in events {
                if case .message(let bytes) = event { state.bytes += bytes.count }
            }
            state.events.append(contentsOf: events)
            return isFirst
        }
        if posts { loop.postReserved { [self] in deliver() } }
    }

    private func deliver() {
        let (events, receiver, isWaitedFor) = state.withLock { state in
            var taken: [Event] = []
            swap(&taken, &state.events)
            state.bytes = 0
            defer { state.isWaitedFor = false }
            return (taken, state.receiver, state.isWaitedFor)
        }
        if isWaitedFor { drained() }
        guard let receiver else { return }
        for event in events {
            switch event {
            case .message(let bytes): receiver.received(bytes.span)
            case .undeliverable(let inbox): receiver.undeliverable(inbox)
            case .changed(let isUp): receiver.linkChanged(isUp: isUp)
            }
        }
    }
}
