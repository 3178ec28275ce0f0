import GateBytes

extension DescriptorCompiler {
    /// Gives a slot to each field whose value somebody needs.
    mutating func assignSlots() {
        let tested = Set((model.kinds ?? []).flatMap { kind in kind.values.map(\.name) })
        var next = FrameValues.firstOther
        for (index, field) in model.fields.enumerated() {
            switch field.name {
            case "route": slots[index] = FrameValues.route
            case "id": slots[index] = FrameValues.identifier
            case "payload": slots[index] = FrameValues.payload
            case "error": slots[index] = FrameValues.error
            default:
                guard tested.contains(field.name) || lengthFields.values.contains(index) else { continue }
                guard next < DescriptorLimits.valuesMax else {
                    let limit = DescriptorLimits.valuesMax - FrameValues.firstOther
                    reader.report(
                        .tooMany(next - FrameValues.firstOther + 1, limit: limit, of: "fields that others refer to"),
                        at: field.place)
                    return
                }
                slots[index] = UInt8(next)
                next += 1
            }
        }
    }

    /// Makes the operations that read a frame.
    mutating func compileReading() {
        for (index, field) in model.fields.enumerated() {
            var operation: ReadOperation
            switch field.form {
            case .unsigned(let width): operation = number(index, field, width)
            case .constant(let bytes):
                operation = ReadOperation(code: .constant)
                operation.range = parts.pooled(bytes)
            case .bytes: operation = run(index, field, .bytes)
            case .text: operation = run(index, field, .text)
            case .json(let keys):
                operation = run(index, field, .json)
                compileKeys(keys)
            }
            operation.isLittleEndian = field.isLittleEndian
            operation.slot = slots[index] ?? ReadOperation.noSlot
            parts.reading.append(operation)
            parts.labels.append(OperationLabel(name: field.name, path: field.place.path))
        }
    }

    private mutating func number(_ index: Int, _ field: FieldModel, _ width: Int) -> ReadOperation {
        var operation = ReadOperation(code: .unsigned, width: UInt8(width))
        operation.counts = field.counts
        operation.plus = field.plus
        operation.minimum = UInt64(field.minimum ?? 0)
        if let maximum = field.maximum { operation.maximum = UInt64(maximum) }
        if field.counts != .none {
            operation.minimum = UInt64(max(field.minimum ?? 0, coveredBytes(of: index) + field.plus, 0))
            // Above this a length is larger than any limit, and sums with it could overflow.
            operation.maximum = min(operation.maximum, 1 << 62)
        }
        if !field.enumeration.isEmpty {
            let low = parts.numbers.count
            parts.numbers.append(contentsOf: field.enumeration.map { UInt64($0.value) })
            operation.range = PoolRange(low: UInt32(low), high: UInt32(parts.numbers.count))
            operation.keepsUnknown = field.keepsUnknown
        }
        return operation
    }

    private func run(_ index: Int, _ field: FieldModel, _ content: ReadOperation.Content) -> ReadOperation {
        var operation: ReadOperation
        switch field.length {
        case .fixed(let count):
            operation = ReadOperation(code: .fixed)
            operation.count = count
        case .prefix(let width): operation = ReadOperation(code: .prefixed, width: UInt8(width))
        case .field:
            operation = ReadOperation(code: .counted)
            operation.lengthSlot = lengthFields[index].flatMap { slots[$0] } ?? ReadOperation.noSlot
        case .rest: operation = ReadOperation(code: .rest)
        }
        operation.content = content
        operation.minimum = UInt64(field.minimum ?? 0)
        if let maximum = field.maximum { operation.maximum = UInt64(maximum) }
        return operation
    }

    private mutating func compileKeys(_ keys: [JSONRole: String]) {
        for role in JSONRole.allCases {
            guard let key = keys[role] else { continue }
            parts.keys.append(JSONKeyOperation(range: parts.pooled(key.utf8), slot: role.slot))
        }
    }
}

extension JSONRole {
    /// Where its value goes.
    var slot: UInt8 {
        switch self {
        case .route: FrameValues.route
        case .id: FrameValues.identifier
        case .payload: FrameValues.payload
        case .error: FrameValues.error
        case .result: FrameValues.result
        }
    }
}
