import GateBytes
import Glibc
import Synchronization
import Testing

/// How Debian's server of a transport is started.
struct BrokerProgram: Sendable {
    /// Where Debian puts the executable.
    var path: String
    /// The words behind it for a server on this port of 127.0.0.1, with its files in this directory.
    var arguments: @Sendable (_ port: UInt16, _ directory: String) -> [String]
    /// `NAME=value` of its environment, beside `PATH`.
    var environment: @Sendable (_ port: UInt16, _ directory: String) -> [String] = { _, _ in [] }
    /// Runs before each start; makes the files that the server wants to find.
    var prepare: @Sendable (_ port: UInt16, _ directory: String) throws -> Void = { _, _ in }
    /// Runs after the end, for what the server left running.
    var cleanUp: @Sendable (_ port: UInt16, _ directory: String) -> Void = { _, _ in }
    /// How a node names it.
    var url: @Sendable (_ port: UInt16) -> String

    /// Whether the executable is there.
    var isInstalled: Bool {
        // Sound: access reads the NUL-terminated copy that Swift makes for the call.
        unsafe access(path, X_OK) == 0
    }
}

/// A running server on a free port of the loopback, with a directory of its own. It ends with this process at the
/// latest.
final class Broker: Sendable {
    private static let all = Mutex<[LinkKind: Task<Broker, any Error>]>([:])

    /// The one of this kind that is never killed; started at the first need.
    static func shared(_ kind: LinkKind) async throws -> Broker {
        try await all.withLock { table in
            if let known = table[kind] { return known }
            let made = Task { try await running(kind) }
            table[kind] = made
            return made
        }.value
    }

    let program: BrokerProgram
    let port: UInt16
    let directory: String
    private let process = Mutex<ChildServer?>(nil)

    var url: String { program.url(port) }

    /// How long a server may take to start, on a machine that is busy with other work too.
    private static let startTimeMax = Duration.seconds(180)
    private let launched = Mutex(ContinuousClock.now)

    /// A server that is not started.
    private init(making program: BrokerProgram) throws {
        self.program = program
        port = try Self.freePort()
        directory = "/tmp/gatehouse-test-\(getpid())-\(port)"
        guard unsafe mkdir(directory, 0o755) == 0 else { throw TestFailure.unexpected }
    }

    deinit { Self.remove(directory) }

    /// Removes a file, or a folder with what is in it.
    private static func remove(_ path: String) {
        // Sound: an entry is read before the next one is asked for, and none after the folder is closed.
        if unsafe unlink(path) == 0 { return }
        guard let folder = unsafe opendir(path) else { return }
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
                unsafe String(cString: UnsafeRawPointer(field).assumingMemoryBound(to: CChar.self))
            }
            if name != ".", name != ".." { remove("\(path)/\(name)") }
        }
        unsafe closedir(folder)
        unsafe rmdir(path)
    }

    /// A server of this kind that accepts connections. Holds no thread of other tests while it starts.
    static func running(_ kind: LinkKind) async throws -> Broker {
        try await running(#require(kind.broker))
    }

    /// A server that accepts connections. Holds no thread of other tests while it starts.
    static func running(_ program: BrokerProgram) async throws -> Broker {
        let broker = try Broker(making: program)
        try await broker.restart()
        return broker
    }

    /// Starts the server again, on the same port; returns once it accepts connections.
    func restart() async throws {
        try launch()
        while try !isAccepting() { try await Task.sleep(for: .milliseconds(5)) }
    }

    private func launch() throws {
        try program.prepare(port, directory)
        let child = try ChildServer(
            [program.path] + program.arguments(port, directory),
            program.environment(port, directory) + ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"])
        process.withLock { $0 = child }
        launched.withLock { $0 = .now }
    }

    /// Whether the server is there; throws when it takes too long.
    private func isAccepting() throws -> Bool {
        if Self.accepts(port) { return true }
        guard launched.withLock({ $0.duration(to: .now) }) < Self.startTimeMax else { throw TestFailure.unexpected }
        return false
    }

    /// Sends a signal to this server and what it started.
    func signal(_ number: Int32) { process.withLock { $0 }?.signal(number) }

    /// Kills the server and waits for its end.
    func end() {
        let child = process.withLock { child in
            defer { child = nil }
            return child
        }
        child?.end()
        program.cleanUp(port, directory)
    }

    /// Whether somebody listens there.
    private static func accepts(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = loopback(port)
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    /// A port of 127.0.0.1 that nobody listens at.
    static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let error = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(descriptor, address, length) | getsockname(descriptor, address, &length)
            }
        }
        guard error == 0 else { throw TestFailure.unexpected }
        return UInt16(bigEndian: address.sin_port)
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = port.bigEndian
        return address
    }
}
