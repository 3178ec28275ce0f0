import GateJSON

/// The modules of a file: those that run, and what has been seen of all.
struct ModuleList {
    /// An entry of `Module.Gate` that runs here.
    struct Gate {
        let path: String
        let settings: JSONNode?
    }

    let processGroup: String
    var entries: [ModuleEntry] = []
    var gates: [Gate] = []
    /// Process groups that are not ours.
    var otherGroups: Set<String> = []
    private var identifiers: [String: JSONPosition] = [:]
    private var groups: [String: [String?: JSONPosition]] = [:]

    init(processGroup: String) { self.processGroup = processGroup }

    /// Where the id stood before.
    mutating func takeIdentifier(_ id: String, at position: JSONPosition) -> JSONPosition? {
        if let first = identifiers[id] { return first }
        identifiers[id] = position
        return nil
    }

    /// Where an entry of this type stood before that runs in the same group.
    mutating func takeGroup(_ group: String?, of type: String, at position: JSONPosition) -> JSONPosition? {
        let taken = groups[type, default: [:]]
        let first = group == nil ? taken.values.min(by: { ($0.line, $0.column) < ($1.line, $1.column) }) : nil
        if let first = first ?? taken[group] ?? taken[nil] { return first }
        groups[type, default: [:]][group] = position
        return nil
    }
}

extension ConfigurationFile {
    /// Reads an element of `modules`: `{type, id, processGroup, settings}`.
    func readModule(_ node: JSONNode, into modules: inout ModuleList, draft: inout ConfigurationDraft) {
        let known = ["type", "id", "processGroup", "settings"]
        guard let members = section(node, path: "modules[]", known: known, into: &draft) else { return }
        guard members["type"] != nil else { return draft.fault(.missingKey("type"), at: place(node.position)) }
        guard let type = text(members["type"], path: "modules[].type", into: &draft) else { return }
        let id = text(members["id"], path: "modules[].id", into: &draft)
        let group = text(members["processGroup"], path: "modules[].processGroup", into: &draft)
        let settings = settings(members["settings"], path: "modules[].settings", into: &draft)
        checkUnique(
            id: id, at: members["id"], group: group, of: type, at: members["processGroup"] ?? node, in: &modules,
            draft: &draft)
        guard group == nil || group == modules.processGroup else {
            if let group { modules.otherGroups.insert(group) }
            return
        }
        var entry = ModuleEntry(
            type: type, id: id, processGroup: group, place: place(members["type"]?.position ?? node.position))
        take(settings, at: members["settings"] ?? node, path: "modules[].settings", into: &entry, draft: &draft)
        modules.entries.append(entry)
    }

    /// Gives an entry its settings. Only now, so that another process group's secrets need not be on this machine.
    private func take(
        _ settings: JSONObject, at node: JSONNode, path: String, into entry: inout ModuleEntry,
        draft: inout ConfigurationDraft
    ) {
        entry.shownSettings = settings
        if case .object(let whole) = resolved(.object(settings), of: node, path: path, into: &draft) {
            entry.settings = whole
        }
    }

    /// Reads mqant's `Module`: `{Type: [{Id, ProcessID, Settings}]}`.
    func readMqantModules(_ node: JSONNode, into modules: inout ModuleList, draft: inout ConfigurationDraft) {
        guard let types = try? node.members() else {
            return invalid(node, Self.mqantModules, expected: "an object", into: &draft)
        }
        var unused = UnusedTally()
        for type in types {
            let path = Self.mqantModules + "." + Quoted.plain(type.key)
            for entry in elements(type.value, path: path, into: &draft) {
                readMqantModule(entry, of: type, path: path, into: &modules, unused: &unused, draft: &draft)
            }
        }
        unused.report(into: &draft, of: self)
    }

    private func readMqantModule(
        _ node: JSONNode, of type: JSONNode.Member, path: String, into modules: inout ModuleList,
        unused: inout UnusedTally, draft: inout ConfigurationDraft
    ) {
        let counted = UnusedKeys.moduleEntry
        for member in (try? node.members()) ?? [] {
            if let key = counted.first(where: { $0.key.lowercased() == member.key.lowercased() }) {
                unused.count(key, at: member.keyPosition)
            }
        }
        // The counted keys are known here, so that each is reported once for the whole file.
        let known = ["Id", "ProcessID", "Settings"]
        guard
            let members = section(
                node, path: path, known: known + counted.map(\.key) + Self.linkKeys.map(\.key),
                into: &draft)
        else { return }
        let id = text(members["Id"], path: path + ".Id", into: &draft)
        let group = text(members["ProcessID"], path: path + ".ProcessID", into: &draft)
        let settings = settings(members["Settings"], path: path + ".Settings", into: &draft)
        guard let group else {
            checkUnique(id: id, at: members["Id"], group: nil, of: nil, at: node, in: &modules, draft: &draft)
            return draft.notice(.noProcessGroup(type.key), at: place(node.position))
        }
        checkUnique(
            id: id, at: members["Id"], group: group, of: type.key, at: members["ProcessID"] ?? node, in: &modules,
            draft: &draft)
        guard group == modules.processGroup else {
            modules.otherGroups.insert(group)
            return
        }
        var entry = ModuleEntry(type: type.key, id: id, processGroup: group, place: place(type.keyPosition))
        take(settings, at: members["Settings"] ?? node, path: path + ".Settings", into: &entry, draft: &draft)
        entry.isGate = Self.isGate(type.key, members["Settings"])
        modules.entries.append(entry)
        if entry.isGate {
            modules.gates.append(ModuleList.Gate(path: path + ".Settings", settings: members["Settings"]))
        }
    }

    /// The key of an entry is what the program's GetType returns, so a gate is known by its addresses too.
    private static func isGate(_ type: String, _ settings: JSONNode?) -> Bool {
        if type.lowercased() == ServerConfiguration.gateType.lowercased() { return true }
        return (try? settings?.members())?.contains { ["tcpaddr", "wsaddr"].contains($0.key.lowercased()) } ?? false
    }

    /// Holds an entry against those before it; no type means that only the id counts.
    private func checkUnique(
        id: String?, at idNode: JSONNode?, group: String?, of type: String?, at groupNode: JSONNode,
        in modules: inout ModuleList, draft: inout ConfigurationDraft
    ) {
        if let id, let idNode, let first = modules.takeIdentifier(id, at: idNode.position) {
            draft.fault(.duplicateModuleID(id, first: first), at: place(idNode.position))
        }
        if let type, let first = modules.takeGroup(group, of: type, at: groupNode.position) {
            draft.fault(
                .duplicateProcessGroup(type: type, group: group, first: first), at: place(groupNode.position))
        }
    }
}

/// Counts keys without effect that every module may have, so that each is reported once.
struct UnusedTally {
    private var found: [(key: UnusedKey, first: JSONPosition, others: Int)] = []

    mutating func count(_ key: UnusedKey, at position: JSONPosition) {
        if let index = found.firstIndex(where: { $0.key.key == key.key }) {
            found[index].others += 1
        } else {
            found.append((key, position, 0))
        }
    }

    func report(into draft: inout ConfigurationDraft, of file: ConfigurationFile) {
        for entry in found {
            draft.notice(
                .unusedKey(entry.key.path, advice: entry.key.advice, others: entry.others),
                at: file.place(entry.first))
        }
    }
}
