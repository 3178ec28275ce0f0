import GateJSON

/// Values that stand elsewhere, so that a secret need not stand in the file: `${env:NAME}` and `${file:PATH}`.
extension ConfigurationFile {
    /// The longest file that a value is taken from, in bytes.
    static let valueBytesMax = 65_536

    /// A text with what its references stand for, a line end at the end of a file left out; `nil` with a fault where one
    /// leads nowhere or is not whole. Other `${…}` stay as they are.
    func resolved(
        _ text: String, of node: JSONNode, path: String, into draft: inout ConfigurationDraft
    ) -> String? {
        var result = ""
        var rest = text[...]
        while let start = rest.firstIndex(of: "$") {
            result += rest[..<start]
            rest = rest[start...]
            guard let reference = Self.reference(rest) else {
                result += "$"
                rest = rest.dropFirst()
                continue
            }
            if reference.kind == .env { draft.referencedVariables.insert(String(reference.name)) }
            switch value(of: reference) {
            case .success(let value): result += value
            case .failure(let reason):
                draft.fault(
                    .reference(path, "\(reference.kind.rawValue):\(reference.name)", reason), at: place(node.position))
                return nil
            }
            rest = rest[reference.end...]
        }
        return result + rest
    }

    /// All texts of some free settings with what their references stand for.
    func resolved(
        _ value: JSONValue, of node: JSONNode, path: String, into draft: inout ConfigurationDraft
    ) -> JSONValue {
        switch value {
        case .string(let text): return .string(resolved(text, of: node, path: path, into: &draft) ?? text)
        case .array(let elements):
            return .array(elements.map { resolved($0, of: node, path: path, into: &draft) })
        case .object(let object):
            var copy = JSONObject()
            for (key, member) in object { copy[key] = resolved(member, of: node, path: path, into: &draft) }
            return .object(copy)
        default: return value
        }
    }

    private struct Reference {
        enum Kind: String, CaseIterable {
            case env
            case file
        }

        var kind: Kind
        var name: Substring
        /// Behind its bracket.
        var end: Substring.Index
        /// Whether it has a name and a bracket behind it.
        var isWhole: Bool
    }

    /// The reference at the start of a text.
    private static func reference(_ text: Substring) -> Reference? {
        for kind in Reference.Kind.allCases {
            let start = "${\(kind.rawValue):"
            guard text.hasPrefix(start) else { continue }
            let rest = text.dropFirst(start.count)
            let name = rest.prefix { $0 != "}" }
            let end = rest[name.endIndex...].dropFirst().startIndex
            return Reference(kind: kind, name: name, end: end, isWhole: !name.isEmpty && end > name.endIndex)
        }
        return nil
    }

    private func value(of reference: Reference) -> Result<String, ReferenceFault> {
        guard reference.isWhole else { return .failure(.notWhole) }
        switch reference.kind {
        case .env:
            guard let value = environment[String(reference.name)] else { return .failure(.noVariable) }
            return .success(value)
        case .file:
            do throws(FileFault) {
                var bytes = try valueFile(String(reference.name))
                if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
                if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
                guard let text = String(validating: bytes, as: UTF8.self) else { return .failure(.notText) }
                return .success(text)
            } catch {
                return .failure(.file(error))
            }
        }
    }
}

/// Why a reference in a configuration file leads nowhere.
public enum ReferenceFault: Error, Hashable, Sendable {
    /// The environment has no variable of that name.
    case noVariable
    /// The file cannot be read.
    case file(FileFault)
    /// The file is not UTF-8.
    case notText
    /// It has no name, or its end is missing.
    case notWhole
}

extension ReferenceFault: CustomStringConvertible {
    /// The reason in words.
    public var description: String {
        switch self {
        case .noVariable: "there is no such variable"
        case .file(let fault): "\(fault)"
        case .notText: "it is not UTF-8"
        case .notWhole: "expected a name, and } behind it"
        }
    }
}
