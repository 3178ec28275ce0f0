import GateBytes

extension DescriptorCompiler {
    /// Gives a slot to each field whose value somebody needs.
    mutating func assignSlots() {
        var tested = Set((model.kinds ?? []).flatMap { kind in kind.values.map(\.name) + kind.has + kind.absent })
        tested.formUnion(fields.flatMap { $0.conditions.map(\.field) })
        tested.formUnion(model.login?.names ?? [])
        for case .packed(let packed) in fields.map(\.form) {
            tested.formUnion(packed.inflating?.conditions.map(\.field) ?? [])
        }
        for written in (model.kinds ?? []) + model.replies {
            for value in written.values { tested.formUnion(value.value.copiedNames) }
        }
        for (index, field) in fields.enumerated() {
            let isNeeded = tested.contains(field.name) || lengthFields.values.contains(index)
            slots[index] = slot(field.name, isNeeded: isNeeded, field.place)
            guard reader.problems.isEmpty else { return }
        }
        for field in fields {
            if case .check(let check) = field.form, let first = check.first {
                _ = slot(Self.mark(first), isNeeded: true, field.place)
            }
            if field.form.hasKeys {
                for key in bodyKeys ?? [] { _ = slot(key.name, isNeeded: true, field.place) }
            }
        }
    }

    /// The slot of a name; alternatives with one name share it.
    private mutating func slot(_ name: String, isNeeded: Bool, _ place: DescriptorPlace) -> UInt8? {
        if let slot = WellKnown.slot(name) ?? slotsByName[name] {
            slotsByName[name] = slot
            return slot
        }
        guard isNeeded else { return nil }
        let next = FrameValues.firstOther + slotsByName.values.filter { $0 >= FrameValues.firstOther }.count
        guard next < DescriptorLimits.valuesMax else {
            let limit = DescriptorLimits.valuesMax - FrameValues.firstOther
            reader.report(
                .tooMany(next - FrameValues.firstOther + 1, limit: limit, of: "fields that others refer to"),
                at: place)
            return nil
        }
        slotsByName[name] = UInt8(next)
        return UInt8(next)
    }

    /// Makes the operations that read a frame.
    mutating func compileReading() {
        for (index, given) in fields.enumerated() {
            var field = given
            if let slot = slotsByName[Self.mark(field.name)] {
                // Without its first field a check covers what stands in that one's place; an alternative begins anew.
                let isFirst = !fields[..<index].contains { $0.name == field.name }
                compileMark(slot, field, conditions: isFirst ? [] : field.conditions)
            }
            var operation: ReadOperation
            switch field.form {
            case .unsigned(let width): operation = number(index, field, .unsigned, width)
            case .varint(let count):
                operation = number(index, field, .varint, 0)
                operation.count = count
            case .decimal(let digits, let end):
                operation = number(index, field, .decimal, 0)
                operation.count = digits
                operation.end = parts.pooled(end)
            case .bits(let at, let width):
                operation = number(index, field, .bits, width)
                operation.count = at
            case .constant(let bytes):
                operation = ReadOperation(code: .constant)
                operation.range = parts.pooled(bytes)
                field.bounds = fields[..<index].contains { $0.takesRest } ? .terminator : .constant
            case .pairs(let pairs):
                operation = ReadOperation(code: .pairs, width: UInt8(pairs.keyWidth))
                operation.count = pairs.valueWidth
                operation.maximum = UInt64(pairs.keyBytesMax)
                compileKeys(pairs.keys)
            case .bytes:
                operation = run(index, field, field.unsupported.content)
                if !field.marker.isEmpty {
                    operation.end = parts.pooled(field.marker)
                    operation.range = parts.pooled(DescriptorProgram.steps(to: field.marker))
                }
            case .text: operation = run(index, field, .text)
            case .json(let keys):
                operation = run(index, field, .json)
                compileKeys(keys)
            case .singleKey: operation = run(index, field, .singleKey)
            case .check(let check):
                operation = ReadOperation(code: .check, width: UInt8(check.algorithm.width))
                operation.checksum = check.algorithm
                operation.lengthSlot = check.first.flatMap { slotsByName[Self.mark($0)] } ?? ReadOperation.noSlot
                if !check.key.isEmpty { parts.checkKey = check.key }
            case .packed(let packed):
                guard let inflating = packed.inflating else { continue }
                operation = ReadOperation(code: .inflate)
                operation.method = inflating.method
                operation.range = parts.pooled(inflating.sniff)
            case .native(.sprotoRPC): operation = run(index, field, .sproto)
            case .native(.scutForm):
                operation = run(index, field, .scutForm)
                parts.nativeKey = field.nativeKey
            }
            operation.isLittleEndian = field.isLittleEndian
            operation.isSigned = field.isSigned
            operation.bounds = field.bounds
            operation.slot = slots[index] ?? ReadOperation.noSlot
            operation.isPlain =
                operation.counts == .none && operation.minimum == 0 && operation.maximum == .max
                && operation.keepsUnknown && operation.content == .bytes
            operation.firstTest = UInt16(parts.tests.count)
            var conditions = field.conditions
            if case .packed(let packed) = field.form { conditions += packed.inflating?.conditions ?? [] }
            operation.testsEnd = compileTests(conditions)
            parts.reading.append(operation)
            parts.labels.append(OperationLabel(name: field.name, path: field.place.path))
        }
    }

    /// Keeps where a field begins that a check covers first.
    private mutating func compileMark(_ slot: UInt8, _ field: FieldModel, conditions: [ConditionModel]) {
        var operation = ReadOperation(code: .mark)
        operation.slot = slot
        operation.firstTest = UInt16(parts.tests.count)
        operation.testsEnd = compileTests(conditions)
        parts.reading.append(operation)
        parts.labels.append(OperationLabel(name: field.name, path: field.place.path))
    }

    /// Adds what a field asks of earlier ones.
    /// - Returns: The end of the tests.
    private mutating func compileTests(_ conditions: [ConditionModel]) -> UInt16 {
        for condition in conditions {
            guard let slot = slotsByName[condition.field] else { continue }
            parts.tests.append(ValueTest(slot: slot, range: parts.numbered(condition.values.sorted())))
        }
        return UInt16(parts.tests.count)
    }

    /// The name under which the place of a field has its slot.
    private static func mark(_ name: String) -> String { "\(name) begins" }

    private mutating func number(
        _ index: Int, _ field: FieldModel, _ code: ReadOperation.Code, _ width: Int
    ) -> ReadOperation {
        var operation = ReadOperation(code: code, width: UInt8(width))
        operation.counts = field.counts
        operation.countsUnits = field.countsUnits
        operation.escapeWidth = UInt8(field.escapeWidth)
        operation.plus = field.plus
        operation.minimum = UInt64(field.minimum ?? 0)
        if let maximum = field.maximum { operation.maximum = UInt64(maximum) }
        if field.counts != .none {
            operation.minimum = UInt64(max(field.minimum ?? 0, coveredBytes(of: index) + field.plus, 0))
            // Above this a length is larger than any limit, and sums with it could overflow.
            operation.maximum = min(operation.maximum, 1 << 62)
        }
        if !field.enumeration.isEmpty {
            operation.range = parts.numbered(field.enumeration.map(\.value))
            operation.keepsUnknown = field.keepsUnknown
        }
        return operation
    }

    private mutating func run(
        _ index: Int, _ field: FieldModel, _ content: ReadOperation.Content
    ) -> ReadOperation {
        var operation: ReadOperation
        switch field.length {
        case .fixed(let count):
            operation = ReadOperation(code: .fixed)
            operation.count = count
        case .prefix(let width): operation = ReadOperation(code: .prefixed, width: UInt8(width))
        case .field:
            operation = ReadOperation(code: .counted)
            operation.lengthSlot = lengthFields[index].flatMap { slots[$0] } ?? ReadOperation.noSlot
        case .rest:
            operation = ReadOperation(code: .rest)
            operation.count = fields[(index + 1)...].reduce(0) {
                $0 + ($1.isImplied(by: field) ? $1.smallestWidth : 0)
            }
        case .until(let end):
            operation = ReadOperation(code: .until)
            operation.end = parts.pooled(end)
        }
        operation.content = content
        operation.minimum = UInt64(field.minimum ?? 0)
        if let maximum = field.maximum { operation.maximum = UInt64(maximum) }
        return operation
    }

    private mutating func compileKeys(_ keys: [KeyModel]) {
        for key in keys {
            guard let slot = slotsByName[key.name] else { continue }
            parts.keys.append(BodyKeyOperation(range: parts.pooled(key.key.utf8), slot: slot))
        }
    }
}

extension UnsupportedFeature? {
    /// How a run is read whose marker asks for it.
    fileprivate var content: ReadOperation.Content {
        switch self {
        case .encryption: .withoutEncryption
        case .compression: .withoutCompression
        case .version, nil: .bytes
        }
    }
}

extension FieldModel.Form {
    /// Whether it is a body with keys of its own.
    var hasKeys: Bool {
        switch self {
        case .json, .singleKey, .pairs, .native: true
        case .unsigned, .varint, .decimal, .bits, .constant, .bytes, .text, .packed, .check: false
        }
    }
}
