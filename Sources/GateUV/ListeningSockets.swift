import CUV
import GateIO
import Glibc

/// The listening sockets of one address, one for each loop; owned by whoever holds the list.
///
/// The first socket is its own probe: it is bound and listens *without* SO_REUSEPORT, so any other listener on the
/// address, also a sharing one of another process, makes it fail. Only then it turns SO_REUSEPORT on (Linux allows that
/// on a listening socket of the same user) and the other sockets join it. There is no moment in which another process
/// could slip in. SO_REUSEADDR only says that connections of an earlier process in TIME_WAIT are no obstacle.
///
/// Why a socket a loop: the kernel spreads connections by a hash of both addresses, wakes one loop for each and needs no
/// hand-over between threads. What the hash leaves uneven (of 50 connections on two loops, 18 to 32 land on one in 95 of
/// 100 cases) is put right by ``Acceptor``. With a single loop SO_REUSEPORT stays off.
struct ListeningSockets {
    let address: SocketAddress
    let descriptors: [Int32]

    init(_ wanted: SocketAddress, count: Int, backlog: Int32) throws(SystemError) {
        let first = try Self.open(wanted, sharing: false, backlog: backlog)
        var descriptors = [first]
        var bound = wanted
        do throws(SystemError) {
            bound = try Self.boundAddress(of: first)
            if count > 1 {
                try Self.set(first, SOL_SOCKET, SO_REUSEPORT)
                for _ in 1..<count { descriptors.append(try Self.open(bound, sharing: true, backlog: backlog)) }
            }
        } catch {
            for descriptor in descriptors { Glibc.close(descriptor) }
            throw error
        }
        address = bound
        self.descriptors = descriptors
    }

    /// Frees the address.
    func close() {
        for descriptor in descriptors { Glibc.close(descriptor) }
    }

    /// Whether this machine has the address: binds it on a port that the system chooses, and gives that back.
    static func probe(_ address: SocketAddress) throws(SystemError) {
        var address = address
        address.port = 0
        Glibc.close(try bound(address, sharing: false))
    }

    private static func open(_ address: SocketAddress, sharing: Bool, backlog: Int32) throws(SystemError) -> Int32 {
        let descriptor = try bound(address, sharing: sharing)
        guard listen(descriptor, backlog) != 0 else { return descriptor }
        let number = errno
        Glibc.close(descriptor)
        throw SystemError(code: number)
    }

    private static func bound(_ address: SocketAddress, sharing: Bool) throws(SystemError) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.family == .v4 ? AF_INET : AF_INET6, kind, 0)
        if descriptor < 0 { throw SystemError(code: errno) }
        do throws(SystemError) {
            try set(descriptor, SOL_SOCKET, SO_REUSEADDR)
            if sharing { try set(descriptor, SOL_SOCKET, SO_REUSEPORT) }
            // `::` does not take IPv4 too: each address says what it means.
            if address.family == .v6 { try set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY) }
            // Sound: the address is lent for the call.
            let error = unsafe address.withSystemAddress { unsafe bind(descriptor, $0, $1) }
            if error != 0 { throw SystemError(code: errno) }
        } catch {
            Glibc.close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32) throws(SystemError) {
        var on: Int32 = 1
        let error = unsafe setsockopt(descriptor, level, option, &on, socklen_t(MemoryLayout<Int32>.size))
        if error != 0 { throw SystemError(code: errno) }
    }

    private static func boundAddress(of descriptor: Int32) throws(SystemError) -> SocketAddress {
        let address = unsafe SocketAddress.named { pointer, length in
            var size = socklen_t(unsafe length.pointee)
            return unsafe getsockname(descriptor, pointer, &size)
        }
        guard let address else { throw SystemError(code: errno) }
        return address
    }
}
