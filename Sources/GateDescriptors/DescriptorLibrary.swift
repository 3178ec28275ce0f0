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
    /// Sorted by name.
    public private(set) var descriptors: [ProtocolDescriptor] = []

    /// A library of the shipped descriptors.
    public init() {
        let problems = add(BuiltInDescriptors.files)
        precondition(problems.isEmpty, "shipped descriptors load: \(problems)")
    }

    /// The shipped files, as they lie under `protocols/`.
    public static var shippedFiles: [DescriptorFile] { BuiltInDescriptors.files }

    /// Adds files; one takes the place of an earlier one with its name. Files whose name does not end in `.json5` are
    /// left alone.
    /// - Returns: All that is wrong with the files. A file with a problem is left out and stops no other one.
    public mutating func add(_ files: [DescriptorFile]) -> [DescriptorProblem] {
        var problems: [DescriptorProblem] = []
        for file in files where file.name.hasSuffix(".json5") {
            switch ProtocolDescriptor.load(file) {
            case .loaded(let descriptor): put(descriptor)
            case .failed(let found): problems += found
            }
        }
        return problems
    }

    /// Enters all descriptors into a registry.
    /// - Returns: Those whose name is taken by a protocol of another kind.
    public func register(into registry: ProtocolRegistry) -> [(name: String, error: ProtocolSetupError)] {
        var refused: [(name: String, error: ProtocolSetupError)] = []
        for descriptor in descriptors {
            do {
                try registry.register(descriptor.definition())
            } catch {
                refused.append((descriptor.name, error))
            }
        }
        return refused
    }

    /// The descriptor of that name, if there is one.
    public func descriptor(named name: String) -> ProtocolDescriptor? {
        descriptors.first { $0.name == name }
    }

    private mutating func put(_ descriptor: ProtocolDescriptor) {
        if let place = descriptors.firstIndex(where: { $0.name == descriptor.name }) {
            descriptors[place] = descriptor
        } else {
            let place = descriptors.firstIndex { $0.name > descriptor.name } ?? descriptors.endIndex
            descriptors.insert(descriptor, at: place)
        }
    }
}
