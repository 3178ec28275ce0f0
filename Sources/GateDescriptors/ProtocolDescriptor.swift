import GateBytes
import GateJSON
public import GateProtocol

/// A protocol written as data: loaded, checked and compiled.
public struct ProtocolDescriptor: Sendable {
    /// The name that listeners use.
    public let name: String
    /// One line for lists.
    public let summary: String
    /// The first eight hex digits of its text's MD5: another text, another version.
    public let version: String
    /// The file it came from, as it was handed in.
    public let file: String
    /// Names of the settings that a listener may give, sorted.
    public let parameterNames: [String]

    let parameters: [DescriptorParameter]
    let variants: [DescriptorVariant]
    let vectors: [DescriptorVector]
    private let root: JSONNode

    /// Bytes of a whole frame, prefix included, with all parameters at their defaults.
    public var frameBytesMax: Int { variants.first?.parts.frameBytesMax ?? 0 }

    /// The definition for a registry. A listener's own `frameBytesMax` takes the place of `max_frame`, as far as the length
    /// field can say so much; the gateway's general one counts where the file says nothing, or where it is lowered.
    public func definition() -> ProtocolDefinition {
        var definition = ProtocolDefinition(name: name, summary: summary, version: version) {
            options throws(ProtocolSetupError) in
            let program = try program(options)
            return { DescriptorProtocol(program) }
        }
        definition.naming = variants.first?.parts.naming ?? .names
        definition.readsCompressed = variants.first?.parts.reading.contains { $0.code == .inflate } ?? false
        return definition
    }

    /// The program for a listener's options.
    func program(_ options: ProtocolOptions) throws(ProtocolSetupError) -> DescriptorProgram {
        var chosen: [String: String] = [:]
        for parameter in parameters { chosen[parameter.name] = parameter.value(without: options) }
        for (name, value) in options.parameters.sorted(by: { $0.key < $1.key }) {
            guard let parameter = parameters.first(where: { $0.name == name }) else {
                throw .unknownParameter(name, known: parameterNames)
            }
            guard parameter.allows(value) else {
                throw .invalidParameter(name, value: value, allowed: parameter.allowed)
            }
            chosen[name] = value
        }
        var reader = DescriptorReader(file: file)
        reader.parameters = chosen
        reader.numericParameters = Set(parameters.filter { $0.numbers != nil }.map(\.name))
        reader.ignoresLimits = options.listenerFrameBytesMax != nil
        // What is said of routes does not depend on them.
        var routesModel = RoutesModel()
        if let node = root["routes"] { reader.readRoutes(node, into: &routesModel) }
        let routes = try RouteTable(options.routes, routesModel)
        if case .dictionary = routes.form {
            reader.dictionary = routes.entries.filter { $0.code != 0 }.map { ($0.name, $0.code) }
        }
        let model = reader.model(root)
        var parts = DescriptorCompiler.compile(model, reader: &reader)
        if let problem = reader.problems.first {
            // Numbers were tried at both ends of their range when the descriptor was loaded.
            let values = chosen.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "&")
            throw .invalidParameter(problem.path, value: values, allowed: problem.fault.description)
        }
        try routes.checkCodes(largest: parts.codeMax, largestAnswered: parts.answerCodeMax)
        if let limit = options.listenerFrameBytesMax {
            parts.frameBytesMax = min(limit, parts.frameBytesReachable)
        } else if !parts.saysFrameBytesMax || options.frameBytesMax < ProtocolOptions.frameBytesDefault {
            parts.frameBytesMax = min(parts.frameBytesMax, options.frameBytesMax)
        }
        if let time = options.handshakeTime, time < parts.timers.handshake { parts.timers.handshake = time }
        return DescriptorProgram(parts, routes: routes)
    }
}

/// A setting of a listener: `$name` in the descriptor stands for the value.
struct DescriptorParameter: Sendable {
    var name: String
    /// The values allowed; the first is the default. Only the default where any number or text is allowed.
    var values: [String]
    /// The numbers allowed, where it is one.
    var numbers: ClosedRange<Int>?
    /// Bytes of text allowed, where any text is.
    var bytesMax: Int?
    /// What of the listener's own it is when the listener does not say another.
    var source: ListenerPart?

    func allows(_ value: String) -> Bool {
        if let numbers { return Int(value).map { numbers.contains($0) && String($0) == value } ?? false }
        if let bytesMax { return value.utf8.count <= bytesMax }
        return values.contains(value)
    }

    /// The value where a listener gives none.
    func value(without options: ProtocolOptions) -> String? {
        switch source {
        case .host where !options.listenerHost.isEmpty: options.listenerHost
        case .port where options.listenerPort != 0: String(options.listenerPort)
        case .host, .port, nil: values.first
        }
    }

    /// What is allowed, in words.
    var allowed: String {
        if let numbers { return "\(numbers.lowerBound)...\(numbers.upperBound)" }
        if let bytesMax { return "up to \(bytesMax) bytes" }
        return values.joined(separator: ", ")
    }

    /// The values for which a descriptor is compiled when it is loaded.
    var tried: [String] {
        guard let numbers else { return values }
        var all = values
        for end in [numbers.lowerBound, numbers.upperBound] where !all.contains(String(end)) { all.append(String(end)) }
        return all
    }
}

/// What a protocol may want to know of its listener.
enum ListenerPart: String, CaseIterable, Sendable {
    case host, port
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

    /// See ``ProtocolDescriptor/version``.
    var version: String { String(decoding: MD5.hexDigits(bytes.span).prefix(8), as: UTF8.self) }
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
        let summary = root["summary"].flatMap { node in reader.literal(node, "$.summary") }?.visible ?? ""
        let parameters = reader.parameterList(root)
        let vectors = root["vectors"].map { node in reader.vectors(node) } ?? []
        var variants: [DescriptorVariant] = []
        reader.numericParameters = Set(parameters.filter { $0.numbers != nil }.map(\.name))
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
                name: name, summary: summary, version: file.version, file: file.name,
                parameterNames: parameters.map(\.name).sorted(),
                parameters: parameters, variants: variants, vectors: vectors, root: root))
    }

    /// All choices of values, the defaults first; of numbers the ends of their ranges, one parameter at a time.
    private static func combinations(of parameters: [DescriptorParameter]) -> [[String: String]] {
        var combinations: [[String: String]] = [[:]]
        for parameter in parameters {
            if parameter.numbers != nil {
                let plain = combinations.map { $0.merging([parameter.name: parameter.values[0]]) { _, new in new } }
                let first = combinations[0]
                combinations = plain
                combinations += parameter.tried.dropFirst().map { value in
                    first.merging([parameter.name: value]) { _, new in new }
                }
                continue
            }
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
            if case .object = member.value.kind {
                if let parameter = openParameter(member.key, member.value, path) { list.append(parameter) }
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

    /// A parameter with any number of a range, `{default: 10, min: 1, max: 60}`, or any text, `{default: "x"}`; with
    /// `listener: "port"` the listener's own port counts before the default.
    private mutating func openParameter(_ name: String, _ node: JSONNode, _ path: String) -> DescriptorParameter? {
        _ = members(of: node, path, valid: ["default", "min", "max", "listener"])
        let source: ListenerPart? = node["listener"].flatMap { node in word(node, "\(path).listener") }
        guard let given = node["default"] else {
            report(.missingKey("default"), at: place(node, path))
            return nil
        }
        if case .string = given.kind {
            guard let text = literal(given, "\(path).default") else { return nil }
            return DescriptorParameter(name: name, values: [text], bytesMax: 256, source: source)
        }
        let all = 0...Int(UInt32.max)
        let low = node["min"].flatMap { node in number(node, "\(path).min", in: all) } ?? 0
        let high =
            node["max"].flatMap { node in number(node, "\(path).max", in: low...all.upperBound) } ?? all.upperBound
        guard let value = number(given, "\(path).default", in: low...max(low, high)) else { return nil }
        return DescriptorParameter(name: name, values: [String(value)], numbers: low...max(low, high), source: source)
    }
}
