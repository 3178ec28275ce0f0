import GateRPC
import GateUV
import Synchronization

/// Keeps what one link says.
final class LinkProbe: RPCLinkReceiver {
    struct Record {
        var messages: [[UInt8]] = []
        var changes: [Bool] = []
        var undeliverable: [String] = []
        var reports: [String] = []
    }

    let group: UVEventLoopGroup
    private let record = Mutex(Record())

    init() throws { group = try UVEventLoopGroup(loopCount: 1) }

    // The loop may be the last to let go, and cannot wait for itself.
    deinit { Task.detached { [group] in group.shutDown() } }

    var seen: Record { record.withLock { $0 } }

    func received(_ message: Span<UInt8>) {
        var bytes: [UInt8] = []
        for index in message.indices { bytes.append(message[index]) }
        record.withLock { $0.messages.append(bytes) }
    }

    func linkChanged(isUp: Bool) { record.withLock { $0.changes.append(isUp) } }

    func undeliverable(_ inbox: String) { record.withLock { $0.undeliverable.append(inbox) } }

    /// `connected`, or why not.
    func report(_ fault: String?) { record.withLock { $0.reports.append(fault ?? "connected") } }
}
