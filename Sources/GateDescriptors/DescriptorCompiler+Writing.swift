import GateBytes
import GateJSON

extension DescriptorCompiler {
    /// The route under which clients get the notice before they are disconnected.
    private static let kickRoute = "Gate/OnKick"

    /// Makes the operations that write each kind that the gateway sends, and the replies of the states.
    mutating func compileWriting() {
        for field in fields where field.name == WellKnown.payload {
            parts.emptyPayload = field.empty
            parts.payloadIsJSON = field.isJSON
        }
        for kind in [DescriptorKind.response, .error, .push, .kick] {
            guard let layout = layout(of: kind) else { continue }
            parts.writingRanges[kind.rawValue] = compile(kind, layout, needs: nil)
            // A second form where a code can stand in place of the route.
            if let needs = valuesForCode(layout) {
                parts.codedRanges[kind.rawValue] = compile(kind, layout, needs: needs)
            }
            let written = parts.writing[parts.writingRanges[kind.rawValue]]
            if written.contains(where: { [.code, .codeText, .sproto].contains($0.code) }) {
                parts.needsCode |= 1 << UInt16(kind.rawValue)
            }
            if kind == .response,
                written.contains(where: { [.code, .codeText, .route, .jsonRoute].contains($0.code) })
            {
                parts.answersCarryRoute = true
            }
        }
        for reply in model.replies { parts.replyRanges.append(compile(.other, reply, needs: nil)) }
        guard answersRequests else { return }
        if parts.writingRanges[DescriptorKind.response.rawValue].isEmpty {
            gap(.response, .notDescribed, model.kindsPlace)
        }
        checkIdentifier()
    }

    private mutating func compile(
        _ kind: DescriptorKind, _ layout: KindModel, needs: [String: Int]?
    ) -> Range<Int> {
        let low = parts.writing.count
        compile(kind, layout, low, needs ?? [:])
        settleKnownLengths(from: low)
        return low..<parts.writing.count
    }

    /// What a kind has to be written with so that the field `code` is there; `nil` when nothing changes that.
    private func valuesForCode(_ layout: KindModel) -> [String: Int]? {
        guard let code = fields.first(where: { $0.name == WellKnown.code }) else { return nil }
        var needs: [String: Int] = [:]
        for condition in code.conditions {
            if condition.values.contains(staticValue(of: condition.field, layout, [:])) { continue }
            guard !layout.values.contains(where: { $0.name == condition.field }), let value = condition.values.min()
            else { return nil }
            needs[condition.field] = value
        }
        return needs.isEmpty ? nil : needs
    }

    /// The number a field gets when a kind is written.
    private func staticValue(of name: String, _ layout: KindModel, _ needs: [String: Int]) -> Int {
        if let value = needs[name] { return value }
        guard let field = fields.first(where: { $0.name == name }) else { return 0 }
        if let value = field.required { return value }
        for (given, value, _) in layout.values where given == name {
            switch value {
            case .number(let number): return number
            case .text(let text): return field.enumeration.first { $0.name == text }?.value ?? 0
            case .bytes, .copied, .nowMilliseconds, .identifier, .code, .element, .joined: return 0
            }
        }
        return 0
    }

    /// Which fields are there when a kind is written. From left to right, because each asks only for fields before it.
    private func written(_ layout: KindModel, _ needs: [String: Int]) -> [Bool] {
        var present: Set<String> = []
        return fields.map { field in
            let isThere = field.conditions.allSatisfy { condition in
                present.contains(condition.field)
                    && condition.values.contains(staticValue(of: condition.field, layout, needs))
            }
            if isThere { present.insert(field.name) }
            return isThere
        }
    }

    /// Turns lengths over nothing but constants, the route and the payload into ones that are written at once.
    private mutating func settleKnownLengths(from low: Int) {
        for opening in (low..<parts.writing.count).reversed() {
            var length = parts.writing[opening]
            guard length.code == .openAfter || length.code == .openFrame, !length.countsUnits else { continue }
            guard let closing = closing(of: opening) else { continue }
            // Decimal digits have no width that could be counted.
            let isDecimal = length.width == 0
            let counted = length.code == .openFrame ? low..<closing : opening + 1..<closing
            guard !(isDecimal && length.code == .openFrame), let size = knownSize(counted) else { continue }
            length.code = .length
            length.plus += size.bytes
            length.countsRoute = size.hasRoute
            length.countsPayload = size.hasPayload
            parts.writing[opening] = length
            parts.writing.remove(at: closing)
        }
    }

    private func closing(of opening: Int) -> Int? {
        let scope = parts.writing[opening].scope
        return parts.writing[opening...].firstIndex {
            ($0.code == .close || $0.code == .closeDecimal) && $0.scope == scope
        }
    }

    /// The bytes of some operations, as far as they are known; `nil` when they depend on more.
    private func knownSize(_ range: Range<Int>) -> (bytes: Int, hasRoute: Bool, hasPayload: Bool)? {
        var size = (bytes: 0, hasRoute: false, hasPayload: false)
        for index in range {
            let operation = parts.writing[index]
            switch operation.code {
            case .literal: size.bytes += operation.range.offsets.count
            case .length where operation.width == 0: return nil
            case .identifier, .length, .openAfter, .openFrame, .openField, .code, .copiedNumber, .nowMilliseconds:
                size.bytes += Int(operation.width)
            case .mark, .close, .closeDecimal: break
            case .route:
                if size.hasRoute { return nil }
                size.hasRoute = true
            case .payload, .faultText:
                if size.hasPayload { return nil }
                size.hasPayload = true
            case .faultObject, .jsonRoute, .jsonIdentifier, .jsonPayload, .jsonFaultText, .identifierVarint,
                .identifierText, .codeText, .nowText, .copied, .pairs, .sproto:
                return nil
            }
        }
        return size
    }

    private var answersRequests: Bool { model.kinds?.contains { $0.kind == .request } ?? true }

    /// The entry of `kinds` that a kind is written by: without `kinds` all look the same, and an error without an entry
    /// is a response with another body.
    private func layout(of kind: DescriptorKind) -> KindModel? {
        guard let kinds = model.kinds else { return KindModel(kind: kind, name: kind.name, place: model.framePlace) }
        if let own = kinds.first(where: { $0.kind == kind }) { return own }
        return kind == .error ? kinds.first { $0.kind == .response } : nil
    }

    private mutating func gap(_ kind: DescriptorKind, _ reason: EncodingGap, _ place: DescriptorPlace) {
        reader.report(.notEncodable(kind: kind.name, reason: reason), at: place)
    }

    private mutating func checkIdentifier() {
        guard case .text = parts.identifiers, let kinds = model.kinds else { return }
        for kind in kinds {
            switch kind.kind {
            case .response, .error:
                let carries = kind.values.contains { if case .identifier = $0.value { true } else { false } }
                if !kind.has.contains(WellKnown.identifier) && !carries {
                    gap(kind.kind, .noPlaceForIdentifier, kind.place)
                }
            case .request:
                if !kind.has.contains(WellKnown.identifier) { gap(.response, .requestWithoutIdentifier, kind.place) }
            case .notify, .heartbeat, .push, .kick, .other: break
            }
        }
    }

    private mutating func compile(
        _ kind: DescriptorKind, _ layout: KindModel, _ low: Int, _ needs: [String: Int]
    ) {
        // Whether the fault's text has a place of its own; else it goes where the payload goes.
        let textField = index(of: WellKnown.error).map { fields[$0].form.isRun } ?? false
        if let raw = layout.values.first(where: { $0.name == "raw" }), kind == .other {
            if case .bytes(let bytes) = raw.value { literal(bytes) }
            return
        }
        var frame = WriteFrame(
            kind: kind, layout: layout, hasErrorField: textField || layout.has.contains(WellKnown.error), needs: needs)
        let written = written(layout, needs)
        for (index, field) in fields.enumerated() where written[index] {
            switch field.form {
            case .constant(let bytes): literal(bytes)
            case .unsigned(let width):
                if let bits = flags(index, frame) {
                    literal(self.bytes(of: bits, field, width))
                } else {
                    writeNumber(index, field, width, &frame)
                }
            case .varint, .decimal: writeNumber(index, field, 0, &frame)
            case .bits: break
            case .pairs(let pairs): writePairs(pairs, field, &frame)
            case .bytes, .text, .json, .singleKey, .native: writeRun(index, field, &frame)
            }
        }
        // The innermost length is the last that was opened.
        parts.writing.append(contentsOf: frame.closing.reversed())
        if !frame.carriesPayload && kind != .other && kind != .kick { gap(kind, .noPlaceForPayload, layout.place) }
    }

    /// The value of an integer that is made of bits; `nil` when it is not.
    private func flags(_ index: Int, _ frame: WriteFrame) -> Int? {
        var value: Int?
        for field in fields[(index + 1)...] {
            guard case .bits(let at, _) = field.form else { break }
            value = (value ?? 0) | staticValue(of: field.name, frame.layout, frame.needs) << at
        }
        return value
    }

    private mutating func literal(_ bytes: some Collection<UInt8>) {
        if bytes.isEmpty { return }
        var operation = WriteOperation(code: .literal)
        operation.range = parts.pooled(bytes)
        parts.writing.append(operation)
    }

    private mutating func writeNumber(
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
            // All bits of a length mean that a longer one follows.
            if field.escapeWidth > 0 { operation.maximum -= 1 }
            parts.writing.append(operation)
            operation.code = .close
            if case .decimal = field.form { operation.code = .closeDecimal }
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
            case .number, .text, .bytes, .element, .joined:
                literal(bytes(of: staticValue(of: field.name, frame.layout, frame.needs), field, width))
                return
            }
            if let name = given.value.copiedNames.first {
                if slotsByName[name] == nil {
                    reader.report(.unknownValue("$in." + name, valid: slotsByName.keys.sorted()), at: given.place)
                }
                operation.scope = slotsByName[name] ?? 0
            }
            parts.writing.append(operation)
        } else if let value = frame.needs[field.name] ?? field.required {
            literal(bytes(of: value, field, width))
        } else if field.name == WellKnown.identifier && (answersRequests || frame.kind == .other) {
            if case .varint = field.form { operation.code = .identifierVarint }
            if frame.kind == .push || frame.kind == .kick { operation.code = .identifier }
            parts.writing.append(operation)
        } else if field.name == WellKnown.code && frame.kind != .kick {
            operation.code = .code
            parts.writing.append(operation)
        } else {
            let allowed =
                field.enumeration.isEmpty || field.keepsUnknown || field.enumeration.contains { $0.value == 0 }
            if !allowed || field.minimum ?? 0 > 0 { gap(frame.kind, .valueNotAllowed(field: field.name), field.place) }
            literal(bytes(of: 0, field, width))
        }
    }

    private mutating func tooManyScopes(_ frame: WriteFrame, _ field: FieldModel) {
        reader.report(.tooMany(frame.opened, limit: DescriptorLimits.scopesMax - 1, of: "lengths"), at: field.place)
    }

    private func bytes(of value: Int, _ field: FieldModel, _ width: Int) -> [UInt8] {
        if case .varint = field.form {
            var bytes: [UInt8] = []
            var rest = value
            while rest > 0x7F {
                bytes.append(UInt8(rest & 0x7F) | 0x80)
                rest >>= 7
            }
            return bytes + [UInt8(rest)]
        }
        if case .decimal(_, let end) = field.form { return Array(String(value).utf8) + end }
        let bytes = (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        return field.isLittleEndian ? bytes : bytes.reversed()
    }

    private mutating func writeRun(_ index: Int, _ field: FieldModel, _ frame: inout WriteFrame) {
        let content = content(field, &frame)
        switch field.length {
        case .fixed(let count):
            switch content {
            case .nothing: literal([UInt8](repeating: 0, count: count))
            case .text(let text) where text.utf8.count == count: literal(text.utf8)
            case .bytes(let bytes) where bytes.count == count: literal(bytes)
            case .copied: write(content, &frame)
            default: gap(frame.kind, .fixedLength(field: field.name, bytes: count), field.place)
            }
        case .prefix(let width): writePrefixed(content, field, width, &frame)
        case .field:
            guard let target = lengthFields[index], let close = frame.lengths[target] else { return }
            var mark = WriteOperation(code: .mark)
            mark.scope = close.scope
            parts.writing.append(mark)
            write(content, &frame)
            parts.writing.append(close)
        case .rest:
            if case .nothing = content, ![WellKnown.route, WellKnown.payload, WellKnown.error].contains(field.name) {
                if frame.kind != .other { gap(frame.kind, .nothingToWrite(field: field.name), field.place) }
            }
            write(content, &frame)
        case .until(let end):
            write(content, &frame)
            literal(end)
        }
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
            return .operation(.sproto)
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
            case .copied, .element: return copied(given.value, 255, given.place)
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

    /// A value of the frame that is answered, whole or one element of it.
    private mutating func copied(_ value: KindModel.Value, _ whole: UInt8, _ place: DescriptorPlace) -> WriteContent {
        var element = whole
        if case .element(_, let index) = value { element = UInt8(min(index, 254)) }
        let name = value.copiedNames.first ?? ""
        if let slot = slotsByName[name] { return .copied(slot, element: element) }
        reader.report(.unknownValue("$in." + name, valid: slotsByName.keys.sorted()), at: place)
        return .nothing
    }

    private mutating func writeJoined(_ values: [KindModel.Value], _ place: DescriptorPlace, _ frame: inout WriteFrame)
    {
        for value in values {
            switch value {
            case .number(let number): literal(String(number).utf8)
            case .text(let text): literal(text.utf8)
            case .bytes(let bytes): literal(bytes)
            case .copied, .element: write(copied(value, 255, place), &frame)
            case .nowMilliseconds: write(.operation(.nowText), &frame)
            case .identifier: write(.operation(.identifierText), &frame)
            case .code: write(.operation(.codeText), &frame)
            case .joined(let values): writeJoined(values, place, &frame)
            }
        }
    }

    private mutating func write(_ content: WriteContent, _ frame: inout WriteFrame) {
        switch content {
        case .joined(let values, let place): writeJoined(values, place, &frame)
        case .nothing: break
        case .text(let text): literal(text.utf8)
        case .bytes(let bytes): literal(bytes)
        case .copied(let slot, let element):
            var operation = WriteOperation(code: .copied)
            operation.scope = slot
            operation.width = element
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
    private mutating func writePairs(_ pairs: PairsModel, _ field: FieldModel, _ frame: inout WriteFrame) {
        var names = frame.layout.has
        for (name, _, _) in frame.layout.values where !names.contains(name) { names.append(name) }
        for name in names {
            if name == WellKnown.payload {
                var operation = WriteOperation(code: .pairs, width: UInt8(pairs.keyWidth))
                operation.scope = UInt8(pairs.valueWidth)
                operation.isLittleEndian = field.isLittleEndian
                operation.maximum = UInt64(pairs.keyBytesMax)
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
                case .copied, .nowMilliseconds, .identifier, .code, .element, .joined:
                    literal(text)
                    text = []
                    let field = FieldModel(name: name, form: .bytes, place: given.place)
                    write(content(field, &frame), &frame)
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

extension KindModel.Value {
    /// Names in the frame that is answered.
    var copiedNames: [String] {
        switch self {
        case .copied(let name), .element(let name, _): [name]
        case .joined(let values): values.flatMap(\.copiedNames)
        case .number, .text, .bytes, .nowMilliseconds, .identifier, .code: []
        }
    }
}

/// What goes into a run of bytes.
private enum WriteContent {
    case nothing
    case text(String)
    case bytes([UInt8])
    /// An element of a JSON array, 255 for the whole.
    case copied(UInt8, element: UInt8)
    case joined([KindModel.Value], DescriptorPlace)
    case operation(WriteOperation.Code)
    case json([KeyModel])
    case singleKey
}

/// A kind whose operations are being made.
struct WriteFrame {
    let kind: DescriptorKind
    let layout: KindModel
    let hasErrorField: Bool
    /// Values in place of what the kind leaves open.
    let needs: [String: Int]
    var carriesPayload = false
    /// Fills in the frame's own lengths, at its end.
    var closing: [WriteOperation] = []
    /// By field index: fills in the length of another field.
    var lengths: [Int: WriteOperation] = [:]
    private(set) var opened = 0

    init(kind: DescriptorKind, layout: KindModel, hasErrorField: Bool, needs: [String: Int]) {
        self.kind = kind
        self.layout = layout
        self.hasErrorField = hasErrorField
        self.needs = needs
    }

    mutating func open() -> UInt8 {
        opened += 1
        return UInt8(min(opened - 1, 255))
    }
}
