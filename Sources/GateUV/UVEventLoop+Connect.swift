import CUV
package import GateIO
import Glibc

extension UVEventLoop {
    /// Opens a connection to `address`, from `source` when one is given: its host, and its port unless 0. On the loop.
    ///
    /// Many connections from one source share its ports as long as their destinations differ.
    /// - Parameter completion: Called once, on the loop, after this call: the stream returned here, or the error.
    /// - Returns: The stream; closing it before it is connected gives up (`ECANCELED`).
    /// - Throws: What fails at once; `completion` is then not called.
    @discardableResult
    package func connect(
        to address: SocketAddress, from source: SocketAddress? = nil,
        completion: @escaping (Result<any ByteStream, SystemError>) -> Void
    ) throws(SystemError) -> any ByteStream {
        precondition(isCurrent, "a loop connects on its own thread")
        let descriptor = try openSocket(for: address, from: source)
        let stream: UVStream
        do { stream = try UVStream(loop: self, fd: descriptor, remoteAddress: address) } catch {
            Glibc.close(descriptor)
            throw error
        }
        do { try stream.connect(completion) } catch {
            stream.close()
            throw error
        }
        return stream
    }

    private func openSocket(for address: SocketAddress, from source: SocketAddress?) throws(SystemError) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.family == .v4 ? AF_INET : AF_INET6, kind, 0)
        if descriptor < 0 { throw SystemError(code: errno) }
        guard let source else { return descriptor }
        // The port is chosen at connect, when the destination is known; otherwise each source has 28 000 ports in all.
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        var error = unsafe setsockopt(descriptor, Int32(IPPROTO_IP), IP_BIND_ADDRESS_NO_PORT, &on, size)
        // Sound: the address is lent for the call.
        if error == 0 { error = unsafe source.withSystemAddress { unsafe bind(descriptor, $0, $1) } }
        if error != 0 {
            let code = errno
            Glibc.close(descriptor)
            throw SystemError(code: code)
        }
        return descriptor
    }
}
