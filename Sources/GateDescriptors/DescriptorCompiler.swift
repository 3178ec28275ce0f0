import GateBytes
import GateJSON

/// Turns a ``DescriptorModel`` into a program, and reports what does not fit together.
struct DescriptorCompiler {
    let model: DescriptorModel
    var parts = DescriptorProgramParts()
    var reader: DescriptorReader
    /// By field index: the slot its value goes to.
    var slots: [Int: UInt8] = [:]
    /// By field index: the index of the number that says its length.
    var lengthFields: [Int: Int] = [:]

    /// Compiles `model`; the program counts only when `reader` has no problems afterwards.
    static func compile(_ model: DescriptorModel, reader: inout DescriptorReader) -> DescriptorProgramParts {
        var compiler = DescriptorCompiler(model: model, reader: reader)
        compiler.run()
        reader = compiler.reader
        return compiler.parts
    }

    private init(model: DescriptorModel, reader: DescriptorReader) {
        self.model = model
        self.reader = reader
    }

    private mutating func run() {
        guard !model.fields.isEmpty else {
            if reader.problems.isEmpty { reader.report(.zeroByteFrame, at: model.framePlace) }
            return
        }
        parts.emptyFrame = model.emptyFrame
        parts.idle = model.idle
        checkNames()
        checkFrameEnd()
        resolveLengths()
        checkLimits()
        // What follows builds upon fields that make sense.
        guard reader.problems.isEmpty else { return }
        findIdentifier()
        assignSlots()
        compileReading()
        compileKinds()
        compileWriting()
    }

    /// The index of the field that says where the frame ends.
    var countingField: Int? { model.fields.firstIndex { $0.counts != .none } }

    /// The field with the JSON body.
    var jsonKeys: [JSONRole: String]? {
        for field in model.fields {
            if case .json(let keys) = field.form { return keys }
        }
        return nil
    }

    func index(of name: String) -> Int? { model.fields.firstIndex { $0.name == name } }

    private mutating func checkNames() {
        var names: Set<String> = []
        var bodies = 0
        for field in model.fields {
            if !names.insert(field.name).inserted { reader.report(.duplicateName(field.name), at: field.place) }
            switch field.form {
            case .json(let keys):
                bodies += 1
                if bodies > 1 { reader.report(.tooMany(bodies, limit: 1, of: "JSON bodies"), at: field.place) }
                for role in JSONRole.allCases where keys[role] != nil && index(of: role.rawValue) != nil {
                    reader.report(.duplicateName(role.rawValue), at: field.place)
                }
                if model.kinds == nil { reader.report(.missingKey("kinds"), at: field.place) }
            case .unsigned:
                if ["route", "payload", "error"].contains(field.name) {
                    reader.report(.wrongKind(expected: "type bytes or str", found: "a number"), at: field.place)
                }
            case .bytes, .text:
                if field.name == "id" {
                    reader.report(.wrongKind(expected: "an integer type", found: "bytes"), at: field.place)
                }
            case .constant: break
            }
        }
    }

    private mutating func checkFrameEnd() {
        var counting: String?
        var resting: String?
        for field in model.fields {
            if let resting { reader.report(.fieldBehindRest(resting), at: field.place) }
            if field.counts != .none {
                if let counting { reader.report(.secondFrameEnd(first: counting), at: field.countsPlace) }
                counting = field.name
            }
            if field.takesRest {
                if counting == nil { reader.report(.noFrameEnd, at: field.lengthPlace) }
                resting = field.name
            }
        }
        if model.fields.reduce(0, { $0 + $1.smallestWidth }) == 0 {
            reader.report(.zeroByteFrame, at: model.framePlace)
        }
    }

    /// Finds the fields that others name in `len`: numbers further left, each for one run of bytes.
    private mutating func resolveLengths() {
        for (index, field) in model.fields.enumerated() {
            guard case .field(let name) = field.length, field.form.isRun else { continue }
            let known = model.fields[..<index].filter { $0.isPlainNumber }.map(\.name)
            guard let target = self.index(of: name), model.fields[target].isPlainNumber else {
                reader.report(
                    .unknownValue(name, valid: ["rest", "u8", "u16", "u24", "u32", "u64"] + known),
                    at: field.lengthPlace)
                continue
            }
            guard target < index else {
                reader.report(.referenceToTheRight(name, known: known), at: field.lengthPlace)
                continue
            }
            if lengthFields.values.contains(target) {
                reader.report(.duplicateName(name), at: field.lengthPlace)
            }
            lengthFields[index] = target
        }
    }

    private mutating func checkLimits() {
        let smallest = model.fields.reduce(0) { $0 + $1.smallestWidth }
        var limit = model.frameBytesMax ?? DescriptorLimits.frameBytesDefault
        if let counting = countingField {
            let field = model.fields[counting]
            let covered = coveredBytes(of: counting)
            if let minimum = field.minimum, minimum < covered + field.plus {
                reader.report(.minimumBelowFields(minimum, covered: covered + field.plus), at: field.minimumPlace)
            }
            if let reachable = reachableBytes(of: counting) {
                if model.frameBytesMax == nil {
                    limit = min(limit, reachable)
                } else if limit > reachable {
                    reader.report(
                        .limitBeyondLength(limit: limit, reachable: reachable), at: model.frameBytesPlace)
                }
            }
        }
        if limit < smallest {
            reader.report(.limitBelowFrame(limit: limit, smallest: smallest), at: model.frameBytesPlace)
        }
        parts.frameBytesMax = limit
    }

    /// Bytes that the length in this field always counts.
    func coveredBytes(of counting: Int) -> Int {
        let first = model.fields[counting].counts == .frame ? 0 : counting + 1
        return model.fields[first...].reduce(0) { $0 + $1.smallestWidth }
    }

    /// The largest frame that the length in this field can say; `nil` when what stands before it varies.
    private func reachableBytes(of counting: Int) -> Int? {
        let field = model.fields[counting]
        guard field.largestAllowed < 1 << 60 else { return nil }
        let counted = field.largestAllowed - field.plus
        if field.counts == .frame { return counted }
        var before = 0
        for field in model.fields[...counting] {
            switch (field.form, field.length) {
            case (.unsigned, _), (.constant, _), (_, .fixed): before += field.smallestWidth
            default: return nil
            }
        }
        return before + counted
    }

    private mutating func findIdentifier() {
        if index(of: "id") != nil {
            parts.identifiers = .number
        } else if jsonKeys?[.id] != nil {
            parts.identifiers = .json
        }
    }
}

extension FieldModel {
    /// Whether the field is a number that another field's `len` may name.
    var isPlainNumber: Bool {
        guard case .unsigned = form else { return false }
        return counts == .none && name != "id"
    }
}

extension FieldModel.Form {
    /// Whether it is a run of bytes with a `len`.
    var isRun: Bool {
        switch self {
        case .bytes, .text, .json: true
        case .unsigned, .constant: false
        }
    }
}
