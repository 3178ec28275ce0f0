import GateBytes
import GateJSON

extension DescriptorCompiler {
    /// The route under which clients get the notice before they are disconnected.
    private static let kickRoute = "Gate/OnKick"

    /// Makes the operations that write each kind that the gateway sends.
    mutating func compileWriting() {
        for kind in [DescriptorKind.response, .error, .push, .kick] {
            let low = parts.writing.count
            if let layout = layout(of: kind) { compile(kind, layout) }
            settleKnownLengths(from: low)
            parts.writingRanges[kind.rawValue] = low..<parts.writing.count
        }
        guard answersRequests else { return }
        if parts.writingRanges[DescriptorKind.response.rawValue].isEmpty {
            gap(.response, .notDescribed, model.kindsPlace)
        }
        checkIdentifier()
    }

    /// Turns lengths over nothing but constants, the route and the payload into ones that are written at once.
    private mutating func settleKnownLengths(from low: Int) {
        for opening in (low..<parts.writing.count).reversed() {
            var length = parts.writing[opening]
            guard length.code == .openAfter || length.code == .openFrame else { continue }
            guard let closing = closing(of: opening) else { continue }
            let counted = length.code == .openFrame ? low..<closing : opening + 1..<closing
            guard let size = knownSize(counted) else { continue }
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
        return parts.writing[opening...].firstIndex { $0.code == .close && $0.scope == scope }
    }

    /// The bytes of some operations, as far as they are known; `nil` when they depend on more.
    private func knownSize(_ range: Range<Int>) -> (bytes: Int, hasRoute: Bool, hasPayload: Bool)? {
        var size = (bytes: 0, hasRoute: false, hasPayload: false)
        for index in range {
            let operation = parts.writing[index]
            switch operation.code {
            case .literal: size.bytes += operation.range.offsets.count
            case .identifier, .length, .openAfter, .openFrame, .openField: size.bytes += Int(operation.width)
            case .mark, .close: break
            case .route:
                if size.hasRoute { return nil }
                size.hasRoute = true
            case .payload, .faultText:
                if size.hasPayload { return nil }
                size.hasPayload = true
            case .faultObject, .jsonRoute, .jsonIdentifier, .jsonPayload, .jsonFaultText: return nil
            }
        }
        return size
    }

    private var answersRequests: Bool { model.kinds?.contains { $0.kind == .request } ?? true }

    /// The entry of `kinds` that a kind is written by: without `kinds` all look the same, and an error without an entry
    /// is a response with another body.
    private func layout(of kind: DescriptorKind) -> KindModel? {
        guard let kinds = model.kinds else { return KindModel(kind: kind, place: model.framePlace) }
        if let own = kinds.first(where: { $0.kind == kind }) { return own }
        return kind == .error ? kinds.first { $0.kind == .response } : nil
    }

    private mutating func gap(_ kind: DescriptorKind, _ reason: EncodingGap, _ place: DescriptorPlace) {
        reader.report(.notEncodable(kind: kind.name, reason: reason), at: place)
    }

    private mutating func checkIdentifier() {
        guard case .json = parts.identifiers, let kinds = model.kinds else { return }
        for kind in kinds {
            switch kind.kind {
            case .response, .error:
                if !kind.has.contains(.id) { gap(kind.kind, .noPlaceForIdentifier, kind.place) }
            case .request:
                if !kind.has.contains(.id) { gap(.response, .requestWithoutIdentifier, kind.place) }
            case .notify, .heartbeat, .push, .kick: break
            }
        }
    }

    private mutating func compile(_ kind: DescriptorKind, _ layout: KindModel) {
        // Whether the fault's text has a place of its own; else it goes where the payload goes.
        let hasErrorField = index(of: "error") != nil || layout.has.contains(.error)
        var frame = WriteFrame(kind: kind, layout: layout, hasErrorField: hasErrorField)
        for (index, field) in model.fields.enumerated() {
            switch field.form {
            case .constant(let bytes): literal(bytes)
            case .unsigned(let width): writeNumber(index, field, width, &frame)
            case .bytes, .text, .json: writeRun(index, field, &frame)
            }
        }
        if let close = frame.closing { parts.writing.append(close) }
        if !frame.carriesPayload { gap(kind, .noPlaceForPayload, layout.place) }
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
        operation.maximum = UInt64(field.largestAllowed)
        if field.counts != .none {
            operation.code = field.counts == .frame ? .openFrame : .openAfter
            operation.scope = frame.open()
            parts.writing.append(operation)
            operation.code = .close
            frame.closing = operation
            return
        }
        if lengthFields.values.contains(index) {
            operation.code = .openField
            operation.scope = frame.open()
            if operation.scope >= DescriptorLimits.scopesMax - 1 {
                reader.report(
                    .tooMany(frame.opened, limit: DescriptorLimits.scopesMax - 1, of: "lengths"), at: field.place)
            }
            parts.writing.append(operation)
            operation.code = .close
            frame.lengths[index] = operation
            return
        }
        let assigned = frame.layout.values.first { $0.name == field.name }
        let answers = frame.kind == .response || frame.kind == .error
        if let assigned {
            guard let value = number(assigned.value, field, assigned.place) else { return }
            if field.name == "id" && answers { gap(frame.kind, .noPlaceForIdentifier, assigned.place) }
            literal(bytes(of: value, field, width))
        } else if field.name == "id" && answers {
            parts.writing.append(operation)
        } else {
            let allowed =
                field.enumeration.isEmpty || field.keepsUnknown || field.enumeration.contains { $0.value == 0 }
            if !allowed || field.minimum ?? 0 > 0 { gap(frame.kind, .valueNotAllowed(field: field.name), field.place) }
            literal(bytes(of: 0, field, width))
        }
    }

    private func bytes(of value: Int, _ field: FieldModel, _ width: Int) -> [UInt8] {
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
            default: gap(frame.kind, .fixedLength(field: field.name, bytes: count), field.place)
            }
        case .prefix(let width):
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
        case .field:
            guard let target = lengthFields[index], let close = frame.lengths[target] else { return }
            var mark = WriteOperation(code: .mark)
            mark.scope = close.scope
            parts.writing.append(mark)
            write(content, &frame)
            parts.writing.append(close)
        case .rest:
            if case .nothing = content, !["route", "payload", "error"].contains(field.name) {
                gap(frame.kind, .nothingToWrite(field: field.name), field.place)
            }
            write(content, &frame)
        }
    }

    private func content(_ field: FieldModel, _ frame: inout WriteFrame) -> WriteContent {
        if case .json(let keys) = field.form { return .json(keys) }
        if case .text(let text)? = frame.layout.values.first(where: { $0.name == field.name })?.value {
            return .text(text)
        }
        switch (field.name, frame.kind) {
        case ("route", .kick): return .text(Self.kickRoute)
        case ("route", _): return .operation(.route)
        case ("payload", .error):
            if frame.hasErrorField { return .nothing }
            frame.carriesPayload = true
            return .operation(.faultObject)
        case ("payload", _):
            frame.carriesPayload = true
            return .operation(.payload)
        case ("error", .error):
            frame.carriesPayload = true
            return .operation(.faultText)
        default: return .nothing
        }
    }

    private mutating func write(_ content: WriteContent, _ frame: inout WriteFrame) {
        switch content {
        case .nothing: break
        case .text(let text): literal(text.utf8)
        case .operation(let code): parts.writing.append(WriteOperation(code: code))
        case .json(let keys): writeObject(keys, &frame)
        }
    }

    /// Writes the keys that the kind has, in its order; a kind's fixed route comes first when `has` leaves it out.
    private mutating func writeObject(_ keys: [JSONRole: String], _ frame: inout WriteFrame) {
        var fixedRoute: String?
        if case .text(let text)? = frame.layout.values.first(where: { $0.name == "route" })?.value { fixedRoute = text }
        if frame.kind == .kick && fixedRoute == nil { fixedRoute = Self.kickRoute }
        var roles = frame.layout.has
        if fixedRoute != nil && !roles.contains(.route) && keys[.route] != nil { roles.insert(.route, at: 0) }
        var text: [UInt8] = []
        for (place, role) in roles.enumerated() {
            guard let key = keys[role] else { continue }
            text.append(UInt8(ascii: place == 0 ? "{" : ","))
            JSONWriter.appendString(key, to: &text)
            text.append(UInt8(ascii: ":"))
            if role == .route, let fixedRoute {
                JSONWriter.appendString(fixedRoute, to: &text)
                continue
            }
            literal(text)
            text = []
            parts.writing.append(WriteOperation(code: operation(role, &frame)))
        }
        if roles.isEmpty { text.append(UInt8(ascii: "{")) }
        text.append(UInt8(ascii: "}"))
        literal(text)
    }

    private func operation(_ role: JSONRole, _ frame: inout WriteFrame) -> WriteOperation.Code {
        switch role {
        case .route: return .jsonRoute
        case .id: return .jsonIdentifier
        case .payload, .result:
            frame.carriesPayload = true
            return frame.kind == .error ? .faultObject : .jsonPayload
        case .error:
            frame.carriesPayload = true
            return .jsonFaultText
        }
    }
}

/// What goes into a run of bytes.
private enum WriteContent {
    case nothing
    case text(String)
    case operation(WriteOperation.Code)
    case json([JSONRole: String])
}

/// A kind whose operations are being made.
struct WriteFrame {
    let kind: DescriptorKind
    let layout: KindModel
    let hasErrorField: Bool
    var carriesPayload = false
    /// Fills in the frame's own length, at its end.
    var closing: WriteOperation?
    /// By field index: fills in the length of another field.
    var lengths: [Int: WriteOperation] = [:]
    private(set) var opened = 0

    init(kind: DescriptorKind, layout: KindModel, hasErrorField: Bool) {
        self.kind = kind
        self.layout = layout
        self.hasErrorField = hasErrorField
    }

    mutating func open() -> UInt8 {
        opened += 1
        return UInt8(min(opened - 1, 255))
    }
}
