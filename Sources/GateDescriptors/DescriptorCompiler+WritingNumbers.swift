import GateBytes

/// Operations that write numbers.
extension DescriptorCompiler {
    /// Writes the field `index`, an integer or a number without a fixed width.
    mutating func writeNumber(
        _ index: Int, _ field: FieldModel, _ width: Int, _ frame: inout WriteFrame
    ) {
        var operation = WriteOperation(code: .identifier, width: UInt8(width))
        operation.isLittleEndian = field.isLittleEndian
        operation.plus = field.plus
        operation.minimum = UInt64(field.minimum ?? 0)
        operation.maximum = UInt64(min(field.largestAllowed, field.largestNumber))
        if field.counts != .none {
            operation.code = field.counts == .frame ? .openFrame : .openAfter
            operation.scope = frame.open()
            operation.countsUnits = field.countsUnits
            if operation.scope >= DescriptorLimits.scopesMax - 1 { tooManyScopes(frame, field) }
            if case .decimal(_, let end) = field.form { operation.range = parts.pooled(end) }
            if field.escapeWidth > 0 {
                operation.escapeWidth = UInt8(field.escapeWidth)
                operation.maximum = UInt64(field.largestAllowed)
            }
            parts.writing.append(operation)
            operation.code = width == 0 ? .closeUnsized : field.escapeWidth > 0 ? .closeEscaped : .close
            operation.countsFrame = field.counts == .frame
            frame.closing.append(operation)
            return
        }
        if lengthFields.values.contains(index) {
            operation.code = .openField
            operation.scope = frame.open()
            if operation.scope >= DescriptorLimits.scopesMax - 1 { tooManyScopes(frame, field) }
            parts.writing.append(operation)
            operation.code = .close
            frame.lengths[index] = operation
            return
        }
        if let given = frame.layout.values.first(where: { $0.name == field.name }) {
            switch given.value {
            case .copied: operation.code = .copiedNumber
            case .nowMilliseconds: operation.code = .nowMilliseconds
            case .identifier: operation.code = .identifier
            case .code: operation.code = .code
            case .faultCode(let other):
                operation.code = .faultCode
                operation.plus = other.number
                if !other.isNumber {
                    reader.report(
                        .wrongKind(expected: "a number, which is what its place holds", found: "a text"),
                        at: given.place)
                }
                if UInt64(other.number) > operation.maximum {
                    reader.report(.outOfRange(0...Int(clamping: operation.maximum)), at: given.place)
                }
            case .number, .text, .bytes, .element, .joined:
                literal(bytes(of: staticValue(of: field.name, frame.layout, frame.needs), field, width))
                return
            }
            if let name = given.value.copiedNames.first {
                operation.copy = copiedNumber(name, into: field, given.place, frame)
                allow(field, &operation)
            }
            if case .identifier = given.value { checkRoomForIdentifier(field, &frame) }
            if case .nowMilliseconds = given.value, field.minimum != nil || field.maximum != nil {
                gap(frame.kind, .valueNotAllowed(field: field.name), field.place)
            }
            append(operation, field)
        } else if let value = frame.needs[field.name] ?? field.required {
            literal(bytes(of: value, field, width))
        } else if field.name == WellKnown.identifier && (answersRequests || frame.kind == .other) {
            if frame.kind == .push || frame.kind == .kick {
                literal(bytes(of: 0, field, width))
            } else {
                append(operation, field)
            }
        } else if field.name == WellKnown.code && frame.kind != .kick {
            operation.code = .code
            append(operation, field)
        } else {
            let allowed =
                field.enumeration.isEmpty || field.keepsUnknown || field.enumeration.contains { $0.value == 0 }
            if !allowed || field.minimum ?? 0 > 0 { gap(frame.kind, .valueNotAllowed(field: field.name), field.place) }
            literal(bytes(of: 0, field, width))
        }
    }

    /// An id has to fit the integer that repeats it.
    private mutating func checkRoomForIdentifier(_ field: FieldModel, _ frame: inout WriteFrame) {
        if case .text = parts.identifiers {
            reader.report(
                .wrongKind(expected: "an id that is an integer", found: "'$id' of a text"), at: frame.layout.place)
        }
        guard let largest = identifierMax, field.largestWritten < UInt64(largest) else { return }
        gap(
            frame.kind, .identifierTooNarrow(largest: largest, limit: Int(clamping: field.largestWritten)),
            frame.layout.place)
    }

    /// Adds what writes a number; one without a fixed width is written in another way.
    private mutating func append(_ given: WriteOperation, _ field: FieldModel) {
        var operation = given
        guard operation.width == 0 else {
            parts.writing.append(operation)
            return
        }
        switch operation.code {
        case .code: operation.source = .code
        case .faultCode: operation.source = .faultCode
        case .nowMilliseconds: operation.source = .now
        case .copiedNumber: operation.source = .copied
        default: operation.source = .identifier
        }
        operation.code = .number
        guard case .decimal(_, let end) = field.form else {
            if operation.source == .identifier { operation.code = .identifierVarint }
            parts.writing.append(operation)
            return
        }
        operation.countsUnits = true
        parts.writing.append(operation)
        literal(end)
    }

    /// A number as its field is written.
    func bytes(of value: Int, _ field: FieldModel, _ width: Int) -> [UInt8] {
        if case .varint = field.form {
            var bytes = ByteBuffer()
            bytes.append(varint: UInt64(value))
            return bytes.array()
        }
        if case .decimal(_, let end) = field.form { return Array(String(value).utf8) + end }
        let bytes = (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        return field.isLittleEndian ? bytes : bytes.reversed()
    }
}
