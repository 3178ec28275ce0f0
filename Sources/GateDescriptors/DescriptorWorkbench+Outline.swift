import GateJSON

extension DescriptorWorkbench {
    private static let layoutKeys = ["frame", "in", "out"]
    private static let otherKeys =
        layoutKeys + ["$schema", "protocol", "summary", "vectors", "kinds", "order", "limits"]

    /// What the descriptor says, with the parameters of this workbench in their places.
    public var outline: DescriptorOutline {
        let root = source.root
        let layouts = Self.layoutKeys.compactMap { name -> DescriptorOutline.Layout? in
            guard let node = root[name] else { return nil }
            var fields: [DescriptorOutline.Field] = []
            collect(node, condition: [], notes: [], into: &fields)
            return DescriptorOutline.Layout(name: name, fields: fields)
        }
        let kinds = (try? root["kinds"]?.members()) ?? []
        var settings = [
            DescriptorOutline.Entry(
                name: "max_frame", text: "\(program.frameBytesMax) bytes, a listener may say otherwise")
        ]
        if program.reading.contains(where: { $0.code == .inflate || $0.content == .sproto }) {
            settings.append(DescriptorOutline.Entry(name: "max_inflated", text: "\(program.inflatedBytesMax) bytes"))
        }
        var sections: [DescriptorOutline.Section] = []
        for member in (try? root.members()) ?? [] where !Self.otherKeys.contains(member.key) {
            let parts = (try? member.value.members()) ?? []
            if parts.contains(where: { $0.value.kind == .object || $0.value.kind == .array }) {
                let entries = parts.map {
                    DescriptorOutline.Entry(name: $0.key.visible, text: words($0.value, between: "; "))
                }
                sections.append(DescriptorOutline.Section(title: member.key, entries: entries))
            } else {
                settings.append(DescriptorOutline.Entry(name: member.key, text: words(member.value)))
            }
        }
        return DescriptorOutline(
            layouts: layouts, slots: slots(layouts),
            kinds: kinds.map { DescriptorOutline.Entry(name: $0.key, text: words($0.value)) }, settings: settings,
            sections: sections)
    }

    /// Adds the fields of a list, those of groups in the place of the group.
    private func collect(
        _ list: JSONNode, condition: [String], notes: [String], into fields: inout [DescriptorOutline.Field]
    ) {
        for node in (try? list.elements()) ?? [] {
            if let members = node["fields"] {
                let own = node["when"].map { ["when " + words($0)] } ?? []
                let packed = ["inflate", "deflate"].compactMap { key in node[key].map { "\(key) (\(words($0)))" } }
                collect(members, condition: condition + own, notes: notes + packed, into: &fields)
            } else {
                var field = outline(node)
                field.notes += condition + notes
                field.isConditional = node["when"] != nil || !condition.isEmpty
                fields.append(field)
            }
        }
    }

    private func outline(_ node: JSONNode) -> DescriptorOutline.Field {
        let type = source.word(node["type"]) ?? "?"
        let constant = source.word(node["hex"]) ?? source.word(node["text"]).map { "\"\($0.visible)\"" }
        var field = DescriptorOutline.Field(
            name: source.word(node["name"]) ?? constant ?? type, type: source.typeText(node), width: "", byteCount: nil,
            isConditional: false, counts: nil, notes: [])
        if let integer = DescriptorSource.integer(type) {
            field.byteCount = integer.width
        } else if let text = source.word(node["text"]), type == "const" {
            field.byteCount = text.utf8.count
        } else if let hex = source.word(node["hex"]), let constant = bytes(hex: hex) {
            field.byteCount = constant.count
        } else if type == "check", let alg = source.word(node["alg"]) {
            field.byteCount = Checksum.allCases.first { $0.name == alg }?.width
        } else if let length = source.word(node["len"]) {
            field.byteCount = Int(length)
            field.width = width(length)
        } else {
            field.width = width(ofType: type, node)
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
            if member.key == "bits" {
                field.notes += ((try? member.value.members()) ?? []).map { bits($0.key, $0.value) }
            } else {
                field.notes.append("\(member.key) \(words(member.value))")
            }
        }
        return field
    }

    /// `bits 1-3 mtype: request = 0, notify = 1`.
    private func bits(_ name: String, _ node: JSONNode) -> String {
        let bits = source.bit(node) ?? 0...0
        let names = node["enum"].map { ": " + words($0) } ?? ""
        return (bits.count == 1 ? "bit \(bits.lowerBound) " : "bits \(bits.lowerBound)-\(bits.upperBound) ") + name
            + names
    }

    /// The width of a field whose bytes tell it themselves.
    private func width(ofType type: String, _ node: JSONNode) -> String {
        if let end = node["until"] {
            // Blanks alone are not seen.
            guard let text = source.word(end) else { return "up to hex \(source.word(end["hex"])?.visible ?? "")" }
            return text.first == " " || text.last == " " ? "up to '\(text.visible)'" : "up to \(text.visible)"
        }
        switch type {
        case "varint": return "1 to \(source.word(node["bytes"]) ?? "5") bytes"
        case "dec": return "digits"
        case "kv": return "pairs"
        default: return "varies"
        }
    }

    private func width(_ length: String) -> String {
        if length == "rest" { return "rest" }
        if let prefix = DescriptorSource.integer(length) { return "\(prefix.width) + n bytes" }
        return "'\(length)' bytes"
    }

    /// Where each meaning stands: in a field of its name, in a body, or nowhere.
    private func slots(_ layouts: [DescriptorOutline.Layout]) -> [DescriptorOutline.Entry] {
        let fault = source.root["fault"] == nil ? "{\"Error\":\"text\"}" : "that 'fault' says"
        let byName =
            "none: answers of one name go out in the order of their requests"
            + (program.hasEnvelope ? ", those in an envelope under its id" : "")
        let absent = [
            ("route", "the listener's, as in ?route=Type/Function"),
            (
                "id",
                program.answersCarryRoute || program.hasEnvelope
                    ? byName : "none: answers go out in the order of the requests"
            ),
            ("payload", "none"),
            ("error", "none: an answer with the payload \(fault)"),
        ]
        let lists = Self.layoutKeys.compactMap { source.root[$0] }
        let fields = layouts.flatMap(\.fields).map(\.name)
        return absent.map { name, otherwise in
            var text = fields.contains(name) ? "the field '\(name)'" : nil
            if name == "route", fields.contains("code") {
                let code = "the field 'code', by the listener's routes"
                text = text.map { "\($0), or \(code)" } ?? code
            }
            for list in lists where text == nil { text = place(of: name, list) }
            return DescriptorOutline.Entry(name: name, text: text ?? otherwise)
        }
    }

    /// Where a body has a meaning; `nil` when it does not.
    private func place(of name: String, _ list: JSONNode) -> String? {
        for field in (try? list.elements()) ?? [] {
            let body = source.word(field["name"]) ?? "body"
            for mapping in ["json", "keys"] {
                if let key = source.word(field[mapping]?[name]) { return "the key '\(key.visible)' of '\(body)'" }
            }
            switch (source.word(field["type"]), source.word(field["json"]), name) {
            case ("native", _, "route"): return "a code inside '\(body)', by the listener's routes"
            case ("native", _, "id"), ("native", _, "payload"): return "inside '\(body)'"
            case ("kv", _, "payload"): return "all other keys of '\(body)'"
            case ("json", "single", "route"): return "the only key of '\(body)'"
            case ("json", "single", "payload"): return "the value of that key"
            default: break
            }
            if let members = field["fields"], let found = place(of: name, members) { return found }
        }
        return nil
    }

    /// A value in words: `has route, id`, `idle = 60s`, `op = request`.
    func words(_ node: JSONNode, between separator: String = ", ") -> String {
        // Blanks at an end are only seen in quotes.
        if let word = source.word(node) {
            return word.first == " " || word.last == " " ? "'\(word.visible)'" : word.visible
        }
        if let elements = try? node.elements() { return elements.map { words($0) }.joined(separator: ", ") }
        guard let members = try? node.members() else { return String(decoding: node.value.encoded(), as: UTF8.self) }
        return members.map { member in
            let (key, text) = (member.key.visible, words(member.value))
            switch member.value.kind {
            case .object: return "\(key) (\(text))"
            case _ where ["has", "absent"].contains(key): return "\(key) \(text)"
            case .array: return "\(key): \(text)"
            default: return "\(key) = \(text)"
            }
        }.joined(separator: separator)
    }
}
