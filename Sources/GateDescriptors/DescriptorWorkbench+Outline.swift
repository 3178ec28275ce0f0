import GateJSON

extension DescriptorWorkbench {
    private static let layoutKeys = ["frame", "in", "out"]
    private static let otherKeys = layoutKeys + ["protocol", "summary", "vectors", "kinds", "order", "limits"]

    /// What the descriptor says, with the parameters of this workbench in their places.
    public var outline: DescriptorOutline {
        let root = source.root
        let layouts = Self.layoutKeys.compactMap { name -> DescriptorOutline.Layout? in
            guard let node = root[name] else { return nil }
            var fields: [DescriptorOutline.Field] = []
            collect(node, condition: [], into: &fields)
            return DescriptorOutline.Layout(name: name, fields: fields)
        }
        let kinds = (try? root["kinds"]?.members()) ?? []
        var settings = [
            DescriptorOutline.Entry(name: "max_frame", text: "\(program.frameBytesMax) bytes, a listener may lower it")
        ]
        for member in (try? root.members()) ?? [] where !Self.otherKeys.contains(member.key) {
            settings.append(DescriptorOutline.Entry(name: member.key, text: words(member.value)))
        }
        return DescriptorOutline(
            layouts: layouts, slots: slots(layouts),
            kinds: kinds.map { DescriptorOutline.Entry(name: $0.key, text: words($0.value)) }, settings: settings)
    }

    /// Adds the fields of a list, those of groups in the place of the group.
    private func collect(_ list: JSONNode, condition: [String], into fields: inout [DescriptorOutline.Field]) {
        for node in (try? list.elements()) ?? [] {
            if let members = node["fields"] {
                let own = node["when"].map { ["when " + words($0)] } ?? []
                collect(members, condition: condition + own, into: &fields)
            } else {
                var field = outline(node)
                field.notes += condition
                fields.append(field)
            }
        }
    }

    private func outline(_ node: JSONNode) -> DescriptorOutline.Field {
        let type = source.word(node["type"]) ?? "?"
        let constant = source.word(node["hex"]) ?? source.word(node["text"]).map { "\"\($0)\"" }
        var field = DescriptorOutline.Field(
            name: source.word(node["name"]) ?? constant ?? type, type: source.typeText(node), width: "", byteCount: nil,
            counts: nil, notes: [])
        if let integer = DescriptorSource.integer(type) {
            field.byteCount = integer.width
        } else if let text = source.word(node["text"]), type == "const" {
            field.byteCount = text.utf8.count
        } else if let hex = source.word(node["hex"]), let constant = bytes(hex: hex) {
            field.byteCount = constant.count
        } else if let length = source.word(node["len"]) {
            field.byteCount = Int(length)
            field.width = width(length)
        } else {
            field.width = "as long as it is"
        }
        if let count = field.byteCount { field.width = count == 1 ? "1 byte" : "\(count) bytes" }
        switch source.word(node["counts"]) {
        case "after": field.counts = .after
        case "frame": field.counts = .frame
        default: break
        }
        if constant != nil, node["name"] != nil { field.notes.append("always \(constant ?? "")") }
        let said = ["name", "type", "order", "len", "counts", "hex", "text"]
        for member in (try? node.members()) ?? [] where !said.contains(member.key) {
            field.notes.append("\(member.key) \(words(member.value))")
        }
        return field
    }

    private func width(_ length: String) -> String {
        if length == "rest" { return "rest" }
        if let prefix = DescriptorSource.integer(length) { return "\(prefix.width) + n bytes" }
        return "'\(length)' bytes"
    }

    /// Where each meaning stands: in a field of its name, under a key of a body, or nowhere.
    private func slots(_ layouts: [DescriptorOutline.Layout]) -> [DescriptorOutline.Entry] {
        let absent = [
            ("route", "the listener's, as in ?route=Type/Function"),
            ("id", "none: answers go out in the order of the requests"),
            ("payload", "none"),
            ("error", "none: an answer with the payload {\"Error\":\"text\"}"),
        ]
        return absent.map { name, otherwise in
            if layouts.contains(where: { $0.fields.contains { $0.name == name } }) {
                return DescriptorOutline.Entry(name: name, text: "the field '\(name)'")
            }
            for list in Self.layoutKeys.compactMap({ source.root[$0] }) {
                if let text = key(name, list) { return DescriptorOutline.Entry(name: name, text: text) }
            }
            return DescriptorOutline.Entry(name: name, text: otherwise)
        }
    }

    /// The key of a body that stands for a meaning.
    private func key(_ name: String, _ list: JSONNode) -> String? {
        for field in (try? list.elements()) ?? [] {
            for mapping in ["json", "keys"] {
                guard let key = source.word(field[mapping]?[name]) else { continue }
                return "the key '\(key)' of '\(source.word(field["name"]) ?? "body")'"
            }
            if let members = field["fields"], let found = key(name, members) { return found }
        }
        return nil
    }

    /// A value in words: `has route, id`, `idle = 60s`, `op = request`.
    func words(_ node: JSONNode) -> String {
        if let word = source.word(node) { return word }
        if let elements = try? node.elements() { return elements.map { words($0) }.joined(separator: ", ") }
        guard let members = try? node.members() else { return String(decoding: node.value.encoded(), as: UTF8.self) }
        return members.map { member in
            let isPlain = source.word(member.value) != nil && !["has", "absent"].contains(member.key)
            return "\(member.key)\(isPlain ? " =" : "") \(words(member.value))"
        }.joined(separator: ", ")
    }
}
