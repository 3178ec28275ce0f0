import GateBytes
package import GateDescriptors
import GateJSON
import GateProtocol
import Glibc

/// A folder for the files of a comparison, gone afterwards.
struct WorkFolder {
    let path: String

    init() throws(LoadError) {
        // Sound: the system's own terminated string, copied at once.
        let parent = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/gatehouse-bench-XXXXXX".utf8CString)
        // Sound: the system changes the six letters within the terminated array.
        if unsafe mkdtemp(&template) == nil { throw .childFailed("\(parent): \(describe(errno))") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Removes the files that were made here, and the folder.
    func remove() {
        guard let folder = unsafe opendir(path) else { return }
        while let entry = unsafe readdir(folder) {
            let name = unsafe ProcessProbe.name(of: entry)
            if name != "." && name != ".." { unsafe unlink("\(path)/\(name)") }
        }
        unsafe closedir(folder)
        unsafe rmdir(path)
    }
}

/// A running raw echo.
struct EchoServer {
    /// How long a server may take to be ready.
    static let startTime = TimeSpan.seconds(20)

    let process: ChildProcess
    let target: LoadTarget

    init(_ path: String, core: Int?, folder: WorkFolder) throws(LoadError) {
        let output = folder.path + "/echo"
        let process = try ChildProcess(
            path, ["--host", "127.0.0.1", "--port", "0"], core: core, outputPath: output,
            errorPath: folder.path + "/echo-errors")
        // It prints {"port":N} once it listens.
        let port = try process.wait(Self.startTime) { () -> UInt16? in
            guard let text = readSmallFile(output), text.hasSuffix("\n"),
                let value = try? JSONValue(parsing: text)
            else { return nil }
            return value["port"]?.int.flatMap { UInt16(exactly: $0) }
        }
        self.process = process
        target = LoadTarget(.raw, host: "127.0.0.1", port: port)
    }
}

/// A running gateway with one loop and a listener for each protocol that is measured.
struct GatewayServer {
    static let protocols: [LoadProtocol] = [.mqtt, .length32, .length32JSON]
    /// Those whose load a descriptor says.
    static let descriptors = ["pomelo"]

    let process: ChildProcess
    private let ports: [String: UInt16]

    init(_ path: String, core: Int?, folder: WorkFolder, name: String) throws(LoadError) {
        let portsPath = "\(folder.path)/\(name)-ports"
        // Left by an earlier round's server.
        unsafe unlink(portsPath)
        var arguments = ["serve", "--loops", "1", "--log-level", "error", "--ports-file", portsPath]
        for each in Self.protocols {
            let route = each.namesTopics ? "" : "?route=Echo/HD_Raw"
            arguments += ["--listen", "\(each.rawValue)://127.0.0.1:0\(route)"]
        }
        for name in Self.descriptors { arguments += ["--listen", "\(name)://127.0.0.1:0"] }
        let process = try ChildProcess(
            path, arguments, core: core, outputPath: "\(folder.path)/\(name)-output",
            errorPath: "\(folder.path)/\(name)-errors")
        ports = try process.wait(EchoServer.startTime) {
            readSmallFile(portsPath).flatMap(Self.ports(inFile:))
        }
        self.process = process
    }

    /// The port of each protocol in a ports file: `{"listeners":[{"protocol","host","port"}]}`.
    static func ports(inFile text: String) -> [String: UInt16]? {
        guard let entries = (try? JSONValue(parsing: text))?["listeners"]?.array else { return nil }
        var ports: [String: UInt16] = [:]
        for entry in entries {
            guard let name = entry["protocol"]?.string, let port = entry["port"]?.int else { return nil }
            ports[name] = UInt16(exactly: port)
        }
        return ports
    }

    func target(_ loadProtocol: LoadProtocol) throws(LoadError) -> LoadTarget {
        guard let port = ports[loadProtocol.rawValue] else {
            throw .childFailed("the gateway has no listener for \(loadProtocol.rawValue)")
        }
        return LoadTarget(loadProtocol, host: "127.0.0.1", port: port)
    }

    /// The listener of a shipped descriptor, and what speaks to it.
    func target(descriptor name: String) throws(LoadError) -> (LoadTarget, DescriptorClient) {
        guard let port = ports[name] else { throw .childFailed("the gateway has no listener for \(name)") }
        var target = LoadTarget(.descriptor, host: "127.0.0.1", port: port)
        target.descriptorName = name
        return (target, try DescriptorClient(shipped: name))
    }
}

extension DescriptorClient {
    /// What speaks a shipped protocol.
    package init(shipped name: String) throws(LoadError) {
        let file = DescriptorLibrary.shippedFiles.first { $0.protocolName == name }
        guard let file, case .loaded(let descriptor) = ProtocolDescriptor.load(file) else {
            throw .invalidOption("--protocol", allowed: "a name or a file")
        }
        do {
            try self.init(DescriptorWorkbench(descriptor, file, options: ProtocolOptions(frameBytesMax: .max)))
        } catch {
            throw .notEncodable("protocol '\(name)': \(error)")
        }
    }
}
