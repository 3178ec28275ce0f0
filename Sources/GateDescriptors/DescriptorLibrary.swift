public import GateProtocol

/// The descriptors of a process: the shipped ones, which are built in, and those of folders.
///
/// Pure: whoever lists folders and reads files hands over names and bytes.
///
/// ```swift
/// var library = DescriptorLibrary()
/// for problem in library.add(files) { logger.warning("\(problem)") }
/// for (name, error) in library.register(into: registry) { logger.warning("\(name): \(error)") }
/// ```
public struct DescriptorLibrary: Sendable {
    /// Those of folders.
    private var own: [String: ProtocolDescriptor] = [:]

    /// A library of the shipped descriptors. Each is read when it is asked for.
    public init() {}

    /// The shipped files, as they lie under `protocols/`.
    public static var shippedFiles: [DescriptorFile] { BuiltInDescriptors.files }

    /// The names of all descriptors, sorted; reads none of them.
    public var names: [String] { Set(ShippedDescriptors.names).union(own.keys).sorted() }

    /// All descriptors, sorted by name.
    public var descriptors: [ProtocolDescriptor] { names.compactMap(descriptor(named:)) }

    /// Adds files; one takes the place of an earlier one with its name. Files whose name does not end in `.json5` are
    /// left alone.
    /// - Returns: All that is wrong with the files. A file with a problem is left out and stops no other one.
    public mutating func add(_ files: [DescriptorFile]) -> [DescriptorProblem] {
        var problems: [DescriptorProblem] = []
        for file in files where file.name.hasSuffix(".json5") {
            switch ProtocolDescriptor.load(file) {
            case .loaded(let descriptor): own[descriptor.name] = descriptor
            case .failed(let found): problems += found
            }
        }
        return problems
    }

    /// Enters all descriptors into a registry; the shipped ones without reading them.
    /// - Returns: Those whose name is taken by a protocol of another kind.
    public func register(into registry: ProtocolRegistry) -> [(name: String, error: ProtocolSetupError)] {
        var refused: [(name: String, error: ProtocolSetupError)] = []
        for name in names {
            do throws(ProtocolSetupError) {
                if let descriptor = own[name] {
                    try registry.register(descriptor.definition())
                } else {
                    try Self.registerShipped(name, into: registry)
                }
            } catch {
                refused.append((name, error))
            }
        }
        return refused
    }

    /// Enters a shipped descriptor into a registry, which reads it when a listener asks for it.
    public static func registerShipped(
        _ name: String, into registry: ProtocolRegistry
    ) throws(ProtocolSetupError) {
        try registry.register(named: name) {
            guard let descriptor = ShippedDescriptors.descriptor(named: name) else {
                preconditionFailure("no shipped descriptor '\(name)'")
            }
            return descriptor.definition()
        }
    }

    /// The descriptor of that name, if there is one.
    public func descriptor(named name: String) -> ProtocolDescriptor? {
        own[name] ?? ShippedDescriptors.descriptor(named: name)
    }
}
