import Synchronization

/// The built-in descriptors, each of which is read when somebody first asks for it: a gateway speaks one or two of them.
enum ShippedDescriptors {
    /// Sorted.
    static let names = BuiltInDescriptors.texts.map { file(of: $0).protocolName }.sorted()

    /// Those that were read, by name.
    private static let loaded = Mutex<[String: ProtocolDescriptor]>([:])

    /// The descriptor of that name, if there is one.
    static func descriptor(named name: String) -> ProtocolDescriptor? {
        if let known = loaded.withLock({ $0[name] }) { return known }
        guard let entry = BuiltInDescriptors.texts.first(where: { file(of: $0).protocolName == name }) else {
            return nil
        }
        switch ProtocolDescriptor.load(file(of: entry)) {
        case .loaded(let descriptor):
            loaded.withLock { $0[name] = descriptor }
            return descriptor
        case .failed(let problems): preconditionFailure("shipped descriptors load: \(problems)")
        }
    }

    private static func file(of entry: (name: String, text: String)) -> DescriptorFile {
        DescriptorFile(name: entry.name, bytes: Array(entry.text.utf8))
    }
}
