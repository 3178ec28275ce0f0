import ArgumentParser
import GateDescriptors
import GateProtocol
import Gatehouse

/// The descriptors that a command can name: the shipped ones and those of folders and files.
struct ProtocolCatalog {
    struct Entry {
        var descriptor: ProtocolDescriptor
        var file: DescriptorFile
        /// The path, `nil` for a shipped one.
        var path: String?

        var origin: String { path ?? "built in" }

        /// Whether it is MQTT.
        var isMQTT: Bool { path == nil && descriptor.name == "mqtt" }
    }

    /// Sorted by name.
    private(set) var entries: [Entry] = []

    /// All shipped descriptors and those of `folders`; a file takes the place of an earlier one with its name. What is
    /// wrong with a file is said on standard error.
    init(folders: [String]) throws {
        for file in DescriptorLibrary.shippedFiles { add(file, path: nil) }
        for folder in folders {
            guard let names = DescriptorFolders.names(in: folder) else {
                StandardStreams.complain("\(folder): error: the folder cannot be read")
                throw ExitStatus.usage
            }
            for name in names.sorted() where DescriptorFolders.isDescriptor(name) {
                let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
                if let file = Self.file(path, isFound: true) { add(file, path: path) }
            }
        }
    }

    /// MQTT, which no descriptor describes for a listener, as people look at it.
    private static let mqtt: Entry? = {
        let file = DescriptorLibrary.mqttFile
        guard case .loaded(let descriptor) = ProtocolDescriptor.load(file) else { return nil }
        return Entry(descriptor: descriptor, file: file, path: nil)
    }()

    /// All that can be named, MQTT among them, sorted by name.
    var all: [Entry] {
        (entries + [Self.mqtt].compactMap { $0 }).sorted { $0.descriptor.name < $1.descriptor.name }
    }

    /// The names of descriptors, for messages.
    var names: [String] { entries.map(\.descriptor.name) }

    /// A workbench for `NAME` or `FILE`, both with a listener's parameters behind them where wanted:
    /// `leaf?length=u8&order=le`, its own route among them; `routes` are `NAME=Type/Function`, or a route of the listener's
    /// own. What is wrong is said on standard error.
    func workbench(_ given: String, routes: [String] = []) throws -> (bench: DescriptorWorkbench, entry: Entry) {
        let parts = given.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let entry = try entry(String(parts[0]))
        var options = ProtocolOptions(frameBytesMax: .max)
        var own: String?
        for pair in parts.dropFirst().first?.split(separator: "&") ?? [] {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = halves.count > 1 ? String(halves[1]) : ""
            if halves[0] == "route" { own = value } else { options.parameters[String(halves[0])] = value }
        }
        for route in routes {
            let halves = route.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if halves.count == 2 { options.routes[String(halves[0])] = String(halves[1]) } else { own = route }
        }
        for route in options.routes.values + (own.map { [$0] } ?? []) where route.split(separator: "/").count != 2 {
            StandardStreams.complain("error: route '\(route)'; valid: Type/Function or NAME=Type/Function")
            throw ExitStatus.usage
        }
        do throws(ProtocolSetupError) {
            let bench = try DescriptorWorkbench(entry.descriptor, entry.file, options: options, listenerRoute: own)
            return (bench, entry)
        } catch {
            StandardStreams.complain("error: \(error.text)")
            throw ExitStatus.usage
        }
    }

    private func entry(_ name: String) throws -> Entry {
        if name.contains("/") || name.hasSuffix(".json5") {
            guard let file = Self.file(name) else { throw ExitStatus.configuration }
            switch ProtocolDescriptor.load(file) {
            case .loaded(let descriptor): return Entry(descriptor: descriptor, file: file, path: name)
            case .failed(let problems):
                for problem in problems { StandardStreams.complain("\(problem)") }
                throw ExitStatus.configuration
            }
        }
        if let found = all.first(where: { $0.descriptor.name == name }) { return found }
        let known = all.map(\.descriptor.name).joined(separator: ", ")
        StandardStreams.complain("error: no protocol '\(name)'; known: \(known)")
        throw ExitStatus.usage
    }

    /// A file's content, of one that was named or found in a folder; `nil` when it cannot be read, which is said on
    /// standard error.
    static func file(_ path: String, isFound: Bool = false) -> DescriptorFile? {
        do throws(FileFault) {
            let bytes = isFound ? try FileReading.bytes(found: path) : try FileReading.bytes(of: path)
            return DescriptorFile(name: path, bytes: bytes)
        } catch {
            StandardStreams.complain("\(path): error: \(error)")
            return nil
        }
    }

    private mutating func add(_ file: DescriptorFile, path: String?) {
        switch ProtocolDescriptor.load(file) {
        case .failed(let problems):
            for problem in problems { StandardStreams.complain("\(problem)") }
        case .loaded(let descriptor) where descriptor.name == "mqtt":
            StandardStreams.complain("\(path ?? file.name): error: two protocols are called 'mqtt'")
        case .loaded(let descriptor):
            entries.removeAll { $0.descriptor.name == descriptor.name }
            let place = entries.firstIndex { $0.descriptor.name > descriptor.name } ?? entries.endIndex
            entries.insert(Entry(descriptor: descriptor, file: file, path: path), at: place)
        }
    }
}
