import GateBytes
import GateJSON
import Glibc

/// A NATS server, a gateway-only node, a backend, and the references made of cnats.
final class ClusterServers {
    private static let subject = "bench.echo"

    let gateway: ChildProcess
    let backend: ChildProcess
    /// The listener of the gateway.
    let gatewayTarget: LoadTarget
    /// The C program that hands bytes on.
    let passingTarget: LoadTarget
    private let broker: ChildProcess
    private let responder: ChildProcess
    private let passing: ChildProcess
    private let peerPath: String
    private let url: String
    private let monitorPort: UInt16
    private let folder: WorkFolder
    private var requesters = 0

    /// Where `PATH` has a nats-server.
    static var brokerPath: String? {
        // Sound: the system's own terminated string, copied at once; access reads its copy for the call.
        let path = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? ""
        return (path.split(separator: ":").map(String.init) + ["/usr/sbin"])
            .map { $0 + "/nats-server" }.first { unsafe access($0, X_OK) == 0 }
    }

    init(broker path: String, programs: String, folder: WorkFolder) throws(LoadError) {
        self.folder = folder
        peerPath = programs + "nats-peer"
        let port = try Self.freePort()
        monitorPort = try Self.freePort()
        url = "nats://127.0.0.1:\(port)"
        broker = try Self.child(
            path, ["-a", "127.0.0.1", "-p", "\(port)", "-m", "\(monitorPort)"], folder, "broker")
        let log = folder.path + "/broker-errors"
        _ = try broker.wait(EchoServer.startTime) {
            readSmallFile(log).flatMap { $0.contains("Server is ready") ? true : nil }
        }
        let common = ["--rpc", url, "--loops", "1", "--log-level", "notice"]
        backend = try Self.child(
            programs + "gatehouse", ["modules"] + common + ["--node", "backend"], folder, "backend")
        let ports = folder.path + "/gateway-ports"
        gateway = try Self.child(
            programs + "gatehouse",
            ["gateway"] + common + ["--node", "gate", "--listen", "mqtt://127.0.0.1:0", "--ports-file", ports],
            folder, "gateway")
        let mqtt = try gateway.wait(EchoServer.startTime) {
            readSmallFile(ports).flatMap(GatewayServer.ports(inFile:))?["mqtt"]
        }
        gatewayTarget = LoadTarget(.mqtt, host: "127.0.0.1", port: mqtt)
        let errors = folder.path + "/gateway-errors"
        _ = try gateway.wait(EchoServer.startTime) {
            readSmallFile(errors).flatMap { $0.contains("node joined") ? true : nil }
        }
        responder = try Self.child(peerPath, ["responder", url, Self.subject], folder, "responder")
        let ready = folder.path + "/responder"
        _ = try responder.wait(EchoServer.startTime) {
            readSmallFile(ready).flatMap { $0.hasSuffix("\n") ? true : nil }
        }
        passing = try Self.child(peerPath, ["gateway", url, Self.subject], folder, "passing")
        let said = folder.path + "/passing"
        let passingPort = try passing.wait(EchoServer.startTime) { () -> UInt16? in
            guard let text = readSmallFile(said), text.hasSuffix("\n"), let value = try? JSONValue(parsing: text) else {
                return nil
            }
            return value["port"]?.int.flatMap { UInt16(exactly: $0) }
        }
        passingTarget = LoadTarget(.raw, host: "127.0.0.1", port: passingPort)
    }

    private static func child(
        _ path: String, _ arguments: [String], _ folder: WorkFolder, _ name: String
    ) throws(LoadError) -> ChildProcess {
        try ChildProcess(
            path, arguments, core: nil, outputPath: "\(folder.path)/\(name)", errorPath: "\(folder.path)/\(name)-errors"
        )
    }

    /// Ends all of them.
    func stop() {
        for process in [passing, responder, gateway, backend, broker] { process.stop() }
    }

    /// The median of request and reply with cnats alone, in microseconds.
    func bareMedian(bytes: Int, count: Int) throws(LoadError) -> Double {
        requesters += 1
        let name = "requester\(requesters)"
        let requester = try Self.child(
            peerPath, ["requester", url, Self.subject, "\(bytes)", "\(count)"], folder, name)
        let end = monotonicNow() + .seconds(120)
        while requester.isRunning, monotonicNow() < end { sleepUntil(monotonicNow() + .milliseconds(20)) }
        guard let text = readSmallFile(folder.path + "/" + name), let value = try? JSONValue(parsing: text),
            let median = value["median"]?.double
        else { throw .childFailed("nats-peer: \(readSmallFile(folder.path + "/" + name + "-errors") ?? "no answer")") }
        return median
    }

    /// Messages that the broker has taken; `nil` when it does not say.
    func brokerMessages() -> Int? {
        let request = "GET /varz HTTP/1.0\r\n\r\n"
        guard let descriptor = Self.connected(monitorPort) else { return nil }
        defer { close(descriptor) }
        _ = uninterrupted {
            // Sound: the bytes are lent for the call.
            unsafe Array(request.utf8).withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
        }
        var answer: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = uninterrupted {
                // Sound: the system writes at most what the array holds.
                unsafe part.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            }
            if count <= 0 { break }
            answer += part[..<count]
        }
        let text = String(decoding: answer, as: UTF8.self)
        guard let field = text.range(of: "\"in_msgs\":") else { return nil }
        return Int(text[field.upperBound...].drop { $0 == " " }.prefix { $0.isNumber })
    }

    private static func connected(_ port: UInt16) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(port)
        let error = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if error == 0 { return descriptor }
        close(descriptor)
        return nil
    }

    private static func freePort() throws(LoadError) -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let error = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(descriptor, address, length) | getsockname(descriptor, address, &length)
            }
        }
        if error != 0 { throw .childFailed("no free port: \(describe(errno))") }
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

extension String {
    /// Where `part` first stands.
    fileprivate func range(of part: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(part) { return start..<index(start, offsetBy: part.count) }
            start = index(after: start)
        }
        return nil
    }
}
