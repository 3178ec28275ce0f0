import GateJSON

extension DescriptorReader {
    private static let integers = ["u8": 1, "u16": 2, "u24": 3, "u32": 4, "u64": 8]
    private static let types = ["u8", "u16", "u24", "u32", "u64", "const", "bytes", "str", "json"]
    private static let integerKeys = ["order", "counts", "plus", "min", "max", "enum", "unknown"]
    private static let allKeys =
        ["name", "type"] + integerKeys + ["hex", "text", "len", "json"]

    /// Reads `frame`.
    mutating func fields(_ node: JSONNode, isLittleEndian: Bool) -> [FieldModel] {
        let elements = elements(of: node, "$.frame")
        if elements.count > DescriptorLimits.fieldsMax {
            report(
                .tooMany(elements.count, limit: DescriptorLimits.fieldsMax, of: "fields"), at: place(node, "$.frame"))
            return []
        }
        var fields: [FieldModel] = []
        for (index, element) in elements.enumerated() {
            let path = "$.frame[\(index)]"
            guard case .object = element.kind else {
                _ = members(of: element, path)
                continue
            }
            if let field = field(element, path, index, isLittleEndian) { fields.append(field) }
        }
        return fields
    }

    private mutating func field(
        _ node: JSONNode, _ path: String, _ index: Int, _ isLittleEndian: Bool
    ) -> FieldModel? {
        guard let typeNode = node["type"] else {
            report(.missingKey("type"), at: place(node, path))
            _ = members(of: node, path, valid: Self.allKeys)
            return nil
        }
        guard let type = text(typeNode, "\(path).type") else { return nil }
        guard Self.types.contains(type) else {
            report(.unknownValue(type, valid: Self.types), at: place(typeNode, "\(path).type"))
            return nil
        }
        checkKeys(node, path, type)
        var name = "field \(index)"
        if let nameNode = node["name"] {
            guard let given = literal(nameNode, "\(path).name") else { return nil }
            guard isWord(given) else {
                report(.badText(given, expected: "a name of a-z, 0-9, _ and -"), at: place(nameNode, "\(path).name"))
                return nil
            }
            name = given
        } else if type != "const" {
            report(.missingKey("name"), at: place(node, path))
        }
        if let width = Self.integers[type] {
            return integer(
                FieldModel(name: name, form: .unsigned(width: width), place: place(node, path)), node, path,
                isLittleEndian)
        }
        switch type {
        case "const": return constant(name, node, path)
        case "json": return run(name, .json(json(node, path)), node, path, isLittleEndian)
        default: return run(name, type == "str" ? .text : .bytes, node, path, isLittleEndian)
        }
    }

    private mutating func checkKeys(_ node: JSONNode, _ path: String, _ type: String) {
        let valid: [String] =
            switch type {
            case "const": ["name", "type", "hex", "text"]
            case "bytes", "str": ["name", "type", "len", "order", "min", "max"]
            case "json": ["name", "type", "len", "order", "min", "max", "json"]
            default: ["name", "type"] + Self.integerKeys
            }
        for member in members(of: node, path, valid: Self.allKeys)
        where Self.allKeys.contains(member.key) && !valid.contains(member.key) {
            report(
                .keyNotForType(member.key, type: type, valid: valid),
                at: DescriptorPlace(path: "\(path).\(member.key)", position: member.keyPosition))
        }
    }

    private mutating func constant(_ name: String, _ node: JSONNode, _ path: String) -> FieldModel? {
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

    private mutating func integer(
        _ blank: FieldModel, _ node: JSONNode, _ path: String, _ isLittleEndian: Bool
    ) -> FieldModel {
        var field = blank
        field.isLittleEndian = node["order"].flatMap { node in order(node, "\(path).order") } ?? isLittleEndian
        if let counts = node["counts"] {
            field.countsPlace = place(counts, "\(path).counts")
            field.counts = word(counts, "\(path).counts", except: CountedPart.none) ?? .none
        }
        if let plus = node["plus"] {
            field.plus = number(plus, "\(path).plus", in: Int(Int32.min)...Int(Int32.max)) ?? 0
        }
        readBounds(node, path, largest: field.largestNumber, into: &field)
        if let names = node["enum"] { readEnum(names, "\(path).enum", into: &field) }
        if let unknown = node["unknown"] {
            let policy: UnknownPolicy? = word(unknown, "\(path).unknown")
            field.keepsUnknown = policy == .keep
        }
        return field
    }

    private mutating func readBounds(_ node: JSONNode, _ path: String, largest: Int, into field: inout FieldModel) {
        if let minimum = node["min"] {
            field.minimumPlace = place(minimum, "\(path).min")
            field.minimum = number(minimum, "\(path).min", in: 0...largest)
        }
        if let maximum = node["max"] {
            field.maximumPlace = place(maximum, "\(path).max")
            field.maximum = number(maximum, "\(path).max", in: (field.minimum ?? 0)...largest)
        }
    }

    private mutating func readEnum(_ node: JSONNode, _ path: String, into field: inout FieldModel) {
        let names = members(of: node, path)
        guard names.count <= DescriptorLimits.enumNamesMax else {
            report(.tooMany(names.count, limit: DescriptorLimits.enumNamesMax, of: "names"), at: place(node, path))
            return
        }
        var values: Set<Int> = []
        for member in names {
            let path = "\(path).\(isWord(member.key) ? member.key : "?")"
            guard let value = number(member.value, path, in: 0...field.largestNumber) else { continue }
            if values.insert(value).inserted {
                field.enumeration.append((member.key, value))
            } else {
                report(.duplicateValue(value), at: place(member.value, path))
            }
        }
    }

    /// A run of bytes: `bytes`, `str` or `json`.
    private mutating func run(
        _ name: String, _ form: FieldModel.Form, _ node: JSONNode, _ path: String, _ isLittleEndian: Bool
    ) -> FieldModel? {
        var field = FieldModel(name: name, form: form, place: place(node, path))
        field.isLittleEndian = node["order"].flatMap { node in order(node, "\(path).order") } ?? isLittleEndian
        readBounds(node, path, largest: DescriptorLimits.frameBytesCeiling, into: &field)
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
        } else if let width = Self.integers[text] {
            field.length = .prefix(width: width)
        } else {
            field.length = .field(text)
        }
        return field
    }

    /// The keys of a JSON body.
    private mutating func json(_ node: JSONNode, _ path: String) -> [JSONRole: String] {
        guard let mapping = node["json"] else {
            report(.missingKey("json"), at: place(node, path))
            return [:]
        }
        let path = "\(path).json"
        var keys: [JSONRole: String] = [:]
        for member in members(of: mapping, path, valid: JSONRole.allCases.map(\.rawValue)) {
            guard let role = JSONRole(rawValue: member.key) else { continue }
            guard let key = literal(member.value, "\(path).\(member.key)") else { continue }
            if keys.values.contains(key) {
                report(.duplicateName(key), at: place(member.value, "\(path).\(member.key)"))
            } else {
                keys[role] = key
            }
        }
        return keys
    }
}

/// What becomes of a number that an `enum` has no name for.
enum UnknownPolicy: String, CaseIterable {
    case close, keep
}
