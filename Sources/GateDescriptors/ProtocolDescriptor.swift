import GateBytes
import GateJSON
public import GateProtocol

/// A protocol written as data: loaded, checked and compiled.
public struct ProtocolDescriptor: Sendable {
    /// The name that listeners use.
    public let name: String
    /// One line for lists.
    public let summary: String
    /// The file it came from, as it was handed in.
    public let file: String
    /// Names of the settings that a listener may give, sorted.
    public let parameterNames: [String]

    let parameters: [DescriptorParameter]
    let variants: [DescriptorVariant]
    let vectors: [DescriptorVector]

    /// Bytes of a whole frame, prefix included, with all parameters at their defaults.
    public var frameBytesMax: Int { variants.first?.parts.frameBytesMax ?? 0 }

    /// The definition for a registry. A listener's `frameBytesMax` lowers `max_frame` and never raises it.
    public func definition() -> ProtocolDefinition {
        ProtocolDefinition(name: name, summary: summary) { options throws(ProtocolSetupError) in
            let program = try program(options)
            return { DescriptorProtocol(program) }
        }
    }

    /// The program for a listener's options.
    func program(_ options: ProtocolOptions) throws(ProtocolSetupError) -> DescriptorProgram {
        var chosen: [String: String] = [:]
        for parameter in parameters { chosen[parameter.name] = parameter.values.first }
        for (name, value) in options.parameters.sorted(by: { $0.key < $1.key }) {
            guard let parameter = parameters.first(where: { $0.name == name }) else {
                throw .unknownParameter(name, known: parameterNames)
            }
            guard parameter.values.contains(value) else {
                throw .invalidParameter(name, value: value, allowed: parameter.values.joined(separator: ", "))
            }
            chosen[name] = value
        }
        guard var parts = variants.first(where: { $0.values == chosen })?.parts else {
            preconditionFailure("each choice of parameters is compiled when the descriptor is loaded")
        }
        parts.frameBytesMax = min(parts.frameBytesMax, options.frameBytesMax)
        return DescriptorProgram(parts)
    }
}

/// A setting of a listener: `$name` in the descriptor stands for the value.
struct DescriptorParameter: Sendable {
    var name: String
    /// The values allowed; the first is the default.
    var values: [String]
}

/// What a descriptor compiles to for one choice of its parameters.
struct DescriptorVariant: Sendable {
    var values: [String: String]
    var parts: DescriptorProgramParts
}

/// A descriptor file's name and content.
public struct DescriptorFile: Sendable {
    /// The name with its ending, with or without folders in front: `protocols/length32.json5`.
    public var name: String
    /// The content.
    public var bytes: [UInt8]

    /// A file.
    public init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    /// The protocol it describes: the name without folders and without `.json5`.
    public var protocolName: String {
        let base = name.split(separator: "/").last.map(String.init) ?? name
        return base.hasSuffix(".json5") ? String(base.dropLast(6)) : base
    }
}

/// What loading a file gave: a descriptor or the reasons why there is none.
public enum DescriptorLoading: Sendable {
    case loaded(ProtocolDescriptor)
    /// All that is wrong with the file, in the order of its text.
    case failed([DescriptorProblem])
}

extension ProtocolDescriptor {
    /// Loads, checks and compiles a file. No vectors are run: see ``checkVectors()``.
    public static func load(_ file: DescriptorFile) -> DescriptorLoading {
        var reader = DescriptorReader(file: file.name)
        let top = DescriptorPlace(path: "$", position: JSONPosition(line: 1, column: 1))
        guard file.bytes.count <= DescriptorLimits.fileBytesMax else {
            reader.report(.fileTooLarge(bytes: file.bytes.count, limit: DescriptorLimits.fileBytesMax), at: top)
            return .failed(reader.problems)
        }
        let limits = JSONLimits(depthMax: DescriptorLimits.nestingMax, nodesMax: DescriptorLimits.fileValuesMax)
        do {
            let document = try JSONDocument(parsing: file.bytes, dialect: .json5, limits: limits)
            return load(document.root, file, &reader)
        } catch {
            reader.report(.notJSON5(error.reason), at: DescriptorPlace(path: "$", position: error.position))
            return .failed(reader.problems)
        }
    }

    private static func load(
        _ root: JSONNode, _ file: DescriptorFile, _ reader: inout DescriptorReader
    ) -> DescriptorLoading {
        _ = reader.members(of: root, "$", valid: DescriptorReader.keys)
        guard case .object = root.kind else { return .failed(reader.problems) }
        let name = reader.name(root, file)
        let summary = root["summary"].flatMap { node in reader.literal(node, "$.summary") } ?? ""
        let parameters = reader.parameterList(root)
        let vectors = root["vectors"].map { node in reader.vectors(node) } ?? []
        var variants: [DescriptorVariant] = []
        // A file with problems is not read again for each choice: 64 times a hostile file would take its time.
        for values in combinations(of: parameters) where variants.isEmpty || reader.problems.isEmpty {
            reader.parameters = values
            let model = reader.model(root)
            variants.append(
                DescriptorVariant(
                    values: values, parts: DescriptorCompiler.compile(model, reader: &reader)))
        }
        guard reader.problems.isEmpty else { return .failed(reader.sortedProblems) }
        return .loaded(
            ProtocolDescriptor(
                name: name, summary: summary, file: file.name, parameterNames: parameters.map(\.name).sorted(),
                parameters: parameters, variants: variants, vectors: vectors))
    }

    /// All choices of values, the defaults first.
    private static func combinations(of parameters: [DescriptorParameter]) -> [[String: String]] {
        var combinations: [[String: String]] = [[:]]
        for parameter in parameters {
            combinations = parameter.values.flatMap { value in
                combinations.map { $0.merging([parameter.name: value]) { _, new in new } }
            }
        }
        return combinations
    }
}

extension DescriptorReader {
    /// The problems in the order of the text.
    var sortedProblems: [DescriptorProblem] {
        problems.enumerated().sorted { left, right in
            let (one, other) = (left.element.position, right.element.position)
            return (one.line, one.column, left.offset) < (other.line, other.column, right.offset)
        }.map(\.element)
    }

    /// The protocol's name, which is the file's.
    mutating func name(_ root: JSONNode, _ file: DescriptorFile) -> String {
        let name = file.protocolName
        if !isWord(name) {
            report(.badText(name, expected: "a file name of a-z, 0-9, _ and - before .json5"), at: place(root, "$"))
        }
        if let node = root["protocol"], let given = literal(node, "$.protocol"), given != name {
            report(.nameMismatch(given, file: name), at: place(node, "$.protocol"))
        }
        return name
    }

    /// Reads `parameters`: a name and its values, the default first.
    mutating func parameterList(_ root: JSONNode) -> [DescriptorParameter] {
        guard let node = root["parameters"] else { return [] }
        var list: [DescriptorParameter] = []
        var variants = 1
        for member in members(of: node, "$.parameters") {
            let path = "$.parameters.\(isWord(member.key) ? member.key : "?")"
            guard isWord(member.key) else {
                let place = DescriptorPlace(path: path, position: member.keyPosition)
                report(.badText(member.key, expected: "a name of a-z, 0-9, _ and -"), at: place)
                continue
            }
            var values: [String] = []
            for (index, element) in elements(of: member.value, path).enumerated() {
                guard let value = literal(element, "\(path)[\(index)]") else { continue }
                if !isWord(value) {
                    report(
                        .badText(value, expected: "a value of a-z, 0-9, _ and -"),
                        at: place(element, "\(path)[\(index)]"))
                } else if values.contains(value) {
                    report(.duplicateName(value), at: place(element, "\(path)[\(index)]"))
                } else {
                    values.append(value)
                }
            }
            guard !values.isEmpty else {
                report(.missingKey("a value"), at: place(member.value, path))
                continue
            }
            variants = min(variants * values.count, 1 << 20)
            guard variants <= DescriptorLimits.variantsMax else {
                report(
                    .tooMany(variants, limit: DescriptorLimits.variantsMax, of: "combinations of parameters"),
                    at: place(node, "$.parameters"))
                return list
            }
            list.append(DescriptorParameter(name: member.key, values: values))
        }
        return list
    }
}
