import GateBytes
import GateJSON

/// How the operations that write one field's bytes are compiled.
extension DescriptorCompiler {
    mutating func writeRun(_ index: Int, _ field: FieldModel, _ frame: inout WriteFrame) {
        let content = content(field, &frame)
        if case .text = field.form, !content.isText {
            gap(frame.kind, .valueNotAllowed(field: field.name), field.place)
        }
        switch field.length {
        case .fixed(let count):
            switch content {
            case .nothing: literal([UInt8](repeating: 0, count: count))
            case .text(let text) where text.utf8.count == count: literal(text.utf8)
            case .bytes(let bytes) where bytes.count == count: literal(bytes)
            case .copied(let place):
                checkLength(of: field, count, place, &frame)
                write(content, &frame)
                parts.writing[parts.writing.count - 1].minimum = UInt64(count)
                parts.writing[parts.writing.count - 1].maximum = UInt64(count)
            default: gap(frame.kind, .fixedLength(field: field.name, bytes: count), field.place)
            }
        case .prefix(let width): writePrefixed(content, field, width, &frame)
        case .field:
            guard let target = lengthFields[index], let close = frame.lengths[target] else { return }
            var mark = WriteOperation(code: .mark)
            mark.scope = close.scope
            parts.writing.append(mark)
            writeBounded(content, field, end: [], &frame)
            parts.writing.append(close)
        case .rest:
            if case .nothing = content, ![WellKnown.route, WellKnown.payload, WellKnown.error].contains(field.name) {
                if frame.kind != .other { gap(frame.kind, .nothingToWrite(field: field.name), field.place) }
            }
            writeBounded(content, field, end: [], &frame)
        case .until(let end): writeBounded(content, field, end: end, &frame)
        }
    }

    /// Writes a run of bytes and its terminator. What is known now is looked at now; what is not, when it is written:
    /// only where a field has bounds or a terminator.
    private mutating func writeBounded(
        _ content: WriteContent, _ field: FieldModel, end: [UInt8], _ frame: inout WriteFrame
    ) {
        var check = WriteOperation(code: .checkRun)
        check.minimum = UInt64(field.minimum ?? 0)
        check.maximum = UInt64(field.maximum ?? .max)
        let known: [UInt8]? =
            switch content {
            case .nothing: []
            case .text(let text): Array(text.utf8)
            case .bytes(let bytes): bytes
            case .copied, .copiedNumber, .faultCode, .joined, .operation, .json, .singleKey: nil
            }
        guard known == nil, !end.isEmpty || field.minimum != nil || field.maximum != nil else {
            let counts = check.minimum...max(check.minimum, check.maximum)
            if let known, !known.isEmpty, !WriteOperation.isRun(known.span, endedBy: end, end.indices, counts) {
                gap(frame.kind, .valueNotAllowed(field: field.name), field.place)
            }
            write(content, &frame)
            literal(end)
            return
        }
        var open = WriteOperation(code: .openPacked)
        // Closed before anything else opens, as prefixes are.
        open.scope = UInt8(DescriptorLimits.scopesMax - 1)
        parts.writing.append(open)
        write(content, &frame)
        literal(end)
        check.scope = open.scope
        check.range = parts.pooled(end)
        parts.writing.append(check)
    }

    private mutating func writePrefixed(
        _ content: WriteContent, _ field: FieldModel, _ width: Int, _ frame: inout WriteFrame
    ) {
        var operation = WriteOperation(code: .openAfter, width: UInt8(width))
        operation.isLittleEndian = field.isLittleEndian
        // Closed before anything else opens, so all prefixes share the last scope.
        operation.scope = UInt8(DescriptorLimits.scopesMax - 1)
        operation.minimum = UInt64(field.minimum ?? 0)
        operation.maximum = min(UInt64(field.maximum ?? .max), width >= 8 ? .max : 1 << (8 * UInt64(width)) - 1)
        parts.writing.append(operation)
        write(content, &frame)
        operation.code = .close
        parts.writing.append(operation)
    }

    private mutating func content(_ field: FieldModel, _ frame: inout WriteFrame) -> WriteContent {
        switch field.form {
        case .json(let keys): return .json(keys)
        case .singleKey: return .singleKey
        case .native(.sprotoRPC):
            frame.carriesPayload = true
            return .operation(frame.kind == .error ? .sprotoFault : .sproto)
        case .native(.scutForm):
            gap(frame.kind, .nothingToWrite(field: field.name), field.place)
            return .nothing
        default: break
        }
        if let given = frame.layout.values.first(where: { $0.name == field.name }) {
            if field.name == WellKnown.payload { frame.carriesPayload = true }
            switch given.value {
            case .text(let text): return .text(text)
            case .bytes(let bytes): return .bytes(bytes)
            case .number(let number): return .text(String(number))
            case .identifier: return .operation(.identifierText)
            case .nowMilliseconds: return .operation(.nowText)
            case .code: return .operation(.codeText)
            case .faultCode(let other): return .faultCode(other.text)
            case .copied, .element:
                return copied(given.value, given.place, frame, isText: field.form.isText)
            case .joined(let values): return .joined(values, given.place)
            }
        }
        switch (field.name, frame.kind) {
        case (WellKnown.route, .kick): return .text(Self.kickRoute)
        case (WellKnown.route, .other): return .nothing
        case (WellKnown.route, _): return .operation(.route)
        case (WellKnown.payload, .error):
            if frame.hasErrorField { return .nothing }
            frame.carriesPayload = true
            return .operation(.faultObject)
        case (WellKnown.payload, .other): return .nothing
        case (WellKnown.payload, _):
            frame.carriesPayload = true
            return .operation(.payload)
        case (WellKnown.error, .error):
            frame.carriesPayload = true
            return .operation(.faultText)
        default:
            // A notice goes where a kind says nothing of the only text it has.
            if frame.kind == .kick && field.takesRest {
                frame.carriesPayload = true
                return .operation(.payload)
            }
            return .nothing
        }
    }

    private mutating func writeJoined(_ values: [KindModel.Value], _ place: DescriptorPlace, _ frame: inout WriteFrame)
    {
        for value in values {
            switch value {
            case .number(let number): literal(String(number).utf8)
            case .text(let text): literal(text.utf8)
            case .bytes(let bytes): literal(bytes)
            case .copied, .element: write(copied(value, place, frame, isText: false), &frame)
            case .nowMilliseconds: write(.operation(.nowText), &frame)
            case .identifier: write(.operation(.identifierText), &frame)
            case .code: write(.operation(.codeText), &frame)
            case .faultCode(let other): write(.faultCode(other.text), &frame)
            case .joined(let values): writeJoined(values, place, &frame)
            }
        }
    }

    private mutating func write(_ content: WriteContent, _ frame: inout WriteFrame) {
        switch content {
        case .joined(let values, let place): writeJoined(values, place, &frame)
        case .nothing: break
        case .faultCode(let other):
            var operation = WriteOperation(code: .faultCodeText)
            operation.range = parts.pooled(other)
            parts.writing.append(operation)
        case .text(let text): literal(text.utf8)
        case .bytes(let bytes): literal(bytes)
        case .copied(let place):
            var operation = WriteOperation(code: .copied)
            operation.copy = place
            parts.writing.append(operation)
        case .copiedNumber(let place):
            var operation = WriteOperation(code: .number)
            operation.source = .copied
            operation.countsUnits = true
            operation.copy = place
            parts.writing.append(operation)
        case .operation(let code): parts.writing.append(WriteOperation(code: code))
        case .json(let keys): writeObject(keys, &frame)
        case .singleKey: writeSingleKey(&frame)
        }
    }

    /// Writes {"Route":payload}.
    private mutating func writeSingleKey(_ frame: inout WriteFrame) {
        literal("{".utf8)
        if frame.kind == .kick {
            var name: [UInt8] = []
            JSONWriter.appendString(Self.kickRoute, to: &name)
            literal(name)
        } else {
            parts.writing.append(WriteOperation(code: .jsonRoute))
        }
        literal(":".utf8)
        frame.carriesPayload = true
        parts.writing.append(WriteOperation(code: frame.kind == .error ? .faultObject : .jsonPayload))
        literal("}".utf8)
    }

    /// Writes the keys that the kind has, in its order, and the payload's own behind them.
    mutating func writePairs(_ pairs: PairsModel, _ field: FieldModel, _ frame: inout WriteFrame) {
        var names = frame.layout.has
        for (name, _, _) in frame.layout.values where !names.contains(name) { names.append(name) }
        for name in names {
            if name == WellKnown.payload {
                var operation = WriteOperation(code: .pairs, width: UInt8(pairs.keyWidth))
                operation.scope = UInt8(pairs.valueWidth)
                operation.isLittleEndian = field.isLittleEndian
                operation.maximum = UInt64(pairs.keyBytesMax)
                operation.range = reserved(pairs)
                parts.writing.append(operation)
                frame.carriesPayload = true
                continue
            }
            guard let key = pairs.keys.first(where: { $0.name == name }) else { continue }
            literal(bytes(of: key.key.utf8.count, field, pairs.keyWidth) + Array(key.key.utf8))
            var value = FieldModel(name: name, form: .bytes, place: field.place)
            value.isLittleEndian = field.isLittleEndian
            value.length = .prefix(width: pairs.valueWidth)
            var content = content(value, &frame)
            if case .nothing = content, name == WellKnown.identifier { content = .operation(.identifierText) }
            writePrefixed(content, value, pairs.valueWidth, &frame)
        }
        literal([UInt8](repeating: 0, count: pairs.keyWidth))
    }

    /// The keys that mean something to the protocol, which a payload's own may not be: each with its length in two bytes
    /// in front. Longer ones are not written at all.
    private mutating func reserved(_ pairs: PairsModel) -> PoolRange {
        let keys = pairs.keys.map { Array($0.key.utf8) }.filter { $0.count <= min(pairs.keyBytesMax, 65_535) }
        return parts.pooled(keys.flatMap { [UInt8($0.count >> 8), UInt8($0.count & 0xFF)] + $0 })
    }

    /// Writes the keys that the kind has, in its order; a kind's fixed values come first when `has` leaves them out.
    private mutating func writeObject(_ keys: [KeyModel], _ frame: inout WriteFrame) {
        var names = frame.layout.has
        for (name, _, _) in frame.layout.values.reversed()
        where !names.contains(name) && keys.contains(where: { $0.name == name }) {
            names.insert(name, at: 0)
        }
        var fixedRoute: String?
        if frame.kind == .kick && !frame.layout.values.contains(where: { $0.name == WellKnown.route }) {
            fixedRoute = Self.kickRoute
        }
        if fixedRoute != nil && !names.contains(WellKnown.route) && keys.contains(where: { $0.name == "route" }) {
            names.insert(WellKnown.route, at: 0)
        }
        var text: [UInt8] = []
        for (place, name) in names.enumerated() {
            guard let key = keys.first(where: { $0.name == name })?.key else { continue }
            text.append(UInt8(ascii: place == 0 ? "{" : ","))
            JSONWriter.appendString(key, to: &text)
            text.append(UInt8(ascii: ":"))
            if let given = frame.layout.values.first(where: { $0.name == name }) {
                switch given.value {
                case .number(let number): text.append(contentsOf: String(number).utf8)
                case .text(let word): JSONWriter.appendString(word, to: &text)
                case .bytes(let bytes): text.append(contentsOf: bytes)
                case .copied, .nowMilliseconds, .identifier, .code, .faultCode, .element, .joined:
                    literal(text)
                    text = []
                    let field = FieldModel(name: name, form: .bytes, place: given.place)
                    var content = content(field, &frame)
                    if case .faultCode(let other) = given.value { content = .faultCode(other.json) }
                    write(content, &frame)
                    if case .copied(let place) = content { writeAsJSON(place) }
                }
                continue
            }
            if name == WellKnown.route, let fixedRoute {
                JSONWriter.appendString(fixedRoute, to: &text)
                continue
            }
            literal(text)
            text = []
            parts.writing.append(WriteOperation(code: operation(name, &frame)))
        }
        if names.isEmpty { text.append(UInt8(ascii: "{")) }
        text.append(UInt8(ascii: "}"))
        literal(text)
    }

    private func operation(_ name: String, _ frame: inout WriteFrame) -> WriteOperation.Code {
        switch name {
        case WellKnown.route: return .jsonRoute
        case WellKnown.identifier: return .jsonIdentifier
        case WellKnown.code: return .codeText
        case WellKnown.error:
            frame.carriesPayload = true
            return .jsonFaultText
        default:
            frame.carriesPayload = true
            return frame.kind == .error ? .faultObject : .jsonPayload
        }
    }
}
