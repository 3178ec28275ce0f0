import GateJSON

/// The text of a descriptor that loads, looked up by paths such as `$.frame[1]`; what a program no longer knows is here.
struct DescriptorSource: Sendable {
    let root: JSONNode
    /// What `$name` stands for.
    let parameters: [String: String]

    /// The value at a path; `nil` when there is none.
    func node(_ path: String) -> JSONNode? {
        var node = root
        for step in path.split(whereSeparator: { $0 == "." || $0 == "[" }).dropFirst() {
            if step.last == "]" {
                guard let index = Int(step.dropLast()), let elements = try? node.elements(), index < elements.count
                else { return nil }
                node = elements[index]
            } else {
                guard let member = node[String(step)] else { return nil }
                node = member
            }
        }
        return node
    }

    /// A word, with a parameter in its place resolved; a number as its digits; `nil` for anything else.
    func word(_ node: JSONNode?) -> String? {
        guard let node else { return nil }
        if let number = try? node.int() { return String(number) }
        guard let text = try? node.string() else { return nil }
        guard text.first == "$" else { return text }
        return parameters[String(text.dropFirst())] ?? text
    }

    /// Bytes that are said as a text or as `{hex: "..."}`.
    func plainBytes(_ node: JSONNode?) -> [UInt8]? {
        if let digits = word(node?["hex"]) { return bytes(hex: digits) }
        return word(node).map { Array($0.utf8) }
    }

    /// Whether the field's integers have their lowest byte first.
    func isLittleEndian(_ field: JSONNode) -> Bool {
        (word(field["order"]) ?? word(root["order"])) == "le"
    }

    /// The bits that an entry of `bits` stands for; `nil` for anything else.
    func bit(_ node: JSONNode) -> ClosedRange<Int>? {
        guard node["type"] == nil, let low = word(node["at"]).flatMap({ Int($0) }) else { return nil }
        return low...low + max(1, word(node["width"]).flatMap { Int($0) } ?? 1) - 1
    }

    /// Bytes and sign of an integer type; `nil` for any other type.
    static func integer(_ type: String) -> (width: Int, isSigned: Bool)? {
        guard let bits = Int(type.dropFirst()), [8, 16, 24, 32, 64].contains(bits) else { return nil }
        switch type.first {
        case "u": return (bits / 8, false)
        case "i": return (bits / 8, true)
        default: return nil
        }
    }

    /// The type of a field as people read it: `u16`, `u32 le`, `str u8`.
    func typeText(_ field: JSONNode) -> String {
        var text = word(field["type"]) ?? "?"
        var width = Self.integer(text)?.width ?? 0
        if let length = word(field["len"]), let prefix = Self.integer(length) {
            text += " \(length)"
            width = prefix.width
        }
        return width > 1 && isLittleEndian(field) ? text + " le" : text
    }
}
