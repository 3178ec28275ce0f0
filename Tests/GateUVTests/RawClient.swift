import CUV
import GateIO
import Glibc

@testable import GateUV

/// A blocking client that uses nothing of what is tested but addresses: sends, closes its own side, and reads to the end.
func exchange(with address: SocketAddress, sending bytes: [UInt8]) throws(SystemError) -> [UInt8] {
    let descriptor = socket(address.family == .v4 ? AF_INET : AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
    if descriptor < 0 { throw SystemError(code: errno) }
    defer { close(descriptor) }
    if unsafe address.withSystemAddress({ unsafe connect(descriptor, $0, $1) }) != 0 { throw SystemError(code: errno) }
    if unsafe bytes.withUnsafeBytes({ unsafe write(descriptor, $0.baseAddress, $0.count) }) != bytes.count {
        throw SystemError(code: errno)
    }
    shutdown(descriptor, Int32(SHUT_WR))
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
        if count < 0 { throw SystemError(code: errno) }
        if count == 0 { return answer }
        answer += buffer[..<count]
    }
}

/// A connection of a blocking client that uses nothing of what is tested but addresses.
final class RawConnection: Sendable {
    private let descriptor: Int32

    init(to address: SocketAddress) throws(SystemError) {
        let descriptor = socket(address.family == .v4 ? AF_INET : AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
        if descriptor < 0 { throw SystemError(code: errno) }
        self.descriptor = descriptor
        if unsafe address.withSystemAddress({ unsafe Glibc.connect(descriptor, $0, $1) }) != 0 {
            throw SystemError(code: errno)
        }
    }

    /// Sends all bytes.
    func send(_ bytes: [UInt8]) throws(SystemError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 { throw SystemError(code: errno) }
            rest = rest.dropFirst(count)
        }
    }

    /// Reads to the end of the file.
    func readAll() throws(SystemError) -> [UInt8] {
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 { throw SystemError(code: errno) }
            if count == 0 { return answer }
            answer += buffer[..<count]
        }
    }

    /// Closes both sides.
    func end() { close(descriptor) }
}

/// A listening socket of somebody else.
struct ForeignListener {
    let descriptor: Int32
    let port: UInt16

    /// On 127.0.0.1; with SO_REUSEPORT, which lets others of its kind share the port.
    init(sharing: Bool) throws(SystemError) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, size)
        if sharing { unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, size) }
        let wanted = SocketAddress(v4: 0x7F00_0001, port: 0)
        let owned = descriptor
        if unsafe wanted.withSystemAddress({ unsafe bind(owned, $0, $1) }) != 0 || listen(owned, 1) != 0 {
            throw SystemError(code: errno)
        }
        let bound = unsafe SocketAddress.named { pointer, length in
            var size = socklen_t(unsafe length.pointee)
            return unsafe getsockname(owned, pointer, &size)
        }
        guard let bound else { throw SystemError(code: errno) }
        port = bound.port
    }

    func stop() {
        close(descriptor)
    }
}
