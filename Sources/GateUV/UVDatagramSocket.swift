import CUV
import GateBytes
package import GateIO
import Glibc

extension UVEventLoopGroup {
    /// Binds a UDP socket to `address` on the first loop. Not called on a loop.
    package func bindDatagrams(_ address: SocketAddress) throws(ListenError) -> any DatagramSocket {
        guard let loop = loops[0] as? UVEventLoop else { preconditionFailure("a libuv group has libuv loops") }
        let made = loop.performAndWait { () -> Result<UVDatagramSocket, SystemError> in
            do throws(SystemError) {
                return .success(try UVDatagramSocket(loop: loop, address: address))
            } catch {
                return .failure(error)
            }
        }
        do throws(SystemError) {
            guard let made else { throw SystemError(code: ECANCELED) }
            return try made.get()
        } catch {
            throw ListenError(address, error)
        }
    }
}

/// One `uv_udp_t`. Kept by its handle until libuv's close callback.
// Sound: `localAddress` is constant; everything else is touched on the loop's own thread only.
@safe
package final class UVDatagramSocket: DatagramSocket, LoopHandle, @unchecked Sendable {
    package let localAddress: SocketAddress
    private let loop: UVEventLoop
    private var handle: UnsafeMutablePointer<uv_udp_t>?
    private var handler: (any DatagramHandler)?

    init(loop: UVEventLoop, address: SocketAddress) throws(SystemError) {
        self.loop = loop
        var error: Int32 = 0
        // Sound: on the loop's thread; the address is lent for the call, the data is set below before anything can call
        // back.
        let made = unsafe address.withSystemAddress { system, _ in
            unsafe gatehouse_udp_create(loop.memory, system, nil, &error)
        }
        guard let made = unsafe made else { throw SystemError(uv: error) }
        localAddress = unsafe SocketAddress.named { unsafe uv_udp_getsockname(made, $0, $1) } ?? address
        unsafe handle = made
        // Balanced in the close callback.
        unsafe made.pointee.data = Unmanaged.passRetained(self).toOpaque()
    }

    package func start(_ handler: any DatagramHandler) {
        assert(loop.isCurrent, "a socket is used on its loop")
        guard let open = unsafe handle else { return }
        self.handler = handler
        // Sound: the data is the object, kept until the close callback; the bytes live for the length of the call.
        _ = unsafe gatehouse_udp_receive_start(open) { handle, count, buffer, sender, flags in
            guard let data = unsafe handle?.pointee.data else { return }
            unsafe Unmanaged<UVDatagramSocket>.fromOpaque(data)._withUnsafeGuaranteedRef { socket in
                unsafe socket.received(count, buffer, sender, flags)
            }
        }
    }

    /// A datagram that did not fit, and an empty read, are no datagrams.
    private func received(
        _ count: Int, _ buffer: UnsafePointer<uv_buf_t>?, _ sender: UnsafePointer<sockaddr>?, _ flags: UInt32
    ) {
        guard count >= 0, let sender = unsafe sender, let base = unsafe buffer?.pointee.base,
            flags & UInt32(UV_UDP_PARTIAL.rawValue) == 0
        else { return }
        var storage = sockaddr_storage()
        let length =
            Int32(unsafe sender.pointee.sa_family) == AF_INET6
            ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size
        // Sound: the family says how long the address is, and the storage holds the longest.
        unsafe withUnsafeMutableBytes(of: &storage) { bytes in
            unsafe bytes.copyMemory(from: UnsafeRawBufferPointer(start: sender, count: length))
        }
        guard let address = SocketAddress(system: storage) else { return }
        // Sound: `count` bytes of the loop's read buffer, which nothing else writes during this call.
        unsafe base.withMemoryRebound(to: UInt8.self, capacity: count) { bytes in
            unsafe handler?.received(Span(_unsafeStart: bytes, count: count), from: address)
        }
    }

    package func send(_ datagram: Span<UInt8>, to address: SocketAddress) -> Bool {
        assert(loop.isCurrent, "a socket is used on its loop")
        guard let open = unsafe handle else { return false }
        // Sound: bytes and address are lent for the call, which copies them.
        let sent = unsafe datagram.withUnsafeBytes { bytes in
            unsafe address.withSystemAddress { system, _ in
                unsafe gatehouse_udp_try_send(open, bytes.baseAddress, bytes.count, system)
            }
        }
        return sent >= 0
    }

    /// A connected socket hears what the system answers; an unconnected one does not. One byte is no datagram of any protocol.
    package func isRefused(by address: SocketAddress) -> Bool {
        // Sound: address and byte are lent for the calls, which do not block.
        unsafe address.withSystemAddress { system, length in
            let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            let probe = socket(Int32(unsafe system.pointee.sa_family), kind, 0)
            guard probe >= 0 else { return false }
            defer { Glibc.close(probe) }
            var byte: UInt8 = 0
            guard unsafe connect(probe, system, length) == 0, unsafe Glibc.send(probe, &byte, 1, 0) == 1 else {
                return false
            }
            return unsafe recv(probe, &byte, 1, Int32(MSG_DONTWAIT)) < 0 && errno == ECONNREFUSED
        }
    }

    package func close() {
        assert(loop.isCurrent, "a socket is used on its loop")
        closeHandle()
    }

    func closeHandle() {
        guard let open = unsafe handle else { return }
        unsafe handle = nil
        handler = nil
        // Sound: closed once, freed in the callback only.
        unsafe gatehouse_udp_close(open) { handle in
            guard let handle = unsafe handle, let data = unsafe handle.pointee.data else { return }
            unsafe Unmanaged<UVDatagramSocket>.fromOpaque(data).release()
            unsafe free(handle)
        }
    }
}
