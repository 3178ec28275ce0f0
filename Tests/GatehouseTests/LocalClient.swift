import Glibc
import Testing

/// A blocking client of a port of the loopback that uses nothing of what is tested.
final class LocalClient: Sendable {
    private let descriptor: Int32

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(descriptor >= 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        // Sound: the address is read during the call only, in its own size.
        let connected = unsafe withUnsafeBytes(of: &address) { raw in
            unsafe connect(
                descriptor, raw.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
        }
        try #require(connected == 0)
    }

    deinit { close(descriptor) }

    /// Sends all bytes, which are few.
    func send(_ bytes: [UInt8]) throws {
        // Sound: the array's own bytes, during the call only.
        let written = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
        try #require(written == bytes.count)
    }

    /// Sends nothing more.
    func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Reads to the end.
    func readAll() -> [UInt8] {
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            // Sound: the kernel fills the buffer's own bytes, during the call only.
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return answer }
            answer += buffer[..<count]
        }
    }
}
