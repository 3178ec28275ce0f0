import GateBytes
import GateProtocol

/// The other nodes, as far as known. Pure; guarded by whoever holds it.
struct NodeDirectory {
    /// One node.
    struct Entry {
        var key: NodeKey
        var node: NodeAnnouncement
        var expiresAt: MonotonicTime
        /// Calls in a row that ended without an answer.
        var failures = 0
        /// Chosen only when there is no other, until then.
        var avoidUntil = MonotonicTime(nanoseconds: .min)
        /// The key's hash.
        var hash: UInt64
        /// Calls from here that it has not answered.
        var outstanding = 0
        /// Bytes of its announcement.
        var bytes = 0
        /// When what it serves changed last.
        var changedAt: MonotonicTime

        /// How long it counts without a word.
        var life: TimeSpan { min(node.timeToLive, NodeDirectory.timeToLiveMax) }

        /// It has answered a call, which is a sign of life like an announcement.
        mutating func answered(at now: MonotonicTime) {
            outstanding = max(0, outstanding - 1)
            failures = 0
            expiresAt = max(expiresAt, now + life)
        }

        /// Calls that it runs: as announced, or as known here since.
        var load: Int { max(Int(node.load), outstanding) }
    }

    /// A node that was chosen.
    struct Choice {
        var key: NodeKey
        var inbox: String
    }

    /// What an announcement changed.
    struct Change {
        /// Whether the node was not known.
        var isNew: Bool
        /// Earlier starts at the same inbox, which are gone.
        var replaced: [Entry]
        /// Whether other things are served now.
        var isOther: Bool
    }

    /// Nodes in all.
    static let nodesMax = 4_096
    /// Unanswered calls in a row after which a node is avoided.
    static let failuresMax = 5
    /// How long it is avoided.
    static let avoidTime = TimeSpan.seconds(1)
    /// The longest time that an announcement may count.
    static let timeToLiveMax = TimeSpan.seconds(60)

    /// Bytes of all announcements that are kept: 16 MiB.
    static let bytesMax = 16_777_216
    /// How often what one node serves may change; a change that comes sooner counts with a later announcement.
    static let changeTime = TimeSpan.milliseconds(100)
    /// How long announcements of a node that withdrew are taken for late ones. One that goes on announcing itself behind that
    /// did not withdraw: somebody said so in its name.
    static let withdrawnTime = TimeSpan.seconds(3)

    private(set) var entries: [NodeKey: Entry] = [:]
    /// Bytes of the announcements of all entries.
    private(set) var bytes = 0
    private var byModule: [String: [NodeKey]] = [:]
    /// How the handlers of a module run, by name; the strictest that any node says.
    private var kinds: [String: [String: RPCHandlerKind]] = [:]
    /// Nodes that withdrew: announcements that come late are not theirs any more.
    private var withdrawn: [NodeKey: MonotonicTime] = [:]
    /// Gateways that withdrew: they take no calls, but hold their sessions until these have left.
    private var leaving: [NodeKey: Entry] = [:]
    /// How long such a one is reached for its sessions.
    static let leavingTime = TimeSpan.seconds(60)
    /// Calls that went round, by module.
    private var turns: [String: UInt64] = [:]

    // MARK: Who is there

    /// Takes an announcement of so many bytes; `nil` when it is not entered.
    mutating func enter(
        _ key: NodeKey, _ node: NodeAnnouncement, bytes size: Int = 0, at now: MonotonicTime
    ) -> Change? {
        if let until = withdrawn[key], now < until { return nil }
        guard bytes + size - (entries[key]?.bytes ?? 0) <= Self.bytesMax else { return nil }
        let expiry = now + min(node.timeToLive, Self.timeToLiveMax)
        if let known = entries[key] {
            let isOther = known.node.modules != node.modules
            if isOther {
                guard now >= known.changedAt + Self.changeTime else { return nil }
                entries[key]?.changedAt = now
            }
            bytes += size - known.bytes
            entries[key]?.node = node
            entries[key]?.bytes = size
            entries[key]?.expiresAt = expiry
            if isOther { index() }
            return Change(isNew: false, replaced: [], isOther: isOther)
        }
        let replaced = entries.values.filter { $0.node.inbox == node.inbox }
        for old in replaced { drop(old.key) }
        guard entries.count < Self.nodesMax else { return nil }
        leaving[key] = nil
        let entry = Entry(
            key: key, node: node, expiresAt: expiry, hash: Self.hash(key), bytes: size, changedAt: now)
        entries[key] = entry
        bytes += size
        // Many nodes that come at once cost a step each.
        if replaced.isEmpty { index(entry) } else { index() }
        return Change(isNew: true, replaced: replaced, isOther: true)
    }

    /// A node takes no new calls.
    /// - Returns: What was known of it; `nil` when nothing was.
    mutating func withdraw(_ key: NodeKey, at now: MonotonicTime) -> Entry? {
        guard let entry = entries[key] else { return nil }
        withdrawn[key] = now + Self.withdrawnTime
        drop(key)
        index()
        if entry.node.isGateway {
            leaving[key] = entry
            leaving[key]?.expiresAt = now + Self.leavingTime
        }
        return entry
    }

    /// Removes the nodes behind an inbox, which are gone, and names them.
    mutating func remove(inbox: String) -> [Entry] {
        leaving = leaving.filter { $0.value.node.inbox != inbox }
        let gone = entries.values.filter { $0.node.inbox == inbox }
        if gone.isEmpty { return [] }
        for entry in gone { drop(entry.key) }
        index()
        return gone
    }

    /// Removes what was not announced for its time to live, and names it.
    mutating func expire(at now: MonotonicTime) -> [Entry] {
        withdrawn = withdrawn.filter { $0.value > now }
        leaving = leaving.filter { $0.value.expiresAt > now }
        let gone = entries.values.filter { $0.expiresAt <= now }
        if gone.isEmpty { return [] }
        for entry in gone { drop(entry.key) }
        index()
        return gone
    }

    /// Lets every node count as just heard of: there was no way to hear of it.
    mutating func renew(at now: MonotonicTime) {
        for key in entries.keys {
            if let entry = entries[key] { entries[key]?.expiresAt = max(entry.expiresAt, now + entry.life) }
        }
    }

    /// Time that does not count.
    mutating func shift(by time: TimeSpan) {
        for key in entries.keys {
            if let expiry = entries[key]?.expiresAt { entries[key]?.expiresAt = expiry + time }
        }
    }

    private mutating func drop(_ key: NodeKey) {
        if let entry = entries.removeValue(forKey: key) { bytes -= entry.bytes }
    }

    private mutating func index() {
        byModule = [:]
        kinds = [:]
        for entry in entries.values { index(entry) }
        turns = turns.filter { byModule[$0.key] != nil }
    }

    private mutating func index(_ entry: Entry) {
        for module in entry.node.modules {
            byModule[module.type, default: []].append(entry.key)
            kinds[module.type, default: [:]].merge(module.functions) { one, other in
                one == other ? one : .ordered
            }
        }
    }

    // MARK: Who is called

    /// Whether some node serves `module` (on `node`, when one is named).
    func serves(module: String, node: String?) -> Bool {
        guard let keys = byModule[module] else { return false }
        guard let node else { return !keys.isEmpty }
        return keys.contains { key in entries[key].map { answers($0, module, to: node) } ?? false }
    }

    /// How a client's messages to a handler run beside each other; `nil` when no node says.
    func kind(module: String, node: String?, function: String) -> RPCHandlerKind? {
        guard let kind = kinds[module]?[function], serves(module: module, node: node) else { return nil }
        return kind
    }

    /// The node for a call.
    mutating func select(_ request: RPCRequest, at now: MonotonicTime) -> Choice? {
        guard let keys = byModule[request.module] else { return nil }
        // The usual case copies nothing.
        if keys.count == 1 {
            return entries[keys[0]].flatMap { fits($0, request) ? Choice(key: $0.key, inbox: $0.node.inbox) : nil }
        }
        return choose(keys, request, at: now).map { Choice(key: $0.key, inbox: $0.node.inbox) }
    }

    private mutating func choose(_ keys: [NodeKey], _ request: RPCRequest, at now: MonotonicTime) -> Entry? {
        let all = keys.compactMap { entries[$0] }.filter { fits($0, request) }
        let well = all.filter { $0.avoidUntil <= now }
        let choice = well.isEmpty ? all : well
        switch request.selection.strategy {
        case .random: return choice.randomElement()
        case .leastLoaded: return choice.shuffled().min { $0.load < $1.load }
        case .roundRobin:
            if choice.isEmpty { return nil }
            let turn = turns[request.module, default: 0] &+ 1
            turns[request.module] = turn
            return choice.sorted { $0.hash < $1.hash }[Int(turn % UInt64(choice.count))]
        case .session: return sticky(choice, request.session.map { Self.hash($0.id) })
        case .user:
            return sticky(choice, request.session.map { $0.userID.map { Self.hash($0.rawValue) } ?? Self.hash($0.id) })
        }
    }

    /// The gateway whose sessions have these numbers.
    func gateway(of id: SessionID) -> Choice? {
        let isIts: (Entry) -> Bool = {
            $0.node.isGateway && $0.node.sessionNode == id.node && $0.key.start == id.start
        }
        return (entries.values.first(where: isIts) ?? leaving.values.first(where: isIts))
            .map { Choice(key: $0.key, inbox: $0.node.inbox) }
    }

    /// All gateways.
    var gateways: [Choice] {
        entries.values.filter(\.node.isGateway).map { Choice(key: $0.key, inbox: $0.node.inbox) }
    }

    /// A call goes to a node.
    mutating func began(_ key: NodeKey) { entries[key]?.outstanding += 1 }

    /// A call ended for a reason that says nothing about the node.
    mutating func release(_ key: NodeKey) {
        guard let outstanding = entries[key]?.outstanding, outstanding > 0 else { return }
        entries[key]?.outstanding = outstanding - 1
    }

    /// A call ended, with an answer or without.
    mutating func record(_ key: NodeKey, isAnswered: Bool, at now: MonotonicTime) {
        if isAnswered {
            entries[key]?.answered(at: now)
            return
        }
        guard let failures = entries[key]?.failures else { return }
        release(key)
        entries[key]?.failures = failures + 1
        if failures + 1 >= Self.failuresMax { entries[key]?.avoidUntil = now + Self.avoidTime }
    }

    private func answers(_ entry: Entry, _ module: String, to node: String) -> Bool {
        entry.key.name == node || entry.node.modules.contains { $0.type == module && $0.ids.contains(node) }
    }

    private func fits(_ entry: Entry, _ request: RPCRequest) -> Bool {
        if let node = request.node, !answers(entry, request.module, to: node) { return false }
        for (label, value) in request.selection.labels where entry.node.labels[label] != value { return false }
        guard let version = request.selection.version else { return true }
        return entry.node.modules.contains { $0.type == request.module && $0.version == version }
    }

    /// Rendezvous hashing: when a node comes or goes, only its own share moves.
    private func sticky(_ choice: [Entry], _ hash: UInt64?) -> Entry? {
        guard let hash else { return choice.randomElement() }
        return choice.max { Self.mixed($0.hash ^ hash) < Self.mixed($1.hash ^ hash) }
    }

    private static func hash(_ key: NodeKey) -> UInt64 { hash(key.name) ^ UInt64(key.start) << 17 }

    private static func hash(_ text: String) -> UInt64 { mixed(text.utf8Span.span.fnv1a) }

    private static func hash(_ id: SessionID) -> UInt64 {
        mixed(UInt64(id.node) << 32 | UInt64(id.start))
            ^ mixed(UInt64(id.slot) << 32 | UInt64(id.generation) ^ UInt64(id.loop) << 48)
    }

    /// The last step of splitmix64.
    private static func mixed(_ value: UInt64) -> UInt64 {
        var mixed = value &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
