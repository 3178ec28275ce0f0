import GateJSON

/// Integers, their bits, and lengths in digits.
extension DescriptorReader {
    mutating func decimal(
        _ name: String, _ node: JSONNode, _ path: String, _ isLittleEndian: Bool
    ) -> FieldModel? {
        guard let endNode = node["end"] else {
            report(.missingKey("end"), at: place(node, path))
            return nil
        }
        guard let end = terminator(endNode, "\(path).end") else { return nil }
        if let first = end.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) {
            let text = (try? endNode.string()) ?? "hex"
            report(.badText(text, expected: "bytes that do not begin with a digit"), at: place(endNode, "\(path).end"))
            return nil
        }
        let digits = node["digits"].flatMap { node in number(node, "\(path).digits", in: 1...18) } ?? 10
        var field = integer(
            FieldModel(name: name, form: .decimal(digitsMax: digits, end: end), place: place(node, path)), node, path,
            isLittleEndian)
        if let unit = node["unit"] {
            let unit: LengthUnit? = word(unit, "\(path).unit")
            field.countsUnits = unit == .utf16
            // What stands in front of the digits is no text.
            if field.countsUnits && field.counts == .frame {
                report(.unknownValue("frame", valid: ["after"]), at: field.countsPlace)
            }
        }
        return field
    }

    mutating func integer(
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
            // The longer length says at least as much as the field itself; what is signed has no value with all bits set.
            let own = field.isSigned ? 8 : field.smallestWidth
            let valid = ["u8", "u16", "u24", "u32"].filter { Self.unsigned[$0] ?? 0 >= own }
            field.escapeWidth = Self.unsigned[type] ?? 0
            if !valid.contains(type) {
                field.escapeWidth = 0
                report(.unknownValue(type, valid: valid), at: place(escape, "\(path).escape"))
            }
        }
        readBounds(node, path, largest: max(field.largestNumber, field.largestAllowed), into: &field)
        if let required = node["is"], let value = number(required, "\(path).is", in: 0...field.largestNumber) {
            field.required = value
            field.minimum = value
            field.maximum = value
            field.bounds = .constant
        }
        readUnsupported(node, path, into: &field)
        if let names = node["enum"] { readEnum(names, "\(path).enum", into: &field) }
        if let unknown = node["unknown"] {
            let policy: UnknownPolicy? = word(unknown, "\(path).unknown")
            field.keepsUnknown = policy == .keep
        }
        return field
    }

    /// What a client asks for by any value but zero or that of `is`, or by any bytes; a version by any but its own.
    mutating func readUnsupported(_ node: JSONNode, _ path: String, into field: inout FieldModel) {
        guard let given = node["unsupported"] else { return }
        let feature: UnsupportedFeature? = word(given, "\(path).unsupported")
        switch feature {
        case .version:
            field.bounds = .version
            if field.required == nil { report(.missingKey("is"), at: place(node, path)) }
            return
        case .encryption: field.bounds = .encryption
        case .compression: field.bounds = .compression
        case nil: return
        }
        field.minimum = field.required ?? 0
        field.maximum = field.required ?? 0
    }

    mutating func readBounds(_ node: JSONNode, _ path: String, largest: Int, into field: inout FieldModel) {
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
    mutating func readBits(
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
            _ = members(of: member.value, path, valid: ["at", "width", "enum", "unknown", "unsupported"])
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
            readUnsupported(member.value, path, into: &field)
            field.conditions = conditions
            fields.append(field)
        }
    }
}

/// What becomes of a number that an `enum` has no name for.
enum UnknownPolicy: String, CaseIterable {
    case close, keep
}

/// What some clients ask for and nobody gives them.
enum UnsupportedFeature: String, CaseIterable {
    case encryption, compression
    /// Any version but the one that `is` says.
    case version
}

/// What a length in decimal digits counts.
enum LengthUnit: String, CaseIterable {
    case bytes, utf16
}
