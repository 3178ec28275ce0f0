import GateRPC
import Glibc

/// Answers each connection with the same bytes, whatever it is asked, on a port of 127.0.0.1.
// Sound: all stored properties are constant.
final class FakeServer: Sendable {
    /// What it does when the bytes are out.
    enum End: Sendable {
        case closes
        case waits
    }

    let port: UInt16
    private let listener: Int32

    init(_ bytes: [UInt8], _ end: End) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        port = try Broker.freePort()
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = port.bigEndian
        let error = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(listener, address, socklen_t(MemoryLayout<sockaddr_in>.size)) | listen(listener, 16)
            }
        }
        guard error == 0 else { throw TestFailure.unexpected }
        let isStarted = LinkThread.start {
            var held: [Int32] = []
            while case let peer = accept(listener, nil, nil), peer >= 0 {
                var sent = 0
                while sent < bytes.count {
                    let count = unsafe bytes[sent...].withUnsafeBytes { rest in
                        unsafe send(peer, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                    }
                    if count <= 0 { break }
                    sent += count
                }
                if end == .waits { held.append(peer) } else { close(peer) }
            }
            for peer in held { close(peer) }
        }
        guard isStarted else { throw TestFailure.unexpected }
    }

    /// Ends it.
    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }
}
