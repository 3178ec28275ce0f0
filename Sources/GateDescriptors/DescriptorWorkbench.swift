import GateBytes
import GateJSON
public import GateProtocol

/// A descriptor with its text, for those who write one: takes frames apart and puts them together.
public struct DescriptorWorkbench: Sendable {
    /// The descriptor.
    public let descriptor: ProtocolDescriptor
    let source: DescriptorSource
    let program: DescriptorProgram
    /// Reads what the server sends.
    let serverProgram: DescriptorProgram
    let model: DescriptorModel
    /// What ``serverProgram`` was made of.
    let serverModel: DescriptorModel
    let file: String
    /// The listener's own route.
    let listenerRoute: String?

    /// A workbench for the descriptor in `file`, which `descriptor` was loaded from, as a listener with `options` and the
    /// route of its own `listenerRoute` has it.
    public init(
        _ descriptor: ProtocolDescriptor, _ file: DescriptorFile, options: ProtocolOptions, listenerRoute: String? = nil
    ) throws(ProtocolSetupError) {
        self.descriptor = descriptor
        self.file = file.name
        self.listenerRoute = listenerRoute
        program = try descriptor.program(options)
        var values: [String: String] = [:]
        for parameter in descriptor.parameters {
            values[parameter.name] = options.parameters[parameter.name] ?? parameter.values.first
        }
        let limits = JSONLimits(depthMax: DescriptorLimits.nestingMax, nodesMax: DescriptorLimits.fileValuesMax)
        guard let document = try? JSONDocument(parsing: file.bytes, dialect: .json5, limits: limits) else {
            preconditionFailure("a descriptor is loaded from its own file")
        }
        source = DescriptorSource(root: document.root, parameters: values)
        var reader = DescriptorReader(file: file.name)
        reader.parameters = values
        reader.numericParameters = Set(descriptor.parameters.filter { $0.numbers != nil }.map(\.name))
        model = reader.model(document.root)
        serverModel = model.forServer
        serverProgram =
            model.outFields == nil
            ? program
            : DescriptorProgram(DescriptorCompiler.compile(serverModel, reader: &reader), routes: program.routes)
    }

    /// The kinds that it has words for, in the order of the file; without `kinds` those that every protocol has.
    public var kindNames: [String] {
        guard let kinds = model.kinds else { return ["request", "response", "error", "push", "kick"] }
        return kinds.map(\.name)
    }
}

extension ProtocolDescriptor {
    /// The settings that a listener may give and their values, the default first; in the order of the file.
    public var parameterValues: [(name: String, values: [String])] { parameters.map { ($0.name, $0.values) } }
}

extension DescriptorWorkbench {
    /// The vectors' paths, as in `$.vectors[0]`, and what each of them shows, without control characters; empty where the
    /// file does not say.
    public var vectorNotes: [(path: String, note: String)] {
        let vectors = (try? source.root["vectors"]?.elements()) ?? []
        return vectors.enumerated().map { index, node in
            ("$.vectors[\(index)]", (try? node["note"]?.string())?.visible ?? "")
        }
    }
}
