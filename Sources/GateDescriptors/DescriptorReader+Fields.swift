import GateJSON

extension DescriptorReader {
    static let unsigned = ["u8": 1, "u16": 2, "u24": 3, "u32": 4, "u64": 8]
    private static let signed = ["i8": 1, "i16": 2, "i32": 4]
    private static let types = [
        "u8", "u16", "u24", "u32", "u64", "i8", "i16", "i32", "varint", "dec", "const", "bytes", "str", "json", "kv",
        "native", "group",
    ]
    private static let integerKeys = [
        "order", "counts", "plus", "escape", "min", "max", "is", "enum", "unknown", "bits",
    ]
    private static let allKeys =
        ["name", "type", "when"] + integerKeys
        + [
            "unit", "hex", "text", "len", "until", "json", "empty", "bytes", "digits", "end", "key", "value", "key_max",
            "keys",
            "codec", "fields",
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
            guard let inner = node["fields"] else {
                report(.missingKey("fields"), at: place(node, path))
                return
            }
            readFields(inner, "\(path).fields", isLittleEndian, conditions: conditions, into: &fields)
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
        case "kv": return pairs(name, node, path, isLittleEndian)
        case "native":
            guard let codecNode = node["codec"] else {
                report(.missingKey("codec"), at: place)
                return nil
            }
            guard let codec: NativeCodec = word(codecNode, "\(path).codec") else { return nil }
            var field = run(name, .native(codec), node, path, isLittleEndian)
            if let key = node["key"] { field?.nativeKey = Array((text(key, "\(path).key") ?? "").utf8) }
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
            case "group": ["name", "type", "when", "fields"]
            case "bytes", "str": run + ["empty", "json"]
            case "json": run + ["json"]
            case "native": run + ["codec", "key"]
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

    private mutating func decimal(
        _ name: String, _ node: JSONNode, _ path: String, _ isLittleEndian: Bool
    ) -> FieldModel? {
        guard let endNode = node["end"] else {
            report(.missingKey("end"), at: place(node, path))
            return nil
        }
        guard let end = terminator(endNode, "\(path).end") else { return nil }
        let digits = node["digits"].flatMap { node in number(node, "\(path).digits", in: 1...18) } ?? 10
        var field = integer(
            FieldModel(name: name, form: .decimal(digitsMax: digits, end: end), place: place(node, path)), node, path,
            isLittleEndian)
        if let unit = node["unit"] {
            let unit: LengthUnit? = word(unit, "\(path).unit")
            field.countsUnits = unit == .utf16
        }
        return field
    }

    /// One to eight bytes at which something ends.
    private mutating func terminator(_ node: JSONNode, _ path: String) -> [UInt8]? {
        guard let text = literal(node, path) else { return nil }
        guard (1...8).contains(text.utf8.count) else {
            report(.badText(text, expected: "1 to 8 bytes"), at: place(node, path))
            return nil
        }
        return Array(text.utf8)
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
        if let escape = node["escape"], let type = text(escape, "\(path).escape") {
            field.escapeWidth = Self.unsigned[type] ?? 0
            if field.escapeWidth == 0 || field.escapeWidth == 8 {
                report(.unknownValue(type, valid: ["u8", "u16", "u24", "u32"]), at: place(escape, "\(path).escape"))
            }
        }
        readBounds(node, path, largest: max(field.largestNumber, field.largestAllowed), into: &field)
        if let required = node["is"], let value = number(required, "\(path).is", in: 0...field.largestNumber) {
            field.required = value
            field.minimum = value
            field.maximum = value
        }
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
            var nodes = [(member.value, path)]
            if case .array = member.value.kind {
                nodes = elements(of: member.value, path).enumerated().map { ($1, "\(path)[\($0)]") }
            }
            for (node, path) in nodes {
                guard let value = number(node, path, in: 0...field.largestNumber) else { continue }
                if values.insert(value).inserted {
                    field.enumeration.append((member.key, value))
                } else {
                    report(.duplicateValue(value), at: place(node, path))
                }
            }
        }
    }

    /// The parts of a byte of flags.
    private mutating func readBits(
        _ node: JSONNode, _ path: String, width: Int, conditions: [ConditionModel], into fields: inout [FieldModel]
    ) {
        var taken: Set<Int> = []
        for member in members(of: node, path) {
            let path = "\(path).\(isWord(member.key) ? member.key : "?")"
            let place = DescriptorPlace(path: path, position: member.keyPosition)
            guard isWord(member.key) else {
                report(.badText(member.key, expected: "a name of a-z, 0-9, _ and -"), at: place)
                continue
            }
            _ = members(of: member.value, path, valid: ["at", "width", "enum", "unknown"])
            guard let atNode = member.value["at"] else {
                report(.missingKey("at"), at: place)
                continue
            }
            guard let at = number(atNode, "\(path).at", in: 0...(width - 1)) else { continue }
            let count =
                member.value["width"].flatMap { node in number(node, "\(path).width", in: 1...(width - at)) } ?? 1
            if !taken.isDisjoint(with: at..<at + count) { report(.duplicateValue(at), at: place) }
            taken.formUnion(at..<at + count)
            var field = FieldModel(name: member.key, form: .bits(at: at, width: count), place: place)
            if let names = member.value["enum"] { readEnum(names, "\(path).enum", into: &field) }
            if let unknown = member.value["unknown"] {
                let policy: UnknownPolicy? = word(unknown, "\(path).unknown")
                field.keepsUnknown = policy == .keep
            }
            field.conditions = conditions
            fields.append(field)
        }
    }

    /// Keys and values with a length each.
    private mutating func pairs(
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
        var field = FieldModel(name: name, form: .pairs(pairs), place: place(node, path))
        field.isLittleEndian = node["order"].flatMap { node in order(node, "\(path).order") } ?? isLittleEndian
        return field
    }

    /// A run of bytes: `bytes`, `str`, `json` or `native`.
    private mutating func run(
        _ name: String, _ form: FieldModel.Form, _ node: JSONNode, _ path: String, _ isLittleEndian: Bool
    ) -> FieldModel? {
        var field = FieldModel(name: name, form: form, place: place(node, path))
        field.isLittleEndian = node["order"].flatMap { node in order(node, "\(path).order") } ?? isLittleEndian
        readBounds(node, path, largest: DescriptorLimits.frameBytesCeiling, into: &field)
        if let empty = node["empty"] { field.empty = Array((literal(empty, "\(path).empty") ?? "").utf8) }
        if case .bytes = field.form, let json = node["json"] {
            let word: PayloadWord? = word(json, "\(path).json")
            field.isJSON = word != nil
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

    /// The keys of a body and the names of their values.
    private mutating func keys(_ node: JSONNode, _ key: String, _ path: String) -> [KeyModel] {
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

/// What becomes of a number that an `enum` has no name for.
enum UnknownPolicy: String, CaseIterable {
    case close, keep
}

/// What a length in decimal digits counts.
enum LengthUnit: String, CaseIterable {
    case bytes, utf16
}

/// A JSON body whose only key is the route.
private enum SingleKey: String, CaseIterable {
    case single
}

/// A payload that is one JSON value.
private enum PayloadWord: String, CaseIterable {
    case payload
}
