import GateJSON

/// Reads the tree of a configuration file into a draft.
///
/// Keys are found without regard to case, as Go's JSON does. The settings come first and the lists of listeners and
/// modules later, since the process group that chooses among them may be named by the environment or a flag.
struct ConfigurationFile {
    let name: String
    let root: JSONNode
    /// What `${env:NAME}` may name.
    let environment: [String: String]
    /// Reads what `${file:PATH}` names.
    let valueFile: ConfigurationLoader.ValueFile

    /// The sections in our own form.
    static let sections = [
        "node", "log", "listeners", "protocols", "routing", "sessions", "modules", "rpc", "limits",
        "settings",
    ]
    /// The section that mqant's modules stand in.
    static let mqantModules = "Module"

    func place(_ position: JSONPosition) -> ConfigurationPlace { .file(name, position) }

    /// Reads all settings and names the keys that have no meaning.
    func readSettings(into draft: inout ConfigurationDraft) {
        guard
            let top = section(
                root, path: "", known: Self.sections + [Self.mqantModules] + Self.linkKeys.map(\.key),
                unused: UnusedKeys.top, into: &draft)
        else { return }
        for sectionName in Self.sections {
            guard let node = top[sectionName] else { continue }
            let settings = Setting.section(sectionName)
            guard !settings.isEmpty else { continue }
            let unused = UnusedKeys.section(sectionName)
            guard
                let members = section(
                    node, path: sectionName, known: settings.map { String($0.key) }, unused: unused, into: &draft)
            else { continue }
            for setting in settings {
                guard let value = members[String(setting.key)] else { continue }
                read(setting, from: value, into: &draft)
            }
        }
    }

    private func read(_ setting: Setting, from node: JSONNode, into draft: inout ConfigurationDraft) {
        if case .string(let text) = node.value {
            guard let value = resolved(text, of: node, path: setting.path, into: &draft) else { return }
            // A value from elsewhere is not repeated in a report.
            if value != text {
                draft.set(setting, to: value, at: place(node.position), isSecret: true)
                draft.shown[setting.path] = text
                return
            }
        }
        if case .list = setting.kind, case .list(let texts)? = setting.kind.value(of: node) {
            let values = texts.compactMap { resolved($0, of: node, path: setting.path, into: &draft) }
            draft.set(setting, to: .list(values), at: place(node.position))
            if values != texts { draft.shown[setting.path] = texts.joined(separator: ", ") }
            return
        }
        guard let value = setting.kind.value(of: node) else {
            let expected = setting.kind.expectation
            return invalid(node, setting.path, expected: expected, into: &draft)
        }
        draft.set(setting, to: value, at: place(node.position))
    }

    /// Reads listeners and modules. When `replacesListeners` the file's own listeners are not opened.
    func readLists(into draft: inout ConfigurationDraft, replacesListeners: Bool) {
        var listeners: [ListenerConfiguration] = []
        var modules = ModuleList(processGroup: draft.configuration.processGroup)
        let ownListeners = member("listeners")
        let ownModules = member("modules")
        let mqantModules = member(Self.mqantModules)
        if let ownListeners {
            for node in elements(ownListeners.value, path: "listeners", into: &draft) {
                if let listener = readListener(node, into: &draft) { listeners.append(listener) }
            }
        }
        if let ownModules {
            for node in elements(ownModules.value, path: "modules", into: &draft) {
                readModule(node, into: &modules, draft: &draft)
            }
        }
        if let mqantModules {
            readMqantModules(mqantModules.value, into: &modules, draft: &draft)
            for gate in modules.gates {
                readGate(gate, replacesListeners: replacesListeners, into: &listeners, draft: &draft)
            }
        }
        if let settings = member("settings") {
            let written = self.settings(settings.value, path: "settings", into: &draft)
            let value = resolved(.object(written), of: settings.value, path: "settings", into: &draft)
            if case .object(let object) = value { draft.configuration.settings = object }
            draft.configuration.shownSettings = written
            draft.origins["settings"] = place(settings.keyPosition)
        }
        if ownModules != nil || mqantModules != nil {
            draft.configuration.modules = modules.entries
            let place = place((ownModules ?? mqantModules)?.keyPosition ?? root.position)
            draft.origins["modules"] = place
            if modules.entries.isEmpty {
                let known = modules.otherGroups.sorted()
                draft.notice(.emptyProcessGroup(draft.configuration.processGroup, known: known), at: place)
            }
        }
        if ownListeners != nil || mqantModules != nil {
            draft.configuration.listeners = listeners
            draft.origins["listeners"] = place((ownListeners ?? mqantModules)?.keyPosition ?? root.position)
        }
    }

    /// The first member of the root with this key in any case.
    func member(_ key: String) -> JSONNode.Member? {
        (try? root.members())?.first { $0.key.lowercased() == key.lowercased() }
    }
}

extension ConfigurationFile {
    /// The members of an object by their known keys; `nil` when it is none. Other keys are noticed once each, but for
    /// those of `except` (in lower case), which the caller looks at.
    func section(
        _ node: JSONNode, path: String, known: [String], unused: [UnusedKey] = [], except: Set<String> = [],
        into draft: inout ConfigurationDraft
    ) -> [String: JSONNode]? {
        guard let members = try? node.members() else {
            invalid(node, path.isEmpty ? "the file" : path, expected: "an object", into: &draft)
            return nil
        }
        var found: [String: JSONNode] = [:]
        var places: [String: JSONPosition] = [:]
        for member in members where !except.contains(member.key.lowercased()) {
            let folded = member.key.lowercased()
            if let first = places[folded] {
                draft.fault(.duplicateKey(member.key, first: first), at: place(member.keyPosition))
                continue
            }
            places[folded] = member.keyPosition
            if let key = known.first(where: { $0.lowercased() == folded }) {
                found[key] = member.value
            } else if let key = unused.first(where: { $0.key.lowercased() == folded }) {
                draft.notice(
                    .unusedKey(key.path, advice: key.advice, others: 0), at: place(member.keyPosition))
            } else {
                let near = Spelling.suggestion(for: member.key, among: known)
                draft.notice(.unknownKey(member.key, suggestion: near), at: place(member.keyPosition))
            }
        }
        return found
    }

    /// The elements of an array; a fault and none when it is no array.
    func elements(_ node: JSONNode, path: String, into draft: inout ConfigurationDraft) -> [JSONNode] {
        guard let elements = try? node.elements() else {
            invalid(node, path, expected: "an array", into: &draft)
            return []
        }
        return elements
    }

    /// A text; a fault when there is something else, and `nil` for an empty one.
    func text(_ node: JSONNode?, path: String, into draft: inout ConfigurationDraft) -> String? {
        guard let node else { return nil }
        guard case .string(let text) = node.value else {
            invalid(node, path, expected: "a text", into: &draft)
            return nil
        }
        let value = resolved(text, of: node, path: path, into: &draft) ?? ""
        return value.isEmpty ? nil : value
    }

    /// A truth value; a fault and `false` when there is something else.
    func truth(_ node: JSONNode?, path: String, into draft: inout ConfigurationDraft) -> Bool {
        guard let node else { return false }
        guard case .bool(let truth) = node.value else {
            invalid(node, path, expected: "true or false", into: &draft)
            return false
        }
        return truth
    }

    /// The members of an object of free settings; a fault and none when there is something else.
    func settings(_ node: JSONNode?, path: String, into draft: inout ConfigurationDraft) -> JSONObject {
        guard let node else { return JSONObject() }
        guard case .object(let object) = node.value else {
            invalid(node, path, expected: "an object", into: &draft)
            return JSONObject()
        }
        return object
    }

    func invalid(_ node: JSONNode, _ path: String, expected: String, into draft: inout ConfigurationDraft) {
        let found =
            switch node.value {
            case .string(let text): "'\(Quoted.plain(text))'"
            case .number(let number): Quoted.plain(number.lexeme)
            case .array: "an array"
            case .object: "an object"
            case .bool(let truth): String(truth)
            case .null: "null"
            }
        draft.fault(.invalidValue(name: path, found: found, expected: expected), at: place(node.position))
    }
}
