import GateBytes
import GateModules

/// What a route leads to, found once for each key.
final class RouteTarget: Sendable {
    /// Who handles the message.
    enum Place: Sendable {
        /// A module of this process.
        case local(ModuleRuntime, Handler, Call.Context)
        /// Another process, over the transport.
        case remote
    }

    let route: Route
    let place: Place

    init(route: Route, place: Place) {
        self.route = route
        self.place = place
    }
}

/// Targets by the bytes of their topics' key part, for one loop. Only routes that exist come in, so that bogus names leave
/// no trace; bounded by `entriesMax`, above which it starts anew.
struct RouteCache {
    private struct Entry {
        var hash: UInt64
        var key: [UInt8]
        var target: RouteTarget
    }

    static let entriesMax = 1_024
    private static let mask = 2_047
    private var entries = [Entry?](repeating: nil, count: mask + 1)
    private var count = 0

    /// The target of a key.
    func find(_ key: Span<UInt8>) -> RouteTarget? {
        let hash = key.fnv1a
        var index = Int(truncatingIfNeeded: hash) & Self.mask
        while let entry = entries[index] {
            if entry.hash == hash && key.equals(entry.key.span) { return entry.target }
            index = (index + 1) & Self.mask
        }
        return nil
    }

    /// Enters a target. The key is not there yet.
    mutating func insert(_ key: [UInt8], _ target: RouteTarget) {
        if count >= Self.entriesMax { removeAll() }
        let hash = key.span.fnv1a
        var index = Int(truncatingIfNeeded: hash) & Self.mask
        while entries[index] != nil { index = (index + 1) & Self.mask }
        entries[index] = Entry(hash: hash, key: key, target: target)
        count += 1
    }

    /// Forgets everything, after modules came or went.
    mutating func removeAll() {
        entries = [Entry?](repeating: nil, count: Self.mask + 1)
        count = 0
    }
}
