import GateBytes

extension DescriptorCompiler {
    /// The route under which clients get the notice before they are disconnected.
    static let kickRoute = "Gate/OnKick"

    /// Makes the operations that write each kind that the gateway sends, and the replies of the states.
    mutating func compileWriting() {
        for field in fields where field.name == WellKnown.payload {
            parts.emptyPayload = field.empty
            parts.payloadIsJSON = field.isJSON
            parts.wrapsValues = field.wrapsValues
        }
        for kind in [DescriptorKind.response, .error, .push, .kick] {
            guard let layout = layout(of: kind) else { continue }
            parts.writingRanges[kind.rawValue] = compile(kind, layout, needs: nil)
            // A second form where a code can stand in place of the route.
            if let needs = valuesForCode(layout) {
                parts.codedRanges[kind.rawValue] = compile(kind, layout, needs: needs)
            }
            if let envelope = model.envelope, envelope.code == nil || kind == .response || kind == .error {
                compileEnveloped(kind, layout)
            }
            let written = parts.writing[parts.writingRanges[kind.rawValue]]
            if written.contains(where: {
                [.code, .codeText, .sproto, .sprotoFault].contains($0.code) || $0.isCodeNumber
            }) {
                parts.needsCode |= 1 << UInt16(kind.rawValue)
            }
            if kind == .response,
                written.contains(where: { [.code, .codeText, .route, .jsonRoute].contains($0.code) || $0.isCodeNumber })
            {
                parts.answersCarryRoute = true
            }
        }
        for reply in model.replies { checkReply(reply) }
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

    /// Makes what writes a frame of a kind with an envelope as its payload, which may be an error's too. An error without a
    /// form of its own is told apart by what stands in the envelope.
    private mutating func compileEnveloped(_ kind: DescriptorKind, _ layout: KindModel) {
        let own: DescriptorKind = kind == .error ? .response : kind
        let range = compile(own, layout, needs: valuesForCode(layout))
        parts.envelopedRanges[kind.rawValue] = range
        let places = parts.writing[range].count { $0.code == .payload || $0.countsPayload }
        if places == 0 { gap(kind, .noPlaceForPayload, layout.place) }
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
    func staticValue(of name: String, _ layout: KindModel, _ needs: [String: Int]) -> Int {
        if let value = needs[name] { return value }
        guard let field = fields.first(where: { $0.name == name }) else { return 0 }
        if let value = field.required { return value }
        for (given, value, _) in layout.values where given == name {
            switch value {
            case .number(let number): return number
            case .text(let text): return field.enumeration.first { $0.name == text }?.value ?? 0
            case .bytes, .copied, .nowMilliseconds, .identifier, .code, .faultCode, .element, .joined: return 0
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
            guard length.code == .openAfter || length.code == .openFrame, !length.countsUnits,
                length.escapeWidth == 0
            else { continue }
            guard let closing = closing(of: opening) else { continue }
            // What is written without a fixed width cannot be counted.
            let isUnsized = length.width == 0
            let counted = length.code == .openFrame ? low..<closing : opening + 1..<closing
            guard !(isUnsized && length.code == .openFrame), let size = knownSize(counted) else { continue }
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
            ($0.code == .close || $0.code == .closeUnsized) && $0.scope == scope
        }
    }

    /// The bytes of some operations, as far as they are known; `nil` when they depend on more.
    private func knownSize(_ range: Range<Int>) -> (bytes: Int, hasRoute: Bool, hasPayload: Bool)? {
        var size = (bytes: 0, hasRoute: false, hasPayload: false)
        for index in range {
            let operation = parts.writing[index]
            switch operation.code {
            case .literal: size.bytes += operation.range.offsets.count
            case .shortLiteral: size.bytes += Int(operation.width)
            case .length where operation.width == 0, .openAfter where operation.width == 0,
                .openFrame where operation.width == 0:
                return nil
            case .identifier, .length, .openAfter, .openFrame, .openField, .code, .faultCode, .copiedNumber,
                .nowMilliseconds:
                size.bytes += Int(operation.width)
            case .mark, .close, .closeUnsized, .openPacked, .checkRun, .setBits: break
            case .copied where operation.minimum == operation.maximum: size.bytes += Int(clamping: operation.minimum)
            case .check: size.bytes += Int(operation.width)
            case .route:
                if size.hasRoute { return nil }
                size.hasRoute = true
            case .payload, .faultText:
                if size.hasPayload { return nil }
                size.hasPayload = true
            case .faultObject, .jsonRoute, .jsonIdentifier, .jsonPayload, .jsonFaultText, .identifierVarint,
                .identifierText, .codeText, .nowText, .copied, .pairs, .sproto, .sprotoFault, .deflate, .fillCheck,
                .number, .closeEscaped, .faultCodeText:
                return nil
            }
        }
        return size
    }

    var answersRequests: Bool { model.kinds?.contains { $0.kind == .request } ?? true }

    /// The entry of `kinds` that a kind is written by: without `kinds` all look the same, and an error without an entry
    /// is a response with another body.
    private func layout(of kind: DescriptorKind) -> KindModel? {
        guard let kinds = model.kinds else { return KindModel(kind: kind, name: kind.name, place: model.framePlace) }
        if let own = kinds.first(where: { $0.kind == kind }) { return own }
        return kind == .error ? kinds.first { $0.kind == .response } : nil
    }

    mutating func gap(_ kind: DescriptorKind, _ reason: EncodingGap, _ place: DescriptorPlace) {
        reader.report(.notEncodable(kind: kind.name, reason: reason), at: place)
    }

    private mutating func checkIdentifier() {
        if case .number = parts.identifiers { checkNumericIdentifier() }
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

    /// An answer has to carry the number of its request, and have room for it.
    private mutating func checkNumericIdentifier() {
        for kind in [DescriptorKind.response, .error] {
            guard let layout = layout(of: kind), kind == .response || layout.kind == .error,
                !parts.writingRanges[kind.rawValue].isEmpty
            else { continue }
            guard parts.writing[parts.writingRanges[kind.rawValue]].contains(where: \.writesIdentifier) else {
                gap(kind, .noPlaceForIdentifier, layout.place)
                continue
            }
            if kind == .response, let largest = identifierMax, let limit = capacity(of: WellKnown.identifier),
                limit < largest
            {
                gap(kind, .identifierTooNarrow(largest: largest, limit: limit), layout.place)
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
        openChecks(written, &frame)
        for (index, field) in fields.enumerated() {
            // The place of the first field of a name counts also when it is not there, as in what is read.
            if written[index] || !fields[..<index].contains(where: { $0.name == field.name }) {
                for scope in frame.marks[field.name] ?? [] { mark(scope) }
            }
            guard written[index] else { continue }
            switch field.form {
            case .constant(let bytes): literal(bytes)
            case .unsigned(let width):
                checkWhole(index, field, frame)
                if !layout.saysLater(field.name), let bits = flags(index, frame) {
                    literal(self.bytes(of: bits, field, width))
                    writeBits(index, field, width, &frame)
                } else {
                    writeNumber(index, field, width, &frame)
                }
            case .varint, .decimal: writeNumber(index, field, 0, &frame)
            case .bits: break
            case .check(let check): writeCheck(check, field, &frame)
            case .packed(let packed): writePacked(packed, &frame)
            case .pairs(let pairs): writePairs(pairs, field, &frame)
            case .bytes, .text, .json, .singleKey, .native: writeRun(index, field, &frame)
            }
        }
        // The innermost length is the last that was opened.
        parts.writing.append(contentsOf: frame.closing.reversed())
        // Behind all lengths, which a check may cover.
        parts.writing.append(contentsOf: frame.checkFills)
        checkConditions(layout)
        if !frame.carriesPayload && kind != .other && kind != .kick { gap(kind, .noPlaceForPayload, layout.place) }
    }

    /// Gives a scope to each check that is written, and marks the frame's start for those that cover all of it.
    private mutating func openChecks(_ written: [Bool], _ frame: inout WriteFrame) {
        for (index, field) in fields.enumerated() where written[index] {
            guard case .check(let check) = field.form else { continue }
            let scope = frame.open()
            if scope >= DescriptorLimits.scopesMax - 1 { tooManyScopes(frame, field) }
            frame.checks[field.name] = scope
            if let first = check.first {
                frame.marks[first, default: []].append(scope)
            } else {
                mark(scope)
            }
        }
    }

    private mutating func mark(_ scope: UInt8) {
        var operation = WriteOperation(code: .mark)
        operation.scope = scope
        parts.writing.append(operation)
    }

    private mutating func writeCheck(_ check: CheckModel, _ field: FieldModel, _ frame: inout WriteFrame) {
        let moves = fields.contains { other in
            switch other.form {
            case .decimal, .varint: other.counts != .none
            case .packed(let packed): packed.deflating != nil
            default: false
            }
        }
        // Lengths without a fixed width and compressed bytes come last, and would move what was checked.
        if moves { gap(frame.kind, .movingCheck(field: field.name), field.place) }
        var operation = WriteOperation(code: .check, width: UInt8(check.algorithm.width))
        operation.checksum = check.algorithm
        operation.isLittleEndian = field.isLittleEndian
        operation.scope = frame.checks[field.name] ?? 0
        parts.writing.append(operation)
        operation.code = .fillCheck
        frame.checkFills.append(operation)
    }

    /// Compresses a group once it is written, where this build can.
    private mutating func writePacked(_ packed: PackedModel, _ frame: inout WriteFrame) {
        guard let deflating = packed.deflating, Compression.isAvailable else { return }
        var operation = WriteOperation(code: .openPacked)
        operation.scope = frame.open()
        if operation.scope >= DescriptorLimits.scopesMax - 1 {
            reader.report(
                .tooMany(frame.opened, limit: DescriptorLimits.scopesMax - 1, of: "lengths"), at: frame.layout.place)
        }
        operation.method = deflating.method
        operation.maximum = UInt64(deflating.bytesMin)
        parts.writing.append(operation)
        operation.code = .deflate
        frame.closing.append(operation)
    }

    /// An integer that is made of bits is given by them, or copied as a whole; what the kind says of one bit would be lost
    /// beside the other.
    private mutating func checkWhole(_ index: Int, _ field: FieldModel, _ frame: WriteFrame) {
        let bits = fields[(index + 1)...].prefix { if case .bits = $0.form { true } else { false } }.map(\.name)
        guard let whole = frame.layout.values.first(where: { $0.name == field.name }), !bits.isEmpty else { return }
        let isGivenByBits = bits.contains { name in
            frame.needs[name] != nil || frame.layout.values.contains { $0.name == name }
        }
        if isGivenByBits || !frame.layout.saysLater(field.name) {
            reader.report(.wholeBesideBits(field.name, bits: bits), at: whole.place)
        }
    }

    /// The value of an integer that is made of bits; `nil` when it is not.
    private mutating func flags(_ index: Int, _ frame: WriteFrame) -> Int? {
        var value: Int?
        for field in fields[(index + 1)...] {
            guard case .bits(let at, _) = field.form else { break }
            let part = staticValue(of: field.name, frame.layout, frame.needs)
            let isAllowed =
                field.enumeration.isEmpty || field.keepsUnknown || field.enumeration.contains { $0.value == part }
            if !isAllowed { gap(frame.kind, .valueNotAllowed(field: field.name), field.place) }
            value = (value ?? 0) | part << at
        }
        return value
    }

    /// What is only known when a frame is written cannot decide which fields it has.
    private mutating func checkConditions(_ layout: KindModel) {
        let asked = Set(
            fields.flatMap { field -> [String] in
                guard case .packed(let packed) = field.form else { return field.conditions.map(\.field) }
                return (field.conditions + (packed.inflating?.conditions ?? [])).map(\.field)
            })
        for (name, value, place) in layout.values where layout.saysLater(name) && asked.contains(name) {
            reader.report(
                .wrongKind(
                    expected: "a number or a name, because other fields ask for it in 'when'", found: value.words),
                at: place)
        }
    }

    mutating func literal(_ bytes: some Collection<UInt8>) {
        if bytes.isEmpty { return }
        guard parts.pool.count + bytes.count <= DescriptorLimits.literalBytesMax else {
            let limit = DescriptorLimits.literalBytesMax
            reader.report(
                .tooMany(parts.pool.count + bytes.count, limit: limit, of: "bytes that are always written"),
                at: model.framePlace)
            return
        }
        var operation = WriteOperation(code: .literal)
        operation.range = parts.pooled(bytes)
        parts.writing.append(operation)
    }

    mutating func tooManyScopes(_ frame: WriteFrame, _ field: FieldModel) {
        reader.report(.tooMany(frame.opened, limit: DescriptorLimits.scopesMax - 1, of: "lengths"), at: field.place)
    }
}
