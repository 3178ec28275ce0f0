import GateBytes
import GateRPC
import GateSessions
import Logging
import Synchronization

/// The lines about what handlers of one name threw: so many in a second at most, the others are counted.
package final class HandlerFailures: Sendable {
    /// Lines about one handler in one second.
    package static let linesPerSecondMax = 10
    /// Bytes of an error's text.
    static let textBytesMax = 1_024

    private struct State {
        var secondBegan = MonotonicTime(nanoseconds: .min)
        var lines = 0
        var dropped = 0
    }

    private let state = Mutex(State())

    /// Whether one more line may be written now, and how many could not since the last one.
    func admit(at now: MonotonicTime) -> Int? {
        state.withLock { state in
            if state.secondBegan.nanoseconds == .min || now - state.secondBegan >= .seconds(1) {
                state.secondBegan = now
                state.lines = 0
            }
            guard state.lines < Self.linesPerSecondMax else {
                state.dropped += 1
                return nil
            }
            state.lines += 1
            defer { state.dropped = 0 }
            return state.dropped
        }
    }
}

extension Call {
    /// What the caller sees of an error that the handler threw. One whose text is nobody's but ours gets a line in the log.
    func fault(of error: any Error) -> RPCFault {
        let fault = RPCFault(thrown: error)
        guard fault == .internalError else { return fault }
        if error is CancellationError, Task.isCancelled {
            // Whoever waited for it has had an answer.
            logger.debug("handler was cancelled")
        } else if error is RPCFault {
            // Of a call that it made, most likely; there the line was written.
            logger.debug("handler failed", metadata: ["error": "internal error"])
        } else {
            logFailure("\(error)")
        }
        return fault
    }

    /// One error line about the handler; never the message's payload.
    borrowing func logFailure(_ text: String) {
        guard let dropped = context.failures.admit(at: context.services.clock()) else { return }
        var metadata: Logger.Metadata = ["error": "\(shortened(text, bytes: HandlerFailures.textBytesMax))"]
        if dropped > 0 { metadata["lines.dropped"] = "\(dropped)" }
        logger.error("handler failed", metadata: metadata)
    }
}

/// The beginning of a text, whole characters.
func shortened(_ text: String, bytes limit: Int) -> String {
    if text.utf8.count <= limit { return text }
    var length = 0
    let kept = text.prefix { character in
        length += character.utf8.count
        return length <= limit
    }
    return kept + "…"
}
