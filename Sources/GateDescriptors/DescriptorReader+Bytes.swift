import GateJSON

/// Runs of bytes: constants, text, bodies with keys.
extension DescriptorReader {
    mutating func constant(_ name: String, _ node: JSONNode, _ path: String) -> FieldModel? {
        var bytes: [UInt8]?
        if let hexNode = node["hex"] {
            bytes = hex(hexNode, "\(path).hex")
            if bytes == nil { return nil }
        }
        if let textNode = node["text"] {
            if bytes != nil { report(.duplicateName("text"), at: place(textNode, "\(path).text")) }
            guard let text = literal(textNode, "\(path).text") else { return nil }
            bytes = Array(text.utf8)
        }
        guard let bytes, !bytes.isEmpty else {
            report(.missingKey("hex"), at: place(node, path))
            return nil
        }
        return FieldModel(name: name, form: .constant(bytes), place: place(node, path))
    }

    /// One to eight bytes at which something ends.
    mutating func terminator(_ node: JSONNode, _ path: String) -> [UInt8]? {
        guard let bytes = plainBytes(node, path) else { return nil }
        guard (1...8).contains(bytes.count) else {
            report(.badText((try? node.string()) ?? "hex", expected: "1 to 8 bytes"), at: place(node, path))
            return nil
        }
        return bytes
    }

    /// A text, or any bytes as `{hex: "c0"}`. A text with characters from U+0080 to U+00FF is refused: who writes "\xc0" most
    /// often means the byte, and would get the two of that letter in UTF-8.
    mutating func plainBytes(_ node: JSONNode, _ path: String, isContent: Bool = false) -> [UInt8]? {
        if case .object = node.kind {
            guard let digits = node["hex"] else {
                _ = members(of: node, path, valid: ["hex"])
                report(.missingKey("hex"), at: place(node, path))
                return nil
            }
            _ = members(of: node, path, valid: ["hex"])
            return hex(digits, "\(path).hex")
        }
        guard let text = literal(node, path) else { return nil }
        if !isContent, text.unicodeScalars.contains(where: { (0x80...0xFF).contains($0.value) }) {
            report(
                .badText(text, expected: "other letters, or the bytes themselves as {hex: \"c0\"}"),
                at: place(node, path))
            return nil
        }
        return Array(text.utf8)
    }

    /// A check over bytes in front of it.
    mutating func check(
        _ name: String, _ node: JSONNode, _ path: String, _ isLittleEndian: Bool
    ) -> FieldModel? {
        let place = place(node, path)
        guard let algNode = node["alg"] else {
            report(.missingKey("alg"), at: place)
            return nil
        }
        guard let alg = text(algNode, "\(path).alg") else { return nil }
        guard let algorithm = Checksum.allCases.first(where: { $0.name == alg }) else {
            report(
                .unknownValue(alg, valid: Checksum.allCases.map(\.name)), at: self.place(algNode, "\(path).alg"))
            return nil
        }
        var check = CheckModel(algorithm: algorithm, firstPlace: place)
        if let over = node["over"] {
            check.first = literal(over, "\(path).over")
            check.firstPlace = self.place(over, "\(path).over")
        }
        if let key = node["key"] {
            check.key = secret(key, "\(path).key")
            if algorithm != .md5 {
                report(
                    .keyNotForType("key", type: alg, valid: ["name", "type", "when", "alg", "over", "order"]),
                    at: self.place(key, "\(path).key"))
            }
        }
        var field = FieldModel(name: name, form: .check(check), place: place)
        field.isLittleEndian = node["order"].flatMap { node in order(node, "\(path).order") } ?? isLittleEndian
        return field
    }

    /// A text, a parameter, or any bytes as `{hex: "c0"}`.
    mutating func secret(_ node: JSONNode, _ path: String) -> [UInt8] {
        if case .object = node.kind { return plainBytes(node, path) ?? [] }
        return Array((text(node, path) ?? "").utf8)
    }

    /// Keys and values with a length each.
    mutating func pairs(
        _ name: String, _ node: JSONNode, _ path: String, _ isLittleEndian: Bool
    ) -> FieldModel? {
        var widths: [Int] = []
        for key in ["key", "value"] {
            guard let type = node[key].flatMap({ node in text(node, "\(path).\(key)") }) else {
                report(.missingKey(key), at: place(node, path))
                return nil
            }
            guard let width = Self.unsigned[type], width <= 4 else {
                report(.unknownValue(type, valid: ["u8", "u16", "u24", "u32"]), at: place(node, "\(path).\(key)"))
                return nil
            }
            widths.append(width)
        }
        let largest = 1 << (8 * widths[0]) - 1
        let keyMax = node["key_max"].flatMap { node in number(node, "\(path).key_max", in: 1...largest) } ?? largest
        let pairs = PairsModel(
            keyWidth: widths[0], valueWidth: widths[1], keyBytesMax: keyMax, keys: keys(node, "keys", path))
        for key in pairs.keys where !(1...keyMax).contains(key.key.utf8.count) {
            report(
                .badText(key.key, expected: "a key of 1 to \(keyMax) bytes"),
                at: key.place ?? place(node, path))
        }
        var field = FieldModel(name: name, form: .pairs(pairs), place: place(node, path))
        field.isLittleEndian = node["order"].flatMap { node in order(node, "\(path).order") } ?? isLittleEndian
        return field
    }

    /// A run of bytes: `bytes`, `str`, `json` or `native`.
    mutating func run(
        _ name: String, _ form: FieldModel.Form, _ node: JSONNode, _ path: String, _ isLittleEndian: Bool
    ) -> FieldModel? {
        var field = FieldModel(name: name, form: form, place: place(node, path))
        field.isLittleEndian = node["order"].flatMap { node in order(node, "\(path).order") } ?? isLittleEndian
        readBounds(node, path, largest: DescriptorLimits.frameBytesCeiling, into: &field)
        readMarker(node, path, into: &field)
        if let empty = node["empty"] { field.empty = plainBytes(empty, "\(path).empty", isContent: true) ?? [] }
        if case .bytes = field.form, let json = node["json"] {
            let word: PayloadWord? = word(json, "\(path).json")
            field.isJSON = word != nil
        }
        if let values = node["values"] {
            let word: PayloadValues? = word(values, "\(path).values")
            field.wrapsValues = word == .object
            if !field.isJSON { report(.missingKey("json"), at: place(values, "\(path).values")) }
        }
        if let until = node["until"] {
            guard let end = terminator(until, "\(path).until") else { return nil }
            field.length = .until(end)
            field.lengthPlace = place(until, "\(path).until")
            if let len = node["len"] { report(.duplicateName("len"), at: place(len, "\(path).len")) }
            return field
        }
        guard let lengthNode = node["len"] else {
            report(.missingKey("len"), at: place(node, path))
            return nil
        }
        let path = "\(path).len"
        field.lengthPlace = place(lengthNode, path)
        if case .number = lengthNode.kind {
            guard let count = number(lengthNode, path, in: 1...DescriptorLimits.frameBytesCeiling) else { return nil }
            field.length = .fixed(count)
            return field
        }
        guard let text = text(lengthNode, path) else { return nil }
        if text == "rest" {
            field.length = .rest
        } else if let width = Self.unsigned[text] {
            field.length = .prefix(width: width)
        } else if let width = Self.signed[text] {
            field.length = .prefix(width: width)
            field.isSigned = true
        } else {
            field.length = .field(text)
        }
        return field
    }

    /// What a client asks for by any bytes, or by bytes that hold certain others.
    private mutating func readMarker(_ node: JSONNode, _ path: String, into field: inout FieldModel) {
        guard let holding = node["holding"], case .bytes = field.form else {
            readUnsupported(node, path, into: &field)
            return
        }
        let place = place(holding, "\(path).holding")
        guard let given = node["unsupported"] else { return report(.missingKey("unsupported"), at: place) }
        if node["until"] != nil { report(.missingKey("len"), at: place) }
        let feature: UnsupportedFeature? = word(given, "\(path).unsupported", except: .version)
        guard let feature, let marker = plainBytes(holding, "\(path).holding") else { return }
        guard (1...DescriptorLimits.markerBytesMax).contains(marker.count) else {
            let text = (try? holding.string()) ?? "hex"
            report(.badText(text, expected: "1 to \(DescriptorLimits.markerBytesMax) bytes"), at: place)
            return
        }
        (field.unsupported, field.marker) = (feature, marker)
    }

    /// The keys of a body and the names of their values.
    mutating func keys(_ node: JSONNode, _ key: String, _ path: String) -> [KeyModel] {
        guard let mapping = node[key] else {
            report(.missingKey(key), at: place(node, path))
            return []
        }
        let path = "\(path).\(key)"
        var keys: [KeyModel] = []
        for member in members(of: mapping, path) {
            guard isWord(member.key) else {
                report(
                    .badText(member.key, expected: "a name of a-z, 0-9, _ and -"),
                    at: DescriptorPlace(path: "\(path).?", position: member.keyPosition))
                continue
            }
            guard let key = literal(member.value, "\(path).\(member.key)") else { continue }
            if keys.contains(where: { $0.key == key }) {
                report(.duplicateName(key), at: place(member.value, "\(path).\(member.key)"))
            } else {
                let place = DescriptorPlace(path: "\(path).\(member.key)", position: member.keyPosition)
                keys.append(KeyModel(name: member.key, key: key, place: place))
            }
        }
        return keys
    }
}

/// A JSON body whose only key is the route.
enum SingleKey: String, CaseIterable {
    case single
}

/// A payload that is one JSON value.
private enum PayloadWord: String, CaseIterable {
    case payload
}
