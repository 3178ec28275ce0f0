import GateBytes
import GateJSON

extension DescriptorReader {
    /// The keys of a descriptor.
    static let keys = [
        "protocol", "summary", "parameters", "order", "limits", "frame", "empty_frame", "kinds", "timers", "vectors",
    ]

    /// Reads all that the bytes depend on. Problems are reported; what they hit is left out of the model.
    mutating func model(_ root: JSONNode) -> DescriptorModel {
        let rootPlace = place(root, "$")
        var model = DescriptorModel(
            framePlace: rootPlace, frameBytesPlace: rootPlace, kindsPlace: rootPlace)
        let isLittleEndian = root["order"].flatMap { node in order(node, "$.order") } ?? false
        if let limits = root["limits"] { readLimits(limits, into: &model) }
        if let policy = root["empty_frame"] {
            model.emptyFrame = word(policy, "$.empty_frame") ?? .deliver
        }
        if let timers = root["timers"] {
            for member in members(of: timers, "$.timers", valid: ["idle"]) where member.key == "idle" {
                model.idle = span(member.value, "$.timers.idle") ?? .zero
            }
        }
        if let frame = root["frame"] {
            model.framePlace = place(frame, "$.frame")
            model.fields = fields(frame, isLittleEndian: isLittleEndian)
        } else {
            report(.missingKey("frame"), at: rootPlace)
        }
        if let kinds = root["kinds"] {
            model.kindsPlace = place(kinds, "$.kinds")
            model.kinds = readKinds(kinds)
        }
        return model
    }

    private mutating func readLimits(_ node: JSONNode, into model: inout DescriptorModel) {
        for member in members(of: node, "$.limits", valid: ["max_frame"]) where member.key == "max_frame" {
            let path = "$.limits.max_frame"
            model.frameBytesPlace = place(member.value, path)
            model.frameBytesMax = number(member.value, path, in: 1...DescriptorLimits.frameBytesCeiling)
        }
    }

    /// Whether the word says least significant byte first.
    mutating func order(_ node: JSONNode, _ path: String) -> Bool? {
        let order: ByteOrder? = word(node, path)
        return order.map { $0 == .le }
    }

    /// A time such as `500ms`, `60s` or `2m`.
    private mutating func span(_ node: JSONNode, _ path: String) -> TimeSpan? {
        guard let text = text(node, path) else { return nil }
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let milliseconds: Int? =
            switch text.dropFirst(digits.count) {
            case "ms": 1
            case "s": 1000
            case "m": 60_000
            default: nil
            }
        guard let milliseconds, let count = Int(digits), (1...86_400_000 / milliseconds).contains(count) else {
            report(.badText(text, expected: "a time up to a day, such as 500ms, 60s or 2m"), at: place(node, path))
            return nil
        }
        return .milliseconds(count * milliseconds)
    }

    private mutating func readKinds(_ node: JSONNode) -> [KindModel] {
        var kinds: [KindModel] = []
        for member in members(of: node, "$.kinds", valid: DescriptorKind.allCases.map(\.name)) {
            guard let kind = DescriptorKind(name: member.key) else { continue }
            kinds.append(readKind(kind, member.value, "$.kinds.\(member.key)"))
        }
        return kinds
    }

    private mutating func readKind(_ kind: DescriptorKind, _ node: JSONNode, _ path: String) -> KindModel {
        var model = KindModel(kind: kind, place: place(node, path))
        for member in members(of: node, path) {
            let path = "\(path).\(isWord(member.key) ? member.key : "?")"
            switch member.key {
            case "has": model.has = roles(member.value, path)
            case "absent": model.absent = roles(member.value, path)
            default:
                let place = DescriptorPlace(path: path, position: member.keyPosition)
                if case .number = member.value.kind {
                    guard let value = number(member.value, path, in: 0 ... .max) else { continue }
                    model.values.append((member.key, .number(value), place))
                } else if let value = text(member.value, path) {
                    model.values.append((member.key, .text(value), place))
                }
            }
        }
        return model
    }

    /// One role or an array of them.
    private mutating func roles(_ node: JSONNode, _ path: String) -> [JSONRole] {
        if case .string = node.kind {
            let role: JSONRole? = word(node, path)
            return role.map { [$0] } ?? []
        }
        var roles: [JSONRole] = []
        for (index, element) in elements(of: node, path).enumerated() {
            let role: JSONRole? = word(element, "\(path)[\(index)]")
            guard let role else { continue }
            if roles.contains(role) {
                report(.duplicateName(role.rawValue), at: place(element, "\(path)[\(index)]"))
            } else {
                roles.append(role)
            }
        }
        return roles
    }
}

/// Order of the bytes of an integer.
enum ByteOrder: String, CaseIterable {
    case be, le
}
