/// Values of the frame that is answered: `$in.NAME` and `$in.NAME[0]`.
extension DescriptorCompiler {
    /// A value of the frame that is answered, whole or one element of it, for a run of bytes.
    mutating func copied(
        _ value: KindModel.Value, _ place: DescriptorPlace, _ frame: WriteFrame, isText: Bool
    ) -> WriteContent {
        var element: UInt8?
        if case .element(_, let index) = value { element = UInt8(clamping: index) }
        guard let name = value.copiedNames.first, let slot = copiedSlot(name, place, frame) else { return .nothing }
        switch isNumber(name) {
        case false?:
            if isText, element == nil, holdsBytes(name) {
                reader.report(.wrongKind(expected: "a text", found: "bytes in \(value.words)"), at: place)
            }
            return .copied(source(CopySource(slot: slot, element: element), place))
        case true? where element == nil: return .copiedNumber(source(CopySource(slot: slot, isNumber: true), place))
        case true?: reader.report(.wrongKind(expected: "a JSON array", found: "a number"), at: place)
        case nil: reader.report(.wrongKind(expected: "numbers or bytes", found: "fields of both"), at: place)
        }
        return .nothing
    }

    /// The place of a number of the frame that is answered, for an integer field.
    mutating func copiedNumber(
        _ name: String, into field: FieldModel, _ place: DescriptorPlace, _ frame: WriteFrame
    ) -> UInt8 {
        guard let slot = copiedSlot(name, place, frame) else { return 0 }
        guard isNumber(name) == true else {
            reader.report(.wrongKind(expected: "a number", found: "bytes in '$in.\(name)'"), at: place)
            return 0
        }
        // What is below zero has as many bytes there as here.
        let others = model.fields.filter { $0.name == name && $0.isSigned && $0.smallestWidth != field.smallestWidth }
        if !others.isEmpty {
            reader.report(
                .wrongKind(expected: "an unsigned integer, or one of the same type", found: "'$in.\(name)'"),
                at: place)
        }
        return source(CopySource(slot: slot, isNumber: true), place)
    }

    /// The slot of a name of the frame that is answered, where there is such a frame and such a name.
    private mutating func copiedSlot(_ name: String, _ place: DescriptorPlace, _ frame: WriteFrame) -> UInt8? {
        if let sender = senderWithoutRequest(frame) {
            reader.report(.nothingAnswered("$in." + name, by: sender), at: place)
            return nil
        }
        let known = copiableNames
        guard known.contains(name), let slot = slotsByName[name] else {
            reader.report(.unknownValue("$in." + name, valid: known.map { "$in." + $0 }), at: place)
            return nil
        }
        return slot
    }

    /// What writes a frame though no client asked for it; `nil` for answers, and for replies to a client's frame.
    private func senderWithoutRequest(_ frame: WriteFrame) -> String? {
        switch frame.kind {
        case .push: return "a push"
        case .kick: return "a kick"
        case .other: break
        case .request, .notify, .heartbeat, .response, .error: return nil
        }
        if isOpening(frame.layout.name) { return "'on_open'" }
        return isUnasked(frame.layout.name) ? "'timers.send'" : nil
    }

    /// Names of what clients send whose value is at hand when a frame is answered, in the order of the bytes.
    private var copiableNames: [String] {
        var names: [String] = []
        for field in model.fields {
            switch field.form {
            case .bytes, .text: names.append(field.name)
            case .unsigned, .varint, .decimal, .bits: names.append(field.name)
            case .constant, .json, .singleKey, .pairs, .native, .packed, .check: continue
            }
        }
        for key in Self.bodyKeys(of: model.fields) ?? [] where !names.contains(key.name) { names.append(key.name) }
        return names
    }

    /// Whether a name of the frame that is answered stands for a number; `nil` when that depends on the frame.
    func isNumber(_ name: String) -> Bool? {
        let kinds = Set(model.fields.filter { $0.name == name }.map(\.isNumber))
        if kinds.count > 1 { return nil }
        if let kind = kinds.first { return kind }
        // In a body a code is always a number, an id only in what Swift reads.
        if name == WellKnown.code { return true }
        let isNative = model.fields.contains { if case .native = $0.form { true } else { false } }
        return isNative && name == WellKnown.identifier
    }

    /// Whether a name stands for bytes that need not be text.
    private func holdsBytes(_ name: String) -> Bool {
        model.fields.contains { field in
            switch field.form {
            case .bytes: field.name == name
            case .pairs(let pairs): name != WellKnown.route && pairs.keys.contains { $0.name == name }
            default: false
            }
        }
    }

    /// The place of a value among those that are copied.
    private mutating func source(_ source: CopySource, _ place: DescriptorPlace) -> UInt8 {
        if let known = parts.copySources.firstIndex(of: source) { return UInt8(known) }
        guard parts.copySources.count < DescriptorLimits.copiesMax else {
            reader.report(
                .tooMany(parts.copySources.count + 1, limit: DescriptorLimits.copiesMax, of: "values of '$in'"),
                at: place)
            return 0
        }
        parts.copySources.append(source)
        return UInt8(parts.copySources.count - 1)
    }

    /// Refuses bytes that never have as many as the field of fixed length that they go into.
    mutating func checkLength(of field: FieldModel, _ count: Int, _ place: UInt8, _ frame: inout WriteFrame) {
        guard parts.copySources.indices.contains(Int(place)) else { return }
        let source = parts.copySources[Int(place)]
        let names = slotsByName.filter { $0.value == source.slot }.map(\.key)
        for other in model.fields where names.contains(other.name) && source.element == nil {
            if case .fixed(let found) = other.length, other.form.isRun, found != count {
                gap(frame.kind, .fixedLength(field: field.name, bytes: count), field.place)
            }
        }
    }

    /// Makes the value that was written last one JSON value.
    mutating func writeAsJSON(_ place: UInt8) {
        guard parts.copySources.indices.contains(Int(place)), let last = parts.writing.indices.last else { return }
        let source = parts.copySources[Int(place)]
        let keys = model.fields.flatMap(\.form.keys).filter { slotsByName[$0.name] == source.slot }
        let isSingle = model.fields.contains { if case .singleKey = $0.form { true } else { false } }
        let isInJSON =
            model.fields.contains { if case .json = $0.form { true } else { false } } && !keys.isEmpty
            && source.slot != FrameValues.route
        let isPayload = source.slot == FrameValues.payload && (isSingle || model.fields.contains(where: \.hasObject))
        parts.writing[last].isJSON = true
        parts.writing[last].isQuoted = !isInJSON && !isPayload && source.element == nil
    }

    /// Puts what is only known when a frame is written into the bits of the integer in front.
    mutating func writeBits(_ index: Int, _ field: FieldModel, _ width: Int, _ frame: inout WriteFrame) {
        for part in fields[(index + 1)...] {
            guard case .bits(let at, _) = part.form else { break }
            guard let given = frame.layout.values.first(where: { $0.name == part.name }),
                frame.layout.saysLater(part.name), frame.needs[part.name] == nil
            else { continue }
            var operation = WriteOperation(code: .setBits, width: UInt8(width))
            operation.isLittleEndian = field.isLittleEndian
            operation.plus = at
            operation.maximum = part.largestWritten
            switch given.value {
            case .copied(let name):
                operation.source = .copied
                operation.copy = copiedNumber(name, into: part, given.place, frame)
                allow(part, &operation)
            case .identifier: operation.source = .identifier
            case .code: operation.source = .code
            case .faultCode, .nowMilliseconds, .number, .text, .bytes, .element, .joined:
                reader.report(
                    .wrongKind(expected: "a number, $id, $code or $in.NAME", found: given.value.words),
                    at: given.place)
                continue
            }
            parts.writing.append(operation)
        }
    }

    /// Bounds what is written into a field by what is read of it.
    mutating func allow(_ field: FieldModel, _ operation: inout WriteOperation) {
        operation.minimum = UInt64(field.minimum ?? 0)
        operation.maximum = field.largestWritten
        guard !field.enumeration.isEmpty, !field.keepsUnknown else { return }
        operation.isEnumerated = true
        operation.range = parts.numbered(field.enumeration.map(\.value))
    }
}

extension FieldModel {
    /// Whether its payload is an object that is made of what stands in it.
    fileprivate var hasObject: Bool {
        switch form {
        case .pairs, .native(.scutForm): true
        default: false
        }
    }
}

extension FieldModel.Form {
    /// Whether its bytes have to be text.
    var isText: Bool { if case .text = self { true } else { false } }
}
