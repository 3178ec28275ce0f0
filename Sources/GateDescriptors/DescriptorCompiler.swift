import GateBytes
import GateJSON

/// Turns a ``DescriptorModel`` into a program, and reports what does not fit together.
struct DescriptorCompiler {
    let model: DescriptorModel
    /// The fields of the direction that is compiled.
    var fields: [FieldModel]
    var parts = DescriptorProgramParts()
    var reader: DescriptorReader
    /// By field index: the slot its value goes to.
    var slots: [Int: UInt8] = [:]
    /// By name: the slot of what clients send.
    var slotsByName: [String: UInt8] = [:]
    /// By field index: the index of the number that says its length.
    var lengthFields: [Int: Int] = [:]
    /// The largest id that a request can carry, where it is an integer.
    var identifierMax: Int?

    /// Compiles `model`; the program counts only when `reader` has no problems afterwards.
    static func compile(_ model: DescriptorModel, reader: inout DescriptorReader) -> DescriptorProgramParts {
        var compiler = DescriptorCompiler(model: model, reader: reader)
        compiler.run()
        reader = compiler.reader
        return compiler.parts
    }

    private init(model: DescriptorModel, reader: DescriptorReader) {
        self.model = model
        fields = model.fields
        self.reader = reader
    }

    private mutating func run() {
        guard !fields.isEmpty else {
            if reader.problems.isEmpty { reader.report(.zeroByteFrame, at: model.framePlace) }
            return
        }
        parts.emptyFrame = model.emptyFrame
        parts.inflatedBytesMax = model.inflatedBytesMax
        parts.naming = model.naming
        if let fault = model.fault { parts.fault = fault }
        parts.envelope = model.envelope
        checkFields()
        if let out = model.outFields, !out.isEmpty {
            fields = out
            lengthFields = [:]
            checkFields()
            checkLength()
            fields = model.fields
            lengthFields = [:]
            resolveLengths()
        }
        checkLimits()
        // What follows builds upon fields that make sense.
        guard reader.problems.isEmpty else { return }
        findIdentifier()
        identifierMax = capacity(of: WellKnown.identifier)
        let codeMax = capacity(of: WellKnown.code)
        assignSlots()
        compileReading()
        compileKinds()
        compileStates()
        compileLogin()
        if let out = model.outFields {
            fields = out
            lengthFields = [:]
            resolveLengths()
        }
        compileWriting()
        setCodeBounds(codeMax)
        compileErrors()
        if reader.problems.isEmpty { checkWhatIsAlwaysWritten() }
    }

    /// The largest number that the fields of this name hold.
    func capacity(of name: String) -> Int? {
        let named = fields.filter { $0.name == name && $0.isNumber }
        return named.map { min($0.maximum ?? .max, $0.largestStored) }.max()
    }

    /// What a listener's routes may have as codes: what clients can send or be sent, and what an answer can carry.
    private mutating func setCodeBounds(_ received: Int?) {
        let sent = capacity(of: WellKnown.code)
        let most = UInt64(UInt32.max)
        parts.answerCodeMax = min(most, sent.map { UInt64($0) } ?? most)
        parts.codeMax = max(min(most, received.map { UInt64($0) } ?? most), sent == nil ? 0 : parts.answerCodeMax)
    }

    private mutating func checkFields() {
        checkNames()
        checkFrameEnd()
        resolveLengths()
    }

    /// The index of the field that says where the frame ends.
    var countingField: Int? { fields.firstIndex { $0.counts != .none } }

    /// Keys of the body, where it has any.
    var bodyKeys: [KeyModel]? { Self.bodyKeys(of: fields) }

    /// Keys of the body among some fields, where they have any.
    static func bodyKeys(of fields: [FieldModel]) -> [KeyModel]? {
        for field in fields {
            switch field.form {
            case .json(let keys): return keys
            case .pairs(let pairs): return pairs.keys + [KeyModel(name: WellKnown.payload, key: "")]
            case .singleKey:
                return [KeyModel(name: WellKnown.route, key: ""), KeyModel(name: WellKnown.payload, key: "")]
            case .native(.sprotoRPC):
                return ["code", "id", "payload"].map { KeyModel(name: $0, key: "") }
            case .native(.scutForm):
                return ["code", "id", "payload"].map { KeyModel(name: $0, key: "") }
            default: continue
            }
        }
        return nil
    }

    func index(of name: String) -> Int? { fields.firstIndex { $0.name == name } }

    private mutating func checkNames() {
        var seen: [FieldModel] = []
        var bodies = 0
        for field in fields {
            // Alternatives may share a name, since only one of them is there.
            if seen.contains(where: { $0.name == field.name && !excludes($0, field) }) {
                reader.report(.duplicateName(field.name), at: field.place)
            }
            seen.append(field)
            switch field.form {
            case .json, .pairs, .singleKey, .native:
                bodies += 1
                if bodies > 1 { reader.report(.tooMany(bodies, limit: 1, of: "bodies with keys"), at: field.place) }
                for key in bodyKeys ?? [] where index(of: key.name) != nil {
                    reader.report(.duplicateName(key.name), at: field.place)
                }
                checkKeys()
                if model.kinds == nil { reader.report(.missingKey("kinds"), at: field.place) }
            case .unsigned, .varint, .decimal, .bits:
                if [WellKnown.route, WellKnown.payload].contains(field.name) {
                    reader.report(.wrongKind(expected: "type bytes or str", found: "a number"), at: field.place)
                }
            case .bytes, .text:
                if field.name == WellKnown.identifier || field.name == WellKnown.code {
                    reader.report(.wrongKind(expected: "an integer type", found: "bytes"), at: field.place)
                }
            case .constant, .packed: break
            case .check(let check): checkCover(check, seen)
            }
        }
        if let envelope = model.envelope { checkEnvelope(envelope) }
    }

    /// What a check covers has to begin in front of it, and to be there whenever it is.
    private mutating func checkCover(_ check: CheckModel, _ seen: [FieldModel]) {
        guard let first = check.first, !seen.dropLast().contains(where: { $0.name == first }) else { return }
        reader.report(
            .referenceToTheRight(first, known: seen.dropLast().map(\.name).filter(isWord)),
            at: check.firstPlace)
    }

    /// An envelope needs a payload, and a code where it is known by one.
    private mutating func checkEnvelope(_ envelope: Envelope) {
        let names = fields.map(\.name)
        if !names.contains(WellKnown.payload) {
            reader.report(.missingKey(WellKnown.payload), at: model.envelopePlace)
        }
        if envelope.code != nil, !names.contains(WellKnown.code) {
            reader.report(.missingKey(WellKnown.code), at: model.envelopePlace)
        }
        if fields.contains(where: { if case .packed = $0.form { true } else { false } }) {
            reader.report(
                .wrongKind(expected: "payloads that are not compressed", found: "a group with 'inflate'"),
                at: model.envelopePlace)
        }
        if names.contains(WellKnown.identifier) || bodyKeys != nil {
            reader.report(.duplicateName(WellKnown.identifier), at: model.envelopePlace)
        }
    }

    /// A name without a meaning of its own is of use only where a kind or a reply says so.
    private mutating func checkKeys() {
        var used = Set((model.kinds ?? []).flatMap { kind in kind.values.map(\.name) + kind.has + kind.absent })
        for kind in model.kinds ?? [] { used.formUnion(kind.values.flatMap(\.value.copiedNames)) }
        used.formUnion(model.login?.names ?? [])
        for reply in model.replies {
            used.formUnion(reply.has + reply.values.flatMap { [$0.name] + $0.value.copiedNames })
        }
        for key in bodyKeys ?? [] where WellKnown.slot(key.name) == nil && !used.contains(key.name) {
            guard let place = key.place else { continue }
            reader.report(.unknownKey(key.name, valid: WellKnown.names), at: place)
        }
    }

    /// Whether two fields are never in the same frame.
    private func excludes(_ one: FieldModel, _ other: FieldModel) -> Bool {
        one.conditions.contains { mine in
            other.conditions.contains { its in its.field == mine.field && its.values.isDisjoint(with: mine.values) }
        }
    }

    private mutating func checkFrameEnd() {
        var counting: [FieldModel] = []
        var resting: FieldModel?
        for (index, field) in fields.enumerated() {
            if case .packed(let packed) = field.form {
                if !counting.contains(where: { $0.isImplied(by: field) }) {
                    reader.report(.noFrameEnd, at: field.place)
                }
                for behind in fields[(index + 1 + packed.fieldCount)...] where !excludes(field, behind) {
                    reader.report(.fieldBehindRest(field.name), at: behind.place)
                }
                continue
            }
            if let resting, !excludes(resting, field), !(field.isFixedWidth && field.isImplied(by: resting)) {
                reader.report(.fieldBehindRest(resting.name), at: field.place)
            }
            if field.counts != .none {
                if field.counts == .after, let first = counting.first(where: { !excludes($0, field) }) {
                    reader.report(.secondFrameEnd(first: first.name), at: field.countsPlace)
                }
                counting.append(field)
            }
            if field.takesRest {
                if !counting.contains(where: { $0.isImplied(by: field) }) {
                    reader.report(.noFrameEnd, at: field.lengthPlace)
                }
                resting = field
            }
        }
        if fields.reduce(0, { $0 + ($1.conditions.isEmpty ? $1.smallestWidth : 0) }) == 0 {
            reader.report(.zeroByteFrame, at: model.framePlace)
        }
    }

    /// Finds the fields that others name in `len`: numbers further left, each for one run of bytes.
    mutating func resolveLengths() {
        for (index, field) in fields.enumerated() {
            guard case .field(let name) = field.length, field.form.isRun else { continue }
            let known = fields[..<index].filter { $0.isPlainNumber }.map(\.name)
            if let target = self.index(of: name), target > index {
                reader.report(.referenceToTheRight(name, known: known), at: field.lengthPlace)
                continue
            }
            guard let target = self.index(of: name), fields[target].isPlainNumber else {
                reader.report(
                    .unknownValue(name, valid: ["rest", "u8", "u16", "u24", "u32", "u64"] + known),
                    at: field.lengthPlace)
                continue
            }
            if lengthFields.values.contains(target) {
                reader.report(.duplicateName(name), at: field.lengthPlace)
            }
            lengthFields[index] = target
        }
    }

    /// What the frame's length may say is not less than what it always counts.
    private mutating func checkLength() {
        guard let counting = countingField else { return }
        let field = fields[counting]
        let covered = coveredBytes(of: counting)
        if field.plus < -covered {
            reader.report(.lengthBelowZero(plus: field.plus, covered: covered), at: field.countsPlace)
        }
        let most = field.largestAllowed - covered
        if field.largestAllowed < 1 << 60, field.plus > most {
            reader.report(.lengthBeyondField(plus: field.plus, most: most), at: field.countsPlace)
        }
        if let minimum = field.minimum, minimum < covered + field.plus {
            reader.report(.minimumBelowFields(minimum, covered: covered + field.plus), at: field.minimumPlace)
        }
    }

    private mutating func checkLimits() {
        checkLength()
        let smallest = fields.reduce(0) { $0 + ($1.conditions.isEmpty ? $1.smallestWidth : 0) }
        var limit = model.frameBytesMax ?? model.frameBytesDefault
        if let counting = countingField {
            if let reachable = reachableBytes(of: counting) {
                parts.frameBytesReachable = min(reachable, DescriptorLimits.frameBytesCeiling)
                if model.frameBytesMax == nil {
                    // A file that bounds what its length counts has said enough.
                    let isBounded = model.payloadBytesMax != nil && reachable <= DescriptorLimits.frameBytesCeiling
                    limit = isBounded ? reachable : min(limit, reachable)
                } else if limit > reachable {
                    reader.report(
                        .limitBeyondLength(limit: limit, reachable: reachable), at: model.frameBytesPlace)
                }
            }
        }
        if limit < smallest, limit > 0 {
            reader.report(.limitBelowFrame(limit: limit, smallest: smallest), at: model.frameBytesPlace)
        }
        parts.frameBytesMax = limit
        parts.saysFrameBytesMax = model.frameBytesMax != nil || model.payloadBytesMax != nil
    }

    /// Bytes that the length in this field always counts.
    func coveredBytes(of counting: Int) -> Int {
        let first = fields[counting].counts == .frame ? 0 : counting + 1
        return fields[first...].reduce(0) {
            $0 + ($1.isImplied(by: fields[counting]) && !$1.isPacked ? $1.smallestWidth : 0)
        }
    }

    /// The largest frame that the length in this field can say; `nil` when what stands before it varies.
    private func reachableBytes(of counting: Int) -> Int? {
        let field = fields[counting]
        guard field.largestAllowed < 1 << 60, !field.countsUnits else { return nil }
        let counted = field.largestAllowed - field.plus
        if field.counts == .frame { return counted }
        var before = 0
        for field in fields[...counting] {
            if case .decimal(let digits, let end) = field.form {
                before += digits + end.count
            } else if field.isFixedWidth {
                before += field.smallestWidth + field.escapeWidth
            } else {
                return nil
            }
        }
        return before + counted
    }

    private mutating func findIdentifier() {
        if index(of: WellKnown.identifier) != nil {
            parts.identifiers = .number
        } else if let keys = bodyKeys, keys.contains(where: { $0.name == WellKnown.identifier }) {
            parts.identifiers = .text
            if fields.contains(where: { if case .native = $0.form { true } else { false } }) {
                parts.identifiers = .number
            }
        }
    }
}

extension FieldModel {
    /// Whether the field is a number that another field's `len` may name.
    var isPlainNumber: Bool {
        guard case .unsigned = form else { return false }
        return counts == .none && name != WellKnown.identifier
    }
}

extension FieldModel.Form {
    /// Whether it is a run of bytes with a `len`.
    var isRun: Bool {
        switch self {
        case .bytes, .text, .json, .singleKey, .native: true
        case .unsigned, .varint, .decimal, .bits, .constant, .pairs, .packed, .check: false
        }
    }
}
