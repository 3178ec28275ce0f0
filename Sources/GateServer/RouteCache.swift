import GateBytes
import GateModules
import GateRPC

/// What a route leads to, found once for each key. Its parts stand side by side, so that the usual message takes what it
/// needs and counts no reference to the rest.
final class RouteTarget: Sendable {
    let route: Route
    /// The module of this process, `nil` for one of another process.
    let runtime: ModuleRuntime?
    let handler: Handler?
    let context: Call.Context?
    /// The handler's body when it is an inline one.
    let inline: InlineHandler?
    /// How a handler of another process runs; ordered where nobody says.
    let remoteKind: RPCHandlerKind

    /// Whether its messages are handled one after another, with all others of the client that are.
    var isOrdered: Bool {
        if runtime == nil { return remoteKind == .ordered }
        if case .suspending(.ordered, _)? = handler?.body { return true }
        return false
    }

    /// A target in another process.
    init(remote route: Route, _ kind: RPCHandlerKind = .ordered) {
        self.route = route
        remoteKind = kind
        runtime = nil
        handler = nil
        context = nil
        inline = nil
    }

    /// A target in this process.
    init(route: Route, runtime: ModuleRuntime, handler: Handler, context: Call.Context) {
        self.route = route
        remoteKind = .ordered
        self.runtime = runtime
        self.handler = handler
        self.context = context
        if case .inline(let body) = handler.body { inline = body } else { inline = nil }
    }
}

/// Targets by the bytes of their topics' key part, for one loop. Only routes that exist come in, so that bogus names leave
/// no trace; bounded by `entriesMax`, above which it starts anew.
final class RouteCache {
    private struct Slot {
        var hash: UInt64
        /// The key's bytes in `keys`.
        var start: Int32
        var count: Int32
        /// Index into `targets`, -1 for a free slot.
        var target: Int32
    }

    static let entriesMax = 1_024
    private static let mask = 2_047
    private static let free = Slot(hash: 0, start: 0, count: 0, target: -1)
    private var slots = [Slot](repeating: free, count: mask + 1)
    private var keys: [UInt8] = []
    private var targets: [RouteTarget] = []

    /// Number of entries.
    var count: Int { targets.count }

    /// The target of a key.
    func find(_ key: Span<UInt8>) -> RouteTarget? {
        let hash = key.fnv1a
        var index = Int(truncatingIfNeeded: hash) & Self.mask
        while slots[index].target >= 0 {
            let slot = slots[index]
            if slot.hash == hash && Int(slot.count) == key.count && isKey(key, at: Int(slot.start)) {
                return targets[Int(slot.target)]
            }
            index = (index + 1) & Self.mask
        }
        return nil
    }

    private func isKey(_ key: Span<UInt8>, at start: Int) -> Bool {
        // Sound: the span is used inside the closure only.
        unsafe keys.withUnsafeBufferPointer { unsafe $0.span.extracting(start..<start + key.count).equals(key) }
    }

    /// Enters a target. The key is not there yet.
    func insert(_ key: Span<UInt8>, _ target: RouteTarget) {
        if targets.count >= Self.entriesMax { removeAll() }
        let hash = key.fnv1a
        var index = Int(truncatingIfNeeded: hash) & Self.mask
        while slots[index].target >= 0 { index = (index + 1) & Self.mask }
        slots[index] = Slot(
            hash: hash, start: Int32(keys.count), count: Int32(key.count), target: Int32(targets.count))
        keys.append(contentsOf: [UInt8](copying: key))
        targets.append(target)
    }

    /// Forgets everything, after modules came or went.
    func removeAll() {
        slots = [Slot](repeating: Self.free, count: Self.mask + 1)
        keys.removeAll()
        targets.removeAll()
    }
}

@available(*, unavailable)
extension RouteCache: Sendable {}
