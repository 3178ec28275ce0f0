import GateJSON

/// Lists of fields, groups in them, and what each field asks of earlier ones.
extension DescriptorReader {
    static let unsigned = ["u8": 1, "u16": 2, "u24": 3, "u32": 4, "u64": 8]
    static let signed = ["i8": 1, "i16": 2, "i32": 4, "i64": 8]
    private static let types = [
        "u8", "u16", "u24", "u32", "u64", "i8", "i16", "i32", "i64", "varint", "dec", "const", "bytes", "str", "json",
        "kv",
        "check", "native", "group",
    ]

    private static let integerKeys = [
        "order", "counts", "plus", "escape", "min", "max", "is", "enum", "unknown", "bits", "unsupported",
    ]

    private static let allKeys =
        ["name", "type", "when"] + integerKeys
        + [
            "unit", "hex", "text", "len", "until", "json", "values", "empty", "bytes", "digits", "end", "key", "value",
            "key_max",
            "keys", "codec", "fields", "inflate", "deflate", "alg", "over", "holding",
        ]

    /// Reads `frame`, `in` or `out`.
    mutating func fields(_ node: JSONNode, _ path: String, isLittleEndian: Bool) -> [FieldModel] {
        var fields: [FieldModel] = []
        readFields(node, path, isLittleEndian, conditions: [], into: &fields)
        return fields
    }

    private mutating func readFields(
        _ node: JSONNode, _ path: String, _ isLittleEndian: Bool, conditions: [ConditionModel],
        into fields: inout [FieldModel]
    ) {
        let elements = elements(of: node, path)
        if fields.count + elements.count > DescriptorLimits.fieldsMax {
            report(
                .tooMany(elements.count, limit: DescriptorLimits.fieldsMax, of: "fields"), at: place(node, path))
            return
        }
        for (index, element) in elements.enumerated() {
            let path = "\(path)[\(index)]"
            guard case .object = element.kind else {
                _ = members(of: element, path)
                continue
            }
            readField(element, path, isLittleEndian, conditions: conditions, into: &fields)
        }
    }

    private mutating func readField(
        _ node: JSONNode, _ path: String, _ isLittleEndian: Bool, conditions: [ConditionModel],
        into fields: inout [FieldModel]
    ) {
        guard let typeNode = node["type"] else {
            report(.missingKey("type"), at: place(node, path))
            _ = members(of: node, path, valid: Self.allKeys)
            return
        }
        guard let type = text(typeNode, "\(path).type") else { return }
        guard Self.types.contains(type) else {
            report(.unknownValue(type, valid: Self.types), at: place(typeNode, "\(path).type"))
            return
        }
        checkKeys(node, path, type)
        var conditions = conditions
        if let when = node["when"] { conditions += readWhen(when, "\(path).when", fields) }
        guard conditions.count <= DescriptorLimits.conditionsMax else {
            report(
                .tooMany(conditions.count, limit: DescriptorLimits.conditionsMax, of: "conditions"),
                at: place(node, path))
            return
        }
        if type == "group" {
            readGroup(node, path, isLittleEndian, conditions: conditions, into: &fields)
            return
        }
        var name = "field \(fields.count)"
        if let nameNode = node["name"] {
            guard let given = word(named: nameNode, "\(path).name") else { return }
            name = given
        } else if type != "const" {
            report(.missingKey("name"), at: place(node, path))
        }
        guard var field = field(type, name, node, path, isLittleEndian) else { return }
        field.conditions = conditions
        fields.append(field)
        if let bits = node["bits"], case .unsigned(let width) = field.form {
            readBits(bits, "\(path).bits", width: 8 * width, conditions: conditions, into: &fields)
        }
    }

    private mutating func readGroup(
        _ node: JSONNode, _ path: String, _ isLittleEndian: Bool, conditions: [ConditionModel],
        into fields: inout [FieldModel]
    ) {
        guard let inner = node["fields"] else {
            report(.missingKey("fields"), at: place(node, path))
            return
        }
        guard let packed = readPacked(node, path, fields) else {
            readFields(inner, "\(path).fields", isLittleEndian, conditions: conditions, into: &fields)
            return
        }
        var field = FieldModel(name: "packed \(fields.count)", form: .packed(packed), place: place(node, path))
        field.conditions = conditions
        let index = fields.count
        fields.append(field)
        readFields(inner, "\(path).fields", isLittleEndian, conditions: conditions, into: &fields)
        var whole = packed
        whole.fieldCount = fields.count - index - 1
        fields[index].form = .packed(whole)
        if whole.inflating != nil {
            for place in fields.indices.dropFirst(index + 1) { fields[place].isPacked = true }
        }
    }

    /// How a group is compressed; `nil` when it is not.
    private mutating func readPacked(_ node: JSONNode, _ path: String, _ fields: [FieldModel]) -> PackedModel? {
        var packed = PackedModel()
        if let inflate = node["inflate"] {
            let path = "\(path).inflate"
            _ = members(of: inflate, path, valid: ["method", "when", "sniff"])
            guard let method = readMethod(inflate, path) else { return nil }
            var inflating = PackedModel.Inflating(method: method)
            if let when = inflate["when"] { inflating.conditions = readWhen(when, "\(path).when", fields) }
            if let sniff = inflate["sniff"] {
                inflating.sniff = hex(sniff, "\(path).sniff") ?? []
                if !(1...8).contains(inflating.sniff.count) {
                    report(.outOfRange(1...8), at: place(sniff, "\(path).sniff"))
                }
            }
            packed.inflating = inflating
        }
        if let deflate = node["deflate"] {
            let path = "\(path).deflate"
            _ = members(of: deflate, path, valid: ["method", "over"])
            guard let method = readMethod(deflate, path) else { return nil }
            let range = 0...DescriptorLimits.frameBytesCeiling
            let over = deflate["over"].flatMap { node in number(node, "\(path).over", in: range) }
            if deflate["over"] == nil { report(.missingKey("over"), at: place(deflate, path)) }
            packed.deflating = PackedModel.Deflating(method: method, bytesMin: over ?? 0)
        }
        return packed.inflating == nil && packed.deflating == nil ? nil : packed
    }

    private mutating func readMethod(_ node: JSONNode, _ path: String) -> CompressionMethod? {
        guard let method = node["method"] else {
            report(.missingKey("method"), at: place(node, path))
            return nil
        }
        return word(method, "\(path).method")
    }

    /// A name of a field.
    private mutating func word(named node: JSONNode, _ path: String) -> String? {
        guard let given = literal(node, path) else { return nil }
        guard isWord(given) else {
            report(.badText(given, expected: "a name of a-z, 0-9, _ and -"), at: place(node, path))
            return nil
        }
        return given
    }

    private mutating func field(
        _ type: String, _ name: String, _ node: JSONNode, _ path: String, _ isLittleEndian: Bool
    ) -> FieldModel? {
        let place = place(node, path)
        if let width = Self.unsigned[type] {
            return integer(
                FieldModel(name: name, form: .unsigned(width: width), place: place), node, path, isLittleEndian)
        }
        if let width = Self.signed[type] {
            var field = FieldModel(name: name, form: .unsigned(width: width), place: place)
            field.isSigned = true
            return integer(field, node, path, isLittleEndian)
        }
        switch type {
        case "varint":
            let count = node["bytes"].flatMap { node in number(node, "\(path).bytes", in: 1...9) } ?? 5
            return integer(
                FieldModel(name: name, form: .varint(bytesMax: count), place: place), node, path, isLittleEndian)
        case "dec": return decimal(name, node, path, isLittleEndian)
        case "const": return constant(name, node, path)
        case "check": return check(name, node, path, isLittleEndian)
        case "kv": return pairs(name, node, path, isLittleEndian)
        case "native":
            guard let codecNode = node["codec"] else {
                report(.missingKey("codec"), at: place)
                return nil
            }
            guard let codec: NativeCodec = word(codecNode, "\(path).codec") else { return nil }
            var field = run(name, .native(codec), node, path, isLittleEndian)
            if let key = node["key"] { field?.nativeKey = secret(key, "\(path).key") }
            return field
        case "json":
            if let json = node["json"], case .string = json.kind {
                let word: SingleKey? = word(json, "\(path).json")
                return word.flatMap { _ in run(name, .singleKey, node, path, isLittleEndian) }
            }
            return run(name, .json(keys(node, "json", path)), node, path, isLittleEndian)
        default: return run(name, type == "str" ? .text : .bytes, node, path, isLittleEndian)
        }
    }

    private mutating func checkKeys(_ node: JSONNode, _ path: String, _ type: String) {
        let run = ["name", "type", "when", "len", "until", "order", "min", "max"]
        let valid: [String] =
            switch type {
            case "const": ["name", "type", "when", "hex", "text"]
            case "group": ["name", "type", "when", "fields", "inflate", "deflate"]
            case "bytes": run + ["empty", "json", "values", "unsupported", "holding"]
            case "str": run + ["empty", "json", "unsupported"]
            case "json": run + ["json"]
            case "native": run + ["codec", "key"]
            case "check": ["name", "type", "when", "alg", "over", "key", "order"]
            case "kv": ["name", "type", "when", "order", "key", "value", "key_max", "keys"]
            case "varint": ["name", "type", "when", "counts", "plus", "min", "max", "enum", "unknown", "bytes"]
            case "dec": ["name", "type", "when", "counts", "plus", "min", "max", "digits", "end", "unit"]
            default: ["name", "type", "when"] + Self.integerKeys
            }
        for member in members(of: node, path, valid: Self.allKeys)
        where Self.allKeys.contains(member.key) && !valid.contains(member.key) {
            report(
                .keyNotForType(member.key, type: type, valid: valid),
                at: DescriptorPlace(path: "\(path).\(member.key)", position: member.keyPosition))
        }
    }

    /// Conditions on fields further left.
    private mutating func readWhen(_ node: JSONNode, _ path: String, _ fields: [FieldModel]) -> [ConditionModel] {
        var conditions: [ConditionModel] = []
        for member in members(of: node, path) {
            let path = "\(path).\(isWord(member.key) ? member.key : "?")"
            let known = fields.filter { $0.isNumber && $0.counts == .none }
            guard let field = known.first(where: { $0.name == member.key }) else {
                report(
                    .referenceToTheRight(member.key, known: known.map(\.name)),
                    at: DescriptorPlace(path: path, position: member.keyPosition))
                continue
            }
            conditions.append(ConditionModel(field: field.name, values: values(member.value, path, of: field)))
        }
        return conditions
    }

    /// One value of a field or an array of them, as numbers or as names of its `enum`.
    private mutating func values(_ node: JSONNode, _ path: String, of field: FieldModel) -> Set<Int> {
        if case .array = node.kind {
            var all: Set<Int> = []
            for (index, element) in elements(of: node, path).enumerated() {
                all.formUnion(values(element, "\(path)[\(index)]", of: field))
            }
            return all
        }
        if case .number = node.kind { return number(node, path, in: 0...field.largestNumber).map { [$0] } ?? [] }
        guard let name = text(node, path) else { return [] }
        let found = field.enumeration.filter { $0.name == name }.map(\.value)
        if found.isEmpty {
            report(.unknownValue(name, valid: field.enumeration.map(\.name)), at: place(node, path))
        }
        return Set(found)
    }
}
