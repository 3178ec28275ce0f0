import GateBytes
import GateJSON
import GateProtocol

/// An example in a descriptor: what a client sends, what the gateway makes of it and answers.
struct DescriptorVector: Sendable {
    struct Event: Hashable, Sendable {
        var kind: ClientMessage.Kind
        var route: [UInt8]
        var payload: [UInt8]
    }

    struct Send: Sendable {
        var kind: DescriptorKind
        var route: [UInt8]
        var payload: [UInt8]
        var form: PayloadForm
        /// The request that a response answers, by its place among the requests of this vector.
        var request: Int
        /// The code of a handler's fault.
        var code: Int32 = 0
    }

    var place: DescriptorPlace
    /// What a build must have for this to come out; elsewhere the vector is left out.
    var needs: BuildPart?
    /// What a build must not have.
    var lacks: BuildPart?
    /// Settings of the listener.
    var parameters: [String: String] = [:]
    /// Routes of the listener.
    var routes: [String: String] = [:]
    /// The time, in milliseconds of the process's clock.
    var now = MonotonicTime(nanoseconds: 0)
    var input: [UInt8] = []
    var events: [Event] = []
    var sends: [Send] = []
    var output: [UInt8] = []
    var close: CloseReason?
    /// Whether logins are refused.
    var refuses = false
    /// Bytes that are left because they are no whole frame.
    var rest = 0
}

extension DescriptorReader {
    private static let vectorKeys = [
        "note", "needs", "lacks", "parameters", "routes", "now_ms", "in", "refuse", "events", "send", "out", "close",
        "rest",
    ]

    /// Reads `vectors`.
    mutating func vectors(_ node: JSONNode) -> [DescriptorVector] {
        var vectors: [DescriptorVector] = []
        for (index, element) in elements(of: node, "$.vectors").enumerated() {
            vectors.append(vector(element, "$.vectors[\(index)]"))
        }
        return vectors
    }

    private mutating func vector(_ node: JSONNode, _ path: String) -> DescriptorVector {
        var vector = DescriptorVector(place: place(node, path))
        for member in members(of: node, path, valid: Self.vectorKeys) {
            let path = "\(path).\(isWord(member.key) ? member.key : "?")"
            switch member.key {
            case "note": _ = literal(member.value, path)
            case "needs": vector.needs = word(member.value, path)
            case "lacks": vector.lacks = word(member.value, path)
            case "parameters", "routes":
                for entry in members(of: member.value, path) {
                    guard let text = literal(entry.value, "\(path).?") else { continue }
                    if member.key == "routes" {
                        vector.routes[entry.key] = text
                    } else {
                        vector.parameters[entry.key] = text
                    }
                }
            case "now_ms":
                let value = number(member.value, path, in: 0...1_000_000_000) ?? 0
                vector.now = MonotonicTime(nanoseconds: Int64(value) * 1_000_000)
            case "in": vector.input = wire(member.value, path)
            case "out": vector.output = wire(member.value, path)
            case "refuse":
                let word: VectorRefusal? = word(member.value, path)
                vector.refuses = word == .login
            case "close": vector.close = word(member.value, path)
            case "rest": vector.rest = number(member.value, path, in: 0...DescriptorLimits.fileBytesMax) ?? 0
            case "events":
                for (index, element) in elements(of: member.value, path).enumerated() {
                    vector.events.append(event(element, "\(path)[\(index)]"))
                }
            case "send":
                for (index, element) in elements(of: member.value, path).enumerated() {
                    if let send = send(element, "\(path)[\(index)]") { vector.sends.append(send) }
                }
            default: break
            }
        }
        return vector
    }

    /// Bytes on the wire: hex digits, or an array of hex digits and `{text: "..."}`.
    private mutating func wire(_ node: JSONNode, _ path: String) -> [UInt8] {
        guard case .array = node.kind else { return hex(node, path) ?? [] }
        var bytes: [UInt8] = []
        for (index, element) in elements(of: node, path).enumerated() {
            let path = "\(path)[\(index)]"
            if case .object = element.kind {
                for member in members(of: element, path, valid: ["text"]) {
                    bytes += Array((literal(member.value, path) ?? "").utf8)
                }
            } else {
                bytes += hex(element, path) ?? []
            }
        }
        return bytes
    }

    private mutating func event(_ node: JSONNode, _ path: String) -> DescriptorVector.Event {
        var event = DescriptorVector.Event(kind: .request, route: [], payload: [])
        for member in members(of: node, path, valid: ["kind", "route", "payload", "payload_hex"]) {
            let path = "\(path).\(isWord(member.key) ? member.key : "?")"
            switch member.key {
            case "kind":
                let kind: VectorEventKind? = word(member.value, path)
                if case .notify = kind { event.kind = .notify }
            case "route": event.route = Array((literal(member.value, path) ?? "").utf8)
            case "payload": event.payload = Array((literal(member.value, path) ?? "").utf8)
            case "payload_hex": event.payload = hex(member.value, path) ?? []
            default: break
            }
        }
        return event
    }

    private mutating func send(_ node: JSONNode, _ path: String) -> DescriptorVector.Send? {
        var send = DescriptorVector.Send(kind: .response, route: [], payload: [], form: .bytes, request: 0)
        let valid = ["kind", "route", "payload", "payload_hex", "form", "request", "code"]
        for member in members(of: node, path, valid: valid) {
            let path = "\(path).\(isWord(member.key) ? member.key : "?")"
            switch member.key {
            case "kind":
                let kind: VectorSendKind? = word(member.value, path)
                guard let kind, let known = DescriptorKind(name: kind.rawValue) else { return nil }
                send.kind = known
            case "route": send.route = Array((literal(member.value, path) ?? "").utf8)
            case "payload": send.payload = Array((literal(member.value, path) ?? "").utf8)
            case "payload_hex": send.payload = hex(member.value, path) ?? []
            case "form":
                let form: VectorForm? = word(member.value, path)
                send.form = form?.form ?? .bytes
            case "code":
                send.code = Int32(clamping: number(member.value, path, in: 0...Int(Int32.max)) ?? 0)
            case "request": send.request = number(member.value, path, in: 0...10_000) ?? 0
            default: break
            }
        }
        return send
    }
}

/// A part of the package that a build may be without.
enum BuildPart: String, CaseIterable, Sendable {
    case zlib

    /// Whether this build has it.
    var isPresent: Bool { Compression.isAvailable }
}

private enum VectorEventKind: String, CaseIterable { case request, notify }

private enum VectorRefusal: String, CaseIterable { case login }

private enum VectorSendKind: String, CaseIterable { case response, error, push, kick }

private enum VectorForm: String, CaseIterable {
    case bytes, json, text

    var form: PayloadForm {
        switch self {
        case .bytes: .bytes
        case .json: .json
        case .text: .text
        }
    }
}
