import GateBytes
public import GateJSON
import GateProtocol

extension DescriptorWorkbench {
    /// Puts a frame together.
    ///
    /// The keys of `value`: `kind` (a request when it is missing), `route`, `id`, `payload` (text or any JSON) or
    /// `payload_hex`, `error` in place of the payload of an error, and any field of the frame by its name, such as a flag or
    /// a version, with `_hex` behind it for bytes. Lengths are filled in.
    /// - Parameter sender: The server for its replies and for kinds that both sides send; else the kind says it.
    public func compose(
        _ value: JSONValue, from sender: Dissection.Sender? = nil
    ) throws(FrameComposingFault) -> ComposedFrame {
        guard let object = value.object else { throw .notAnObject }
        var content = FrameIngredients()
        for (key, value) in object { try content.take(key, value) }
        let replyNames = model.replies.map(\.name)
        var kind = DescriptorKind(name: content.kind) ?? .other
        let isReply =
            replyNames.contains(content.kind) && (sender == .server || !kindNames.contains(content.kind))
        let known =
            isReply || kindNames.contains(content.kind)
            || (content.kind == DescriptorKind.error.name && kindNames.contains(DescriptorKind.response.name))
        guard known else {
            throw .unknownKind(content.kind, known: kindNames + replyNames.filter { !kindNames.contains($0) })
        }
        if isReply { kind = .other }
        let isFromClient = sender != .server && !isReply && kind.isFromClient
        content.settleError(kind, hasPlace: hasPlace(for: WellKnown.error, isFromClient: isFromClient))
        content.settleResult(hasPlace: plainFields(isFromClient: isFromClient).contains("result"))
        settleRoute(&content, isAnswer: kind == .response || kind == .error)
        putIntoEnvelope(kind, &content)
        if isFromClient, let field = model.fields.first(where: { $0.nativeCodec != nil }),
            let codec = field.nativeCodec
        {
            content.payload = try nativeBody(codec, field, content)
            content.form = .bytes
        }
        if content.payload.isEmpty, kind == .response || kind == .push { content.payload = self.program.emptyPayload }
        let (program, range) = try writer(kind, isFromClient: isFromClient, isReply: isReply, &content)
        var output = ByteBuffer()
        var frameContent = FrameContent()
        frameContent.identifier = content.identifier
        frameContent.code = content.code
        frameContent.form = content.form
        do throws(FramingError) {
            try program.write(
                range, route: content.route.span, payload: content.payload.span, frameContent, into: &output)
        } catch {
            throw tooLong(error, isFromClient: isFromClient)
        }
        let bytes = output.array()
        guard bytes.count <= self.program.frameBytesMax else {
            throw .frameTooLarge(bytes: bytes.count, limit: self.program.frameBytesMax)
        }
        let frame = ComposedFrame(kind: content.kind, sender: isFromClient ? .client : .server, bytes: bytes)
        try check(frame, content)
        return frame
    }

    /// Where payloads may lie in envelopes, one with an id does; where all do, each does.
    private func putIntoEnvelope(_ kind: DescriptorKind, _ content: inout FrameIngredients) {
        guard let envelope = model.envelope, kind != .other, kind != .heartbeat else { return }
        if envelope.code != nil, content.id == nil || ![.request, .response].contains(kind) { return }
        var body = ByteBuffer()
        var payload = content.payload
        if kind == .error {
            var fault = ByteBuffer()
            program.fault.write(payload.span, code: 0, into: &fault)
            payload = fault.array()
        }
        envelope.write(code: content.code, identifier: UInt64(content.id ?? 0), payload: payload.span, into: &body)
        (content.payload, content.form) = (body.array(), .bytes)
        (content.id, content.identifier) = (nil, .none)
        guard let code = envelope.code else { return }
        content.code = kind == .request ? code : envelope.answerCode
        content.hasCode = true
    }

    /// The keys that mean the same in every protocol.
    private static let keys = ["kind", "route", "id", "payload", "payload_hex"]

    /// A program that writes one kind with the values given, and the range of it that does.
    private func writer(
        _ kind: DescriptorKind, isFromClient: Bool, isReply: Bool, _ content: inout FrameIngredients
    ) throws(FrameComposingFault) -> (DescriptorProgram, Range<Int>) {
        var model = model
        model.forgetConnections()
        if isFromClient {
            model.outFields = nil
            model.fields = model.fields.map { $0.nativeCodec == nil ? $0 : $0.asPayload }
        }
        let fields = model.outFields ?? model.fields
        var layout = layout(kind, content.kind, isReply: isReply)
        layout.values.removeAll { !$0.value.copiedNames.isEmpty }
        let keys = fields.flatMap(\.form.keyNames)
        if !content.payload.isEmpty, isFromClient, keys.contains(WellKnown.payload),
            !layout.has.contains(WellKnown.payload)
        {
            layout.has.append(WellKnown.payload)
        }
        let isNative = isFromClient && self.model.fields.contains { $0.nativeCodec != nil }
        // What a native part says is in its bytes already.
        if isNative {
            (content.values, layout.values, layout.has, layout.absent) = ([], [], [], [])
        } else {
            content.settle(kind)
        }
        if fields.contains(where: { if case .json = $0.form { true } else { false } }) { content.quoteIdentifier() }
        let names = fields.map(\.name).filter(isWord)
        let known = names + keys.filter { !names.contains($0) }
        for (name, value) in content.values {
            guard known.contains(name) else {
                throw .unknownField(name, known: Self.keys + known.filter { !Self.keys.contains($0) })
            }
            if fields.contains(where: { $0.name == name && $0.counts != .none }) { throw .lengthIsFilledIn(name) }
            layout.values.removeAll { $0.name == name }
            layout.values.append((name, value, DescriptorPlace(path: name, position: layout.place.position)))
        }
        // Clients' kinds are written like those of the gateway that are made of the same parts.
        switch kind {
        case .request: layout.kind = .response
        case .error where model.envelope?.code == nil && model.envelope != nil: layout.kind = .response
        case .notify: layout.kind = .push
        case .heartbeat, .other: model.replies = [layout]
        case .response, .error, .push, .kick: break
        }
        let request = KindModel(kind: .request, name: DescriptorKind.request.name, place: layout.place)
        model.kinds = model.replies.isEmpty ? [request, layout] : [request]
        return try compiled(model, layout, content)
    }

    /// Names the field that a value does not fit, where its limit tells which one it is.
    private func tooLong(_ fault: FramingError, isFromClient: Bool) -> FrameComposingFault {
        guard case .notEncodable(_, let limit) = fault else { return .framing(fault) }
        let fields = isFromClient ? model.fields : model.outFields ?? model.fields
        let found = fields.filter { field in
            if field.isNumber {
                return field.counts != .none && min(field.largestAllowed, field.largestNumber) == limit
            }
            if case .prefix(let width) = field.length {
                return min(field.maximum ?? .max, width >= 8 ? .max : 1 << (8 * width) - 1) == limit
            }
            return field.maximum == limit
        }
        return found.count == 1 && isWord(found[0].name)
            ? .notEncodable("'\(found[0].name)': \(fault.text)") : .framing(fault)
    }

    /// Names of the fields themselves, without keys of bodies.
    private func plainFields(isFromClient: Bool) -> [String] {
        (isFromClient ? model.fields : model.outFields ?? model.fields).map(\.name)
    }

    /// Whether a frame has a field or a key of this name.
    private func hasPlace(for name: String, isFromClient: Bool) -> Bool {
        let fields = isFromClient ? model.fields : model.outFields ?? model.fields
        return fields.contains { $0.name == name || $0.form.keyNames.contains(name) }
    }

    private func compiled(
        _ model: DescriptorModel, _ layout: KindModel, _ content: FrameIngredients
    ) throws(FrameComposingFault) -> (DescriptorProgram, Range<Int>) {
        var reader = DescriptorReader(file: file)
        let program = DescriptorProgram(DescriptorCompiler.compile(model, reader: &reader))
        for problem in reader.problems where concerns(problem.fault, layout.kind, content) {
            if case .notEncodable(_, let reason) = problem.fault {
                throw .notEncodable("a frame of kind '\(content.kind)' cannot be written: \(reason)")
            }
            throw .notEncodable(problem.path.hasPrefix("$") ? "\(problem.fault)" : "\(problem.path): \(problem.fault)")
        }
        if let reply = program.replyRanges.first { return (program, reply) }
        let plain = program.writingRanges[layout.kind.rawValue]
        let coded = program.codedRanges[layout.kind.rawValue]
        let range = content.hasCode && !coded.isEmpty ? coded : plain
        guard !range.isEmpty else { throw .notEncodable("frames of kind '\(content.kind)' are not written") }
        return (program, range)
    }

    /// The entry of `kinds` for a kind.
    private func layout(_ kind: DescriptorKind, _ name: String, isReply: Bool) -> KindModel {
        if isReply, let reply = model.replies.first(where: { $0.name == name }) { return reply }
        if let own = model.kinds?.first(where: { $0.name == name }) { return own }
        if kind == .error, let response = model.kinds?.first(where: { $0.kind == .response }) {
            var layout = response
            layout.kind = .error
            return layout
        }
        return KindModel(kind: kind, name: name, place: model.framePlace)
    }

    /// Whether a problem is one of the frame; others come from looking at one kind alone.
    private func concerns(_ fault: DescriptorFault, _ kind: DescriptorKind, _ content: FrameIngredients) -> Bool {
        switch fault {
        case .missingKey, .hiddenKind: false
        case .notEncodable(let name, .noPlaceForPayload): name == kind.name && !content.payload.isEmpty
        case .notEncodable(_, .notDescribed), .notEncodable(_, .noPlaceForIdentifier),
            .notEncodable(_, .requestWithoutIdentifier), .notEncodable(_, .identifierTooNarrow):
            false
        case .notEncodable(let name, _): name == kind.name
        default: true
        }
    }

    /// Values that somebody chose freely may make bytes that mean something else, or have no place in them.
    private func check(_ frame: ComposedFrame, _ content: FrameIngredients) throws(FrameComposingFault) {
        // More than one is one too many, however many thousands there are.
        let dissection = dissect(frame.bytes, from: frame.sender, framesMax: 2)
        switch dissection.ending {
        case .complete: break
        case .incomplete(_, _, let needed, _): throw .readsDifferently("the start of one of \(needed) bytes")
        case .fault(let fault, _, let offset, let field, _):
            throw .readsDifferently("a fault at \(offset)\(field.isEmpty ? "" : " in '\(field)'"): \(fault.text)")
        }
        guard dissection.frames.count == 1, let found = dissection.frames.first else {
            throw .readsDifferently("more than one frame")
        }
        if case .number(let number) = content.identifier,
            let meaning = found.meanings.first(where: { $0.name == WellKnown.identifier }),
            ![.number(Int128(number), name: nil), .text(String(number))].contains(meaning.value)
        {
            throw .wrongValue(WellKnown.identifier, expected: "a number that its field can hold")
        }
        for (name, isGiven) in content.given where isGiven && !found.meanings.contains(where: { $0.name == name }) {
            throw .noPlace(name)
        }
        if case .client = frame.sender, ![frame.kind, "empty"].contains(found.kind) {
            throw .readsDifferently("a frame of kind '\(found.kind)'")
        }
    }
}

extension FieldModel.Form {
    /// The keys of a body and the names of their values.
    var keys: [KeyModel] {
        switch self {
        case .json(let keys): keys
        case .pairs(let pairs): pairs.keys
        default: []
        }
    }

    /// The names of the values in a body with keys.
    fileprivate var keyNames: [String] {
        if case .pairs = self { return keys.map(\.name) + [WellKnown.payload] }
        return keys.map(\.name)
    }
}

/// What a frame is put together from.
struct FrameIngredients {
    var kind = DescriptorKind.request.name
    var route: [UInt8] = []
    var id: Int?
    var code: UInt64 = 0
    var hasCode = false
    var identifier = FrameIdentifier.none
    var payload: [UInt8] = []
    var form = PayloadForm.bytes
    var values: [(name: String, value: KindModel.Value)] = []
    /// What was given as `error` and as `result`, which are a place of their own or the payload.
    var error: JSONValue?
    var result: JSONValue?

    /// Takes one member of the object.
    mutating func take(_ key: String, _ value: JSONValue) throws(FrameComposingFault) {
        switch key {
        case "kind":
            guard let text = value.string else { throw .wrongValue(key, expected: "a string") }
            kind = text
        case "route":
            guard let text = value.string else { throw .wrongValue(key, expected: "a string") }
            route = Array(text.utf8)
        case "id":
            if let number = value.int, number >= 0 {
                id = number
                identifier = .number(UInt64(number))
            } else if let text = value.string {
                identifier = .text(Array(text.utf8))
            } else {
                throw .wrongValue(key, expected: "a number from 0 or a string")
            }
        case "code" where value.int.map { $0 >= 0 } ?? false:
            code = UInt64(value.int ?? 0)
            hasCode = true
        case "payload": takePayload(value)
        case "error": error = value
        case "result": result = value
        case "payload_hex":
            guard let text = value.string, let bytes = bytes(hex: text) else {
                throw .wrongValue(key, expected: "a string of pairs of hex digits")
            }
            (payload, form) = (bytes, .bytes)
        default:
            if key.hasSuffix("_hex"), let bytes = value.string.flatMap({ bytes(hex: $0) }) {
                values.append((String(key.dropLast(4)), .bytes(bytes)))
            } else if let number = value.int, number >= 0 {
                values.append((key, .number(number)))
            } else if let text = value.string {
                values.append((key, .text(text)))
            } else {
                throw .wrongValue(key, expected: "a number from 0 or a string")
            }
        }
    }

    private mutating func takePayload(_ value: JSONValue) {
        if let text = value.string {
            (payload, form) = (Array(text.utf8), .text)
        } else {
            (payload, form) = (value.encoded(), .json)
        }
    }

    /// An error says its text in place of a payload; any other frame may have a place for one.
    mutating func settleError(_ kind: DescriptorKind, hasPlace: Bool) {
        guard let error else { return }
        if kind != .error, hasPlace, let text = error.string {
            values.append((WellKnown.error, .text(text)))
        } else {
            takePayload(error)
        }
    }

    /// A result is the payload, unless a field has that name.
    mutating func settleResult(hasPlace: Bool) {
        guard let result else { return }
        if hasPlace, let number = result.int, number >= 0 {
            values.append(("result", .number(number)))
        } else {
            takePayload(result)
        }
    }

    /// Puts what a kind does not carry by itself among the values of fields.
    mutating func settle(_ kind: DescriptorKind) {
        switch kind {
        case .request, .response, .error: return
        case .notify, .push, .kick: break
        case .heartbeat, .other:
            if !payload.isEmpty { values.append((WellKnown.payload, .bytes(payload))) }
            if !route.isEmpty { values.append((WellKnown.route, .bytes(route))) }
            if hasCode { values.append((WellKnown.code, .number(Int(clamping: code)))) }
        }
        if let id { values.append((WellKnown.identifier, .number(id))) }
    }

    /// A JSON body has an id as JSON.
    mutating func quoteIdentifier() {
        guard case .text(let text) = identifier else { return }
        identifier = .text(JSONValue.string(String(decoding: text, as: UTF8.self)).encoded())
    }

    /// Which of the meanings were given, so that none is dropped silently.
    var given: [(name: String, isGiven: Bool)] {
        var hasIdentifier = true
        if case .none = identifier { hasIdentifier = false }
        return [(WellKnown.route, !route.isEmpty), (WellKnown.identifier, hasIdentifier)]
    }
}
