import GateBytes
import GateJSON
import GateProtocol

extension DescriptorWorkbench {
    /// Takes bytes apart: all whole frames, and what stands behind them.
    public func dissect(_ bytes: [UInt8], from sender: Dissection.Sender) -> Dissection {
        dissect(bytes, from: sender, framesMax: .max)
    }

    /// Takes bytes apart, up to so many frames: there may be one in each byte.
    func dissect(_ bytes: [UInt8], from sender: Dissection.Sender, framesMax: Int) -> Dissection {
        let program = sender == .client ? self.program : serverProgram
        var dissection = Dissection()
        var values = FrameValues()
        var scratch = ByteBuffer()
        var start = 0
        let otherKeys = otherKeys(program)
        while start < bytes.count, dissection.frames.count < framesMax {
            scratch.removeAll()
            var trace = DissectionTrace()
            do throws(FramingError) {
                let reading = try program.read(
                    bytes.span, at: start, values: &values, scratch: &scratch, trace: &trace)
                let end: Int
                var kind = "empty"
                switch reading {
                case .incomplete(let needed):
                    dissection.ending = .incomplete(
                        offset: start, byteCount: bytes.count - start, needed: needed,
                        fields: fields(trace.pieces, bytes, program))
                    return dissection
                case .empty(let place): end = place
                case .frame(let place):
                    end = place
                    guard let found = kindName(&values, program, sender) ?? otherKind else {
                        throw FramingError.unknownKind(0)
                    }
                    kind = found
                }
                // Whatever a program makes of the bytes, it gets on.
                guard end > start else { throw FramingError.truncatedField }
                // The operation that says that a frame is empty is the last, and ends with it.
                if !trace.hasEnded { trace.end(at: end) }
                let fields = fields(trace.pieces, bytes, program)
                dissection.frames.append(
                    Dissection.Frame(
                        offset: start, byteCount: end - start, kind: kind, fields: fields,
                        meanings: kind == "empty"
                            ? []
                            : meanings(
                                &values, trace.pieces, bytes, scratch.array(), program, otherKeys,
                                DescriptorKind(name: kind))))
                if sender == .server { nameReply(of: &dissection.frames[dissection.frames.count - 1]) }
                start = end
            } catch {
                if case .badChecksum = error, !trace.hasEnded, let check = program.checkFault(bytes.span, at: start) {
                    dissection.expectedCheck = check.expected
                    let place = trace.offset
                    trace.end(at: place + check.found.count)
                    dissection.ending = .fault(
                        error, frame: start, offset: place, field: program.labels[trace.operation].name,
                        fields: fields(trace.pieces, bytes, program))
                    return dissection
                }
                dissection.ending = .fault(
                    error, frame: start, offset: trace.offset, field: faultyField(error, trace, program),
                    fields: fields(trace.pieces, bytes, program))
                return dissection
            }
        }
        return dissection
    }

    private func faultyField(_ fault: FramingError, _ trace: DissectionTrace, _ program: DescriptorProgram) -> String {
        guard !trace.hasEnded, program.labels.indices.contains(trace.operation) else { return "" }
        return program.labels[trace.operation].name
    }

    /// What a frame of no kind is called where states say what becomes of it.
    private var otherKind: String? { model.states.isEmpty ? nil : "other" }

    /// The name of a frame's kind; `nil` when it is none that this sender may send.
    private func kindName(
        _ values: inout FrameValues, _ program: DescriptorProgram, _ sender: Dissection.Sender
    ) -> String? {
        if sender == .client {
            guard let found = program.kind(of: &values) else { return nil }
            return name(found.kind, found.column, model)
        }
        let model = model.outFields == nil ? model : serverModel
        guard let kinds = model.kinds else { return DescriptorKind.response.name }
        // A server also sends heartbeats, and answers of other kinds under the same name.
        for isFromClient in [false, true] {
            for test in program.kindTests where test.kind.isFromClient == isFromClient {
                let isMarked = test.has != 0 || !test.tests.isEmpty
                guard isMarked, ![.request, .notify].contains(test.kind), program.matches(test, &values) else {
                    continue
                }
                return name(test.kind, test.column, model)
            }
        }
        // What has no mark of its own.
        let marked = Set(program.kindTests.map(\.column))
        return kinds.enumerated().first { !$1.kind.isFromClient && !marked.contains(UInt8(clamping: $0)) }?.element.name
    }

    /// Calls a frame that is of no kind by the reply that it is.
    private func nameReply(of frame: inout Dissection.Frame) {
        guard frame.kind == otherKind else { return }
        var values: [String: Dissection.Value] = [:]
        for field in frame.fields { values[field.name] = field.value }
        for meaning in frame.meanings { values[meaning.name] = meaning.value }
        for reply in model.replies {
            var compared = 0
            let fits = reply.values.allSatisfy { name, given, _ in
                switch (given, values[name]) {
                case (.number(let wanted), .number(let found, _)):
                    compared += 1
                    return found == wanted
                case (.text(let wanted), .number(_, let found)):
                    compared += 1
                    return wanted == found
                case (.text, .text), (.text, .bytes), (.number, _), (.text, nil): return values[name] != nil
                default: return true
                }
            }
            if fits && compared > 0 {
                frame.kind = reply.name
                return
            }
        }
    }

    /// Names and places of the values in a body that mean nothing by themselves.
    private func otherKeys(_ program: DescriptorProgram) -> [(name: String, slot: UInt8)] {
        let keys = (model.outFields ?? model.fields).flatMap(\.form.keys) + model.fields.flatMap(\.form.keys)
        return program.keys.compactMap { operation in
            guard operation.slot >= FrameValues.firstOther else { return nil }
            let text = program.pool[operation.range.offsets]
            return keys.first { text.elementsEqual($0.key.utf8) }.map { ($0.name, operation.slot) }
        }
    }

    private func name(_ kind: DescriptorKind, _ column: UInt8, _ model: DescriptorModel) -> String {
        guard let kinds = model.kinds, kinds.indices.contains(Int(column)) else { return kind.name }
        return kinds[Int(column)].name
    }

    private func fields(
        _ pieces: [DissectionTrace.Piece], _ bytes: [UInt8], _ program: DescriptorProgram
    ) -> [Dissection.Field] {
        pieces.enumerated().compactMap { index, piece in
            // A mark and a group that could be compressed and is not have no bytes of their own.
            let code = program.reading[piece.operation].code
            if code == .mark || code == .inflate, piece.range.isEmpty { return nil }
            let label = program.labels[piece.operation]
            var field = Dissection.Field(
                name: label.name, type: "?", offset: piece.range.lowerBound, byteCount: piece.range.count,
                prefixByteCount: 0, value: .bytes(Array(bytes[piece.range])))
            guard let node = source.node(label.path) else { return field }
            field.type = source.typeText(node)
            if let low = source.bit(node) {
                field.type = low.count == 1 ? "bit \(low.lowerBound)" : "bits \(low.lowerBound)-\(low.upperBound)"
            }
            if let whole = pieces[..<index].last(where: { !$0.range.isEmpty }), code == .bits {
                // Bits stand where their integer does.
                field.offset = whole.range.lowerBound
            }
            if let number = number(node, bytes[piece.range], after: pieces[..<index], bytes, program) {
                field.value = .number(number, name: name(of: number, node))
                return field
            }
            if let length = source.word(node["len"]), let prefix = DescriptorSource.integer(length) {
                field.prefixByteCount = min(prefix.width, piece.range.count)
            }
            var content = bytes[piece.range].dropFirst(field.prefixByteCount)
            if let end = source.plainBytes(node["until"]) { content = content.dropLast(end.count) }
            field.value = Self.value(content)
            return field
        }
    }

    /// The number that a field holds; `nil` when it is none.
    private func number(
        _ node: JSONNode, _ bytes: ArraySlice<UInt8>, after pieces: ArraySlice<DissectionTrace.Piece>, _ all: [UInt8],
        _ program: DescriptorProgram
    ) -> Int128? {
        let type = source.word(node["type"]) ?? ""
        if let integer = DescriptorSource.integer(type), integer.width <= bytes.count {
            let isLittleEndian = source.isLittleEndian(node)
            if bytes.count > integer.width, let escape = source.word(node["escape"]),
                let longer = DescriptorSource.integer(escape)
            {
                return number(bytes.suffix(longer.width), isLittleEndian: isLittleEndian, false)
            }
            return number(bytes.prefix(integer.width), isLittleEndian: isLittleEndian, integer.isSigned)
        }
        switch type {
        case "varint":
            let value = bytes.prefix(9).reversed().reduce(UInt64(0)) { $0 << 7 | UInt64($1 & 0x7F) }
            return Int128(value)
        case "dec": return Int128(String(decoding: bytes.prefix { $0 >= 0x30 && $0 < 0x3A }, as: UTF8.self))
        default: break
        }
        // Bits of the integer in front.
        guard let bits = source.bit(node), bytes.isEmpty, let whole = pieces.last(where: { !$0.range.isEmpty }),
            let integer = source.node(program.labels[whole.operation].path)
        else { return nil }
        let width = DescriptorSource.integer(source.word(integer["type"]) ?? "")?.width ?? whole.range.count
        let value = bitPattern(all[whole.range].prefix(width), isLittleEndian: source.isLittleEndian(integer))
        let mask = bits.count >= 64 ? UInt64.max : 1 << UInt64(bits.count) - 1
        return Int128(value >> UInt64(bits.lowerBound) & mask)
    }

    private func number(_ bytes: ArraySlice<UInt8>, isLittleEndian: Bool, _ isSigned: Bool) -> Int128 {
        let number = bitPattern(bytes, isLittleEndian: isLittleEndian)
        let unused = UInt64(64 - 8 * min(8, bytes.count))
        if isSigned { return Int128(Int64(bitPattern: number << unused) >> Int64(unused)) }
        return Int128(number)
    }

    /// At most eight bytes as one number.
    private func bitPattern(_ bytes: ArraySlice<UInt8>, isLittleEndian: Bool) -> UInt64 {
        var number: UInt64 = 0
        for byte in isLittleEndian ? Array(bytes.reversed()) : Array(bytes) { number = number << 8 | UInt64(byte) }
        return number
    }

    private func name(of number: Int128, _ node: JSONNode) -> String? {
        guard let names = try? node["enum"]?.members() else { return nil }
        return names.first { source.word($0.value) == String(number) }.map { $0.key.visible }
    }

    private func meanings(
        _ values: inout FrameValues, _ pieces: [DissectionTrace.Piece], _ bytes: [UInt8], _ scratch: [UInt8],
        _ program: DescriptorProgram, _ otherKeys: [(name: String, slot: UInt8)], _ kind: DescriptorKind?
    ) -> [Dissection.Meaning] {
        var meanings: [Dissection.Meaning] = []
        var route: [UInt8]?
        let slots: [(String, UInt8)] =
            [
                ("route", FrameValues.route), ("id", FrameValues.identifier), ("payload", FrameValues.payload),
                ("result", FrameValues.result), ("error", FrameValues.error), ("code", FrameValues.code),
            ] + otherKeys
        for (name, slot) in slots where values.has(slot) {
            let isNumber =
                slot == FrameValues.code
                || (slot == FrameValues.identifier && (program.identifiers == .number || program.hasEnvelope))
                || pieces.contains { program.reading[$0.operation].holdsNumber(in: slot) }
            if isNumber {
                meanings.append(
                    Dissection.Meaning(name: name, value: .number(Int128(values.number(slot)), name: nil)))
                continue
            }
            let range = values.range(slot)
            let part = range.region == .scratch ? scratch[range.offsets] : bytes[range.offsets]
            let isBare = ![WellKnown.payload, "result", WellKnown.identifier].contains(name)
            let isInJSON = isBare && program.reading.contains { $0.content == .json }
            meanings.append(Dissection.Meaning(name: name, value: isInJSON ? Self.jsonValue(part) : Self.value(part)))
            if name == WellKnown.route { route = Array(part) }
        }
        let isAbout = kind.map { $0.isFromClient ? $0 == .request || $0 == .notify : $0 == .push } ?? false
        let code = values.has(FrameValues.code) ? values.number(FrameValues.code) : nil
        if isAbout, !program.routes.isDefault || listenerRoute != nil, let target = target(code: code, name: route) {
            meanings.append(Dissection.Meaning(name: "target", value: .text(target)))
        }
        return meanings
    }

    /// A JSON value as what it says.
    private static func jsonValue(_ text: ArraySlice<UInt8>) -> Dissection.Value {
        guard let value = try? JSONValue(parsing: Array(text)) else { return Self.value(text) }
        if let string = value.string { return .text(string) }
        if let number = value.int { return .number(Int128(number), name: nil) }
        return Self.value(text)
    }

    /// Bytes as text where they are some.
    static func value(_ bytes: ArraySlice<UInt8>) -> Dissection.Value {
        guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }), let text = String(validating: bytes, as: UTF8.self) else {
            return .bytes(Array(bytes))
        }
        return .text(text)
    }
}

extension DescriptorProgram {
    /// Whether a frame shows what the kind asks for.
    func matches(_ test: KindTest, _ values: inout FrameValues) -> Bool {
        guard values.present & test.has == test.has, values.present & test.absent == 0 else { return false }
        for place in test.tests where !holds(tests[place], &values) { return false }
        return true
    }
}

extension ReadOperation {
    /// Whether it puts a number into a slot, not the place of bytes.
    fileprivate func holdsNumber(in place: UInt8) -> Bool {
        switch code {
        case .unsigned, .varint, .decimal, .bits: slot == place
        case .constant, .fixed, .prefixed, .counted, .rest, .until, .pairs, .inflate, .mark, .check: false
        }
    }
}

extension DescriptorModel {
    /// What reads the frames of a server whose fields are others than those of clients.
    var forServer: DescriptorModel {
        var model = self
        if let outFields {
            model.fields = outFields
            model.outFields = nil
            // They bound what clients send.
            model.frameBytesMax = nil
            model.payloadBytesMax = nil
            model.frameBytesDefault = DescriptorLimits.frameBytesCeiling
        }
        model.kinds = kinds.map { all in
            all.filter { kind in
                !kind.kind.isFromClient
                    || kind.values.allSatisfy { value in model.fields.contains { $0.name == value.name } }
            }
        }
        model.forgetConnections()
        return model
    }

    /// Leaves out what only a connection needs, and what a file is blamed for.
    mutating func forgetConnections() {
        states = []
        opening = []
        replies = []
        timers = TimersModel()
        fields = fields.map { $0.withUnnoticedKeys }
        outFields = outFields?.map { $0.withUnnoticedKeys }
    }
}

extension FieldModel {
    /// The same with keys that nobody has to use.
    fileprivate var withUnnoticedKeys: FieldModel {
        func unnoticed(_ keys: [KeyModel]) -> [KeyModel] {
            keys.map { key in
                var key = key
                key.place = nil
                return key
            }
        }
        var field = self
        switch form {
        case .json(let keys): field.form = .json(unnoticed(keys))
        case .pairs(var pairs):
            pairs.keys = unnoticed(pairs.keys)
            field.form = .pairs(pairs)
        default: break
        }
        return field
    }
}
