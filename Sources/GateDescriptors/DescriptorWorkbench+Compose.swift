import GateBytes
public import GateJSON
import GateProtocol

extension DescriptorWorkbench {
    /// Puts a frame together.
    ///
    /// The keys of `value`: `kind` (a request when it is missing), `route`, `id`, `payload` (text or any JSON) or
    /// `payload_hex`, `error` in place of the payload of an error, and any field of the frame by its name, such as a flag or
    /// a version. Lengths are filled in.
    public func compose(_ value: JSONValue) throws(FrameComposingFault) -> ComposedFrame {
        guard let object = value.object else { throw .notAnObject }
        var content = FrameIngredients()
        for (key, value) in object { try content.take(key, value) }
        guard kindNames.contains(content.kind) || (content.kind == "error" && kindNames.contains("response")),
            let kind = DescriptorKind(name: content.kind)
        else { throw .unknownKind(content.kind, known: kindNames) }
        let program = try writer(kind, &content)
        var output = ByteBuffer()
        do throws(FramingError) {
            try program.write(
                program.writingRanges[Self.writingKind(kind).rawValue], route: content.route.span,
                payload: content.payload.span,
                FrameContent(identifier: content.identifier, form: content.form), into: &output)
        } catch {
            throw .framing(error)
        }
        let bytes = output.array()
        guard bytes.count <= self.program.frameBytesMax else {
            throw .frameTooLarge(bytes: bytes.count, limit: self.program.frameBytesMax)
        }
        let frame = ComposedFrame(kind: content.kind, sender: kind.isFromClient ? .client : .server, bytes: bytes)
        try check(frame)
        return frame
    }

    /// Clients' kinds are written like those of the gateway that are made of the same parts.
    private static func writingKind(_ kind: DescriptorKind) -> DescriptorKind {
        switch kind {
        case .request: .response
        case .notify, .heartbeat, .other: .push
        default: kind
        }
    }

    /// A program that writes one kind with the values given.
    private func writer(
        _ kind: DescriptorKind, _ content: inout FrameIngredients
    ) throws(FrameComposingFault) -> DescriptorProgram {
        var model = model
        if !kind.isFromClient, let fields = model.outFields { model.fields = fields }
        // One kind alone, without what answers it.
        model.outFields = nil
        model.states = []
        model.replies = []
        model.opening = []
        model.timers.send = nil
        var layout = KindModel(kind: kind, name: kind.name, place: model.framePlace)
        if let own = model.kinds?.first(where: { $0.kind == kind }) {
            layout = own
        } else if kind == .error, let response = model.kinds?.first(where: { $0.kind == .response }) {
            layout = response
        }
        if !content.payload.isEmpty, kind.isFromClient, hasPayloadKey, !layout.has.contains(WellKnown.payload) {
            layout.has.append(WellKnown.payload)
        }
        // Only answers carry the id of a request by themselves.
        if let id = content.id, ![.request, .response, .error].contains(kind) { content.values.append(("id", id)) }
        let known = model.fields.map(\.name)
        for (name, value) in content.values {
            guard known.contains(name) else {
                throw .unknownField(name, known: ["kind", "route", "id", "payload", "payload_hex"] + known)
            }
            layout.values.removeAll { $0.name == name }
            var place = layout.place
            place.path = name
            layout.values.append((name, value, place))
        }
        layout.kind = Self.writingKind(kind)
        model.kinds = [layout]
        var reader = DescriptorReader(file: file)
        let parts = DescriptorCompiler.compile(model, reader: &reader)
        for problem in reader.problems where concerns(problem.fault, content) {
            throw .notEncodable(problem.path.hasPrefix("$") ? "\(problem.fault)" : "\(problem.path): \(problem.fault)")
        }
        let program = DescriptorProgram(parts)
        guard program.canWrite(layout.kind) else {
            throw .notEncodable("frames of kind '\(content.kind)' are not written")
        }
        return program
    }

    private var hasPayloadKey: Bool {
        model.fields.contains {
            if case .json(let keys) = $0.form { keys.contains { $0.name == WellKnown.payload } } else { false }
        }
    }

    /// Whether a problem is one of the frame; others come from looking at one kind alone.
    private func concerns(_ fault: DescriptorFault, _ content: FrameIngredients) -> Bool {
        switch fault {
        case .missingKey, .hiddenKind: false
        case .notEncodable(_, .noPlaceForPayload): !content.payload.isEmpty
        case .notEncodable(_, .notDescribed), .notEncodable(_, .noPlaceForIdentifier),
            .notEncodable(_, .requestWithoutIdentifier):
            false
        default: true
        }
    }

    /// Values that somebody chose freely may make bytes that mean something else.
    private func check(_ frame: ComposedFrame) throws(FrameComposingFault) {
        let dissection = dissect(frame.bytes, from: frame.sender)
        switch dissection.ending {
        case .complete: break
        case .incomplete(_, _, let needed, _): throw .readsDifferently("the start of one of \(needed) bytes")
        case .fault(let fault, _, let offset, let field, _):
            throw .readsDifferently("a fault at \(offset)\(field.isEmpty ? "" : " in '\(field)'"): \(fault.text)")
        }
        guard dissection.frames.count == 1, let found = dissection.frames.first else {
            throw .readsDifferently("\(dissection.frames.count) frames")
        }
        if case .client = frame.sender, found.kind != frame.kind, found.kind != "empty" {
            throw .readsDifferently("a frame of kind '\(found.kind)'")
        }
    }
}

/// What a frame is put together from.
struct FrameIngredients {
    var kind = DescriptorKind.request.name
    var route: [UInt8] = []
    var id: KindModel.Value?
    var identifier = FrameIdentifier.none
    var payload: [UInt8] = []
    var form = PayloadForm.bytes
    var values: [(name: String, value: KindModel.Value)] = []

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
                id = .number(number)
                identifier = .number(UInt64(number))
            } else if value.string != nil {
                identifier = .text(value.encoded())
            } else {
                throw .wrongValue(key, expected: "a number from 0 or a string")
            }
        case "payload", "result", "error":
            if let text = value.string {
                (payload, form) = (Array(text.utf8), .text)
            } else {
                (payload, form) = (value.encoded(), .json)
            }
        case "payload_hex":
            guard let text = value.string, let bytes = bytes(hex: text) else {
                throw .wrongValue(key, expected: "a string of pairs of hex digits")
            }
            (payload, form) = (bytes, .bytes)
        default:
            if let number = value.int, number >= 0 {
                values.append((key, .number(number)))
            } else if let text = value.string {
                values.append((key, .text(text)))
            } else {
                throw .wrongValue(key, expected: "a number from 0 or a string")
            }
        }
    }
}
